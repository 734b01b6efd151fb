"""When somebody else's file says that a person answered. Pure.

A date is never guessed: 03/04/2023 is read when the map says which number is the month.
"""

import re
from datetime import date, datetime, time
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from cxserver.imports.rejected import RowRefused

DateOrder = Literal["year-month-day", "month/day/year", "day/month/year"]
ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d\d)(?:,? +(.+))?", re.ASCII)
_NAMED = re.compile(
    r"(?:[a-z]{3,9}, )?(?:(\d{1,2}) ([a-z]{3})[a-z]*\.?|([a-z]{3})[a-z]*\.? (\d{1,2})),? (\d{4})"
    r"(?:,? +(?:at )?(.+))?",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:\s*([ap])\.?m\.?)?\s*(utc|gmt|z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_ZONE = re.compile(r" ?([+-][0-9]{2}:?[0-9]{2})$", re.ASCII)
_SERIAL = re.compile(r"[345]\d{4}(\.\d+)?", re.ASCII)


def moment(
    column: str, cell: str, given: ZoneInfo, local: ZoneInfo, order: DateOrder
) -> tuple[date, datetime]:
    """The office's day, and the hour; of a day alone, noon there.

    A time without a zone is one of `given`. Raises RowRefused.
    """
    try:
        day, clock = _parts(column, cell, order)
        if clock is None:
            return day, datetime.combine(day, time(12), local)
        at = datetime.combine(day, clock)
        there = (at if at.tzinfo else at.replace(tzinfo=given)).astimezone(local)
    except (ValueError, OverflowError):
        raise RowRefused(column, *_no_date(cell, order)) from None
    return there.date(), there.replace(minute=0, second=0, microsecond=0)


def _parts(column: str, cell: str, order: DateOrder) -> tuple[date, time | None]:
    if match := _NAMED.fullmatch(cell):
        number, month = match[1] or match[4], match[2] or match[3]
        return _day(match[5], _MONTHS.index(month.lower()) + 1, number), _clock(match[6])
    if not (match := _NUMBERS.fullmatch(cell)):
        return _iso(cell)
    if order == "year-month-day":
        rule = "the map does not say which number of this date is the month"
        cure = 'set dates = "month/day/year" or "day/month/year" in the map'
        raise RowRefused(column, rule, cure)
    first, second = match[1], match[2]
    month, number = (first, second) if order == "month/day/year" else (second, first)
    year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
    return _day(year, month, number), _clock(match[4])


def _day(year: str, month: int | str, day: str) -> date:
    return date(int(year), int(month), int(day))


def _clock(text: str | None) -> time | None:
    if text is None:
        return None
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    hour, half = int(match[1]), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + 12 * (half == "p")
    zone = (match[5] or "").lower()
    offset = "+00:00" if zone in ("utc", "gmt", "z") else zone
    return time.fromisoformat(f"{hour:02}:{match[2]}:{match[3] or '00'}{offset}")


def _iso(cell: str) -> tuple[date, time | None]:
    text = _ZONE.sub(r"\1", cell.removesuffix(" UTC") + ("+00:00" * cell.endswith(" UTC")))
    result = datetime.fromisoformat(text)
    return result.date(), None if len(text) <= len("2023-07-31") else result.timetz()


def _no_date(cell: str, order: DateOrder) -> tuple[str, str]:
    if _SERIAL.fullmatch(cell):
        rule = "this is a spreadsheet's number for a day, not a date"
        return rule, "format the column as a date (2023-07-31), and save the file as CSV again"
    if order == "year-month-day":
        cure = "write it as 2023-07-31, or 2023-07-31 14:05 with or without a zone (UTC, -04:00)"
        return "this is not a date", cure
    return f"this is not a date with {order}", f'look at it, and at dates = "{order}" in the map'
