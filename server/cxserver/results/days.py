"""The days that a staff page is about: rolling, a month or a quarter, or any days."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cxserver import periods
from cxserver.errors import QuestionRefused
from cxserver.periods import Period, Span
from cxserver.results import cuts
from cxserver.results.freshness import Freshness

# Whole multiples of 28 days: the same weekdays in each, and no two that differ by a few days.
ROLLING: Mapping[str, tuple[str, int]] = {
    "28-days": ("Last 28 days", 28),
    "12-weeks": ("Last 12 weeks", 84),
    "52-weeks": ("Last 52 weeks", 364),
}
# With a cut, which is counted by whole months.
_MONTHS: Mapping[str, int] = {"28-days": 1, "12-weeks": 3, "52-weeks": 12}
DEFAULT = "28-days"
_QUARTERS = 4
_LONGEST = timedelta(days=731)
_DAY = timedelta(days=1)
# Where nearly all offices closed longer ago, the days are up to yesterday all the same.
_LATEST = timedelta(days=14)


# The parameters of an address.
Asked = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Window:
    """Some days, and the days before them to compare with. Both have a first and a last day."""

    name: str
    title: str
    span: Span
    before: Span

    @property
    def is_rolling(self) -> bool:
        """Whether it moves on with every day."""
        return self.name in ROLLING

    @property
    def days(self) -> str:
        """The first and the last day, in words."""
        return in_words(self.span)


def choices(today: date, end: date) -> list[Window]:
    """The days that can be chosen on `today`; rolling ones last until before `end`."""
    windows = [_rolling(name, end) for name in ROLLING]
    quarter = periods.of("quarter", today)
    for _ in range(_QUARTERS + 1):
        windows.append(_fixed(quarter, today))
        quarter = periods.previous(quarter)
    return windows


def in_words(span: Span) -> str:
    """A span's first and last day, as people write them: "25 Oct – 21 Nov 2026"."""
    assert span.start is not None and span.end is not None  # noqa: S101  # windows have both
    first, last = span.start, span.end - _DAY
    year = f" {first.year}" if first.year != last.year else ""
    return f"{first:%b} {first.day}{',' if year else ''}{year} – {last:%b} {last.day}, {last.year}"


def end_of(fresh: Freshness, today: date) -> date:
    """The day after the last one that rolling days count."""
    if fresh.settled is None or fresh.settled < today - _LATEST:
        return today
    return fresh.settled + _DAY


def read(query: Asked, today: date, end: date) -> Window:
    """The days in an address; rolling ones last until before `end`. Raises QuestionRefused."""
    first, last = query.get("from", ""), query.get("to", "")
    if first or last:
        return _free(first, last, today)
    name = query.get("period", "") or DEFAULT
    if name in ROLLING:
        return _rolling(name, end)
    try:
        period = periods.named(name)
    except ValueError:
        raise QuestionRefused(f"Choose a period: {', '.join(ROLLING)} or 2027Q1.") from None
    if period.kind not in ("month", "quarter") or period.start > today:
        raise QuestionRefused("Choose a month or a quarter that has begun.")
    return _fixed(period, today)


def _rolling(name: str, end: date) -> Window:
    title, days = ROLLING[name]
    length = timedelta(days=days)
    return Window(name, title, Span(end - length, end), Span(end - 2 * length, end - length))


def whole_months(window: Window, today: date) -> Window:
    """The months nearest to rolling days."""
    months = _MONTHS[window.name]
    span = _months_before(today.replace(day=1), months)
    assert span.start is not None  # noqa: S101  # it has both ends
    title = f"Last {'month' if months == 1 else f'{months} months'}"
    return replace(window, title=title, span=span, before=_months_before(span.start, months))


def _months_before(end: date, months: int) -> Span:
    start = end
    for _ in range(months):
        start = periods.previous(periods.of("month", start)).start
    return Span(start, end)


def _fixed(period: Period, today: date) -> Window:
    title = f"{period.start:%B %Y}"
    if period.kind == "quarter":
        title = f"Fiscal year {period.name[:4]}, quarter {period.name[-1]}"
    if period.end > today:
        title += ", so far"
    return Window(period.name, title, period.span, periods.previous(period).span)


def _free(first: str, last: str, today: date) -> Window:
    """Any days, in ISO form; they are compared with as many before them, months with months."""
    try:
        span = periods.days(date.fromisoformat(first), date.fromisoformat(last))
    except (ValueError, OverflowError):
        raise QuestionRefused("Write both days as 2026-10-01 and 2026-10-31.") from None
    start, end = span.start, span.end
    assert start is not None and end is not None  # noqa: S101  # both were given
    if not (date(2000, 1, 1) <= start < end <= today + _DAY and end - start <= _LONGEST):
        raise QuestionRefused("Choose days up to today, in order, and at most two years.")
    before = Span(start - (end - start), start)
    if cuts.is_whole_months(span):
        months = 12 * (end.year - start.year) + end.month - start.month
        before = _months_before(start, months)
    return Window(f"{first}..{last}", in_words(span), span, before)
