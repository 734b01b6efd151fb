"""A chart as a file: on white, with all that the page around it says of whose answers it shows.

A picture is passed on without its page, so that title, place, days and source are in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from cxserver.poster import breaking, fonts
from cxserver.staff.pictures import svg

# A slide is 16 by 9 and most often 1,920 wide: at twice its size a picture fills it.
WIDTH = 960
MARGIN = 40
INSIDE = WIDTH - 2 * MARGIN
_GAP = 12
# Lines are measured in the bold letters of the poster: those that show them here are no wider.


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: its marks, from a top left corner, and how high it is. It is INSIDE wide."""

    height: float
    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with its title, what it says, the days it is about, and how to read it."""

    title: str
    says: str
    days: str
    drawing: Drawing
    notes: Sequence[str] = ()


def document(picture: Picture, place: str, source: Sequence[str]) -> str:
    """The picture as an SVG file. `place` is whose answers they are; `source` is at the foot."""
    above, top = _paragraphs(_head(picture, place), MARGIN)
    foot = [(line, 15.0, svg.SOFT, "normal") for line in (*picture.notes, *source)]
    below, end = _paragraphs(foot, top + picture.drawing.height + 2 * _GAP)
    height = ceil(end + MARGIN - _GAP)
    chart = svg.mark(
        "g", "\n".join(picture.drawing.marks), transform=f"translate({MARGIN} {top + _GAP:g})"
    )
    parts = (_named(picture, place), _paper(height), *above, chart, *below)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="{svg.FACE}" lang="en" role="img" '
        'aria-labelledby="title" aria-describedby="says">\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _head(picture: Picture, place: str) -> list[tuple[str, float, str, str]]:
    return [
        (picture.title, 28.0, svg.INK, "bold"),
        (f"{place}. {picture.days}.", 18.0, svg.SOFT, "normal"),
        (picture.says, 18.0, svg.INK, "normal"),
    ]


def _named(picture: Picture, place: str) -> str:
    title = svg.mark("title", svg.plain(f"{picture.title}. {place}. {picture.days}."), id="title")
    return title + svg.mark("desc", svg.plain(picture.says), id="says")


def _paper(height: float) -> str:
    return svg.mark("rect", width=WIDTH, height=height, fill=svg.PAPER)


def _paragraphs(
    paragraphs: Sequence[tuple[str, float, str, str]], top: float
) -> tuple[list[str], float]:
    """Words, size, color and weight of each, one under the other; and where the last one ends."""
    marks: list[str] = []
    for words, size, ink, weight in paragraphs:
        for line in breaking.wrap(words, fonts.BOLD, size, INSIDE):
            top += 1.35 * size
            base = top - 0.35 * size
            marks.append(svg.text(line, MARGIN, base, font_size=size, fill=ink, font_weight=weight))
        top += _GAP / 2
    return marks, top
