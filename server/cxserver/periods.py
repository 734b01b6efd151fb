"""Days, weeks, months and federal fiscal quarters, as stretches of days with a name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Kind = Literal["day", "week", "month", "quarter"]

KINDS: tuple[Kind, ...] = ("day", "week", "month", "quarter")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` to before `end`; None is open. An end that is not included never lets a
    day be counted twice, nor forgotten, between one span and the next.
    """

    start: date | None = None
    end: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    def within(self, other: "Span") -> "Span":
        """The days that both hold."""
        starts = [day for day in (self.start, other.start) if day]
        ends = [day for day in (self.end, other.end) if day]
        return Span(max(starts, default=None), min(ends, default=None))


@dataclass(frozen=True, slots=True)
class Period:
    """One day, week, month or quarter: `name` sorts as time passes, `end` is not included."""

    kind: Kind
    name: str
    start: date
    end: date

    @property
    def span(self) -> Span:
        """Its days."""
        return Span(self.start, self.end)


def days(first: date | None, last: date | None) -> Span:
    """The span from `first` to `last`, both included, as people say it."""
    return Span(first, last + _DAY if last else None)


def of(kind: Kind, day: date) -> Period:
    """The period of this kind that holds `day`."""
    return _OF[kind](day)


def previous(period: Period) -> Period:
    """The one before."""
    return of(period.kind, period.start - _DAY)


def following(period: Period) -> Period:
    """The one after."""
    return of(period.kind, period.end)


def between(kind: Kind, first: date, last: date) -> list[Period]:
    """Every period that holds a day from `first` to `last`, both included."""
    periods: list[Period] = []
    day = first
    while day <= last:
        periods.append(of(kind, day))
        day = periods[-1].end
    return periods


def named(name: str) -> Period:
    """The period with this name: 2026-11-04, 2026-W45, 2026-11 or 2027Q1. Raises ValueError."""
    if match := re.fullmatch(r"(\d{4})Q([1-4])", name):
        year, quarter = int(match[1]), int(match[2])
        return _quarter(date(year - 1, 10, 1) if quarter == 1 else date(year, 3 * quarter - 5, 1))
    if match := re.fullmatch(r"(\d{4})-W(\d\d)", name):
        return _week(date.fromisocalendar(int(match[1]), int(match[2]), 1))
    if re.fullmatch(r"\d{4}-\d\d", name):
        return _month(date.fromisoformat(f"{name}-01"))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", name):
        return _day(date.fromisoformat(name))
    raise ValueError(f"'{name}' is not a period such as 2026-11-04, 2026-W45, 2026-11 or 2027Q1")


def _day(day: date) -> Period:
    return Period("day", day.isoformat(), day, day + _DAY)


def _week(day: date) -> Period:
    # ISO 8601: a week begins on Monday and belongs to the year of its Thursday.
    year, week, weekday = day.isocalendar()
    start = day - (weekday - 1) * _DAY
    return Period("week", f"{year:04}-W{week:02}", start, start + 7 * _DAY)


def _month(day: date) -> Period:
    start = day.replace(day=1)
    return Period("month", f"{day:%Y-%m}", start, _months_on(start, 1))


def _quarter(day: date) -> Period:
    # The federal fiscal year begins on 1 October of the year before and is named after its end:
    # 2027Q1 is October to December 2026.
    start = day.replace(month=day.month - (day.month - 1) % 3, day=1)
    year = start.year + (start.month == 10)
    number = (start.month - 10) % 12 // 3 + 1
    return Period("quarter", f"{year:04}Q{number}", start, _months_on(start, 3))


def _months_on(start: date, months: int) -> date:
    whole = start.year * 12 + start.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)


_OF: dict[Kind, Callable[[date], Period]] = {
    "day": _day,
    "week": _week,
    "month": _month,
    "quarter": _quarter,
}
