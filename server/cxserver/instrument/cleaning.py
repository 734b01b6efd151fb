"""Typed words as both databases can keep them alike: no control characters, one Unicode form."""

import unicodedata

_KEPT_CONTROLS = {"\n", "\t"}
_INVISIBLE = {"\ufeff", "\ufffe", "\uffff"}


def clean(text: str) -> str:
    """`text` without control and tag characters, in NFC.

    Direction marks stay as typed: they are part of writing; pages show them in isolation.
    """
    if text.isascii() and text.isprintable():
        return text
    printable = "".join(char for char in text if not _dropped(char))
    return unicodedata.normalize("NFC", printable)


def holds_controls(text: str) -> bool:
    """Whether `clean` takes control characters out: no keyboard sends them."""
    return not text.isprintable() and any(_is_control(char) for char in text)


def _dropped(char: str) -> bool:
    tag = 0xE0000 <= ord(char) <= 0xE007F
    return _is_control(char) or char in _INVISIBLE or tag


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc" and char not in _KEPT_CONTROLS
