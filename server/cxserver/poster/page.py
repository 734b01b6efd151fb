"""A page as data: texts, bars and one code at their places. Every format draws these and no more.

Lengths are points (1/72 inch); x grows to the right and y downward, from the paper's corner.
"""

from dataclasses import dataclass, replace

from cxserver.poster.fonts import Face

MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Paper:
    """A size of paper."""

    name: str
    width: float
    height: float


PAPERS = {
    paper.name: paper for paper in (Paper("letter", 612.0, 792.0), Paper("a4", 210 * MM, 297 * MM))
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph or heading, broken into lines. `tag` is H1 or P, for those who hear it."""

    lines: tuple[Line, ...]
    face: Face
    size: float
    colour: str
    language: str
    tag: str

    @property
    def words(self) -> str:
        """The paragraph in one piece."""
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled box that says nothing."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code; the layout keeps its quiet zone free. `says` is what it is, in words."""

    x: float
    y: float
    size: float
    rows: tuple[tuple[bool, ...], ...]
    says: str

    @property
    def boxes(self) -> tuple[tuple[float, float, float, float], ...]:
        """Dark boxes as x, y, width, height: neighbors in a row are one."""
        module = self.size / len(self.rows)
        return tuple(
            (self.x + start * module, self.y + at * module, length * module, module)
            for at, row in enumerate(self.rows)
            for start, length in _runs(row)
        )


Item = Text | Bar | Code


@dataclass(frozen=True, slots=True)
class Page:
    """A whole poster. `language` is its first; items lie in the order in which they are read."""

    paper: Paper
    title: str
    author: str
    language: str
    items: tuple[Item, ...]

    @property
    def description(self) -> str:
        """All that the page says, in the order of reading."""
        texts = (item.words if isinstance(item, Text) else item.says for item in self.spoken)
        return "\n".join(texts)

    @property
    def spoken(self) -> tuple[Text | Code, ...]:
        """The items that say something."""
        return tuple(item for item in self.items if not isinstance(item, Bar))


def moved(item: Item, down: float) -> Item:
    """The same item, further down the page."""
    if isinstance(item, Text):
        return replace(item, lines=tuple(replace(line, y=line.y + down) for line in item.lines))
    return replace(item, y=item.y + down)


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Where dark modules begin in a row, and how many follow one another."""
    result: list[tuple[int, int]] = []
    for at, dark in enumerate(row):
        if dark and at and row[at - 1]:
            start, length = result[-1]
            result[-1] = start, length + 1
        elif dark:
            result.append((at, 1))
    return result
