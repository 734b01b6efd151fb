"""Take what identifies a person out of their words, before the words are stored anywhere.

Caught: email addresses, payment cards (Luhn), social security and taxpayer numbers, phone
numbers, and the agency's own number patterns. Not caught: names, street addresses, dates of
birth, and numbers spelled out in words; docs/reference/what-we-store.md says so to the reader.
Every pattern is linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

import phonenumbers

_EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CARD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
# Structure of the Social Security Administration: no 000 or 666 area, no 00 group, no 0000 serial.
# Areas from 900 are taxpayer numbers (ITIN). Validators would let famous false numbers pass.
_SSN = re.compile(r"(?<![0-9])(?!000|666)[0-9]{3}[ .-](?!00)[0-9]{2}[ .-](?!0000)[0-9]{4}(?![0-9])")
# Nine bare digits may be a receipt: they count only after a word that says what they are.
_SSN_BARE = re.compile(
    r"(?:ssn|social|seguro|itin)[^0-9]{0,24}(?!000|666)[0-9]{9}(?![0-9])", re.IGNORECASE
)
# North American numbers in their usual dress, whether or not the area code is in service.
_PHONE = re.compile(
    r"(?<![0-9])(?:\+?1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])"
    r"[0-9]{3}[ .-]?[0-9]{4}(?![0-9])"
)
_DRESS = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " "),
    **{0xFF20: "@", 0xFF0E: "."},
}
_MANY_DIGITS = re.compile(r"(?:[0-9][^0-9]{0,4}){7}")


def mask(text: str, patterns: Iterable[str] = ()) -> str:
    """`text` with what identifies replaced by a word in brackets.

    `patterns` are the agency's own regular expressions, whatever their case: `A[0-9]{8,9}` is an
    alien registration number. The catalog's check has refused those that could be slow.
    """
    if not text:
        return text
    for pattern in patterns:
        text = _replace(_compile(pattern), text, "[number]")
    text = _replace(_EMAIL, text, "[e-mail]")
    if not any(char.isdecimal() for char in text):
        return text
    text = _replace(_CARD, text, "[card]", _luhn)
    text = _replace(_SSN, text, "[SSN]")
    text = _replace(_SSN_BARE, text, "[SSN]")
    text = _replace(_PHONE, text, "[phone]")
    return _mask_phones_abroad(text)


def _plain(text: str) -> str:
    # A full-width or Arabic digit identifies as well as an ASCII one, and so does a number with
    # the dashes and spaces that phones and word processors put in. Lengths stay the same.
    if text.isascii():
        return text
    dressed = text.translate(_DRESS)
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in dressed)


def _replace(
    pattern: re.Pattern[str],
    text: str,
    word: str,
    proves: Callable[[str], bool] = lambda match: True,
) -> str:
    spans = [match.span() for match in pattern.finditer(_plain(text)) if proves(match[0])]
    return _cut(text, spans, word)


def _cut(text: str, spans: Iterable[tuple[int, int]], word: str) -> str:
    parts: list[str] = []
    last = 0
    for start, end in spans:
        parts += [text[last:start], word]
        last = end
    return "".join([*parts, text[last:]])


def _luhn(digits: str) -> bool:
    numbers = [int(char) for char in reversed(digits) if char.isdigit()]
    doubled = [sum(divmod(2 * number, 10)) for number in numbers[1::2]]
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0


def _mask_phones_abroad(text: str) -> str:
    plain = _plain(text)
    if not _MANY_DIGITS.search(plain):
        return text
    matches = phonenumbers.PhoneNumberMatcher(plain, "US", max_tries=100)
    return _cut(text, ((match.start, match.end) for match in matches), "[phone]")


@lru_cache(maxsize=64)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
