"""The one query on the tallies: answers in a scope, counted by whatever is asked for.

Every page, file and digest reads through `read`, and what a person may see is one `Scope`. For
people who do not hold the rows it reads the same counts as far as batches have closed; the `day`
of an answer is then the day its batch closed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    false,
    func,
    select,
    tuple_,
)

from cxserver import periods, tables
from cxserver.disclosure.audience import Audience
from cxserver.instrument.levels import Level
from cxserver.instrument.scale import THUMBS
from cxserver.periods import KINDS, Kind
from cxserver.results import measures, parts
from cxserver.results.measures import Score, Share
from cxserver.results.parts import Part
from cxserver.results.scopes import Names, Scope

# What answers can be grouped by: the columns of a tally, and the periods its day lies in.
COLUMNS = ("service", "office", "channel", "language", "survey", "flagged")
GROUPS = (*COLUMNS, *KINDS)

_MEASURES = {column: counted for counted, column in tables.COUNTED.items()}
_COLUMNED = frozenset(measure for measure, _ in tables.COUNTED)
# The counts that each audience reads, and the choices that have no column there.
_TABLES: Mapping[Audience, tuple[Table, Table]] = {
    Audience.ROWS: (tables.tallies, tables.choices),
    Audience.RELEASED: (tables.released, tables.released_choices),
}

# What is counted: a measure and a value of it.
Measured = tuple[str, str]
Rows = Sequence[Sequence[Any]]
# The names of a group, in the order in which they were asked for.
Group = tuple[str, ...]
_ANSWERS: Measured = ("response", "all")
_POINTS = ("1", "2", "3", "4", "5")
# Whatever is asked beside drivers has at most so many columns: which of them are empty is not
# worth a question of its own.
_FEW_COLUMNS = 16

# Up to so many look-ups of an office on a day are quicker than reading on.
_SEEKS = 20_000


@dataclass(frozen=True, slots=True)
class Driver:
    """Taps of one driver ("went well", "could be better"), or points 1 to 5 when it was rated."""

    positive: int = 0
    negative: int = 0
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """The counts of one group. `group["office"]` tells which; `counts` is (measure, value) → n,
    without zeros.

    One flat mapping, not one for each measure: an overview reads thousands of slices, and to make
    and sweep the inner mappings took as long as all that was worked out from them.
    """

    group: Mapping[str, str]
    counts: Mapping[Measured, int]

    @property
    def n(self) -> int:
        """How many people answered."""
        return self.counts.get(_ANSWERS, 0)

    @property
    def measured(self) -> dict[str, dict[str, int]]:
        """The same counts by measure: measure → value → n."""
        nested: dict[str, dict[str, int]] = {}
        for (measure, value), n in self.counts.items():
            nested.setdefault(measure, {})[value] = n
        return nested

    @property
    def trust(self) -> Score:
        """The points given for trust, where there were five."""
        return self.score("trust")

    @property
    def thumbs(self) -> Score:
        """The thumbs given for trust: never added to the points."""
        return self.score("thumbs")

    @property
    def satisfaction(self) -> Score:
        """The points given for satisfaction."""
        return self.score("satisfaction")

    @property
    def drivers(self) -> dict[str, Driver]:
        """Every driver that was tapped or rated, by its code."""
        return {code: self.driver(code) for code in self._codes("driver:")}

    @property
    def questions(self) -> dict[str, dict[str, Share]]:
        """Every question of the agency's own: the share of each choice."""
        measured = self.measured
        return {
            code: measures.choices(measured[f"question:{code}"])
            for code in self._codes("question:")
        }

    def driver(self, code: str) -> Driver:
        """How often a driver was tapped, or how it was rated."""
        points = self.points(f"driver:{code}")
        positive, negative = self.taps(code)
        return Driver(positive, negative, points if any(points) else ())

    def taps(self, code: str) -> tuple[int, ...]:
        """How many tapped a driver: as what went well, as what could be better."""
        return self._values(f"taps:{code}")

    def score(self, measure: str) -> Score:
        """The points of `trust`, `satisfaction` or a rated `driver:<code>`; or the `thumbs`."""
        return measures.score(self.points(measure))

    def points(self, measure: str) -> tuple[int, ...]:
        """How many gave each point, or each thumb; without the intervals, which take long."""
        return self._values(measure)

    def _values(self, kind: str) -> tuple[int, ...]:
        count = self.counts.get
        return tuple([count(value, 0) for value in _values(kind)])

    def _codes(self, prefix: str) -> list[str]:
        names = {measure for measure, _ in self.counts if measure.startswith(prefix)}
        return sorted(name.removeprefix(prefix) for name in names)


