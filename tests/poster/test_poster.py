"""The poster as a page: everything is said, stands where it should, and can be read."""

from pathlib import Path

import pypdfium2
import pytest
from PIL import ImageFont

from cxserver.errors import ServerError
from cxserver.poster import breaking, file, fonts, layout
from cxserver.poster.fonts import BOLD, MONO, REGULAR
from cxserver.poster.page import MM, PAPERS, Code, Text
from tests.support.poster_pages import (
    LINK,
    LONG_LINK,
    NOTICES,
    NOW,
    PAGES,
    code_of,
    decoded,
    laid_out,
    notice,
    png,
)


def box(text: Text) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the ink of a text."""
    return (
        min(line.x for line in text.lines),
        text.lines[0].y - reach(text.lines[0].text, text)[1],
        max(line.x + fonts.width(line.text, text.face, text.size) for line in text.lines),
        text.lines[-1].y - reach(text.lines[-1].text, text)[0],
    )


def reach(line: str, text: Text) -> tuple[float, float]:
    """How far the letters of a line reach below (negative) and above the baseline."""
    font = ImageFont.truetype(text.face.path, 1000, layout_engine=ImageFont.Layout.BASIC)
    _, top, _, bottom = font.getbbox(line, anchor="ls")
    return -bottom * text.size / 1000, -top * text.size / 1000


@pytest.mark.parametrize("name", PAGES)
def test_nothing_leaves_the_margins_or_touches_another_text(name):
    page = laid_out(name)
    boxes = [box(item) for item in page.items if isinstance(item, Text)]
    assert len(boxes) > 10
    for left, top, right, bottom in boxes:
        assert 36 <= round(left, 3) and round(right, 1) <= page.paper.width - 36
        assert 36 <= top and bottom <= page.paper.height - 36
    for at, first in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = first[2] <= other[0] or other[2] <= first[0]
            assert apart or first[3] < other[1] or other[3] < first[1]


@pytest.mark.parametrize("name", PAGES)
def test_the_code_is_large_and_has_its_quiet_zone(name):
    page = laid_out(name)
    code = code_of(page)
    assert code.size >= 60 * MM
    quiet = 4 * code.size / len(code.rows)
    near = code.x - quiet, code.y - quiet, code.x + code.size + quiet, code.y + code.size + quiet
    assert near[0] >= 0
    for item in page.items:
        if isinstance(item, Code):
            continue
        left, top, right, bottom = (
            box(item)
            if isinstance(item, Text)
            else (item.x, item.y, item.x + item.width, item.y + item.height)
        )
        assert right <= near[0] or left >= near[2] or bottom <= near[1] + 0.01 or top >= near[3]


@pytest.mark.parametrize("name", ["en", "es", "both"])
def test_an_ordinary_poster_has_a_code_of_nine_centimetres_and_big_words(name):
    for paper in PAPERS:
        page = laid_out(f"{name}-{paper}")
        assert code_of(page).size >= 90 * MM
        headlines = [item for item in page.items if isinstance(item, Text) and item.tag == "H1"]
        # A capital 15 mm high is read from 5 m.
        assert headlines and all(headline.size >= 50 for headline in headlines)


@pytest.mark.parametrize("name", ["long", "wide"])
def test_long_names_stand_there_whole_and_readable(name):
    notice_of = NOTICES[name]
    for paper in PAPERS:
        page = laid_out(f"{name}-{paper}")
        description = "".join(page.description.split())
        for text in (*notice_of.texts, notice_of.address):
            assert "".join(text.split()) in description
        assert min(item.size for item in page.items if isinstance(item, Text)) >= 8.5


def test_names_that_fit_on_no_page_are_refused_in_a_sentence():
    huge = notice(link=f"https://cx.agency.gov/{'path/' * 400}s/permits/riverside/token")
    with pytest.raises(ServerError, match="too long for one page"):
        layout.lay_out(huge, PAPERS["letter"])


def test_it_says_everything_in_english():
    assert laid_out("en-letter").description.splitlines() == [
        "Department of Everyday Affairs",
        "How did it go?",
        "Riverside Office",
        "Permit renewal",
        "QR code that opens cx.agency.gov/s/permits/riverside/"
        "GQABaqH1gH3lQ2c9vbTO.VDUxM2QtNjI4Yy1hYjQ1MQ",
        "Scan with your phone’s camera.",
        "It takes about 1 minute.",
        "Answering is voluntary.",
        "We do not ask who you are.",
        "No camera? Type this address into your browser, on one line, without spaces:",
        "cx.agency.gov/s/permits/riverside/ GQABaqH1gH3lQ2c9vbTO.VDUxM2QtNjI4Yy1hYjQ1MQ",
        "OMB control number 1234-5678, expires March 31, 2028. "
        "This poster is good until December 8, 2027.",
        "permits · riverside · Main exit",
    ]


def test_it_says_everything_in_spanish():
    description = laid_out("es-letter").description
    for words in (
        "¿Cómo le fue?",
        "Renovación de permisos",
        "Escanee con la cámara de su teléfono.",
        "Toma alrededor de 3 minutos.",
        "Responder es voluntario.",
        "No preguntamos quién es usted.",
        "Número de control de OMB 1234-5678, vence el 31 de marzo de 2028.",
        "Este cartel sirve hasta el 8 de diciembre de 2027.",
    ):
        assert words in description
    assert "How" not in description and laid_out("es-letter").language == "es"


def test_in_both_languages_each_sentence_is_marked_with_its_own():
    texts = [item for item in laid_out("both-letter").items if isinstance(item, Text)]
    headings = {item.language: item.words for item in texts if item.tag == "H1"}
    assert headings == {"en": "How did it go?", "es": "¿Cómo le fue?"}
    assert len({item.language for item in texts if "1234-5678" in item.words}) == 2


def test_a_name_that_is_the_same_in_both_languages_is_said_once():
    page = layout.lay_out(
        notice(("en", "es"), agency={"en": "NASA", "es": "NASA"}), PAPERS["letter"]
    )
    assert page.description.count("NASA") == 1


def test_lines_are_even_and_no_word_is_lost():
    text = "Scan with your phone’s camera."
    [first, second] = breaking.wrap(text, BOLD, 18, 200)
    assert f"{first} {second}" == text
    assert first == "Scan with your"


def test_a_spanish_poster_has_the_address_typed_without_its_language(tmp_path):
    """Whoever types is spared what their phone says anyway; whoever scans has it in the code."""
    spoken = notice(("es",), link=f"{LINK}?lang=es")
    page = layout.lay_out(spoken, PAPERS["letter"])
    typed = LINK.removeprefix("https://")
    assert spoken.address == typed
    texts = [item for item in page.items if isinstance(item, Text)]
    assert typed in ["".join(line.text for line in text.lines) for text in texts]
    assert not [text.words for text in texts if "lang=" in text.words or "https:" in text.words]
    assert decoded(png(page, tmp_path)) == [f"{LINK}?lang=es"]


def test_an_address_breaks_behind_a_slash():
    lines = breaking.address(LONG_LINK.partition("?")[0], MONO, 13, 540)
    assert len(lines) > 2 and all(line.endswith("/") for line in lines[:-1])
    assert lines[-1] == "GQABaqH1gH3lQ2c9vbTO.VDUxM2QtNjI4Yy1hYjQ1MQ"
    assert "".join(lines) == LONG_LINK.partition("?")[0]


def test_the_letters_that_are_easily_confused_differ():
    shapes = [fonts.outline(char, MONO) for char in "0OoQ1lI|"]
    assert len(set(shapes)) == len(shapes)
    assert len({fonts.advance(char, MONO) for char in "0Oil1.-_"}) == 1


@pytest.mark.parametrize("name", ["ñ Ñ á é í ó ú ü ¿ ¡", "Łódź", "Hawaiʻi Kāneʻohe", "Diné Ąą"])
def test_latin_letters_of_every_kind_are_drawn(name):
    page = layout.lay_out(notice(office=name), PAPERS["letter"])
    text_page = pypdfium2.PdfDocument(file.draw(page, Path("x.pdf"), NOW))[0].get_textpage()
    assert name in text_page.get_text_range()


@pytest.mark.parametrize("name", ["東口", "Вход", "مخرج"])
def test_letters_that_are_not_latin_are_refused_by_name(name):
    with pytest.raises(ServerError, match=rf"they have no {name[0]} \(U\+{ord(name[0]):04X}\)"):
        layout.lay_out(notice(office=name), PAPERS["letter"])


def test_the_faces_cover_what_the_poster_itself_says():
    for name in NOTICES:
        texts = [item for item in laid_out(f"{name}-letter").items if isinstance(item, Text)]
        assert texts and not [text for text in texts if fonts.missing(text.words, text.face)]
    assert fonts.missing("ñá¿¡’·", REGULAR) == ""
    assert fonts.missing("a東口東", REGULAR) == "東口"
