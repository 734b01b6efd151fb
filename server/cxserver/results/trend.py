"""How the scores went in the last 24 weeks, by week or, where that tells of few, by 28 days.

The blocks are counted back from the last day that nearly all offices have closed, as the days of
the pages are: a newer block would tell of the busy offices alone. Breaks are looked for by whole
weeks from Monday on, however long a block is: so they stay where they are from one day to the
next.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from cxserver import periods
from cxserver.instrument.survey import Survey
from cxserver.periods import Kind, Period, Span
from cxserver.results import (
    breaks,
    changes,
    chart_notes,
    charts,
    cuts,
    sentences,
    suppression,
    table,
)
from cxserver.results.breaks import Break
from cxserver.results.changes import Side
from cxserver.results.chart_notes import Note
from cxserver.results.charts import Trend
from cxserver.results.cuts import Counted
from cxserver.results.days import in_words
from cxserver.results.measures import Score
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope
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
    """The blocks, the oldest first, from the first that has answers; by measure its breaks, each
    named by its first day; and the dated notes of these days.
    """

    blocks: tuple[Block, ...]
    days: int
    breaks: Mapping[str, tuple[Break, ...]]
    notes: tuple[Note, ...] = ()

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

    def note(self, measure: str) -> str:
        """One note on all of its breaks, the newest first; "" without any."""
        stops = self.breaks.get(measure, ())
        if not stops:
            return ""
        newest = self.sentence(stops[-1])
        others = ", ".join(f"{day:%b} {day.day}" for day in (item.day for item in stops[-2::-1]))
        return f"{newest} Other breaks: {others}. The table says why." if others else newest

    def chart(self, measure: str) -> Trend:
        """Where its marks stand."""
        series = [(block.label, block.score(measure)) for block in self.blocks]
        notes = [(self._place(note.day), note.date) for note in self.notes]
        beside = [block.score(other) for other in _MEASURES for block in self.blocks]
        return charts.trend(series, self.stops(measure), notes=notes, beside=beside)

    def stops(self, measure: str) -> frozenset[str]:
        """The labels of the blocks before which the line stops."""
        return frozenset(self.blocks[at].label for at in self._marks(measure))

    @property
    def places(self) -> list[float]:
        """Where its notes stand: how many blocks from the left edge."""
        return [self._place(note.day) for note in self.notes]

    def table(self, measure: str) -> Table:
        """The numbers behind the chart."""
        stops = self.reasons(measure)
        best = f"Gave {sentences.good(block.score(measure) for block in self.blocks)}"
        head: tuple[str, ...] = ("Days", "People", best, "At least", "At most")
        rows = tuple(
            (table.name(in_words(block.span)), *_cells(block, measure))
            + ((table.plain(stops.get(at, "")),) if stops else ())
            for at, block in enumerate(self.blocks)
        )
        head += ("Break before",) if stops else ()
        return Table(f"{sentences.MEASURES[measure]}, {self.steps}", head, rows)

    def reasons(self, measure: str) -> dict[int, str]:
        """Why the line breaks before a block, by the block's place."""
        return {at: " ".join(words) for at, words in self._marks(measure).items()}

    def stop_within(self, measure: str, span: Span) -> Break | None:
        """The newest break inside of these days of which both sides do not compare."""
        return breaks.within(self.breaks.get(measure, ()), span)

    def sentence(self, stop: Break) -> str:
        """When a break is, what happened, and what follows from it."""
        return breaks.sentence(stop, by_month=self.days == _MONTH)

    def _marks(self, measure: str) -> dict[int, list[str]]:
        """At which blocks the line stops, and why: at the edge that is nearest to the break."""
        marks: dict[int, list[str]] = defaultdict(list)
        edges = range(1, len(self.blocks))
        for item in self.breaks.get(measure, ()):
            if edges:
                nearest = min(edges, key=lambda at: abs(self._start(at) - item.day))
                marks[nearest].append(self.sentence(item))
        return marks

    def _place(self, day: date) -> float:
        """How many blocks a day lies from the left edge."""
        at = next(at for at, block in enumerate(self.blocks) if day in block.span)
        span = self.blocks[at].span
        assert span.end is not None  # noqa: S101  # every block has a last day
        return at + (day - self._start(at)) / (span.end - self._start(at))

    def _start(self, at: int) -> date:
        start = self.blocks[at].span.start
        assert start is not None  # noqa: S101  # every block has a first day
        return start