def predicate(scope: Scope, part: Part, table: FromClause = tables.tallies) -> ColumnElement[bool]:
    """The scope as SQL, for counts. `comments.query` and `export.responses` have their own, for
    responses; a test holds this one and that of the comments against each other.
    """
    columns = table.c
    sets = (
        (columns.service, scope.services),
        (columns.office, scope.offices),
        (columns.channel, scope.channels),
        (columns.language, scope.languages),
        (columns.flagged, scope.flagged),
    )
    terms: list[ColumnElement[bool]] = [columns.level == part.level.value]
    terms += [column.in_(sorted(values)) for column, values in sets if values is not None]
    if scope.services is None:
        # The key is service, level, day …: only with the services named can days be sought.
        terms.append(columns.service.in_(_services()))
    if scope.surveys is not None:
        terms.append(tuple_(columns.service, columns.survey).in_(_versions(scope.surveys)))
    return and_(*terms, _days(scope, part, columns.day))


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the database gave for one question, for each part of its days: the sums of `columns`,
    and counts by measure and value. They are added up when their transaction may have ended.
    """

    by: Sequence[str]
    columns: Sequence[str]
    sums: Sequence[tuple[int, Rows]]
    counts: Sequence[tuple[int, Rows]]

    def slices(self) -> list[Slice]:
        """A slice for each group that has answers, in the order of the groups' names."""
        groups, name = _Groups(), _namer(self.by)
        for sign, rows in self.sums:
            groups.add_columns(rows, name, self.columns, sign)
        for sign, rows in self.counts:
            for *group, measure, value, n in rows:
                groups.add(name(tuple(group)), [((measure, value), n)], sign)
        return groups.slices(self.by)


def fetch(
    connection: Connection, scope: Scope, by: Sequence[str] = (), only: Iterable[str] | None = None
) -> Fetched:
    """Run the SELECTs of `read`, and leave what they gave to be added up."""
    wanted = None if only is None else frozenset(only)
    columns = _columns_held(connection, scope, wanted)
    every = parts.parts(scope.span, by, apart=_apart(scope, by))
    sums = every if columns else []
    counts = every if wanted is None or not wanted <= _COLUMNED else []
    return Fetched(
        by,
        columns,
        [
            (item.sign, connection.execute(_tallied(scope, item, by, columns)).all())
            for item in sums
        ],
        [
            (count.sign, connection.execute(_chosen(scope, count, by, wanted)).all())
            for count in counts
        ],
    )


def read(
    connection: Connection, scope: Scope, by: Sequence[str] = (), only: Iterable[str] | None = None
) -> list[Slice]:
    """A slice for each group that has answers, in the order of the groups' names.

    `by` names any of GROUPS; nothing makes one slice of all. `only` picks measures: "response",
    "trust" … No small cell is hidden here: whoever cuts released counts reads by `results.cuts`.
    """
    return fetch(connection, scope, by, only).slices()


def trust_scale(slices: Iterable[Slice]) -> str:
    """The measure that most of these rated their trust on: "trust" or "thumbs".

    The two are never added up: where both are in use, a number is of one of them.
    """
    points = thumbs = 0
    for part in slices:
        points += sum(part.points("trust"))
        thumbs += sum(part.points("thumbs"))
    return "thumbs" if thumbs > points else "trust"


def merged(slices: Iterable[Slice], by: Sequence[str] = ()) -> list[Slice]:
    """The slices added up into coarser groups: one read serves a page's total and its rows."""
    groups = _Groups()
    for part in slices:
        groups.add(tuple([part.group[name] for name in by]), part.counts.items(), 1)
    return groups.slices(by)


class _Groups(defaultdict[Group, dict[Measured, int]]):
    """Counts on their way into slices: names of the group → (measure, value) → n."""

    def __init__(self) -> None:
        super().__init__(dict)

    def add_columns(
        self,
        rows: Rows,
        name: Callable[[tuple[Any, ...]], Group],
        columns: Sequence[str],
        sign: int,
    ) -> None:
        """Add rows of a group's columns and of these counts, or take them away."""
        wide = len(columns)
        sums: dict[Group, Sequence[int]] = {}
        for row in rows:
            key, counts = name(tuple(row[:-wide])), row[-wide:]
            # Many days fall into one week: adding them up first is a third of the work.
            sums[key] = tuple(map(add, sums[key], counts)) if key in sums else counts
        columned = [_MEASURES[column] for column in columns]
        for key, totals in sums.items():
            self.add(key, zip(columned, totals, strict=True), sign)

    def add(self, key: Group, counts: Iterable[tuple[Measured, int]], sign: int) -> None:
        """Add counts to a group, or take them away."""
        group = self[key]
        for measured, n in counts:
            if n:
                group[measured] = group.get(measured, 0) + sign * int(n)

    def slices(self, by: Sequence[str]) -> list[Slice]:
        """As slices, in the order of their names."""
        return [
            Slice(dict(zip(by, key, strict=True)), counts)
            for key, group in sorted(self.items())
            # Where days were taken away again, a count of nothing is no count.
            if (counts := {measured: n for measured, n in group.items() if n})
        ]


