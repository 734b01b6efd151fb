"""How the scores went in the last 24 weeks, by week or, where that tells of few, by 28 days.

The blocks are counted back from last Sunday, as the days of the pages are: so no block and no page
differ by a few days.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from cxserver.insight import changes, slices, suppression
from cxserver.insight.changes import Break, Side
from cxserver.insight.measures import Score
from cxserver.insight.slices import Slice
from cxserver.instrument.survey import Survey
from cxserver.periods import Span
from cxserver.staff import charts, filters, table, words
from cxserver.staff.charts import Trend
from cxserver.staff.filters import Filters
from cxserver.staff.table import Cell, Table
from cxserver.staff.veil import Veil

DAYS = 168
WEEK, MONTH = 7, 28
_DAY = timedelta(days=1)
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
    def title(self) -> str:
        """How far back it goes."""
        weeks = len(self.blocks) * self.days // WEEK
        return f"The last {weeks} weeks" if weeks > 1 else "Last week"

    @property
    def steps(self) -> str:
        """How long a block is, in words."""
        return "by week" if self.days == WEEK else "four weeks at a time"

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
        best = f"Gave {words.good(one.score(measure) for one in self.blocks)}"
        head: tuple[str, ...] = ("Days", "People", best, "At least", "At most")
        rows = tuple(
            (table.name(filters.told(one.span)), *_cells(one, measure))
            + ((table.plain(stops.get(one.label, "")),) if stops else ())
            for one in self.blocks
        )
        head += ("Break before",) if stops else ()
        return Table(f"{words.MEASURES[measure]}, {self.steps}", head, rows)


def read(
    connection: Connection, asked: Filters, surveys: Mapping[str, Survey], hidden: Veil
) -> Series:
    """The series of what is asked for, whatever its days."""
    span = Span(asked.end - timedelta(days=DAYS), asked.end)
    counted = slices.read(
        connection, asked.of_office().during(span), _NEEDS, ("response", *_MEASURES)
    )
    days = length([(date.fromisoformat(one.group["day"]), one.n) for one in counted], asked.end)
    # The numbers of whole weeks are in no other page: they are shown where all of them may be.
    if days == WEEK and not hidden.shows(_during(asked, Span(asked.end - WEEK * _DAY, asked.end))):
        days = MONTH
    found = blocks(counted, asked.end, days)
    return Series(
        tuple(
            one if hidden.shows(_during(asked, one.span)) else replace(one, sides={})
            for one in found
        ),
        days,
        surveys,
    )


def _during(asked: Filters, span: Span) -> Filters:
    return replace(asked, window=replace(asked.window, span=span))


def length(daily: Sequence[tuple[date, int]], end: date) -> int:
    """Weeks where each has enough answers to be compared; else 28 days."""
    weeks: dict[int, int] = defaultdict(int)
    for day, n in daily:
        weeks[(end - day).days // 7 if day < end else -1] += n
    # The week in which the first answers came need not be a whole one.
    whole = [weeks[at] for at in range(max(weeks, default=0))]
    enough = whole and min(whole) >= suppression.NOT_FOR_COMPARISON
    return WEEK if enough else MONTH


def blocks(counted: Sequence[Slice], end: date, days: int) -> tuple[Block, ...]:
    """The blocks from the first with answers on."""
    found: dict[int, list[Slice]] = defaultdict(list)
    for one in counted:
        found[_number(date.fromisoformat(one.group["day"]), end, days)].append(one)
    return tuple(
        _block(found[number], _span(number, end, days))
        for number in range(max(found, default=-1), -1, -1)
    )


def _block(counted: Sequence[Slice], span: Span) -> Block:
    n = sum(one.n for one in counted)
    if n < suppression.STAFF_HIDES:
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
