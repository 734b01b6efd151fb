"""A table of a staff page: the same cells for the eye, a screen reader and a spreadsheet."""

from dataclasses import dataclass

from cxserver.results import suppression
from cxserver.results.measures import Score, Share
from cxserver.results.suppression import View

HIDDEN = "not shown"
PARTLY = "partly hidden"

Raw = str | int | float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` is for people, `raw` for programs; `view` tells how sure it is; `href` leads on."""

    text: str
    raw: Raw = None
    view: View = "full"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Each row begins with its name. `head` are the columns; `note` says what to know of it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def name(text: str, href: str = "") -> Cell:
    """The name of a row."""
    return Cell(text, href=href)


def count(n: int) -> Cell:
    """A number of people."""
    return Cell(f"{n:,}", n, suppression.staff(n)) if n else nothing()


def hidden() -> Cell:
    """A hidden cell of a cut table. All of them look alike, whether small or in the way."""
    return Cell(HIDDEN, HIDDEN, "hidden")


def partly(n: int) -> Cell:
    """The shown part of a number of people, of which some are in hidden cells."""
    return Cell(f"{n:,} ({PARTLY})", n, suppression.staff(n))


def nothing() -> Cell:
    """A number of nobody."""
    return Cell("–", "", "none")


def score(measured: Score) -> tuple[Cell, Cell, Cell]:
    """The share of 4 and 5, the low and the high end of its interval."""
    return _shares(measured.top2, measured.low, measured.high, measured.n, measured.people)


def share(measured: Share) -> tuple[Cell, Cell, Cell]:
    """A share, the low and the high end of its interval."""
    return _shares(measured.share, measured.low, measured.high, measured.n, measured.people)


def plain(text: str, raw: Raw = None) -> Cell:
    """Words, or a number that tells of nobody."""
    return Cell(text, raw)


def percent(value: float) -> str:
    """A share as people say it; never 100% or 0% unless it is all or none."""
    if 0 < value < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= value < 1 else f"{value:.0%}"


def _shares(
    value: float | None, low: float | None, high: float | None, n: int, people: str
) -> tuple[Cell, Cell, Cell]:
    view = suppression.staff(n)
    if value is None or low is None or high is None:
        return nothing(), nothing(), nothing()
    shown = percent(value) if view == "full" else people
    return Cell(shown, value, view), Cell(percent(low), low, view), Cell(percent(high), high, view)
