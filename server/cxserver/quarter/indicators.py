"""Service-level indicators: waits, calls, visits, from the agency's own systems (A-11 §280.10).

A file is taken whole or not at all: half a file would look like a quarter with fewer calls.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_

from cxsdk import keys
from cxserver import tables
from cxserver.errors import ServerError
from cxserver.periods import Period

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d)", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,9})?", re.ASCII)
_PERIOD = re.compile(r"(?:FY)?(20\d\d)(?:Q([1-4]))?", re.ASCII)
_CLOCKS = ("mm:ss", "h:mm:ss", "hh:mm:ss")

# The columns, with the names that OMB's own lists have for them. An office may be left out.
COLUMNS = (
    ("service", "service_id"),
    ("name", "indicator"),
    ("unit",),
    ("period", "fiscal_year"),
    ("value",),
)
# As many at once as one statement of either database takes with ease.
_STEP = 200


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number of one period. `value` is as it was given; `number` the same, mm:ss in seconds."""

    period: str
    service: str
    office: str
    name: str
    unit: str
    value: str
    number: float

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What there is one number of."""
        return self.period, self.service, self.office, self.name

    @property
    def sentence(self) -> str:
        """For people: `Wait time: 3:21 mm:ss`."""
        where = f" at {self.office}" if self.office else ""
        when = "" if "Q" in self.period else f", fiscal year {self.period}"
        return f"{self.name}{where}: {self.value} {self.unit}{when}"


class IndicatorUnfit(ServerError):
    """A row that cannot be taken: the column, the rule, and what fixes it."""

    def __init__(self, column: str, rule: str, cure: str):
        super().__init__(f"{column} {rule}")
        self.column, self.rule, self.cure = column, rule, cure


@dataclass(frozen=True, slots=True)
class Batch:
    """What a file holds: its indicators, and each row that cannot be taken, with the reason."""

    indicators: tuple[Indicator, ...] = ()
    rejected: tuple[tuple[int, IndicatorUnfit], ...] = field(default=())


def parse(
    rows: Iterable[tuple[int, Mapping[str, str]]], offices: Mapping[str, Collection[str]]
) -> Batch:
    """Rows by their columns, each with its line. `offices` are those of each known service."""
    result: dict[tuple[str, str, str, str], Indicator] = {}
    rejected: list[tuple[int, IndicatorUnfit]] = []
    for line, row in rows:
        try:
            indicator = _indicator({name: text.strip() for name, text in row.items()})
            _check_office(indicator, offices)
            if indicator.key in result:
                raise IndicatorUnfit(
                    "name", "is in the file already, for this period", "keep one row"
                )
        except IndicatorUnfit as error:
            rejected.append((line, error))
        else:
            result[indicator.key] = indicator
    return Batch(tuple(result.values()), tuple(rejected))


def put(
    connection: Connection,
    batch: Batch,
    who: str,
    now: datetime,
    progress: Callable[[int], None] = lambda rows: None,
) -> None:
    """Keep these numbers in the place of earlier ones for the same thing."""
    for start in range(0, len(batch.indicators), _STEP):
        step = batch.indicators[start : start + _STEP]
        _replace(connection, step, who, now)
        progress(len(step))


def _replace(connection: Connection, step: Collection[Indicator], who: str, now: datetime) -> None:
    columns = tables.indicators.c
    key = tuple_(columns.period, columns.service, columns.office, columns.name)
    mine = key.in_([item.key for item in step])
    query = select(tables.indicators).where(mine).with_for_update()
    last = {
        (row.period, row.service, row.office, row.name): row.version
        for row in connection.execute(query)
    }
    connection.execute(delete(tables.indicators).where(mine))
    rows = [
        {
            **dict(zip(("period", "service", "office", "name"), item.key, strict=True)),
            "unit": item.unit,
            "value": item.value,
            "number": item.number,
            "who": who,
            "at": now,
            "version": last.get(item.key, 0) + 1,
        }
        for item in step
    ]
    connection.execute(tables.indicators.insert(), rows)


def read(connection: Connection, quarter: Period) -> Mapping[str, tuple[Indicator, ...]]:
    """Those of a quarter, and of its whole fiscal year, by service."""
    columns = tables.indicators.c
    query = select(tables.indicators).where(columns.period.in_((quarter.name, quarter.name[:4])))
    every = [
        Indicator(row.period, row.service, row.office, row.name, row.unit, row.value, row.number)
        for row in connection.execute(query)
    ]
    result: dict[str, list[Indicator]] = {}
    # Sorted here: databases do not agree on the order of letters, and files must be the same.
    for item in sorted(
        every,
        key=lambda indicator: (
            indicator.service,
            indicator.name,
            indicator.office,
            indicator.period,
        ),
    ):
        result.setdefault(item.service, []).append(item)
    return {service: tuple(some) for service, some in result.items()}


def number(value: str, unit: str) -> float:
    """`15:32` mm:ss, `98.9%`, `1,233,553,458` as a number. Raises IndicatorUnfit."""
    if unit in _CLOCKS or ":" in value:
        return _seconds(value)
    bare = value.removesuffix("%").strip()
    if not _NUMBER.fullmatch(bare):
        raise IndicatorUnfit(
            "value",
            "is no number such as 12.5, 98.9%, 1,234 or 3:21",
            "write the digits with a point before the decimals, and commas, if any, by thousands",
        )
    return float(bare.replace(",", ""))


def _seconds(value: str) -> float:
    match = _CLOCK.fullmatch(value)
    if match is None:
        raise IndicatorUnfit(
            "value",
            "is no time such as 3:21 (minutes and seconds) or 1:03:21",
            "write it so, or give another unit",
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(3600 * hours + 60 * minutes + seconds)


def _indicator(row: Mapping[str, str]) -> Indicator:
    service, name, unit, _, value = (_first(row, *names) for names in COLUMNS)
    office = row.get("office", "")
    for what, text in (("service", service), *((("office", office),) if office else ())):
        if not keys.SLUG.match(text):
            cure = "write its short name, as in the catalog"
            raise IndicatorUnfit(what, "is not 1 to 32 of a-z, 0-9 and '-'", cure)
    for what, text, most in (("name", name, 200), ("unit", unit, 40), ("value", value, 40)):
        if len(text) > most:
            raise IndicatorUnfit(what, f"has more than {most} characters", "make it shorter")
        if any(unicodedata.category(char) == "Cc" for char in text):
            rule = "has a line break, a tab or a character that cannot be seen"
            raise IndicatorUnfit(what, rule, "write it on one line")
    return Indicator(_period(row), service, office, name, unit, value, number(value, unit))


def _check_office(indicator: Indicator, offices: Mapping[str, Collection[str]]) -> None:
    """A number of an office that nobody knows would stand in OMB's file all the same."""
    if indicator.office and indicator.office not in offices.get(
        indicator.service, (indicator.office,)
    ):
        cure = "write its short name, as in the catalog; leave it empty for the whole service"
        raise IndicatorUnfit("office", "is not an office of this service", cure)


def _period(row: Mapping[str, str]) -> str:
    period = row.get("period", "")
    if not period:
        quarter = row.get("quarter", "").removeprefix("Q")
        period = row.get("fiscal_year", "") + (f"Q{quarter}" if quarter else "")
    match = _PERIOD.fullmatch(period)
    if match is None:
        rule = "is no fiscal quarter or year such as 2026Q1 or 2026"
        raise IndicatorUnfit(
            "period", rule, "write the fiscal year, and Q1 to Q4 for a quarter of it"
        )
    return f"{match[1]}Q{match[2]}" if match[2] else match[1]


def _first(row: Mapping[str, str], *names: str) -> str:
    for name in names:
        if row.get(name):
            return row[name]
    raise IndicatorUnfit(names[0], "is missing", "fill it in, or take the row out")
