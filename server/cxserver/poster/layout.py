"""Set a notice on paper: big words above, the code in the middle, the fine print below.

Long names wrap first, and then all text shrinks a little, until the code has its room. Nothing
is cut off; what cannot be set is refused with a sentence.
"""

from collections.abc import Mapping
from dataclasses import replace

import segno

from cxserver.errors import ServerError
from cxserver.poster import breaking, fonts, words
from cxserver.poster.column import Column, Style
from cxserver.poster.fonts import BOLD, MONO, REGULAR
from cxserver.poster.notice import Notice
from cxserver.poster.page import MM, Code, Item, Page, Paper
from cxserver.poster.words import Words

# Half an inch: every home printer can reach it.
MARGIN = 36.0
# ISO/IEC 18004 asks for four modules of white around a code.
QUIET = 4
# The code we want, the least we print, and the most that leaves room for words beside it.
WISHED, LEAST = 95 * MM, 62 * MM
_MOST = 0.6
_GAP = 10.0
# All text gets smaller in these steps until the code has its size.
_SCALES = tuple(1 - step / 40 for step in range(21))

# The colors of the U.S. Web Design System.
INK, GREY, BLUE, NAVY, LIGHT = "#1b1b1b", "#565c65", "#005ea2", "#162e51", "#a9aeb1"

_AGENCY = Style(BOLD, 17, 12, NAVY)
_HEADLINE = Style(BOLD, 76, 36, NAVY, 1.08)
_OFFICE = Style(BOLD, 25, 15, INK, 1.2)
_SERVICE = Style(REGULAR, 19, 13, INK)
_SCAN = Style(BOLD, 23, 17, NAVY, 1.2)
_BESIDE = Style(REGULAR, 16, 13, INK, 1.35)
_TYPE_IT = Style(REGULAR, 12, 10, INK, 1.35)
_ADDRESS = Style(MONO, 18, 13, INK, 1.35)
_SMALL = Style(REGULAR, 10, 8.5, GREY, 1.4)
# Two languages share the height of one.
_TWO = {_HEADLINE: 58.0, _SCAN: 18.0, _BESIDE: 14.0}


def lay_out(notice: Notice, paper: Paper) -> Page:
    """The poster as a page. Raises ServerError when a name cannot be drawn or is far too long."""
    _check_letters(notice)
    rows = code_rows(notice.link)
    said = {code: words.of(notice, code) for code in notice.languages}
    drafts = (_Draft(notice, said, paper, rows, scale) for scale in _SCALES)
    fitting = [draft for draft in drafts if draft.code >= LEAST]
    if not fitting:
        raise ServerError(
            "The names and the address are too long for one page. "
            "Shorten a name, or the path in CX_BASE_URL."
        )
    chosen = next((draft for draft in fitting if draft.code >= WISHED), fitting[-1])
    first = notice.languages[0]
    title = f"{said[first].headline} {notice.office}"
    return Page(paper, title, notice.agency[first], first, chosen.items())


def code_rows(link: str) -> tuple[tuple[bool, ...], ...]:
    """The link as a QR code: level M or better, for paper that gets scratched."""
    made = segno.make_qr(link, error="m")
    return tuple(tuple(bool(module) for module in row) for row in made.matrix)


class _Draft:
    """The page at one size of text; `code` is the size left for the code, 0 when nothing fits."""

    def __init__(
        self,
        notice: Notice,
        said: dict[str, Words],
        paper: Paper,
        rows: tuple[tuple[bool, ...], ...],
        scale: float,
    ):
        self._notice, self._said, self._rows, self._scale = notice, said, rows, scale
        self._paper, self._width = paper, paper.width - 2 * MARGIN
        self._head, self._foot = self._above(), self._below()
        self._free = paper.height - 2 * MARGIN - self._head.height - self._foot.height
        # The quiet zone may lie in the margin, and does: code and words share one left edge.
        around = 1 + 2 * QUIET / len(rows)
        self.code = min(self._free / around, _MOST * self._width, len(rows) * MARGIN / QUIET)
        if self.code < LEAST or self._beside().height > self._free - 2 * _GAP:
            self.code = 0.0

    def items(self) -> tuple[Item, ...]:
        """Everything, in the order of reading."""
        beside, top = self._beside(), MARGIN + self._head.height
        says = " / ".join(spoken.code for spoken in self._said.values())
        return (
            *self._head.at(MARGIN),
            Code(MARGIN, top + (self._free - self.code) / 2, self.code, self._rows, says),
            *beside.at(top + (self._free - beside.height) / 2),
            *self._foot.at(self._paper.height - MARGIN - self._foot.height),
        )

    def _style(self, style: Style) -> Style:
        if len(self._said) == 1:
            return style
        return replace(style, size=_TWO.get(style, style.size))

    def _above(self) -> Column:
        column = Column(MARGIN, self._width, self._scale)
        column.bar(7, BLUE)
        column.skip(12)
        for code, name in _differing(self._notice.agency):
            column.say(name, _AGENCY, code)
        column.skip(10)
        for at, (code, spoken) in enumerate(self._said.items()):
            style = replace(self._style(_HEADLINE), colour=BLUE if at else NAVY)
            column.headline(spoken.headline, style, code)
        column.skip(8)
        column.say(self._notice.office, _OFFICE, next(iter(self._said)))
        for code, name in _differing(self._notice.service):
            column.say(name, _SERVICE, code)
        return column

    def _beside(self) -> Column:
        gap = max(26.0, (QUIET + 0.5) * self.code / len(self._rows))
        x = MARGIN + self.code + gap
        column = Column(x, self._paper.width - MARGIN - x, self._scale)
        for at, (code, spoken) in enumerate(self._said.items()):
            column.skip(18 if at else 0)
            column.say(spoken.scan, replace(self._style(_SCAN), colour=BLUE if at else NAVY), code)
            column.skip(4)
            for sentence in (spoken.takes, spoken.voluntary, spoken.nameless):
                column.skip(2)
                column.say(sentence, self._style(_BESIDE), code)
        return column

    def _below(self) -> Column:
        column = Column(MARGIN, self._width, self._scale)
        for code, spoken in self._said.items():
            column.say(spoken.type_it, _TYPE_IT, code)
        column.skip(3)
        column.lines(*self._address())
        column.skip(12)
        column.bar(0.75, LIGHT)
        column.skip(8)
        for code, spoken in self._said.items():
            column.say_apart(spoken.control, spoken.until, _SMALL, code)
        column.say(self._notice.reference, _SMALL, next(iter(self._said)))
        return column

    def _address(self) -> tuple[list[str], Style, str]:
        size = _ADDRESS.scaled(self._scale)
        texts = breaking.address(self._notice.address, _ADDRESS.face, size, self._width)
        return texts, _ADDRESS, next(iter(self._said))


def _differing(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names by language; one that is the same in both is said once."""
    result: dict[str, str] = {}
    for code, name in names.items():
        result.setdefault(name, code)
    return [(code, name) for name, code in result.items()]


def _check_letters(notice: Notice) -> None:
    drawn = [(text, REGULAR) for text in notice.texts] + [(text, BOLD) for text in notice.texts]
    for text, face in (*drawn, (notice.address, MONO)):
        lacking = fonts.missing(text, face)
        if lacking:
            names = ", ".join(f"{char} (U+{ord(char):04X})" for char in lacking[:3])
            raise ServerError(
                f"The poster's letters are Latin: they have no {names}, as in “{text}”. "
                "Give it a name in Latin letters in the catalog, or with --place."
            )
