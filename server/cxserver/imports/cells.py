"""What a cell of somebody else's file means: points, counts, moments. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo

from cxserver import periods
from cxserver.imports.rejected import RowRefused
from cxserver.instrument import statements
from cxserver.periods import Period

MOST = 2_000_000_000
_YES, _NO = frozenset({"1", "yes", "true", "x"}), frozenset({"", "0", "no", "false", "null"})
_WHOLE = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]+", re.ASCII)
_POINT = re.compile(r"([0-9])(?:\.0)?", re.ASCII)
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?) ?%", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+", re.ASCII)
_ZONE = re.compile(r" ?([+-][0-9]{2}:?[0-9]{2})$", re.ASCII)
_AGREED = {
    label.replace(statements.SHY, "").casefold(): point
    for labels in statements.AGREEMENT.values()
    for point, label in enumerate(labels, 1)
}


def point(
    column: str, cell: str, points: Sequence[int], words: Mapping[str, int], *, zero: bool
) -> int | None:
    """A point of a scale; None when nothing was given. With `zero`, 0 is "not asked"."""
    known = _AGREED | {word.casefold(): value for word, value in words.items()}
    value = known.get(cell.casefold())
    if value is None and (match := _POINT.fullmatch(cell)):
        value = int(match[1])
    if cell == "" or (value == 0 and zero and 0 not in points):
        return None
    if value in points:
        return value
    raise RowRefused(column, *_no_point(cell, value, points))


def _no_point(cell: str, value: int | None, points: Sequence[int]) -> tuple[str, str]:
    allowed = f"{points[0]} to {points[-1]}"
    if value == 0:
        return "0 is not a point", 'set zero = "not asked" in the map, if that is what it means'
    if _DECIMAL.fullmatch(cell):
        return (
            "this is a mean, and one row is one person's answer",
            "take the answers or the counts it was made of; nothing can be made of a mean",
        )
    return f"this is not a point from {allowed}", "tell the point of each word under [values]"


def tap(column: str, cell: str) -> bool:
    """Whether a driver was tapped."""
    said = cell.casefold()
    if said in _YES or said in _NO:
        return said in _YES
    raise RowRefused(column, "this is neither tapped nor not tapped", "write 1 or 0")


def count(column: str, cell: str) -> int:
    """A number of people: thousands may carry commas."""
    if _WHOLE.fullmatch(cell):
        n = int(cell.replace(",", ""))
        if n <= MOST:
            return n
        raise RowRefused(column, f"more than {MOST:,} people", "look at the number again")
    if _DECIMAL.fullmatch(cell):
        rule = "this is a mean, not a number of people"
        raise RowRefused(column, rule, "put in how many gave each point")
    raise RowRefused(
        column, "this is not a number of people", "write a whole number, such as 1,250"
    )


def counts(columns: Sequence[str], given: Sequence[str], total: int | None) -> list[int]:
    """The people of each point: as numbers, or as shares of `total`. Nothing there is no one."""
    if not any("%" in cell for cell in given):
        return [count(column, cell or "0") for column, cell in zip(columns, given, strict=True)]
    shares: list[Fraction] = []
    for column, cell in zip(columns, given, strict=True):
        match = _SHARE.fullmatch(cell or "0%")
        if not match:
            rule = "some cells are shares, and this one is not"
            raise RowRefused(column, rule, "write all as numbers of people")
        shares.append(Fraction(match[1]))
    if total is None:
        rule = "a share needs the number of people it is of"
        raise RowRefused(columns[0], rule, "fill in the number of answers")
    if abs(sum(shares, Fraction()) - 100) > 1:
        rule = "the shares do not add up to 100 %"
        raise RowRefused(columns[0], rule, "look at the numbers again")
    return _people(shares, total)


def _people(shares: Sequence[Fraction], total: int) -> list[int]:
    """Whole people, as near to the shares as can be (largest remainders)."""
    exact = [share * total / sum(shares, Fraction()) for share in shares]
    whole = [int(item) for item in exact]
    rest = sorted(range(len(exact)), key=lambda at: (whole[at] - exact[at], at))
    for at in rest[: total - sum(whole)]:
        whole[at] += 1
    return whole


def moment(column: str, cell: str, given: ZoneInfo, local: ZoneInfo) -> tuple[date, datetime]:
    """The office's day, and the hour; of a day alone, noon there.

    A time without a zone is one of `given`.
    """
    text = _ZONE.sub(r"\1", cell.removesuffix(" UTC") + ("+00:00" * cell.endswith(" UTC")))
    try:
        result = datetime.fromisoformat(text)
        if len(text) <= len("2023-07-31"):
            return result.date(), datetime.combine(result.date(), time(12), local)
        aware = result if result.tzinfo else result.replace(tzinfo=given)
        there = aware.astimezone(local)
    except (ValueError, OverflowError):
        cure = "write it as 2023-07-31, or 2023-07-31 14:05 with or without a zone (UTC, -04:00)"
        raise RowRefused(column, "this is not a date", cure) from None
    return there.date(), there.replace(minute=0, second=0, microsecond=0)


def quarter(days: Mapping[str, str]) -> Period:
    """The fiscal quarter of a first and a last day, given by the names of their columns."""
    period = []
    for column, cell in days.items():
        try:
            period.append(periods.of("quarter", date.fromisoformat(cell)))
        except ValueError:
            raise RowRefused(column, "this is not a date", "write it as 2023-07-31") from None
    if period[0] != period[-1]:
        rule = "it is of more than one quarter"
        raise RowRefused(list(days)[-1], rule, "split it by quarters")
    return period[0]
