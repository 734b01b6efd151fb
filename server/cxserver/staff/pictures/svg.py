"""Marks of SVG. Every look is an attribute: programs for slides leave style sheets out, and an
attribute needs none that travels along.
"""

import re
from html import escape

INK, SOFT, LINE, PAPER = "#1b1b1b", "#565c65", "#dfe1e2", "#ffffff"
BLUE, LIGHT_BLUE, PALE_BLUE, ORANGE = "#005ea2", "#73b3e7", "#d9e8f6", "#c05600"
FACE = "Arial, Helvetica, sans-serif"
# What XML cannot hold, even escaped.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def mark(element: str, inside: str = "", /, **looks: str | float) -> str:
    """An element; `_` in the name of a look is `-`, and numbers have two decimals at most.
    `inside` is SVG already.
    """
    attributes = "".join(f' {name.replace("_", "-")}="{_value(looks[name])}"' for name in looks)
    return f"<{element}{attributes}>{inside}</{element}>" if inside else f"<{element}{attributes}/>"


def text(words: str, x: float, y: float, /, **looks: str | float) -> str:
    """Words on one line, from `x` on unless `text_anchor` says otherwise. `y` is their base."""
    usual: dict[str, str | float] = {"font_size": 16, "fill": INK}
    return mark("text", plain(words), x=x, y=y, **usual | looks)


def plain(words: str) -> str:
    """Words as SVG holds them."""
    return escape(_UNFIT.sub("", words))


def _value(value: str | float) -> str:
    return plain(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
