"""Draw a page as PNG, 300 dots to the inch."""

import io

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from cxserver.poster import fonts
from cxserver.poster.page import Bar, Code, Page, Text

DPI = 300
_SCALE = DPI / 72


def draw(page: Page) -> bytes:
    """The page as a PNG file that knows its size on paper."""
    size = round(page.paper.width * _SCALE), round(page.paper.height * _SCALE)
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for item in page.items:
        if isinstance(item, Text):
            _write(pen, item)
        elif isinstance(item, Bar):
            _fill(pen, item.x, item.y, item.width, item.height, item.colour)
        else:
            _code(pen, item)
    metadata = PngImagePlugin.PngInfo()
    metadata.add_itxt("Title", page.title)
    metadata.add_itxt("Author", page.author)
    metadata.add_itxt("Description", page.description)
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI), pnginfo=metadata)
    return out.getvalue()


def _write(pen: ImageDraw.ImageDraw, item: Text) -> None:
    size = item.size * _SCALE
    font = ImageFont.truetype(item.face.path, size, layout_engine=ImageFont.Layout.BASIC)
    for line in item.lines:
        x = line.x * _SCALE
        # Letter by letter: in one piece each width would be rounded to whole dots, and long
        # lines would grow out of the page.
        for char in line.text:
            pen.text((x, line.y * _SCALE), char, item.colour, font, anchor="ls")
            x += fonts.advance(char, item.face) * size


def _code(pen: ImageDraw.ImageDraw, item: Code) -> None:
    for box in item.boxes:
        _fill(pen, *box, "#000000")


def _fill(
    pen: ImageDraw.ImageDraw, x: float, y: float, width: float, height: float, colour: str
) -> None:
    left, top = round(x * _SCALE), round(y * _SCALE)
    # Pillow counts the last dot in.
    right, bottom = round((x + width) * _SCALE) - 1, round((y + height) * _SCALE) - 1
    pen.rectangle((left, top, max(left, right), max(top, bottom)), colour)
