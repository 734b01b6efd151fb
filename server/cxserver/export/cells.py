"""One value of a row as a cell: nothing in it runs, and nothing turns what follows around."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import Any

# What Excel holds in one cell, counted in UTF-16 units; and what stands where more was.
CELL_LIMIT = 32_767
CUT = " […] (cut: a cell of Excel holds 32,767 characters; CSV, JSONL and Parquet hold all)"

# A spreadsheet runs a cell that begins like this (OWASP, "CSV Injection"), and drops these first.
_FORMULA, _BREAKS = frozenset("=+-@"), frozenset("\t\r\n")
# Blanks of every width, and what takes no room at all, such as U+200B.
_UNSEEN = frozenset(("Zs", "Zl", "Zp", "Cf", "Cc"))
# Embeddings and overrides end with PDF, isolates with PDI.
_EMBEDDING_ENDS, _ISOLATE_ENDS = "\u202c", "\u2069"
_OPENS = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", _EMBEDDING_ENDS),
    **dict.fromkeys("\u2066\u2067\u2068", _ISOLATE_ENDS),
}


def line(row: Iterable[Any]) -> str:
    """A row as a line of CSV, with its end."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(row)
    return text.getvalue()


def guarded(value: Any) -> Any:
    """A cell of CSV, text or a list: empty for nothing, and inert."""
    if not value:
        return ""
    return inert(plain(value))


def inert(value: Any) -> Any:
    """The value, behind an apostrophe if a spreadsheet would run it."""
    if isinstance(value, str) and _would_run(value):
        return "'" + value
    return value


def _would_run(text: str) -> bool:
    """Whether a spreadsheet might run this, also once somebody has trimmed what cannot be seen, or
    changed signs of full width and the like into those of a keyboard.
    """
    if text[:1].isalnum():
        return False
    if text.lstrip(" ")[:1] in _BREAKS:
        return True
    first = next((char for char in text if unicodedata.category(char) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first) in _FORMULA


def plain(value: Any) -> Any:
    """A cell that has a type of its own: text, or a number. Lists join with `;`."""
    if isinstance(value, list):
        value = ";".join(value)
    elif isinstance(value, dict):
        value = ";".join(f"{name}={answer}" for name, answer in sorted(value.items()))
    if isinstance(value, str) and not value.isascii():
        return value + _closers(value)
    return value


def cut(text: str) -> str:
    """The text, or as much of it as Excel can hold, with a note that says so."""
    if len(text) * 2 <= CELL_LIMIT or len(text.encode("utf-16-le")) // 2 <= CELL_LIMIT:
        return text
    room = 2 * (CELL_LIMIT - len(CUT))
    # Half of a pair that stands at the edge is left out.
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + CUT


def _closers(text: str) -> str:
    """What ends the directions of writing that `text` leaves open: they would turn what follows."""
    open_ones: list[str] = []
    for char in text:
        if char in _OPENS:
            open_ones.append(_OPENS[char])
        elif char == _ISOLATE_ENDS and char in open_ones:
            # It also ends the embeddings within the isolate; their own end reaches no further.
            while open_ones.pop() != char:
                pass
        elif open_ones[-1:] == [char]:
            open_ones.pop()
    return "".join(reversed(open_ones))
