"""Social Security, taxpayer and employer numbers: nine digits.

Structure of the Social Security Administration: no area 000 or 666, no group 00, no serial 0000.
Areas from 900 are taxpayer numbers (ITIN). Validators would let famous false numbers pass.
"""

import re
from collections.abc import Iterator

from cxserver.instrument.identifiers.digit_groups import DATE, Run, Span
from cxserver.instrument.identifiers.folded_text import BLANK, FoldedText

_KEYWORD = re.compile(
    r"(?<![a-z])(?:s\.? ?s\.? ?n|ss ?(?=#|no\b|num|is\b|es\b)|ss[ :=]{0,3}\Z"
    r"|soc(?:ial(?:security)?|\.? ?sec)"
    r"|(?:socail|soical|socal|socila|sosial|soshal|soicial)(?![a-z])"
    r"|seg(?:uro ?|\. )so[cs]|siguro soc|seguro (?:es|no|num)|nss|fein|ein|i\.?t\.?i\.?n|tin"
    r"|(?:tax(?:payer)?|employer)(?:'s)?(?: (?:id|identification|i\.d\.))"
    r"|identificacion (?:fiscal|patronal|del contribuyente))"
)
_FIRST_WORDS = set(
    "s ss ssn soc social seg seguro socialsecurity nss fein ein i itin tin tax taxpayer".split()
)
_FIRST_WORDS |= {"employer", "identificacion", "segurosocial", "segurososial", "siguro"}
_FIRST_WORDS |= {"socail", "soical", "socal", "socila", "sosial", "soshal", "soicial"}
_BEHIND = re.compile(
    r"[ ,(=-]{0,3}(?:(?:is|was|es|as|for|my|mi|the|el|our|a) ){0,3}"
    r"(?:ssn?\b|s\.s\.n|social\b(?! security (?:office|admin))|seguro social|itin|ein\b|tax id)"
)
# Between the word and its number: then the number is of something else.
_OTHER = re.compile(
    r"receipt|ticket|case|claim|tracking|confirm|order|invoice|zip|phone|call|file|recibo|caso"
    r"|llam|tel|form|room"
)
_REACH = 48
# How nine digits are cut, after a word that says what they are. Five and four is a ZIP code.
_CUTS = {
    *((9,), (3, 6), (6, 3), (2, 7), (4, 5), (5, 4), (7, 2), (3, 2, 4), (3, 3, 3), (2, 3, 4)),
    *((3, 4, 2), (2, 2, 5), (4, 2, 3), (4, 3, 2), (3, 2, 2, 2), (1,) * 9),
}
_MIXED = {"", "-", "_"}


def find(text: FoldedText) -> Iterator[Span]:
    """The numbers of `text`: 3-2-4 anywhere, and nine digits beside a word for them."""
    has_keyword = not _FIRST_WORDS.isdisjoint(text.vocabulary)
    for run in text.runs:
        yield from _of(run, has_keyword)


def _of(run: Run, has_keyword: bool) -> Iterator[Span]:
    first = 0
    while first < len(run.groups):
        last = run.ends.get(run.offsets[first] + 9)
        if last is not None and _is_one(run, first, last, has_keyword):
            yield run.span(first, last)
            first = last
        first += 1


def _is_one(run: Run, first: int, last: int, has_keyword: bool) -> bool:
    sizes = tuple(run.sizes[first : last + 1])
    start = run.offsets[first]
    digits = run.digits[start : start + 9]
    if sizes == (3, 2, 4) and _is_issued(digits) and _is_even(run, first, last):
        return True
    if not has_keyword or sizes not in _CUTS:
        return False
    if sizes != (2, 7) and digits[:3] in ("000", "666"):  # an employer's has no area
        return False
    span = run.span(first, last)
    return _is_named(run.text, span, sizes) and not DATE.match(run.text, span[0])


def _is_issued(digits: str) -> bool:
    return digits[:3] not in ("000", "666") and digits[3:5] != "00" and digits[5:] != "0000"


def _is_even(run: Run, first: int, last: int) -> bool:
    # 120/80 1300 is a blood pressure and a time, 123.45 2026 a price and a year. After 116-22 at
    # the end of a line the next one begins with another number.
    cores = run.cores(first, last)
    return len(cores) == 1 or cores <= _MIXED and not run.breaks_line(first, last)


def _is_named(text: str, span: Span, sizes: tuple[int, ...]) -> bool:
    before = re.split(f"[0-9{BLANK}]", text[max(0, span[0] - _REACH) : span[0]])[-1]
    *_, keyword = [None, *_KEYWORD.finditer(before)]
    if keyword and not _OTHER.search(before, keyword.end()):
        return sizes != (5, 4) or len(before) - keyword.end() <= 4
    return sizes != (5, 4) and _BEHIND.match(text, span[1]) is not None
