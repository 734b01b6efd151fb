"""The one query on the tallies: answers in a scope, counted by whatever is asked for.

Every page, file and digest reads through `read`, and what a person may see is one `Scope`. For
people who do not hold the rows it reads the same counts as far as batches have closed; the `day`
of an answer is then the day its batch closed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
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
    literal_column,
    select,
    tuple_,
    union_all,
)

from cxserver import periods, tables
from cxserver.disclosure.audience import Audience
from cxserver.instrument.levels import Level
from cxserver.periods import KINDS, Kind
from cxserver.results import parts
from cxserver.results.parts import Part
from cxserver.results.scopes import Names, Scope
from cxserver.results.slices import Group, Groups, Rows, Slice

# What answers can be grouped by: the columns of a tally, and the periods its day lies in.
COLUMNS = ("service", "office", "channel", "language", "survey", "flagged")
GROUPS = (*COLUMNS, *KINDS)

_COLUMNED = frozenset(measure for measure, _ in tables.COUNTED)
# The counts that each audience reads, and the choices that have no column there.
_TABLES: Mapping[Audience, tuple[Table, Table]] = {
    Audience.ROWS: (tables.tallies, tables.choices),
    Audience.RELEASED: (tables.released, tables.released_choices),
}

# Whatever is asked beside drivers has at most so many columns: which of them are empty is not
# worth a question of its own.
_FEW_COLUMNS = 16
_SEVERAL = 2

# Up to so many look-ups of an office on a day are quicker than reading on.
_SEEKS = 20_000


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
        groups, name = Groups(), _namer(self.by)
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
        _run(connection, [(item.sign, _tallied(scope, item, by, columns)) for item in sums]),
        _run(connection, [(item.sign, _chosen(scope, item, by, wanted)) for item in counts]),
    )


def _run(
    connection: Connection, queries: Sequence[tuple[int, Select[Any]]]
) -> list[tuple[int, Rows]]:
    """The rows of each, with its sign: of several by one question, for each costs a round trip."""
    if len(queries) < _SEVERAL:
        return [(sign, connection.execute(query).all()) for sign, query in queries]
    numbered = (query.add_columns(literal_column(str(at))) for at, (_, query) in enumerate(queries))
    rows: list[list[Any]] = [[] for _ in queries]
    for *row, at in connection.execute(union_all(*numbered)):
        rows[at].append(tuple(row))
    return [(sign, part) for (sign, _), part in zip(queries, rows, strict=True)]


def read(
    connection: Connection, scope: Scope, by: Sequence[str] = (), only: Iterable[str] | None = None
) -> list[Slice]:
    """A slice for each group that has answers, in the order of the groups' names.

    `by` names any of GROUPS; nothing makes one slice of all. `only` picks measures: "response",
    "trust" … No small cell is hidden here: whoever cuts released counts reads by `results.cuts`.
    """
    return fetch(connection, scope, by, only).slices()


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
    totals, span = _TABLES[scope.audience][0].c, scope.span
    terms: list[ColumnElement[bool]] = [totals.level == Level.DAY.value]
    services = _services() if scope.services is None else sorted(scope.services)
    terms.append(totals.service.in_(services))
    if span.start is not None:
        # A question may be put to whole months.
        terms.append(totals.day >= span.start.replace(day=1))
    if span.end is not None:
        terms.append(totals.day < span.end)
    most = connection.execute(
        select(*(func.max(totals[name]) for name in columns)).where(*terms)
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
