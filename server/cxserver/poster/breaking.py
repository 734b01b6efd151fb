"""Break texts into lines that fit a width."""

import re

from cxserver.poster import fonts
from cxserver.poster.fonts import Face

# How much of the width is tried for lines of even length.
_NARROWER = tuple(part / 40 for part in range(20, 40))


def wrap(text: str, face: Face, size: float, width: float) -> list[str]:
    """A text in as few lines as fit, and those of about one length."""
    fewest = _fill(text, face, size, width)
    for share in _NARROWER if len(fewest) > 1 else ():
        even = _fill(text, face, size, width * share)
        if len(even) == len(fewest):
            return even
    return fewest


def _fill(text: str, face: Face, size: float, width: float) -> list[str]:
    """Lines filled one after the other; a word longer than a line goes on in the next."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}".strip(" ")
        if _fits(joined, face, size, width):
            lines[-1] = joined
            continue
        started = len(lines) if lines[-1] else 0
        lines[started:] = _cut(word, face, size, width)
    return lines


def address(text: str, face: Face, size: float, width: float) -> list[str]:
    """An address in lines that end behind a slash; its last part has a line of its own."""
    *folders, last = re.findall(r"[^/]*/+|[^/]+$", text)
    lines = [""]
    for part in folders:
        if not _fits(lines[-1] + part, face, size, width):
            lines.append("")
        lines[-1:] = _cut(lines[-1] + part, face, size, width)
    return [line for line in (*lines, *_cut(last, face, size, width)) if line]


def _cut(word: str, face: Face, size: float, width: float) -> list[str]:
    """A word in pieces that fit, wherever they may break."""
    pieces = [""]
    for char in word:
        if pieces[-1] and not _fits(pieces[-1] + char, face, size, width):
            pieces.append("")
        pieces[-1] += char
    return pieces


def _fits(text: str, face: Face, size: float, width: float) -> bool:
    # A hair of tolerance: sums of fractions must not break a line that fits.
    return fonts.width(text, face, size) <= width + 0.01
