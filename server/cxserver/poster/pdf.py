"""Draw a page as PDF: its own fonts inside, tagged so that a screen reader tells it in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from fpdf import FPDF, ViewerPreferences

from cxserver.poster import fonts
from cxserver.poster.page import Bar, Code, Page, Text


def draw(page: Page, made_at: datetime) -> bytes:
    """The page as a PDF file. `made_at` (aware) is its date."""
    pdf = FPDF(unit="pt", format=(page.paper.width, page.paper.height))
    pdf.set_auto_page_break(False)
    pdf.set_title(page.title)
    pdf.set_author(page.author)
    pdf.set_lang(page.language)
    pdf.set_creation_date(made_at)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    for face in (fonts.REGULAR, fonts.BOLD, fonts.MONO):
        pdf.add_font(face.name, fname=face.path)
    pdf.add_page()
    for item in page.items:
        _draw(pdf, item, page.language)
    return bytes(pdf.output())


def _draw(pdf: FPDF, item: Text | Bar | Code, language: str) -> None:
    if isinstance(item, Bar):
        with _artifact(pdf):
            pdf.set_fill_color(item.colour)
            pdf.rect(item.x, item.y, item.width, item.height, style="F")
    elif isinstance(item, Code):
        with _tagged(pdf, "Figure", item.says):
            _code(pdf, item)
    else:
        with _tagged(pdf, item.tag), _spoken(pdf, item.language, language):
            _write(pdf, item)


def _write(pdf: FPDF, item: Text) -> None:
    pdf.set_font(item.face.name, size=item.size)
    pdf.set_text_color(item.colour)
    for line in item.lines:
        pdf.text(line.x, line.y, line.text)


def _code(pdf: FPDF, item: Code) -> None:
    # One path: between boxes filled one by one, a screen shows hairlines. PDF counts y upward.
    boxes = (
        f"{x:.3f} {pdf.h - y - height:.3f} {width:.3f} {height:.3f} re"
        for x, y, width, height in item.boxes
    )
    _put(pdf, f"q 0 g {' '.join(boxes)} f Q")


@contextmanager
def _tagged(pdf: FPDF, tag: str, alt: str | None = None) -> Iterator[None]:
    # fpdf2 tags pictures by itself and offers no more; these two calls are how it does that.
    number = pdf.struct_builder.next_mcid_for_page(pdf.page)
    pdf._add_marked_content(struct_type=f"/{tag}", mcid=number, alt_text=alt)
    _put(pdf, f"/{tag} <</MCID {number}>> BDC")
    yield
    _put(pdf, "EMC")


@contextmanager
def _spoken(pdf: FPDF, language: str, around: str) -> Iterator[None]:
    if language == around:
        yield
        return
    _put(pdf, f"/Span <</Lang ({language})>> BDC")
    yield
    _put(pdf, "EMC")


@contextmanager
def _artifact(pdf: FPDF) -> Iterator[None]:
    _put(pdf, "/Artifact BMC")
    yield
    _put(pdf, "EMC")


def _put(pdf: FPDF, operators: str) -> None:
    pdf._out(operators)
