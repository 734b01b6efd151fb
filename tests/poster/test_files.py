"""The poster as PDF, SVG and PNG: each is read by a real decoder, near, far and scratched."""

import ctypes
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageFilter

from cxserver.poster import file
from tests.support.browser_layout import names
from tests.support.poster_pages import (
    LINK,
    NOTICES,
    NOW,
    PAGES,
    code_of,
    decoded,
    laid_out,
    pixels,
    png,
)


@pytest.mark.parametrize("name", PAGES)
def test_the_code_in_a_png_is_the_link(name, tmp_path):
    image = png(laid_out(name), tmp_path)
    inches = laid_out(name).paper.width / 72, laid_out(name).paper.height / 72
    assert image.size == tuple(round(300 * length) for length in inches)
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert decoded(image) == [NOTICES[name.partition("-")[0]].link]


@pytest.mark.parametrize("name", PAGES)
def test_the_code_in_a_pdf_is_the_link(name):
    pdf = file.draw(laid_out(name), Path("x.pdf"), NOW)
    paper = laid_out(name).paper
    assert pypdfium2.PdfDocument(pdf)[0].get_size() == pytest.approx(
        (paper.width, paper.height), abs=0.01
    )
    assert decoded(pixels(pdf)) == [NOTICES[name.partition("-")[0]].link]


def test_the_code_in_an_svg_is_the_link_and_the_drawing_has_a_name(open_page, tmp_path):
    for name in ("both-letter", "long-a4"):
        drawn, paper = tmp_path / f"{name}.svg", laid_out(name).paper
        drawn.write_bytes(file.draw(laid_out(name), drawn, NOW))
        size = {"width": round(paper.width * 4 / 3), "height": round(paper.height * 4 / 3)}
        page = open_page(viewport=size)
        page.goto(drawn.as_uri())
        shot = tmp_path / "shot.png"
        page.screenshot(path=shot)
        assert decoded(Image.open(shot)) == [NOTICES[name.partition("-")[0]].link]
        assert page.locator("svg").get_attribute("role") == "img"
        assert names(page, "image") == [laid_out(name).title]


def test_all_formats_show_the_same_page(open_page, tmp_path):
    page = laid_out("both-letter")
    drawn = tmp_path / "page.svg"
    drawn.write_bytes(file.draw(page, drawn, NOW))
    browser = open_page(viewport={"width": 816, "height": 1056})
    browser.goto(drawn.as_uri())
    browser.screenshot(path=tmp_path / "svg.png")
    small = [
        image.convert("L").resize((306, 396), Image.Resampling.BOX)
        for image in (
            png(page, tmp_path),
            pixels(file.draw(page, Path("x.pdf"), NOW)),
            Image.open(tmp_path / "svg.png"),
        )
    ]
    for other in small[1:]:
        pairs = zip(small[0].tobytes(), other.tobytes(), strict=True)
        differences = [abs(first - second) for first, second in pairs]
        assert sum(differences) / len(differences) < 3
        # A line at another place would differ by much, and over many dots.
        assert sum(difference > 120 for difference in differences) < 100


@pytest.mark.parametrize("name", ["en-letter", "both-a4", "long-letter"])
def test_a_telephone_reads_it_from_a_metre_and_a_half(name, tmp_path):
    # 12 megapixels over 70 degrees: a page 21.6 cm wide, seen from 1.5 m, fills 411 of them.
    photo = png(laid_out(name), tmp_path).convert("L")
    photo = photo.rotate(4, expand=True, fillcolor=255)
    photo = photo.resize((411, round(411 * photo.height / photo.width)), Image.Resampling.BOX)
    photo = photo.filter(ImageFilter.GaussianBlur(0.6)).point(lambda dot: 60 + dot // 2)
    assert decoded(photo) == [NOTICES[name.partition("-")[0]].link]


def test_a_scratched_poster_still_opens(tmp_path):
    page, scale = laid_out("en-letter"), 300 / 72
    code, image = code_of(page), png(page, tmp_path).convert("L")
    side = round(0.2 * code.size * scale)
    corner = round((code.x + code.size / 2) * scale), round((code.y + code.size / 2) * scale)
    image.paste(255, (*corner, corner[0] + side, corner[1] + side))
    assert decoded(image) == [LINK]


def test_a_pdf_tells_itself_to_a_screen_reader():
    document = pypdfium2.PdfDocument(file.draw(laid_out("both-letter"), Path("x.pdf"), NOW))
    raw = pypdfium2.raw
    assert document.get_metadata_dict()["Title"] == "How did it go? Riverside Office"
    assert document.get_metadata_dict()["Author"] == "Department of Everyday Affairs"
    assert raw.FPDFCatalog_IsTagged(document)
    [root] = structure(document[0])
    tags = [(tag, alt) for tag, alt, _ in root[2]]
    assert tags[:5] == [("P", ""), ("P", ""), ("H1", ""), ("H1", ""), ("P", "")]
    [figure] = [alt for tag, alt in tags if tag == "Figure"]
    assert figure.startswith("QR code that opens cx.agency.gov/")
    assert "/Lang (en)" in repr(document_bytes("both-letter"))


def document_bytes(name: str) -> bytes:
    return file.draw(laid_out(name), Path("x.pdf"), NOW)


def structure(page: pypdfium2.PdfPage) -> list[tuple[str, str, list]]:
    """The page's tags: name, alternative text, children."""
    raw = pypdfium2.raw

    def text(read, element) -> str:
        length = read(element, None, 0)
        if not length:
            return ""
        buffer = ctypes.create_string_buffer(max(length, 2))
        read(element, buffer, length)
        return buffer.raw[: length - 2].decode("utf-16-le")

    def walk(element):
        kids = [
            raw.FPDF_StructElement_GetChildAtIndex(element, at)
            for at in range(raw.FPDF_StructElement_CountChildren(element))
        ]
        return (
            text(raw.FPDF_StructElement_GetType, element),
            text(raw.FPDF_StructElement_GetAltText, element),
            [walk(kid) for kid in kids if kid],
        )

    tree = raw.FPDF_StructTree_GetForPage(page)
    try:
        count = raw.FPDF_StructTree_CountChildren(tree)
        return [walk(raw.FPDF_StructTree_GetChildAtIndex(tree, at)) for at in range(count)]
    finally:
        raw.FPDF_StructTree_Close(tree)


def test_a_pdf_carries_its_fonts():
    raw = pypdfium2.raw
    page = pypdfium2.PdfDocument(document_bytes("en-letter"))[0]
    texts = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]))
    assert texts
    assert all(raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(text)) == 1 for text in texts)


def test_the_same_poster_is_the_same_file():
    for ending in file.ENDINGS:
        path = Path(f"x{ending}")
        assert file.draw(laid_out("en-a4"), path, NOW) == file.draw(laid_out("en-a4"), path, NOW)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "poster.pdf"
    with file.whole(path, b"first"):
        assert not path.exists()
    with pytest.raises(RuntimeError, match="the database is gone"):
        with file.whole(path, b"second"):
            raise RuntimeError("the database is gone")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