def _apart(scope: Scope, by: Sequence[str]) -> bool:
    return "office" in by or scope.offices is not None


def _columns_held(connection: Connection, scope: Scope, wanted: Names) -> list[str]:
    """The columns that are wanted and hold anything on these days, anywhere.

    Services rate their drivers or have them tapped, never both: half of the columns are empty,
    and to add them up would take most of the time.
    """
    columns = [
        column
        for (measure, _), column in tables.COUNTED.items()
        if wanted is None or measure in wanted
    ]
    if len(columns) <= _FEW_COLUMNS:
        return columns
    held, span = _TABLES[scope.audience][0].c, scope.span
    terms: list[ColumnElement[bool]] = [held.level == Level.DAY.value]
    services = _services() if scope.services is None else sorted(scope.services)
    terms.append(held.service.in_(services))
    if span.start is not None:
        # A question may be put to whole months.
        terms.append(held.day >= span.start.replace(day=1))
    if span.end is not None:
        terms.append(held.day < span.end)
    most = connection.execute(
        select(*(func.max(held[name]) for name in columns)).where(*terms)
    ).one()
    return [name for name, n in zip(columns, most, strict=True) if n]


def _days(scope: Scope, part: Part, day: ColumnElement[date]) -> ColumnElement[bool]:
    if scope.offices:
        # The key goes on with office: with each day spelled out, the database goes straight to
        # the few offices of each. With a range it reads everybody's.
        each = part.each(_SEEKS // len(scope.offices))
        if each is not None:
            return day.in_(each)
    span = part.span
    terms = [day >= span.start] if span.start is not None else []
    terms += [day < span.end] if span.end is not None else []
    return and_(*terms) if terms else ~false()


def _services() -> Select[Any]:
    return select(tables.services.c.slug)


def _tallied(scope: Scope, part: Part, by: Sequence[str], columns: Sequence[str]) -> Select[Any]:
    table = _TABLES[scope.audience][0]
    group = [column for name in by for column in _columns(name, table)]
    sums = [func.sum(table.c[name]) for name in columns]
    return select(*group, *sums).where(predicate(scope, part, table)).group_by(*group)


def _chosen(scope: Scope, part: Part, by: Sequence[str], wanted: Names) -> Select[Any]:
    table = _TABLES[scope.audience][1]
    group = [column for name in by for column in _columns(name, table)]
    group += [table.c.measure, table.c.value]
    query = select(*group, func.sum(table.c.n)).where(predicate(scope, part, table))
    if wanted is not None:
        query = query.where(table.c.measure.in_(sorted(wanted)))
    return query.group_by(*group)


def _columns(name: str, table: FromClause) -> list[ColumnElement[Any]]:
    columns = table.c
    if name in KINDS:
        return [columns.day]
    return [columns.service, columns.survey] if name == "survey" else [columns[name]]


def _namer(by: Sequence[str]) -> Callable[[tuple[Any, ...]], Group]:
    """From a row's columns to the names of its groups; a version is `<service>/<n>`."""

    @cache
    def period(kind: Kind, day: date) -> str:
        return periods.of(kind, day).name

    # Months and days of one question name the same groups again.
    @cache
    def name(columns: tuple[Any, ...]) -> Group:
        rest = iter(columns)
        return tuple(
            [
                f"{next(rest)}/{next(rest)}"
                if group == "survey"
                else period(group, next(rest))
                if group in KINDS
                else str(next(rest))
                for group in by
            ]
        )

    return name


def _versions(names: Iterable[str]) -> list[tuple[str, int]]:
    split = [name.partition("/") for name in sorted(names)]
    return [(service, int(n)) for service, _, n in split if n.isdecimal()]


@cache
def _values(kind: str) -> tuple[Measured, ...]:
    """The measures and values of five points, of the two thumbs, or of the two taps of a driver."""
    if kind == "thumbs":
        return tuple(("trust", value) for value in THUMBS.values)
    name, _, code = kind.partition(":")
    if name == "taps":
        return (f"driver:{code}", "positive"), (f"driver:{code}", "negative")
    return tuple((kind, point) for point in _POINTS)
