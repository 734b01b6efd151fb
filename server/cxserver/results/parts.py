"""Which level of the tallies answers a question: as few counts as give the same numbers. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cxserver import periods
from cxserver.instrument.levels import Level
from cxserver.periods import Span

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """Days that are read from the counts of one level: to be added, or to be taken away again."""

    level: Level
    span: Span
    sign: int = 1

    def each(self, most: int) -> list[date] | None:
        """Every day that has counts of its own here, or None if they are more than `most`."""
        kind: periods.Kind = "month" if self.level is Level.OFFICE_MONTH else "day"
        start, end = self.span.start, self.span.end
        # An end may lie centuries away: first a guess, then the list.
        if start is None or end is None or (end - start).days // 31 > most:
            return None
        result = [item.start for item in periods.between(kind, start, end - _DAY)]
        return result if len(result) <= most else None


@dataclass(frozen=True, slots=True)
class _Rounded:
    """A span as whole months, and days to add to them (`more`) and to take away (`less`)."""

    months: Span
    more: tuple[Span, ...]
    less: tuple[Span, ...]


def parts(span: Span, by: Sequence[str], *, apart: bool) -> list[Part]:
    """Months where that is less to read, and the days by which the span differs from them.

    `apart`: the question names offices. For all of them together a day is so little to read that
    months would save nothing.
    """
    if not apart:
        return [Part(Level.DAY, span)]
    days, months = Level.OFFICE_DAY, Level.OFFICE_MONTH
    if {"day", "week"} & set(by) or not _holds_days(span):
        return [Part(days, span)]
    near = _rounded(span)
    if _length([span]) <= _length((*near.more, *near.less)) or not _holds_days(near.months):
        return [Part(days, span)]
    return [
        Part(months, near.months),
        *(Part(days, item) for item in near.more),
        *(Part(days, item, sign=-1) for item in near.less),
    ]


def _rounded(span: Span) -> _Rounded:
    """To the nearer month at either end: at most half a month of days is left."""
    start, end = span.start, span.end
    more: list[Span] = []
    less: list[Span] = []
    if start is not None and start.day > 1:
        month = periods.of("month", start)
        ahead, rest = Span(month.start, start), Span(start, month.end)
        early = _length([ahead]) < _length([rest])
        (less if early else more).append(ahead if early else rest)
        start = month.start if early else month.end
    if end is not None and end.day > 1:
        month = periods.of("month", end)
        ahead, rest = Span(month.start, end), Span(end, month.end)
        early = _length([ahead]) <= _length([rest])
        (more if early else less).append(ahead if early else rest)
        end = month.start if early else month.end
    return _Rounded(Span(start, end), tuple(more), tuple(less))


def _holds_days(span: Span) -> bool:
    return span.start is None or span.end is None or span.start < span.end


def _length(spans: Iterable[Span]) -> float:
    """In days; an open span is longer than any."""
    return sum(
        (span.end - span.start).days if span.start and span.end else float("inf") for span in spans
    )
