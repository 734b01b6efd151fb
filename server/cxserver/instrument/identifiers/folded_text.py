"""A copy of what somebody typed in which each sign has one form, and the way back to the original.

Phones and word processors put in long dashes, narrow spaces, soft hyphens and full-width digits.
A rule that had to know all of them would miss one; here they are folded away once, for all rules.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cxserver.instrument.identifiers.digit_groups import Run, Span, runs

# In place of what is masked already. No rule reads across it, so masking twice changes nothing.
BLANK = "\ufffc"

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
_FORMS = {
    **{chr(full): chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_SPACES + "\u205f\u3000\u2028\u2029", " "),
    **dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'"),
    **dict.fromkeys("\u2024\u3002\uff61", "."),
}
# "İ" is the one letter whose small form is longer.
_LETTERS = dict(
    zip("áàâéèêíìîóòôúùûüñçÁÀÂÉÈÊÍÌÎÓÒÔÚÙÛÜÑÇİ", 2 * "aaaeeeiiiooouuuunc" + "i", strict=True)
)
# Unicode's category Cf, and as invisible: joiners, variants of an emoji, the frame of a keycap.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u08e2\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_DIGIT, _WORD = re.compile("[0-9]"), re.compile("[a-z]+")
_MASKED = re.compile(r"\[(?:card|ssn|id|email|phone|date|ip|number)\]")
_DIGITS_AND_O = re.compile(r"(?<![a-z0-9])[0-9o]{3,}(?![a-z0-9])")


@dataclass(frozen=True)
class FoldedText:
    """What somebody typed, folded.

    `plain` keeps letters as typed; `words` is small letters without Spanish accents, and O among
    digits is 0. Both have the same length. Before character n of them, for each n of `dropped`,
    one invisible character was left out. `vocabulary` is its words: a rule that needs one of some
    words is tried only where one stands.
    """

    plain: str
    words: str
    dropped: Sequence[int]
    vocabulary: frozenset[str]

    @cached_property
    def has_digits(self) -> bool:
        """Whether there is any digit: most comments have none."""
        return _DIGIT.search(self.words) is not None

    @cached_property
    def runs(self) -> list[Run]:
        """Its runs of nine digits and more."""
        return list(runs(self.words, self.dropped))

    def without(self, spans: Sequence[Span]) -> "FoldedText":
        """The same with these spans blank."""
        if not spans:
            return self
        return replace(self, plain=_blank(self.plain, spans), words=_blank(self.words, spans))

    def original(self, span: Span) -> Span:
        """Where a span of `words` is in the original."""
        return self._place(span[0]), self._place(span[1] - 1) + 1

    def _place(self, at: int) -> int:
        return at + bisect_right(self.dropped, at)


def fold(text: str) -> FoldedText:
    """`text` folded, with the words in brackets that masking left in it blank."""
    dropped: list[int] = []
    words = text
    if not text.isascii():
        dropped = [unseen.start() - n for n, unseen in enumerate(_UNSEEN.finditer(text))]
        text = _UNSEEN.sub("", text) if dropped else text
        text = _replaced(text, _FORMS | _digits(text))
        words = _replaced(text, _LETTERS)
    words = _DIGITS_AND_O.sub(_zeros, words.lower())
    folded = FoldedText(text, words, dropped, frozenset(_WORD.findall(words)))
    return folded.without([match.span() for match in _MASKED.finditer(words)])


def _replaced(text: str, forms: Mapping[str, str]) -> str:
    # A few signs in a long text: faster than `str.translate`.
    for sign in forms.keys() & set(text):
        text = text.replace(sign, forms[sign])
    return text


def _digits(text: str) -> dict[str, str]:
    signs = (sign for sign in set(text) if sign.isdecimal() and not sign.isascii())
    return {sign: str(unicodedata.decimal(sign)) for sign in signs}


def _zeros(match: re.Match[str]) -> str:
    token = match[0]
    return token if token.strip("o") == "" else token.replace("o", "0")


def _blank(text: str, spans: Iterable[Span]) -> str:
    parts: list[str] = []
    last = 0
    for start, end in spans:
        parts += [text[last:start], BLANK * (end - start)]
        last = end
    return "".join([*parts, text[last:]])
