"""Take what identifies a person out of their words, before the words are stored anywhere.

Caught: payment cards; Social Security, taxpayer and employer numbers; numbers of documents,
files, cases, claims and receipts; email addresses; phone numbers; dates of birth; addresses of
computers; and the agency's own number patterns. Not caught: names, street addresses,
and numbers spelled out in words;
docs/reference/what-we-store.md says so to the reader.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from cxserver.instrument.identifiers import (
    birth_dates,
    card_numbers,
    case_numbers,
    documents,
    mail_addresses,
    network_addresses,
    phone_numbers,
    social_security,
    tracking_numbers,
)
from cxserver.instrument.identifiers.digit_groups import Span
from cxserver.instrument.identifiers.folded_text import BLANK, FoldedText, fold

Finder = Callable[[FoldedText], Iterator[Span]]

# In this order: what an earlier one found is blank for those after it. Exact shapes come before
# numbers that only a word beside them tells.
_FINDERS: tuple[tuple[str, Finder], ...] = (
    ("[email]", mail_addresses.find),
    ("[ip]", network_addresses.find),
    ("[date]", birth_dates.find),
    ("[id]", documents.find_shapes),
    ("[id]", case_numbers.find_shapes),
    ("[card]", card_numbers.find),
    ("[ssn]", social_security.find),
    ("[id]", documents.find_named),
    ("[id]", case_numbers.find_named),
    ("[phone]", phone_numbers.find),
)


def mask(text: str, patterns: Iterable[str] = ()) -> str:
    """`text` with what identifies replaced by a word in brackets; all else stays as it was typed.

    `patterns` are the agency's own regular expressions, whatever their case: `A[0-9]{8,9}` is an
    alien registration number. The catalog's check has refused those that could be slow. What is
    masked already stays as it is.
    """
    if not text:
        return text
    folded = fold(text)
    folded = folded.without(list(tracking_numbers.find(folded)))
    cuts: list[tuple[Span, str]] = []
    for pattern in patterns:
        spans = _of_agency(folded, pattern)
        cuts += [(span, "[number]") for span in spans]
        folded = folded.without(spans)
    for word, find in _FINDERS:
        if not folded.has_digits and find is not mail_addresses.find:
            break
        spans = _united(find(folded))
        cuts += [(span, word) for span in spans]
        folded = folded.without(spans)
    return _cut(text, sorted((folded.original(span), word) for span, word in cuts))


def _of_agency(folded: FoldedText, pattern: str) -> list[Span]:
    matches = _compile(pattern).finditer(folded.plain)
    return [match.span() for match in matches if match[0] and BLANK not in match[0]]


def _united(spans: Iterable[Span]) -> list[Span]:
    """These spans in order. Where two overlap, either may be the number, so all of both goes."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def _cut(text: str, cuts: Iterable[tuple[Span, str]]) -> str:
    parts: list[str] = []
    last = 0
    for (start, end), word in cuts:
        parts += [text[last:start], word]
        last = end
    return "".join([*parts, text[last:]])


@lru_cache(maxsize=64)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
