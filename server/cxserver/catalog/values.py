"""The single values of a catalog file: names, slugs, addresses, time zones, and their faults."""

import re
import unicodedata
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, Strict, StrictStr

from cxsdk import keys
from cxserver.instrument import phrases

NAME_LENGTH = 120
TEXT_LENGTH = 300
DESCRIPTION_LENGTH = 500
MASK_LENGTH = 200
MASK_WAYS = 1000
PHRASE_LEAST = 3
PHRASE_LENGTH = 80
MAIL_LENGTH = 254

# Joiners that some scripts need inside a word; every other invisible character can forge a page.
_JOINERS = "\u200c\u200d\u00ad"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_UNSAFE = frozenset(" \"'<>\\`")
_ORIGIN = re.compile(
    r"(https?)://((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|\[::1\])"
    r"(?::([1-9][0-9]{0,4}))?"
)
# No comment, quote or list: it becomes a header of a mail.
_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_CONTROL_NUMBER = re.compile(r"[0-9]{4}-[0-9]{4}")


def _text_within(limit: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        text = value.strip()
        if not text:
            raise ValueError("must not be empty")
        if any(_invisible(char) for char in text):
            raise ValueError("has control or invisible characters")
        if len(text) > limit:
            raise ValueError(f"has {len(text)} characters; {limit} are allowed")
        return text

    return check


def _invisible(char: str) -> bool:
    return char not in _JOINERS and unicodedata.category(char) in {
        "Cc",
        "Cf",
        "Co",
        "Cs",
        "Zl",
        "Zp",
    }


def _slug(value: str) -> str:
    if not keys.SLUG.match(value):
        raise ValueError("must be 1 to 32 of a-z, 0-9 and '-', with no '-' at either end")
    return value


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _timezone(value: str) -> str:
    if value not in _timezones():
        near = get_close_matches(value, _timezones(), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ", like 'America/New_York'"
        raise ValueError(f"is not a time zone{hint}")
    return value


def _web_address(value: str) -> str:
    if not _is_web_address(value):
        raise ValueError("must be a web address that starts with https://")
    return value


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or not value.isprintable() or set(value) & _UNSAFE:
        return False
    loopback = host in _LOOPBACK or f"[{host}]" in _LOOPBACK
    return parts.scheme == "https" or (parts.scheme == "http" and loopback)


def _origin(value: str) -> str:
    match = _ORIGIN.fullmatch(value)
    if match is None or int(match[3] or 0) > 65535:
        raise ValueError(
            "must be an exact origin like 'https://www.agency.gov': lower case, no path, no '*'"
        )
    if match[1] == "http" and match[2] not in _LOOPBACK:
        raise ValueError("must start with https:// (http is for this machine only)")
    return value


def _control_number(value: str) -> str:
    if not _CONTROL_NUMBER.fullmatch(value):
        raise ValueError("must be four digits, '-', four digits, like '2900-0876'")
    return value


def _mask(value: str) -> str:
    if len(value) > MASK_LENGTH:
        raise ValueError(f"has {len(value)} characters; {MASK_LENGTH} are allowed")
    try:
        with warnings.catch_warnings(action="error"):
            empty = re.compile(value).search("")
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    if empty:
        raise ValueError("matches nothing at all, and so everywhere")
    if _ways(value) > MASK_WAYS:
        raise ValueError(
            "could take too long on a crafted comment; use bounded repeats such as [0-9]{7,9}, "
            "and none on a group"
        )
    return value


def _ways(pattern: str) -> int:
    """An upper bound of how many ways the pattern can be tried at one place of a text.

    Every comment is searched with it, and a person chooses the comment: backtracking must not be
    theirs to command. Unbounded repeats and repeated groups count as too many.
    """
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern)
    if re.search(r"[*+]|\{\d*,\}|\)\{", bare):
        return MASK_WAYS + 1
    ways = 1 << (bare.count("|") + len(re.findall(r"(?<!\()\?", bare)))
    for least, most in re.findall(r"\{(\d*),(\d+)\}", bare):
        ways *= max(1, int(most) - int(least or 0) + 1)
    return ways


def _mail(value: str) -> str:
    if len(value) > MAIL_LENGTH or not _MAIL.fullmatch(value):
        raise ValueError("must be an email address like 'team@agency.gov'")
    return value


def _phrase(value: str) -> str:
    text = _text_within(PHRASE_LENGTH)(value)
    if len(text) < PHRASE_LEAST:
        raise ValueError(f"has {len(text)} characters; at least {PHRASE_LEAST} are needed")
    bare = text.removesuffix("*")
    if "*" in bare:
        raise ValueError("may hold '*' only at its end, where it stands for the rest of a word")
    if not phrases.words(bare):
        raise ValueError("has no word")
    if bare != text and not bare[-1].isalnum():
        raise ValueError("needs the beginning of a word right before '*'")
    return text


Name = Annotated[StrictStr, AfterValidator(_text_within(NAME_LENGTH))]
Text = Annotated[StrictStr, AfterValidator(_text_within(TEXT_LENGTH))]
Description = Annotated[StrictStr, AfterValidator(_text_within(DESCRIPTION_LENGTH))]
Slug = Annotated[StrictStr, AfterValidator(_slug)]
Timezone = Annotated[StrictStr, AfterValidator(_timezone)]
WebAddress = Annotated[StrictStr, AfterValidator(_web_address)]
Origin = Annotated[StrictStr, AfterValidator(_origin)]
ControlNumber = Annotated[StrictStr, AfterValidator(_control_number)]
Mask = Annotated[StrictStr, AfterValidator(_mask)]
Mail = Annotated[StrictStr, AfterValidator(_mail)]
Phrase = Annotated[StrictStr, AfterValidator(_phrase)]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Texts = dict[Language, Text]
Names = dict[Language, Name]
ServiceType = Literal[
    "administrative",
    "benefits",
    "compliance",
    "recreation",
    "informational",
    "data-research",
    "regulatory",
]
Channel = Literal["email", "sms", "web", "phone", "kiosk", "poster", "site", "paper"]
Stage = Literal["start", "process", "end"]
