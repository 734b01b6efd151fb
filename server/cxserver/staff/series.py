"""How the scores went in the last 24 weeks, by week or, where few answer, by 28 days.

The blocks are counted back from last Sunday, as the days of the pages are: so no block and no page
differ by a few days.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import Engine

from cxserver.insight import changes, slices, suppression
from cxserver.insight.changes import Break, Side
from cxserver.insight.measures import Score
from cxserver.insight.periods import Span
from cxserver.insight.slices import Scope, Slice
from cxserver.instrument.survey import Survey
from cxserver.staff import charts, filters, table, veil, words
from cxserver.staff.charts import Trend
from cxserver.staff.filters import Filters
from cxserver.staff.table import Cell, Table

DAYS = 168
_MEASURES = ("trust", "satisfaction")
_NEEDS = ("day", *changes.NEEDS)


@dataclass(frozen=True, slots=True)
class Block:
    """Some days and their answers; not shown, they have no sides."""

    span: Span
    n: int
    sides: Mapping[str, Side]

    @property
    def label(self) -> str:
        """Its first day, short."""
        start = self.span.start
        return f"{start:%b} {start.day}" if start else ""

    def score(self, measure: str) -> Score | None:
        """How it stood, if that is shown."""
        found = self.sides.get(measure)
        return found.score if found and found.score.n else None


@dataclass(frozen=True, slots=True)
class Series:
    """The blocks, the oldest first, from the first that has answers."""

    blocks: tuple[Block, ...]
    days: int
    surveys: Mapping[str, Survey]

    @property
    def unit(self) -> str:
        """What a block is called."""
        return "week" if self.days == 7 else f"{self.days} days"

    def breaks(self, measure: str) -> list[Break]:
        """Where the line must not be drawn through, and why."""
        told = [(one.label, one.sides[measure]) for one in self.blocks if one.sides]
        return changes.breaks(told, self.surveys, measure)

    def chart(self, measure: str) -> Trend:
        """Where its marks stand."""
        told = [(one.label, one.score(measure)) for one in self.blocks]
        return charts.trend(told, {one.period for one in self.breaks(measure)})

    def table(self, measure: str) -> Table:
        """The numbers behind the chart."""
        stops = {one.period: one.reason for one in self.breaks(measure)}
        head: tuple[str, ...] = ("Days", "People", "Gave a 4 or 5", "At least", "At most")
        rows = tuple(
            (table.name(filters.told(one.span)), *_cells(one, measure))
            + ((table.plain(stops.get(one.label, "")),) if stops else ())
            for one in self.blocks
        )
        head += ("Break before",) if stops else ()
        return Table(f"{words.MEASURES[measure]} by {self.unit}", head, rows)


def read(engine: Engine, asked: Filters, surveys: Mapping[str, Survey]) -> Series:
    """The series of what is asked for, whatever its days."""
    span = Span(asked.end - timedelta(days=DAYS), asked.end)
    counted = slices.read(engine, asked.of_office().during(span), _NEEDS, ("response", *_MEASURES))
    days = length([(date.fromisoformat(one.group["day"]), one.n) for one in counted], asked.end)
    shown = _Shown(engine, asked, span, days)
    found = blocks(counted, asked.end, days, shown)
    return Series(covered(found, _totals(asked)), days, surveys)


def length(daily: Sequence[tuple[date, int]], end: date) -> int:
    """Weeks where each has enough answers to be compared; else 28 days."""
    weeks: dict[int, int] = defaultdict(int)
    for day, n in daily:
        weeks[(end - day).days // 7 if day < end else -1] += n
    # The week in which the first answers came need not be a whole one.
    whole = [weeks[at] for at in range(max(weeks, default=0))]
    enough = whole and min(whole) >= suppression.NOT_FOR_COMPARISON
    return 7 if enough else 28


def blocks(
    counted: Sequence[Slice], end: date, days: int, shown: "_Shown | None" = None
) -> tuple[Block, ...]:
    """The blocks from the first with answers on."""
    found: dict[int, list[Slice]] = defaultdict(list)
    for one in counted:
        found[_number(date.fromisoformat(one.group["day"]), end, days)].append(one)
    return tuple(
        _block(found[number], _span(number, end, days), shown is None or shown(number))
        for number in range(max(found, default=-1), -1, -1)
    )


def covered(found: Sequence[Block], totals: Sequence[Span]) -> tuple[Block, ...]:
    """As `found`, with more hidden: beside a hidden block of days whose total is known others too,
    so that it does not follow from the total and the rest.
    """
    now = tuple(found)
    while True:
        before = now
        for span in totals:
            bare = _bare([one for one in now if _holds(span, one.span)])
            now = tuple(replace(one, sides={}) if one.span in bare else one for one in now)
        if now == before:
            return now


def _bare(inside: Sequence[Block]) -> set[Span]:
    """Which of the blocks under one total to hide."""
    if all(one.sides or not one.n for one in inside):
        return set()
    # A hidden block counts as a small one, whatever it holds.
    counts = {
        str(at): one.n if one.sides else min(one.n, veil.LIMIT - 1) for at, one in enumerate(inside)
    }
    told = suppression.line(counts, veil.LIMIT)
    # The total stands on a page of its own. Where it would have to go, the blocks go instead.
    return {one.span for at, one in enumerate(inside) if told[None] is None or not told[str(at)]}


def _totals(asked: Filters) -> list[Span]:
    """The days that pages give totals of, and those between their ends: differences of totals."""
    spans = [one for window in filters.windows(asked.today) for one in (window.span, window.before)]
    ends = {day for name in spans[: 2 * len(filters.ROLLING)] for day in (name.start, name.end)}
    return spans + [Span(*pair) for pair in pairwise(sorted(day for day in ends if day))]


def _holds(whole: Span, part: Span) -> bool:
    return part.within(whole) == part


def _block(counted: Sequence[Slice], span: Span, shown: bool) -> Block:
    n = sum(one.n for one in counted)
    if not n or n < veil.LIMIT or not shown:
        return Block(span, n, {})
    return Block(span, n, {one: changes.side(counted, one) for one in _MEASURES})


def _number(day: date, end: date, days: int) -> int:
    # 0 is the last block, which ends last Sunday.
    return (end - day - timedelta(days=1)).days // days


def _span(number: int, end: date, days: int) -> Span:
    last = end - timedelta(days=number * days)
    return Span(last - timedelta(days=days), last)


def _cells(one: Block, measure: str) -> tuple[Cell, ...]:
    score = one.score(measure)
    if score is not None:
        return table.count(score.n), *table.score(score)
    return tuple(table.hidden() if one.n else table.nothing() for _ in range(4))


class _Shown:
    """Whether a block may be shown beside the same block of its neighbours."""

    def __init__(self, engine: Engine, asked: Filters, span: Span, days: int):
        self._asked, self._days = asked, days
        self._own: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._ways: dict[int, list[tuple[str, str, str, int]]] = defaultdict(list)
        if asked.service or asked.channel or asked.language:
            self._read_ways(engine, span)
        if asked.office:
            self._read_offices(engine, span)

    def __call__(self, number: int) -> bool:
        asked = self._asked
        if asked.office and self._hides_office(number, asked.office):
            return False
        ways = self._ways[number]
        return veil.siblings_show(ways, asked) if ways else True

    def _hides_office(self, number: int, office: str) -> bool:
        above = veil.parents(self._asked.directory, self._asked.seen)
        return veil.tree(self._own[number], above).get(office) is None

    def _read_ways(self, engine: Engine, span: Span) -> None:
        asked = self._asked.but(service=None, channel=None, language=None)
        by = ("day", "service", "channel", "language")
        for one in slices.read(engine, asked.of_office().during(span), by, {"response"}):
            row = (one.group["service"], one.group["channel"], one.group["language"], one.n)
            self._ways[self._block(one)].append(row)

    def _read_offices(self, engine: Engine, span: Span) -> None:
        around: Scope = self._asked.around().during(span)
        for one in slices.read(engine, around, ("day", "office"), {"response"}):
            self._own[self._block(one)][one.group["office"]] += one.n

    def _block(self, one: Slice) -> int:
        return _number(date.fromisoformat(one.group["day"]), self._asked.end, self._days)