@dataclass(frozen=True, slots=True)
class TrendCounts:
    """What the series is worked out from: by day, or by the months of a cut."""

    counted: Counted
    months: tuple[Period, ...] = ()
    notes: tuple[Note, ...] = ()


def fetch(connection: Connection, filters: Filters) -> TrendCounts:
    """Read what the series needs, whatever the days asked for; with a cut, by month."""
    if filters.is_cut and not filters.holds_rows:
        months = _months(filters)
        span = Span(months[0].start, months[-1].end)
        counted = _counted(connection, filters, span, "month")
        return TrendCounts(counted, months, chart_notes.on_chart(connection, filters, span))
    span = span_of(filters)
    notes = chart_notes.on_chart(connection, filters, span)
    return TrendCounts(_counted(connection, filters, span, "day"), notes=notes)


def span_of(filters: Filters) -> Span:
    """The days of the series, where it is not by months."""
    return Span(filters.end - timedelta(days=DAYS), filters.end)


def by_office(
    reader: Reading, filters: Filters, offices: Sequence[str]
) -> dict[str, list[tuple[str, Score | None]]]:
    """Trust at each of these offices by block: label, score. One question for all of them."""
    if not offices or (filters.is_cut and not filters.holds_rows):
        return {}
    span = span_of(filters)
    scope = filters.of_office().narrowed(Scope(offices=frozenset(offices))).during(span)
    needed = ("response", "trust")
    counted = cuts.read(reader.connection, scope, ("office", "day"), needed, changes.NEEDS).slices
    result: dict[str, list[tuple[str, Score | None]]] = {}
    for office in offices:
        mine = [item for item in counted if item.group["office"] == office]
        daily = [(date.fromisoformat(item.group["day"]), item.n) for item in mine]
        each = blocks(mine, filters.end, length(daily, filters.end))
        result[office] = [(block.label, block.score("trust")) for block in each]
    return result


def work_out(fetched: TrendCounts, filters: Filters, surveys: Mapping[str, Survey]) -> Series:
    """The series of what is asked for."""
    counted = fetched.counted.slices
    if fetched.months:
        found, days = _by_month(counted, fetched.months), _MONTH
        steps = found
    else:
        days = length(
            [(date.fromisoformat(item.group["day"]), item.n) for item in counted], filters.end
        )
        found, steps = blocks(counted, filters.end, days), _weeks(counted, filters.end)
    stops = {
        measure: tuple(
            breaks.find(_sides(steps, measure), surveys, measure, shares=filters.holds_rows)
        )
        for measure in _MEASURES
    }
    notes = [note for note in fetched.notes if any(note.day in block.span for block in found)]
    return Series(found, days, stops, tuple(notes))


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


def _by_month(counted: Sequence[Slice], months: Sequence[Period]) -> tuple[Block, ...]:
    every = [
        _block([item for item in counted if item.group["month"] == month.name], month.span)
        for month in months
    ]
    first = next((at for at, item in enumerate(every) if item.n), len(every))
    return tuple(every[first:])


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


def _weeks(counted: Sequence[Slice], end: date) -> tuple[Block, ...]:
    """The whole weeks from Monday on that are over by `end`."""
    by_week: dict[Period, list[Slice]] = defaultdict(list)
    for item in counted:
        by_week[periods.of("week", date.fromisoformat(item.group["day"]))].append(item)
    first = end - timedelta(days=DAYS)
    return tuple(
        _block(by_week[week], week.span)
        for week in sorted(by_week, key=lambda week: week.start)
        if first <= week.start and week.end <= end
    )


def _sides(steps: Sequence[Block], measure: str) -> list[tuple[str, Side]]:
    return [(str(block.span.start), block.sides[measure]) for block in steps if block.sides]
