"""Service-level indicators: waits, calls, visits, from the agency's own systems (A-11 §280.10).

A file is taken whole or not at all: half a file would look like a quarter with fewer calls.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select

from cxsdk import keys
from cxserver import tables
from cxserver.periods import Period

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d)", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,9})?", re.ASCII)
_PERIOD = re.compile(r"(?:FY)?(20\d\d)(?:Q([1-4]))?", re.ASCII)
_CLOCKS = ("mm:ss", "h:mm:ss", "hh:mm:ss")


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
    def told(self) -> str:
        """For people: `Wait time: 3:21 mm:ss`."""
        where = f" at {self.office}" if self.office else ""
        when = "" if "Q" in self.period else f", fiscal year {self.period}"
        return f"{self.name}{where}: {self.value} {self.unit}{when}"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a file holds: its indicators, and each row that cannot be taken, with the reason."""

    indicators: tuple[Indicator, ...] = ()
    rejected: tuple[tuple[int, str], ...] = field(default=())


def parse(rows: list[Mapping[str, str | None]]) -> Batch:
    """Rows by their columns, as a reader of CSV gives them. Line 1 is the header."""
    found: dict[tuple[str, str, str, str], Indicator] = {}
    rejected: list[tuple[int, str]] = []
    for line, row in enumerate(rows, 2):
        try:
            one = _indicator({name: (text or "").strip() for name, text in row.items() if name})
            if one.key in found:
                raise ValueError("stands in the file already, for the same period and office")
        except ValueError as error:
            rejected.append((line, str(error)))
        else:
            found[one.key] = one
    return Batch(tuple(found.values()), tuple(rejected))


def put(connection: Connection, batch: Batch, who: str, now: datetime) -> None:
    """Keep these numbers in the place of earlier ones for the same thing."""
    held = tables.indicators.c
    for one in batch.indicators:
        period, service, office, name = one.key
        connection.execute(
            delete(tables.indicators).where(
                held.period == period,
                held.service == service,
                held.office == office,
                held.name == name,
            )
        )
    rows = [
        {
            **dict(zip(("period", "service", "office", "name"), one.key, strict=True)),
            "unit": one.unit,
            "value": one.value,
            "number": one.number,
            "who": who,
            "at": now,
        }
        for one in batch.indicators
    ]
    if rows:
        connection.execute(tables.indicators.insert(), rows)


def read(connection: Connection, quarter: Period) -> Mapping[str, tuple[Indicator, ...]]:
    """Those of a quarter, and of its whole fiscal year, by service."""
    held = tables.indicators.c
    query = select(tables.indicators).where(held.period.in_((quarter.name, quarter.name[:4])))
    every = [
        Indicator(row.period, row.service, row.office, row.name, row.unit, row.value, row.number)
        for row in connection.execute(query)
    ]
    found: dict[str, tuple[Indicator, ...]] = {}
    # Sorted here: databases do not agree on the order of letters, and files must be the same.
    for one in sorted(every, key=lambda one: (one.service, one.name, one.office, one.period)):
        found[one.service] = (*found.get(one.service, ()), one)
    return found


def number(value: str, unit: str) -> float:
    """`15:32` mm:ss, `98.9%`, `1,233,553,458` as a number. Raises ValueError."""
    if unit in _CLOCKS or ":" in value:
        return _seconds(value)
    bare = value.removesuffix("%").strip()
    if not _NUMBER.fullmatch(bare):
        raise ValueError("value is no number such as 12.5, 98.9%, 1,234 or 3:21")
    return float(bare.replace(",", ""))


def _seconds(value: str) -> float:
    match = _CLOCK.fullmatch(value)
    if match is None:
        raise ValueError("value is no time such as 3:21 (minutes and seconds) or 1:03:21")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(3600 * hours + 60 * minutes + seconds)


def _indicator(row: Mapping[str, str]) -> Indicator:
    name = _first(row, "name", "indicator")
    unit = _first(row, "unit")
    value = _first(row, "value")
    service = _first(row, "service", "service_id")
    office = row.get("office", "")
    for what, text in (("service", service), *((("office", office),) if office else ())):
        if not keys.SLUG.match(text):
            raise ValueError(f"{what} is not 1 to 32 of a-z, 0-9 and '-'")
    if len(name) > 200 or len(unit) > 40 or len(value) > 40:
        raise ValueError("name takes 200 characters; unit and value take 40")
    return Indicator(_period(row), service, office, name, unit, value, number(value, unit))


def _period(row: Mapping[str, str]) -> str:
    told = row.get("period", "")
    if not told:
        quarter = row.get("quarter", "").removeprefix("Q")
        told = row.get("fiscal_year", "") + (f"Q{quarter}" if quarter else "")
    match = _PERIOD.fullmatch(told)
    if match is None:
        raise ValueError("period is no fiscal quarter or year such as 2026Q1 or 2026")
    return f"{match[1]}Q{match[2]}" if match[2] else match[1]


def _first(row: Mapping[str, str], *names: str) -> str:
    for name in names:
        if row.get(name):
            return row[name]
    raise ValueError(f"{names[0]} is missing")
