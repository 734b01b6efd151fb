"""The one query on the tallies: answers in a scope, counted by whatever is asked for.

Every page, file and digest reads through `read`, and what a person may see is one `Scope`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Engine, Select, and_, false, func, select, tuple_

from cxserver import db, tables
from cxserver.catalog.directory import Directory
from cxserver.errors import NotFound
from cxserver.insight import measures, periods
from cxserver.insight.measures import Score, Share
from cxserver.insight.periods import KINDS, Kind, Span

# What answers can be grouped by: the columns of a tally, and the periods its day lies in.
COLUMNS = ("service", "office", "channel", "language", "survey")
GROUPS = (*COLUMNS, *KINDS)

WITHOUT_FLAGGED = frozenset({False})
ONLY_FLAGGED = frozenset({True})

# Up to so many look-ups of an office on a day are quicker than reading on.
_SEEKS = 20_000

Names = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which answers: a set for each column, None being all. `surveys` are named `<service>/<n>`.

    A role is a scope too: what somebody asks for is always narrowed by what they may see.
    """

    services: Names = None
    offices: Names = None
    channels: Names = None
    languages: Names = None
    surveys: Names = None
    flagged: frozenset[bool] | None = None
    span: Span = field(default_factory=Span)

    def narrowed(self, other: "Scope") -> "Scope":
        """The answers that both scopes hold: never more than either."""
        return Scope(
            services=_both(self.services, other.services),
            offices=_both(self.offices, other.offices),
            channels=_both(self.channels, other.channels),
            languages=_both(self.languages, other.languages),
            surveys=_both(self.surveys, other.surveys),
            flagged=_both(self.flagged, other.flagged),
            span=self.span.within(other.span),
        )

    def during(self, span: Span) -> "Scope":
        """The same answers, of these days only."""
        return replace(self, span=self.span.within(span))


@dataclass(frozen=True, slots=True)
class Driver:
    """Taps of one driver ("went well", "could be better"), or points 1 to 5 when it was rated."""

    positive: int = 0
    negative: int = 0
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """The counts of one group. `group["office"]` tells which; `measured` is measure → value → n."""

    group: Mapping[str, str]
    measured: Mapping[str, Mapping[str, int]]

    @property
    def n(self) -> int:
        """How many people answered."""
        return sum(self.measured.get("response", {}).values())

    @property
    def trust(self) -> Score:
        """The points given for trust."""
        return self.score("trust")

    @property
    def satisfaction(self) -> Score:
        """The points given for satisfaction."""
        return self.score("satisfaction")

    @property
    def drivers(self) -> dict[str, Driver]:
        """Every driver that was tapped or rated, by its code."""
        return {
            measure.removeprefix("driver:"): _driver(values)
            for measure, values in sorted(self.measured.items())
            if measure.startswith("driver:")
        }

    @property
    def questions(self) -> dict[str, dict[str, Share]]:
        """Every question of the agency's own: the share of each choice."""
        return {
            measure.removeprefix("question:"): measures.choices(values)
            for measure, values in sorted(self.measured.items())
            if measure.startswith("question:")
        }

    def score(self, measure: str) -> Score:
        """The points of `trust`, `satisfaction` or a rated `driver:<code>`."""
        return measures.score(_points(self.measured.get(measure, {})))


def unit(directory: Directory, office: str) -> Scope:
    """All answers of an office and everything below it. Raises NotFound."""
    offices = subtree(directory, office)
    # Naming the services lets the database seek; it narrows nothing.
    services = {one.slug for one in directory.services.values() if offices & one.offices.keys()}
    return Scope(services=frozenset(services), offices=offices)


def subtree(directory: Directory, office: str) -> frozenset[str]:
    """The office and everything below it in the tree. Raises NotFound."""
    if office not in directory.offices:
        raise NotFound(f"There is no office '{office}' in the catalogue.")
    below: dict[str | None, list[str]] = defaultdict(list)
    for other in directory.offices.values():
        below[other.parent].append(other.slug)
    found: set[str] = set()
    waiting = [office]
    while waiting:
        slug = waiting.pop()
        if slug not in found:
            found.add(slug)
            waiting += below[slug]
    return frozenset(found)


