"""Numbers of cases, claims and receipts, which open a person's file to whoever has them.

Those of the immigration services have a shape of their own. The others are numbers like any other,
and count only right after a word that says what they are.
"""

import re
from collections.abc import Iterator

from cxserver.instrument.identifiers.digit_groups import DATE, NO_COUNT, Span
from cxserver.instrument.identifiers.folded_text import FoldedText

# Three letters of the service center and ten digits (USCIS, "Case Status Online"); a consulate,
# the year and six digits (National Visa Center); SEVIS; the DS-160; the invoice of the visa center.
_SHAPES = re.compile(
    r"(?<![a-z0-9\ufffc])(?:"
    r"(?:eac|wac|lin|src|msc|i[o0]e|nbc|ysc|tsc|nsc|vsc|csc)[ -]{0,2}[0-9](?:[ -]?[0-9]){9}"
    r"|(?!img|vid|pxl|doc)[a-z]{3}(?:19|20)[0-9]{8}|n ?00[0-9]{8}|aa00[0-9a-z]{6}|ivsca[0-9]{8}"
    r")(?![0-9a-z\ufffc]|-[0-9])"
)
_WORDS = frozenset(
    "case caso claim cliam receipt reciept recept rcpt recibo reclamo reclamacion".split()
)
_MARKS = r"[ \t\n:#.,=()'-]{0,4}+"
_NAME = (
    rf"(?<![a-z])(?:case|caso|cl(?:ai|ia)m|rec(?:ei?|ie)pt|rcpt|recibo|reclam(?:o|acion))(?![a-z])"
    rf"{_MARKS}(?:(?:numbe?r|nbr|numero|num|no|n\u00ba|id|is|was|es)(?![a-z]){_MARKS}){{0,3}}"
)
# Six digits at least; eight where they come in groups, for shorter ones are dockets and counts.
# A phone number in three groups is left to the rule for phones.
_GROUPED = (
    r"(?=[0-9](?:[ -]?[0-9]){7,12}(?![ -]?[0-9]))"
    r"(?!(?:19|20)[0-9]{2}[ -](?:19|20)[0-9]{2}(?![0-9]))"
    r"(?![2-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{4}(?![0-9]))[0-9]{1,4}(?:[ -][0-9]{2,10}){1,4}"
    r"(?![ -][0-9])"
)
_PLAIN = r"[a-z]{0,4}-?[0-9]{6,13}(?! [0-9]{4} [0-9]{4})|[0-9]{2,4}-[a-z]{1,3}-[0-9]{4,8}"
_NAMED = re.compile(
    rf"{_NAME}(?<![a-z0-9\ufffc])(?P<id>{_GROUPED}|{_PLAIN})(?![a-z0-9\ufffc]|[.,/-][0-9]){NO_COUNT}"
)


def find_shapes(text: FoldedText) -> Iterator[Span]:
    """Numbers of the immigration services, which their own form tells."""
    return (match.span() for match in _SHAPES.finditer(text.words))


def find_named(text: FoldedText) -> Iterator[Span]:
    """Numbers right after a word for a case, a claim or a receipt."""
    if _WORDS.isdisjoint(text.vocabulary):
        return
    for match in _NAMED.finditer(text.words):
        if not DATE.search(match["id"]):
            yield match.span("id")
