"""Texts under one another: how they look, and where each of their lines stands."""

from dataclasses import dataclass, replace

from cxserver.poster import breaking, fonts, page
from cxserver.poster.fonts import Face
from cxserver.poster.page import Bar, Item, Line, Text


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks. It shrinks from `size` to `least`; its lines are `leading` apart at 1."""

    face: Face
    size: float
    least: float
    colour: str
    leading: float = 1.25

    def scaled(self, scale: float) -> float:
        """The size when all text is scaled."""
        return max(self.least, self.size * scale)


class Column:
    """Texts under one another, from a top of 0."""

    def __init__(self, x: float, width: float, scale: float):
        self.items: list[Item] = []
        self.height = 0.0
        self._x, self._width, self._scale = x, width, scale

    def skip(self, height: float) -> None:
        """Leave a gap."""
        self.height += height * self._scale

    def bar(self, height: float, colour: str) -> None:
        """A bar over the whole width."""
        self.items.append(Bar(self._x, self.height, self._width, height, colour))
        self.height += height

    def say(self, text: str, style: Style, language: str, tag: str = "P") -> None:
        """A text, in as many lines as it needs."""
        broken = breaking.wrap(text, style.face, style.scaled(self._scale), self._width)
        self.lines(broken, style, language, tag)

    def say_apart(self, first: str, second: str, style: Style, language: str) -> None:
        """Two sentences: on one line when they fit there, else each on its own."""
        both = f"{first} {second}"
        fit = fonts.width(both, style.face, style.scaled(self._scale)) <= self._width
        for text in (both,) if fit else (first, second):
            self.say(text, style, language)

    def headline(self, text: str, style: Style, language: str) -> None:
        """A heading on one line, as large as its style allows."""
        room = self._width / fonts.width(text, style.face, 1)
        size = min(style.scaled(self._scale), room)
        self.lines([text], replace(style, size=size, least=size), language, "H1")

    def lines(self, texts: list[str], style: Style, language: str, tag: str = "P") -> None:
        """A text that is broken already."""
        size = style.scaled(self._scale)
        pitch = style.leading * size
        above = (pitch - fonts.height(style.face) * size) / 2 + fonts.ascent(style.face) * size
        lines = tuple(
            Line(self._x, self.height + at * pitch + above, text) for at, text in enumerate(texts)
        )
        self.items.append(Text(lines, style.face, size, style.colour, language, tag))
        self.height += pitch * len(texts)

    def at(self, top: float) -> list[Item]:
        """The items, the column beginning at `top`."""
        return [page.moved(item, top) for item in self.items]
