"""Which quarter, and whether it is over: 2026Q1 is October to December 2025. Pure.

An answer belongs to a quarter by its stored day, the office's local date. No clock time is cut
here, so the last minute of the last day cannot be lost.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cxserver import periods
from cxserver.errors import NotFound
from cxserver.periods import Period

_NAME = re.compile(r"(20\d\d)Q([1-4])", re.ASCII)


def named(name: str) -> Period:
    """The quarter with this name. Raises NotFound."""
    if not _NAME.fullmatch(name):
        raise NotFound(f"'{name}' is not a fiscal quarter such as 2026Q1 (October–December 2025).")
    return periods.named(name)


def year_and_number(quarter: Period) -> tuple[int, int]:
    """2026 and 1 of 2026Q1."""
    return int(quarter.name[:4]), int(quarter.name[-1])


def last_day(quarter: Period) -> date:
    """Its last day, included."""
    return quarter.end - timedelta(days=1)


def of_year(year: int) -> list[Period]:
    """The four quarters of a fiscal year."""
    return [periods.named(f"{year:04}Q{number}") for number in (1, 2, 3, 4)]


def year_of(day: date) -> int:
    """The fiscal year of a day: it begins on 1 October of the year before."""
    return year_and_number(periods.of("quarter", day))[0]


def ended(quarter: Period, now: datetime, zones: Iterable[ZoneInfo]) -> bool:
    """Whether its last day is over at every office."""
    return all(now.astimezone(zone).date() >= quarter.end for zone in zones)
