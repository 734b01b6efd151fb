"""What a cell of somebody else's file means: points, taps, counts, quarters. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from cxserver import periods
from cxserver.errors import ServerError
from cxserver.imports.rejected import RowRefused
from cxserver.imports.values import Values
from cxserver.instrument import statements
from cxserver.periods import Period

MOST = 2_000_000_000
_DAY = timedelta(days=1)
_YES, _NO = frozenset({"1", "yes", "true", "x"}), frozenset({"", "0", "no", "false", "null"})
_WHOLE = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]+", re.ASCII)
_POINT = re.compile(r"0*([0-9]{1,4})(?:\.0+)?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?) ?%", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+", re.ASCII)
_AGREED = {
    label.replace(statements.SHY, "").casefold(): point
    for labels in statements.AGREEMENT.values()
    for point, label in enumerate(labels, 1)
}


def point(column: str, cell: str, points: Sequence[int], values: Values) -> int | None:
    """A point of a scale; None when nothing was given."""
    if cell == "" or cell.casefold() in values.nothing:
        return None
    value = _value(column, cell, values)
    if value == 0 and values.zero_is_nothing and 0 not in points:
        return None
    if value in points:
        return value
    raise RowRefused(column, *_no_point(cell, value, points))


def _value(column: str, cell: str, values: Values) -> int | None:
    match = _POINT.fullmatch(cell)
    said = match[1] if match else cell.casefold()
    if said in values.words:
        return values.words[said]
    if not match:
        return _AGREED.get(said)
    if values.turns_numbers:
        # Half a turned scale would count some people for the opposite of what they said.
        rule = "the map says what some numbers mean, and not what this one does"
        raise RowRefused(column, rule, "say it under [values] for every number of the scale")
    return int(said)


def _no_point(cell: str, value: int | None, points: Sequence[int]) -> tuple[str, str]:
    allowed = f"{points[0]} to {points[-1]}"
    if value == 0:
        return "0 is not a point", 'set zero = "not asked" in the map, if that is what it means'
    if _DECIMAL.fullmatch(cell):
        return (
            "this is a mean, and one row is one person's answer",
            "take the answers or the counts it was made of; nothing can be made of a mean",
        )
    cure = "say under [values] which point it is, or under nothing that it is no answer"
    return f"this is not a point from {allowed}", cure


def other_scale(column: str, given: Counter[str], points: Sequence[int], values: Values) -> None:
    """Refuse a column whose numbers are those of another scale. `given` counts each cell.

    Its lower numbers look like points and are not: a 5 of 10 is not the best. A few numbers that
    are out of range are faults of their rows. Raises ServerError.
    """
    if values.turns_numbers:
        return
    numbers = Counter({int(cell): n for cell, n in given.items() if _NUMBER.fullmatch(cell)})
    if set(numbers) == {0, 1} and 0 not in points:
        raise ServerError(
            f"Column '{column}' has only 0 and 1, and its scale has the points {points[0]} to "
            f"{points[-1]}. A thumb up would count as the worst there is. Fix: if it is a thumb "
            'down and up, set instrument = "a11-v2-thumbs"; else write what each number means '
            f'under [values."{column}"].'
        )
    strange = sum(n for number, n in numbers.items() if number > max(points))
    if strange * 100 <= numbers.total() or strange < 2:
        return
    raise ServerError(
        f"Column '{column}' has numbers from {min(numbers)} to {max(numbers)}, and its scale has "
        f"the points {points[0]} to {points[-1]}. So its lower numbers mean something else, too. "
        f'Fix: write what each number means under [values."{column}"], such as '
        f'"{max(numbers)}" = {points[-1]}.'
    )


def tap(column: str, cell: str) -> bool:
    """Whether a driver was tapped. A column of one option may repeat the option's own words."""
    said = cell.casefold()
    if said in _YES or said in _NO:
        return said in _YES
    if column.casefold().endswith(f": {said}"):
        return True
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


def quarter(days: Mapping[str, str], *, part: bool) -> Period:
    """The fiscal quarter of a first and a last day, given by the names of their columns.

    They are its first and its last day, unless a `part` of it is taken for all of it.
    """
    given: list[date] = []
    for column, cell in days.items():
        try:
            given.append(date.fromisoformat(cell))
        except ValueError:
            raise RowRefused(column, "this is not a date", "write it as 2023-07-31") from None
    quarters = [periods.of("quarter", day) for day in given]
    last = list(days)[-1]
    if quarters[0] != quarters[-1]:
        raise RowRefused(last, "it is of more than one quarter", "split it by quarters")
    if not part and (given[0], given[-1]) != (quarters[0].start, quarters[0].end - _DAY):
        rule = f"{given[0]} to {given[-1]} is not the whole quarter {quarters[0].name}"
        cure = (
            "give the counts of the whole quarter, or set part_of_quarter = true in the map: "
            "then these count as the quarter, and the import says so"
        )
        raise RowRefused(last, rule, cure)
    return quarters[0]
