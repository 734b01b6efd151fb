"""Payment cards: a network's prefix, a length of that network, and a check digit that fits.

A card may stand beside anything: a price, a day, a ZIP code. So each part of a run of digits that
starts and ends with a group is weighed, and those that pass may overlap.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from cxserver.instrument.identifiers.digit_groups import Run, Span
from cxserver.instrument.identifiers.folded_text import BLANK, FoldedText

# First and last of the first four digits, and the lengths, as the networks publish them (ISO/IEC
# 7812; Wikipedia, "Payment card number"). UATP is left out: its prefix is every number with a 1.
_NETWORKS: tuple[tuple[int, int, Sequence[int]], ...] = (
    (4000, 4999, (13, 16, 19)),  # Visa
    (5100, 5599, (16,)),  # Mastercard
    (2221, 2720, (16,)),  # Mastercard
    (3400, 3499, (15,)),  # American Express
    (3700, 3799, (15,)),  # American Express
    (3000, 3059, range(14, 20)),  # Diners Club
    (3095, 3095, range(14, 20)),  # Diners Club
    (3600, 3699, range(14, 20)),  # Diners Club
    (3800, 3999, range(14, 20)),  # Diners Club
    (6011, 6011, range(16, 20)),  # Discover
    (6440, 6599, range(16, 20)),  # Discover
    (3528, 3589, range(16, 20)),  # JCB
    (6200, 6299, range(16, 20)),  # UnionPay
    (8100, 8199, range(16, 20)),  # UnionPay
    (5018, 5018, range(12, 20)),  # Maestro
    (5020, 5020, range(12, 20)),  # Maestro
    (5038, 5038, range(12, 20)),  # Maestro
    (5893, 5893, range(12, 20)),  # Maestro
    (6304, 6304, range(12, 20)),  # Maestro
    (6759, 6763, range(12, 20)),  # Maestro
    (5019, 5019, (16,)),  # Dankort
    (2200, 2204, range(16, 20)),  # Mir
    (6360, 6369, range(16, 20)),  # InterPayment
    (6370, 6399, (16,)),  # InstaPayment
    (5060, 5061, (16, 18, 19)),  # Verve
    (9792, 9792, (16,)),  # Troy
)
LENGTHS = {
    f"{prefix:04}": tuple(lengths)
    for first, last, lengths in _NETWORKS
    for prefix in range(first, last + 1)
}
SHORTEST = min(min(lengths) for lengths in LENGTHS.values())
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
# Cut as cards are printed, by a sign that otherwise parts one number from the next: the same each
# time, with no blank beside it, and no longer row of numbers around it.
_LISTED = re.compile(
    r"(?<![0-9\ufffc])(?<![0-9][,:;+=])"
    r"(?:[0-9]{4}(?P<four>[,:;+=])(?:[0-9]{4}(?P=four)){2}[0-9]{4}"
    r"|[0-9]{4}(?P<six>[,:;+=])[0-9]{6}(?P=six)[0-9]{5})"
    r"(?![0-9\ufffc]|[,:;+=][0-9])"
)
# How cards are printed, besides four by four.
_PRINTED = ([4, 6, 5], [4, 6, 4], [4, 3, 3, 3], [6, 13], [8, 8])


def find(text: FoldedText) -> Iterator[Span]:
    """The card numbers of `text`."""
    for run in text.runs:
        if len(run.digits) >= SHORTEST:
            yield from (run.span(first, last) for first, last in _cards(run))
    for match in _LISTED.finditer(text.words):
        digits = "".join(char for char in match[0] if char.isdigit())
        if len(digits) in LENGTHS.get(digits[:4], ()) and _passes_luhn(digits):
            yield match.span()


def candidates(run: Run) -> Iterator[tuple[int, int]]:
    """First and last group of each part with a network's prefix and length, six at most a group."""
    for first, start in enumerate(run.offsets[:-1]):
        for length in LENGTHS.get(run.digits[start : start + 4], ()):
            if (last := run.ends.get(start + length)) is not None:
                yield first, last


def _cards(run: Run) -> Iterator[tuple[int, int]]:
    sums = _luhn_sums(run.digits)
    for first, last in candidates(run):
        start, end = run.offsets[first], run.offsets[last + 1]
        series = sums[(end - 1) % 2]
        if (series[end] - series[start]) % 10 == 0 and _looks_written_so(run, first, last):
            yield first, last


def _passes_luhn(digits: str) -> bool:
    sums = _luhn_sums(digits)
    return sums[(len(digits) - 1) % 2][-1] % 10 == 0


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Sums over the first n digits: those at even places as they are and the others doubled, then
    the other way round. Luhn's sum of any part is then one subtraction.
    """
    numbers = [int(char) for char in digits]
    even = [_DOUBLED[number] if at % 2 else number for at, number in enumerate(numbers)]
    odd = [number if at % 2 else _DOUBLED[number] for at, number in enumerate(numbers)]
    return list(accumulate(even, initial=0)), list(accumulate(odd, initial=0))


def _looks_written_so(run: Run, first: int, last: int) -> bool:
    """One number in ten passes Luhn. Scores, coordinates and prices in a row are not written as
    cards are: small groups, points and slashes in some places and blanks in others.
    """
    sizes = run.sizes[first : last + 1]
    if sizes in _PRINTED or all(size == 4 for size in sizes[:-1]) and len(sizes) >= 3:
        return True
    cores = run.cores(first, last)
    if cores <= {"", "-", "_"} and all(size >= 4 for size in sizes[:-1]):
        return True
    whole = first == 0 and last == len(run.groups) - 1 and not run.touches(BLANK)
    regular = len(set(sizes[:-1])) == 1 and not (cores == {"."} and len(sizes) < 3)
    return len(cores) <= 1 and whole and regular
