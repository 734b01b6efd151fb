"""Draw a page as SVG. Letters become shapes: any program that opens it shows the same."""

from html import escape

from cxserver.poster import fonts
from cxserver.poster.fonts import Face
from cxserver.poster.page import Bar, Code, Page, Text

_Letters = dict[tuple[Face, str], str]


def draw(page: Page) -> bytes:
    """The page as an SVG file, at its true size on paper."""
    width, height = page.paper.width, page.paper.height
    letters = _letters(page)
    return "\n".join(
        [
            # xlink:href is old, and what every drawing and office program reads.
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width:g}pt" height="{height:g}pt" viewBox="0 0 {width:g} {height:g}" '
            f'lang="{page.language}" role="img" '
            'aria-labelledby="title" aria-describedby="says">',
            f'<title id="title">{escape(page.title)}</title>',
            f'<desc id="says">{escape(page.description)}</desc>',
            f"<defs>{_shapes(letters)}</defs>",
            f'<path fill="#fff" d="M0 0h{width:g}v{height:g}H0z"/>',
            *(_drawn(item, letters) for item in page.items),
            "</svg>\n",
        ]
    ).encode()


def _letters(page: Page) -> _Letters:
    """An id for each letter that the page needs: its shape is written once."""
    result: _Letters = {}
    for item in page.items:
        if isinstance(item, Text):
            for char in "".join(line.text for line in item.lines):
                result.setdefault((item.face, char), f"g{len(result)}")
    return result


def _shapes(letters: _Letters) -> str:
    return "".join(
        f'<path id="{name}" d="{fonts.outline(char, face)}"/>'
        for (face, char), name in letters.items()
    )


def _drawn(item: Text | Bar | Code, letters: _Letters) -> str:
    if isinstance(item, Text):
        return _text(item, letters)
    if isinstance(item, Bar):
        shape = f"M{item.x:g} {item.y:g}h{item.width:g}v{item.height:g}h-{item.width:g}z"
        return f'<path fill="{item.colour}" d="{shape}"/>'
    # One path: between boxes drawn one by one, a screen shows hairlines.
    boxes = "".join(
        f"M{x:.3f} {y:.3f}h{width:.3f}v{height:.3f}h-{width:.3f}z"
        for x, y, width, height in item.boxes
    )
    return f'<path d="{boxes}"/>'


def _text(item: Text, letters: _Letters) -> str:
    em = fonts.em(item.face)
    scale = item.size / em
    lines = []
    for line in item.lines:
        at, uses = 0.0, []
        for char in line.text:
            uses.append(f'<use xlink:href="#{letters[item.face, char]}" x="{at:g}"/>')
            at += fonts.advance(char, item.face) * em
        place = f"translate({line.x:.3f} {line.y:.3f}) scale({scale:.6f} -{scale:.6f})"
        lines.append(f'<g transform="{place}">{"".join(uses)}</g>')
    return f'<g fill="{item.colour}">{"".join(lines)}</g>'
