"""How the scores went in the last 24 weeks, by week or, where that tells of few, by 28 days.

The blocks are counted back from the last day that nearly all offices have closed, as the days of
the pages are: a newer block would tell of the busy offices alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from cxserver import periods
from cxserver.instrument.survey import Survey
from cxserver.periods import Kind, Period, Span
from cxserver.results import changes, charts, cuts, sentences, suppression, table
from cxserver.results.changes import Break, Side
from cxserver.results.charts import Trend
from cxserver.results.cuts import Counted
from cxserver.results.days import in_words
from cxserver.results.measures import Score
from cxserver.results.question import Filters
from cxserver.results.slices import Slice
from cxserver.results.table import Cell, Table

DAYS = 168
WEEK, MONTH = 7, 28
# A calendar month: cuts are counted by those.
_MONTH, MONTHS = 30, 6
_DAY = timedelta(days=1)
_MEASURES = ("trust", "satisfaction")


@dataclass(frozen=True, slots=True)
class Block:
    """Some days and their answers; without answers they have no sides."""

    span: Span
    n: int
    sides: Mapping[str, Side]

    @property
    def label(self) -> str:
        """Its first day, short."""
        start = self.span.start
        return f"{start:%b} {start.day}" if start else ""

    def score(self, measure: str) -> Score | None:
        """How it stood, if anybody was asked."""
        result = self.sides.get(measure)
        return result.score if result and result.score.n else None


@dataclass(frozen=True, slots=True)
class Series:
    """The blocks, the oldest first, from the first that has answers."""

    blocks: tuple[Block, ...]
    days: int
    surveys: Mapping[str, Survey]

    @property
    def title(self) -> str:
        """How far back it goes."""
        if self.days == _MONTH:
            return f"The last {len(self.blocks)} months" if len(self.blocks) > 1 else "Last month"
        weeks = len(self.blocks) * self.days // WEEK
        return f"The last {weeks} weeks" if weeks > 1 else "Last week"

    @property
    def steps(self) -> str:
        """How long a block is, in words."""
        names = {WEEK: "by week", _MONTH: "by month"}
        return names.get(self.days, "four weeks at a time")

    def breaks(self, measure: str) -> list[Break]:
        """Where the line must not be drawn through, and why."""
        series = [(block.label, block.sides[measure]) for block in self.blocks if block.sides]
        return changes.breaks(series, self.surveys, measure)

    def chart(self, measure: str) -> Trend:
        """Where its marks stand."""
        series = [(block.label, block.score(measure)) for block in self.blocks]
        return charts.trend(series, {item.period for item in self.breaks(measure)})

    def table(self, measure: str) -> Table:
        """The numbers behind the chart."""
        stops = {item.period: item.reason for item in self.breaks(measure)}
        best = f"Gave {sentences.good(block.score(measure) for block in self.blocks)}"
        head: tuple[str, ...] = ("Days", "People", best, "At least", "At most")
        rows = tuple(
            (table.name(in_words(block.span)), *_cells(block, measure))
            + ((table.plain(stops.get(block.label, "")),) if stops else ())
            for block in self.blocks
        )
        head += ("Break before",) if stops else ()
        return Table(f"{sentences.MEASURES[measure]}, {self.steps}", head, rows)


@dataclass(frozen=True, slots=True)
class TrendCounts:
    """What the series is worked out from: by day, or by the months of a cut."""

    counted: Counted
    months: tuple[Period, ...] = ()


def fetch(connection: Connection, filters: Filters) -> TrendCounts:
    """Read what the series needs, whatever the days asked for; with a cut, by month."""
    if filters.is_cut and not filters.holds_rows:
        months = _months(filters)
        span = Span(months[0].start, months[-1].end)
        return TrendCounts(_counted(connection, filters, span, "month"), months)
    span = Span(filters.end - timedelta(days=DAYS), filters.end)
    return TrendCounts(_counted(connection, filters, span, "day"))


def work_out(fetched: TrendCounts, filters: Filters, surveys: Mapping[str, Survey]) -> Series:
    """The series of what is asked for."""
    counted = fetched.counted.slices
    if fetched.months:
        return _by_month(counted, fetched.months, surveys)
    days = length(
        [(date.fromisoformat(item.group["day"]), item.n) for item in counted], filters.end
    )
    return Series(blocks(counted, filters.end, days), days, surveys)


def _counted(connection: Connection, filters: Filters, span: Span, by: Kind) -> Counted:
    scope = filters.of_office().during(span)
    return cuts.read(connection, scope, (by,), ("response", *_MEASURES), changes.NEEDS)


def _months(filters: Filters) -> tuple[Period, ...]:
    # Last month may not be counted yet; the page says so where it is asked for.
    months = [periods.previous(periods.of("month", filters.today))]
    if filters.window.span.end and filters.window.span.end < months[0].end:
        months = [periods.of("month", filters.window.span.end - _DAY)]
    while len(months) < MONTHS:
        months.insert(0, periods.previous(months[0]))
    return tuple(months)


def _by_month(
    counted: Sequence[Slice], months: Sequence[Period], surveys: Mapping[str, Survey]
) -> Series:
    every = [
        _block([item for item in counted if item.group["month"] == month.name], month.span)
        for month in months
    ]
    first = next((at for at, item in enumerate(every) if item.n), len(every))
    return Series(tuple(every[first:]), _MONTH, surveys)


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
    result: dict[int, list[Slice]] = defaultdict(list)
    for item in counted:
        result[_number(date.fromisoformat(item.group["day"]), end, days)].append(item)
    return tuple(
        _block(result[number], _span(number, end, days))
        for number in range(max(result, default=-1), -1, -1)
    )


def _block(counted: Sequence[Slice], span: Span) -> Block:
    n = sum(item.n for item in counted)
    return Block(
        span, n, {measure: changes.side(counted, measure) for measure in _MEASURES} if n else {}
    )


def _number(day: date, end: date, days: int) -> int:
    # 0 is the last block.
    return (end - day - timedelta(days=1)).days // days


def _span(number: int, end: date, days: int) -> Span:
    last = end - timedelta(days=number * days)
    return Span(last - timedelta(days=days), last)


def _cells(block: Block, measure: str) -> tuple[Cell, ...]:
    score = block.score(measure)
    if score is not None:
        return table.count(score.n), *table.score(score)
    return tuple(table.nothing() for _ in range(4))
