"""The days that pages can be about, from the few that are always there to the many. Pure.

Two pages of different days give away the days between them. So the days at which pages begin and
end form levels: a level has all the ends of those before it, and whoever is shown at a level has 5
answers or none between each two of its ends.
"""

from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations_with_replacement, pairwise

from cxserver import periods
from cxserver.insight import small
from cxserver.periods import Span

# The last 28 days; all days that move on with the week, and those before them; the last month and
# the one before; quarters; months; the weeks of the trend.
LAST, ROLLING, RECENT, QUARTERS, MONTHS, WEEKS = range(6)
BLOCK = timedelta(days=28)
# Of the trend, the last 12 weeks and the 12 before; of the last 52 weeks and the 52 before.
_BLOCKS = (*range(7), 13, 26)
_QUARTERS_BACK = 8
_MONTHS_BACK = 24
_WEEKS_BACK = 24


def end(today: date) -> date:
    """The Monday after the last whole week."""
    return today - timedelta(days=today.weekday())


@lru_cache(maxsize=64)
def ends(level: int, today: date) -> frozenset[date]:
    """Where pages of a level begin and end."""
    last = end(today)
    found = {last, last - BLOCK}
    if level >= ROLLING:
        found |= {last - BLOCK * number for number in _BLOCKS}
    if level >= RECENT:
        found |= _starts("month", today, 2)
    if level >= QUARTERS:
        found |= _starts("quarter", today, _QUARTERS_BACK)
    if level >= MONTHS:
        found |= _starts("month", today, _MONTHS_BACK)
    if level >= WEEKS:
        found |= {last - timedelta(days=7 * number) for number in range(_WEEKS_BACK + 1)}
    return frozenset(found)


def level(span: Span, today: date) -> int | None:
    """The first level that has both ends of these days; None has them."""
    for one in range(WEEKS + 1):
        if {span.start, span.end} <= ends(one, today):
            return one
    return None


def pieces(level: int, today: date) -> list[Span]:
    """The days between each two ends that follow each other."""
    return [Span(*pair) for pair in pairwise(sorted(ends(level, today)))]


def quarters(today: date) -> list[Span]:
    """The quarters of a small office's page, the oldest first; the last goes on until `end`."""
    last = end(today)
    found = [one.span for one in small.recent(last - timedelta(days=1))]
    return [*found[:-1], Span(found[-1].start, last)]


def runs(today: date) -> list[tuple[list[Span], Span]]:
    """Every few quarters that follow each other, alone and with the days around them: whole ones
    that move on with the week.
    """
    spans, edges = quarters(today), sorted(ends(ROLLING, today))
    found = []
    for first, last in combinations_with_replacement(range(len(spans)), 2):
        run = spans[first : last + 1]
        start, stop = run[0].start, run[-1].end
        around = Span(
            max((day for day in edges if start is None or day <= start), default=start),
            min((day for day in edges if stop is None or day >= stop), default=stop),
        )
        found += [(run, Span(start, stop)), (run, around)]
    return found


def _starts(kind: periods.Kind, today: date, back: int) -> set[date]:
    one = periods.of(kind, today)
    found = {one.start}
    for _ in range(back):
        one = periods.previous(one)
        found.add(one.start)
    return found
