"""The quarter's counts out of the tallies: by service, channel and survey version."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, func, select

from cxserver import tables
from cxserver.instrument import survey as survey_text
from cxserver.instrument.levels import Level
from cxserver.periods import Period


@dataclass(frozen=True, slots=True)
class Counts:
    """How many answered, and how: measure → value → n."""

    measured: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many people answered."""
        return self.measured.get("response", {}).get("all", 0)

    def given(self, measure: str) -> int:
        """How many answered this question, on whatever scale."""
        return sum(self.measured.get(measure, {}).values())

    def points(self, measure: str) -> tuple[int, ...]:
        """How many gave 1, 2, 3, 4 and 5."""
        given = self.measured.get(measure, {})
        return tuple(given.get(str(point), 0) for point in range(1, 6))

    def taps(self, code: str) -> tuple[int, int]:
        """How many tapped a driver under a good rating, and under a poor one."""
        given = self.measured.get(f"driver:{code}", {})
        return given.get("positive", 0), given.get("negative", 0)


@dataclass(frozen=True, slots=True)
class Group:
    """The counts of one version by one channel. `flagged`: of answers worth a second look."""

    service: str
    channel: str
    survey: int
    flagged: bool
    counts: Counts


def read(connection: Connection, quarter: Period, service: str | None = None) -> list[Group]:
    """Every group of the quarter, flagged answers apart. What was imported was filed by others."""
    imported = _imported(connection)
    columns = tables.tallies.c
    by = (columns.service, columns.channel, columns.survey, columns.flagged)
    sums = [func.sum(columns[column]).label(column) for column in tables.COUNTED.values()]
    query = (
        select(*by, *sums)
        .where(
            columns.level == Level.DAY.value,
            columns.day >= quarter.start,
            columns.day < quarter.end,
        )
        .group_by(*by)
        .order_by(*by)
    )
    if service is not None:
        query = query.where(columns.service == service)
    return [
        Group(row.service, row.channel, row.survey, row.flagged, _counts(row._mapping))
        for row in connection.execute(query)
        if row.answers and (row.service, row.survey) not in imported
    ]


def _imported(connection: Connection) -> frozenset[tuple[str, int]]:
    """The versions that hold the past of other systems."""
    columns = tables.surveys.c
    return frozenset(
        (row.service, row.n)
        for row in connection.execute(select(columns.service, columns.n, columns.definition))
        if survey_text.from_json(row.definition).origin
    )


def total(every: Iterable[Counts]) -> Counts:
    """All of them added up."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in every:
        for measure, values in item.measured.items():
            for value, n in values.items():
                sums[measure][value] += n
    return Counts({measure: dict(values) for measure, values in sums.items()})


def _counts(row: RowMapping) -> Counts:
    measured: dict[str, dict[str, int]] = defaultdict(dict)
    for (measure, value), column in tables.COUNTED.items():
        if row[column]:
            measured[measure][value] = int(row[column])
    return Counts(dict(measured))
