"""The poster's letters: how wide each is, what shape it has, and which ones there are.

The files in fonts/ are whole and unchanged, under the SIL Open Font License 1.1: Public Sans, the
typeface of the U.S. Web Design System, and Roboto Mono, in which 0 and O, 1, l and I differ.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont

_FOLDER = Path(__file__).parent / "fonts"


@dataclass(frozen=True, slots=True)
class Face:
    """One font: the family's name and its file."""

    name: str
    file: str

    @property
    def path(self) -> Path:
        """Where the font lies."""
        return _FOLDER / self.file


REGULAR = Face("Public Sans", "PublicSans-Regular.ttf")
BOLD = Face("Public Sans Bold", "PublicSans-Bold.ttf")
MONO = Face("Roboto Mono", "RobotoMono-Medium.ttf")


@dataclass(frozen=True, slots=True)
class _Measures:
    """What is read of a font once: widths by character, and the heights, all as parts of 1."""

    advances: dict[str, float]
    ascent: float
    descent: float


def advance(char: str, face: Face) -> float:
    """How far a character moves the pen at size 1; one that is missing counts as a wide one."""
    return _measures(face).advances.get(char, 1.0)


def width(text: str, face: Face, size: float) -> float:
    """How wide a line of text is."""
    return size * sum(advance(char, face) for char in text)


def ascent(face: Face) -> float:
    """How far the face reaches above the baseline, at size 1."""
    return _measures(face).ascent


def height(face: Face) -> float:
    """From the face's top to its bottom, at size 1."""
    return _measures(face).ascent + _measures(face).descent


def missing(text: str, face: Face) -> str:
    """The characters of `text` that the face cannot draw."""
    known = _measures(face).advances
    return "".join(dict.fromkeys(char for char in text if char not in known))


@cache
def outline(char: str, face: Face) -> str:
    """The shape of a character as an SVG path, y upward, in parts of the face's `em`."""
    font = _font(face)
    glyphs = font.getGlyphSet()
    pen = SVGPathPen(glyphs, ntos=lambda number: f"{number:g}")
    glyphs[font.getBestCmap()[ord(char)]].draw(pen)
    return str(pen.getCommands())


def em(face: Face) -> int:
    """How many parts make size 1 in outlines."""
    return int(_font(face)["head"].unitsPerEm)


@cache
def _font(face: Face) -> TTFont:
    return TTFont(face.path)


@cache
def _measures(face: Face) -> _Measures:
    font = _font(face)
    parts = em(face)
    widths = font["hmtx"].metrics
    return _Measures(
        advances={chr(code): widths[name][0] / parts for code, name in font.getBestCmap().items()},
        ascent=font["hhea"].ascent / parts,
        descent=-font["hhea"].descent / parts,
    )