def predicate(scope: Scope) -> ColumnElement[bool]:
    """The scope as SQL: the only place where who may see what meets the database."""
    tally = tables.tallies.c
    sets = (
        (tally.service, scope.services),
        (tally.office, scope.offices),
        (tally.channel, scope.channels),
        (tally.language, scope.languages),
        (tally.flagged, scope.flagged),
    )
    terms: list[ColumnElement[bool]] = [
        column.in_(sorted(values)) for column, values in sets if values is not None
    ]
    if scope.surveys is not None:
        terms.append(tuple_(tally.service, tally.survey).in_(_versions(scope.surveys)))
    terms += _days(scope)
    return and_(*terms) if terms else ~false()


def read(
    engine: Engine, scope: Scope, by: Sequence[str] = (), only: Iterable[str] | None = None
) -> list[Slice]:
    """A slice for each group that has answers, in the order of the groups' names.

    `by` names any of GROUPS; nothing makes one slice of all. `only` picks measures: "response",
    "trust" … Nothing is suppressed here: that is for the page that shows it.
    """
    with db.read(engine) as connection:
        found = connection.execute(_query(scope, by, only)).all()
    groups = _Groups()
    name = _namer(by)
    for *columns, measure, value, n in found:
        groups[name(columns)][measure][value] += int(n)
    return groups.slices(by)


def merged(slices: Iterable[Slice], by: Sequence[str] = ()) -> list[Slice]:
    """The slices added up into coarser groups: one read serves a page's total and its rows."""
    groups = _Groups()
    for one in slices:
        into = groups[tuple(one.group[name] for name in by)]
        for measure, values in one.measured.items():
            for value, n in values.items():
                into[measure][value] += n
    return groups.slices(by)


class _Groups(defaultdict[tuple[str, ...], dict[str, dict[str, int]]]):
    """Counts on their way into slices: names of the group → measure → value → n."""

    def __init__(self) -> None:
        super().__init__(lambda: defaultdict(lambda: defaultdict(int)))

    def slices(self, by: Sequence[str]) -> list[Slice]:
        """As slices, in the order of their names."""
        return [
            Slice(dict(zip(by, key, strict=True)), {m: dict(values) for m, values in told.items()})
            for key, told in sorted(self.items())
        ]


def _days(scope: Scope) -> list[ColumnElement[bool]]:
    tally, start, end = tables.tallies.c, scope.span.start, scope.span.end
    if start is not None and end is not None and scope.offices is not None:
        each = [start + timedelta(days) for days in range((end - start).days)]
        # The key of a tally is service, day, office …: with each day spelled out, the database
        # goes straight to the few offices of each. With a range it reads everybody's.
        if len(each) * len(scope.offices) <= _SEEKS:
            return [tally.day.in_(each)]
    terms = [tally.day >= start] if start is not None else []
    return terms + ([tally.day < end] if end is not None else [])


def _query(scope: Scope, by: Sequence[str], only: Iterable[str] | None) -> Select[Any]:
    tally = tables.tallies.c
    columns = [column for name in by for column in _columns(name)]
    query = select(*columns, tally.measure, tally.value, func.sum(tally.n)).where(predicate(scope))
    if only is not None:
        query = query.where(tally.measure.in_(sorted(only)))
    return query.group_by(*columns, tally.measure, tally.value)


def _columns(name: str) -> list[ColumnElement[Any]]:
    tally = tables.tallies.c
    if name in KINDS:
        return [tally.day]
    return [tally.service, tally.survey] if name == "survey" else [tally[name]]


def _namer(by: Sequence[str]) -> Any:
    """From a row's columns to the names of its groups; a version is `<service>/<n>`."""
    known: dict[tuple[str, date], str] = {}

    def period(kind: str, day: date) -> str:
        if (kind, day) not in known:
            known[kind, day] = periods.of(cast(Kind, kind), day).name
        return known[kind, day]

    def name(columns: Sequence[Any]) -> tuple[str, ...]:
        rest = iter(columns)
        return tuple(
            f"{next(rest)}/{next(rest)}"
            if one == "survey"
            else period(one, next(rest))
            if one in KINDS
            else str(next(rest))
            for one in by
        )

    return name


def _versions(names: Iterable[str]) -> list[tuple[str, int]]:
    split = [name.partition("/") for name in sorted(names)]
    return [(service, int(n)) for service, _, n in split if n.isdecimal()]


def _both(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _driver(values: Mapping[str, int]) -> Driver:
    points = _points(values)
    return Driver(
        values.get("positive", 0), values.get("negative", 0), points if any(points) else ()
    )


def _points(values: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(values.get(str(point), 0) for point in range(1, 6))
