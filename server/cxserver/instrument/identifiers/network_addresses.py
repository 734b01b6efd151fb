"""Addresses of computers: IPv4, IPv6 and the hardware address of a network card."""

import ipaddress
import re
from collections.abc import Iterator

from cxserver.instrument.identifiers.digit_groups import Span
from cxserver.instrument.identifiers.folded_text import FoldedText

_FOUR = re.compile(
    r"(?<![\w.\ufffc])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w\ufffc]|\.[0-9a-z+(\ufffc])"
)
_SIX = re.compile(r"(?<![\w:.\ufffc])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:\ufffc])")
_COLONS = re.compile(r"(?<![\w:\ufffc-])[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![\w:\ufffc-])")
# With dashes or points, digits alone are a list of numbers.
_DASHES = re.compile(
    r"(?<![\w\ufffc-])(?=[0-9-]{0,16}[a-f])[0-9a-f]{2}(?:-[0-9a-f]{2}){5}(?![\w\ufffc-])"
    r"|(?<![\w.\ufffc])(?=[0-9.]{0,13}[a-f])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.\ufffc])"
)
# Versions and numbers of sections have four parts too.
_OTHER = re.compile(
    r"(?:version(?:es)?|ver|v|release|build|firmware|update|ios|android|windows|section|seccion"
    r"|sec|part|chapter|capitulo|rev|item|step|question|paragraph|irm|poms|manual|reg"
    r"|\u00a7)[ .:#]{0,3}\Z"
)
_NAMED = re.compile(r"(?<![a-z])(?:ip|ipv4|address|direccion)(?![a-z])[^0-9]{0,16}\Z")
_REACH = 24


# What is looked for first, since it is found fast: without it the form need not be tried.
_HINTS = {
    _COLONS: re.compile(":[0-9a-f]{2}:[0-9a-f]{2}:"),
    _DASHES: re.compile(r"-[0-9a-f]{2}-[0-9a-f]{2}-|\.[0-9a-f]{4}\."),
    _FOUR: re.compile(r"\.[0-9]{1,3}\.[0-9]"),
    _SIX: re.compile("::|:(?:[0-9a-f]{1,4}:){6}"),
}


def find(text: FoldedText) -> Iterator[Span]:
    """The addresses of `text`."""
    for form, hint in _HINTS.items():
        if hint.search(text.words):
            yield from _matches(form, text.words)


def _matches(form: re.Pattern[str], words: str) -> Iterator[Span]:
    for match in form.finditer(words):
        if form is _FOUR and not _is_four(words, match) or form is _SIX and not _is_six(match[0]):
            continue
        yield match.span()


def _is_four(words: str, match: re.Match[str]) -> bool:
    octets = match[0].split(".")
    if any(int(octet) > 255 for octet in octets):
        return False
    before = words[max(0, match.start() - _REACH) : match.start()]
    if _NAMED.search(before):
        return True
    # One digit each is an outline (2.1.3.4), not a computer.
    return any(len(octet) > 1 for octet in octets) and not _OTHER.search(before)


def _is_six(typed: str) -> bool:
    groups = typed.split(":")
    if not any(len(group) >= 3 or re.search("[a-f]", group) for group in groups):
        return False  # 10::30 is a time with a slip of the finger
    if not re.search("[0-9]", typed):
        return False
    try:
        ipaddress.IPv6Address(typed)
    except ValueError:
        return False
    return True
