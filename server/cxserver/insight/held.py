"""Which comments may be read: those of an office's week that is over and has 5 answers or more.

Nobody must learn who wrote what. So a comment waits for the week to end and for others to hide it,
and what is told of it besides its words is only what 5 people or more of that office and week have
in common. A filter is held to the same: each step of it must be one that a table of these answers
could show, or two lists that differ in one filter would tell what neither tells.

Counted are all answers of the office that the reader may see, flagged ones too, from the tallies.
A search needs no rule of its own: it picks among comments that can be read anyway.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cxserver import tables
from cxserver.catalog.directory import Directory
from cxserver.insight import slices, suppression
from cxserver.insight.scopes import Scope
from cxserver.insight.slices import Slice
from cxserver.periods import Span

LIMIT = suppression.STAFF_HIDES
WEEK = timedelta(days=7)
Side = Literal["positive", "negative"]
SIDES: tuple[Side, ...] = ("positive", "negative")
# A driver that was rated instead of tapped: which points are which side. As the taps have it,
# whose side follows trust: 4 and 5 are positive.
POINTS: Mapping[Side, tuple[int, ...]] = {"positive": (4, 5), "negative": (1, 2, 3)}
DRIVERS = tuple(
    dict.fromkeys(
        measure.removeprefix("driver:")
        for measure, _ in tables.COUNTED
        if measure.startswith("driver:")
    )
)
# Channel, language, and the score or whether the driver was named.
_Cell = tuple[str, str, str]
_NAMED, _OTHER = "named", "other"


@dataclass(frozen=True, slots=True)
class Kind:
    """Which kind of comments is asked for; None is any. `score` is trust.

    Raises ValueError for a driver with a score: of the two together there are no counts. And for
    more than two: what three filters give away no table can tell.
    """

    channel: str | None = None
    language: str | None = None
    driver: tuple[str, Side] | None = None
    score: int | None = None

    def __post_init__(self) -> None:
        if self.driver and self.score:
            raise ValueError("Choose a driver or a score, not both: few people share both.")
        if None not in self.cell:
            raise ValueError("Choose two of channel, language and driver or score, not all three.")

    @property
    def cell(self) -> tuple[str | None, str | None, str | None]:
        """Where its answers are counted."""
        last = _NAMED if self.driver else str(self.score) if self.score else None
        return self.channel, self.language, last


@dataclass(frozen=True, slots=True)
class Telling:
    """What may be told beside the comments of one office and week. `trust` are what its points are
    counted under: a thumb up is not a 1.
    """

    ways: frozenset[tuple[str, str]] = frozenset()
    trust: frozenset[str] = frozenset()
    satisfaction: frozenset[int] = frozenset()
    drivers: frozenset[tuple[str, Side]] = frozenset()


def over(directory: Directory, now: datetime) -> date:
    """The Monday before which all weeks are over, at the last of the offices too."""
    return monday_of(min(_days(directory, now)))


def newest(directory: Directory, now: datetime) -> date:
    """The Monday of the newest week that has begun anywhere."""
    return monday_of(max(_days(directory, now)))


def monday_of(day: date) -> date:
    """The Monday with which the week of `day` begins."""
    return day - timedelta(days=day.weekday())


class Shown:
    """The offices whose comments of a week, of one kind, may be read: `office in shown`."""

    def __init__(self, cells: Mapping[str, Mapping[_Cell, int]], kind: Kind):
        self._cells = cells
        self._kind = kind
        self._judged: dict[str, bool] = {}

    @property
    def few(self) -> frozenset[str]:
        """Those that come into question: they have 5 such answers. No other need be looked at."""
        return frozenset(
            office for office, cells in self._cells.items() if _n(cells, self._kind.cell) >= LIMIT
        )

    def __contains__(self, office: str) -> bool:
        # To judge an office takes a millisecond, and a list needs few out of thousands.
        if office not in self._judged:
            cells = self._cells.get(office, {})
            self._judged[office] = _shows(cells, self._kind.cell)
        return self._judged[office]


def shown(connection: Connection, scope: Scope, monday: date, kind: Kind | None = None) -> Shown:
    """The offices whose comments of that week, of that kind, may be read. The week must be over.

    `scope` is what the reader may see, narrowed by nothing but services and offices.
    """
    kind = kind or Kind()
    by = ("office",) if kind == Kind() else ("office", "channel", "language")
    only = {"response", *_measures(kind)}
    counted = slices.read(connection, scope.during(_week(monday)), by, only)
    cells = {office: _cells(some, kind) for office, some in _by_office(counted).items()}
    return Shown(cells, kind)


def telling(connection: Connection, scope: Scope, monday: date) -> dict[str, Telling]:
    """What may be told beside the comments of that week, for each office that has 5 answers."""
    only = {"response", "trust", "satisfaction", *(f"driver:{code}" for code in DRIVERS)}
    by = ("office", "channel", "language")
    counted = slices.read(connection, scope.during(_week(monday)), by, only)
    return {
        office: _telling(some)
        for office, some in _by_office(counted).items()
        if sum(one.n for one in some) >= LIMIT
    }


def _days(directory: Directory, now: datetime) -> set[date]:
    zones = {one.timezone for one in directory.offices.values()}
    return {now.astimezone(ZoneInfo(zone)).date() for zone in zones} or {now.date()}


def _week(monday: date) -> Span:
    return Span(monday, monday + WEEK)


def _measures(kind: Kind) -> Iterable[str]:
    if kind.driver:
        yield f"driver:{kind.driver[0]}"
    if kind.score:
        yield "trust"


def _by_office(counted: Iterable[Slice]) -> dict[str, list[Slice]]:
    found: dict[str, list[Slice]] = defaultdict(list)
    for one in counted:
        found[one.group["office"]].append(one)
    return found


def _cells(counted: Iterable[Slice], kind: Kind) -> Counter[_Cell]:
    cells: Counter[_Cell] = Counter()
    for one in counted:
        way = one.group.get("channel", ""), one.group.get("language", "")
        for last, n in _split(one, kind).items():
            cells[(*way, last)] += n
    return cells


def _split(one: Slice, kind: Kind) -> Mapping[str, int]:
    if kind.driver:
        named = _named(one, *kind.driver)
        return {_NAMED: named, _OTHER: one.n - named}
    if kind.score:
        return one.measured.get("trust", {})
    return {"": one.n}


def _named(one: Slice, code: str, side: Side) -> int:
    values = one.measured.get(f"driver:{code}", {})
    return values.get(side, 0) + sum(values.get(str(point), 0) for point in POINTS[side])


def _shows(cells: Mapping[_Cell, int], wanted: Sequence[str | None]) -> bool:
    """Whether what is wanted also stands in the tables of these answers, with what must be hidden
    there hidden: of channels and languages, of points, and of the points of a channel.
    """
    channel, language, last = wanted
    if _n(cells, wanted) < LIMIT:
        return False
    if (channel or language) and not _stands(cells, (0, 1), (channel, language)):
        return False
    if last is None:
        return True
    sides = [((at, 2), (wanted[at], last)) for at in (0, 1) if wanted[at] is not None]
    if not sides:
        return last in _tellable(_along(cells, 2))
    return all(_stands(cells, axes, pair) for axes, pair in sides)


def _stands(
    cells: Mapping[_Cell, int], axes: tuple[int, int], pair: tuple[str | None, str | None]
) -> bool:
    counts: Counter[tuple[str, str]] = Counter()
    for cell, n in cells.items():
        counts[cell[axes[0]], cell[axes[1]]] += n
    return (suppression.table(counts, LIMIT).get(pair) or 0) >= LIMIT


def _along(cells: Mapping[_Cell, int], axis: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for cell, n in cells.items():
        counts[cell[axis]] += n
    return counts


def _n(cells: Mapping[_Cell, int], wanted: Sequence[str | None]) -> int:
    return sum(
        n
        for cell, n in cells.items()
        if all(value is None or value == cell[at] for at, value in enumerate(wanted))
    )


def _tellable(counts: Mapping[str, int]) -> set[str]:
    """The names in a list of counts that stand for 5 people or more, and give away no others."""
    told = suppression.line(counts, LIMIT)
    return {name for name in counts if (told[name] or 0) >= LIMIT}


def _telling(some: Sequence[Slice]) -> Telling:
    ways: Counter[str] = Counter()
    for one in some:
        ways[f"{one.group['channel']} {one.group['language']}"] += one.n
    [whole] = slices.merged(some)
    return Telling(
        ways=frozenset(_pair(name) for name in _tellable(ways)),
        trust=frozenset(_tellable(whole.measured.get("trust", {}))),
        satisfaction=frozenset(map(int, _tellable(whole.measured.get("satisfaction", {})))),
        drivers=frozenset(
            (code, side)
            for code in DRIVERS
            for side in SIDES
            if _NAMED in _tellable(_split(whole, Kind(driver=(code, side))))
        ),
    )


def _pair(name: str) -> tuple[str, str]:
    channel, _, language = name.partition(" ")
    return channel, language
