"""The request pack for OMB: all that the reviewer asks for, out of one command."""

import html
import re

import pytest
from PIL import Image

from cxserver import db
from cxserver.catalog import directory
from cxserver.catalog.directory import Agency, Service
from cxserver.errors import NotFound
from cxserver.instrument import burden
from cxserver.pra import estimate, pictures, shots
from cxserver.public import sentences
from tests.support import instrument_catalogs, programs
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE, House
from tests.support.optional import present

BASE = "https://cx.example.gov"


def service_of(house: House, slug: str) -> tuple[Agency, Service]:
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    return present(known.agency), known.services[slug]


def test_the_pack_holds_every_question_in_every_language(sqlite_house, tmp_path):
    folder = tmp_path / "pack"
    cx(sqlite_house, "pra", "request", "hearings", "-o", str(folder), "--without-pictures")
    assert sorted(file.name for file in folder.iterdir()) == [
        "questions-en.txt",
        "questions-es.txt",
        "request.html",
    ]
    english = (folder / "questions-en.txt").read_text()
    spanish = (folder / "questions-es.txt").read_text()
    assert "Why did you come?\n   ( ) First hearing\n   ( ) An appeal" in english
    assert "¿A qué vino?" in spanish and "\u00ad" not in spanish
    page = (folder / "request.html").read_text()
    for phrase in ("1234-5678", "Office of Hearings", "2028-03-31", "25,000 hours", "An appeal"):
        assert phrase in page, phrase


def test_the_agency_says_who_and_how_often_in_its_own_words(sqlite_house, tmp_path):
    words = ("--audience", "People with a <hearing>", "--frequency", "Twice a year")
    more = ("--responses", "600", "--without-pictures")
    cx(sqlite_house, "pra", "request", "hearings", "-o", str(tmp_path / "pack"), *words, *more)
    page = (tmp_path / "pack" / "request.html").read_text()
    assert "People with a &lt;hearing&gt;" in page and "Twice a year" in page
    assert "600 answers × 3 minutes ÷ 60 = <strong>30 hours" in page


def test_a_question_that_turns_with_the_rating_is_shown_in_each_of_its_ways(sqlite_house):
    _, service = service_of(sqlite_house, "permits")
    [line] = [line for line in estimate.lines(service.survey, "en") if "better" in line.text]
    assert line.text == (
        "What contributed to your rating? / What went well? / What could be better?"
    )


def test_the_estimate_of_hours_keeps_its_fraction():
    assert estimate.Burden(responses=50, minutes=3).hours == 2.5
    assert estimate.Burden(responses=601, minutes=3).hours == pytest.approx(30.05)


def test_the_estimate_adds_up_to_that_of_the_rules(sqlite_house):
    _, service = service_of(sqlite_house, "hearings")
    lines = estimate.lines(service.survey, "en")
    scales = 2 + len(service.survey.drivers)
    assert [line.seconds for line in lines].count(burden.SCALE_SECONDS) == scales
    assert estimate.seconds(service.survey) == scales * 8 + 10 + 30


def test_there_is_a_screen_for_every_turn_in_every_language(sqlite_house):
    agency, service = service_of(sqlite_house, "permits")
    every = shots.make(agency, service, "Riverside Office", BASE)
    assert len({shot.name for shot in every}) == len(every)
    for language in ("en", "es"):
        mine = {
            shot.name.removeprefix(f"{language}-") for shot in every if shot.language == language
        }
        refused = {f"9-{code.replace('_', '-')}" for code in sentences.REFUSALS if code != "device"}
        assert mine == refused | {
            *("1-survey", "2-good", "3-poor", "4-mistake", "5-rights", "6-thanks"),
            *("9-stamp", "9-unsaved", "7-kiosk", "7-kiosk-mistake", "7-kiosk-unsaved"),
            *("7-kiosk-idle", "8-kiosk-thanks", "8-kiosk-closed"),
        }


def test_what_a_kiosk_asks_and_tells_is_pictured_in_its_words(sqlite_house):
    agency, service = service_of(sqlite_house, "permits")
    pages = {
        shot.name: html.unescape(shot.html.partition("<template")[0])
        for shot in shots.make(agency, service, "Riverside Office", BASE)
    }
    for name, words in (
        ("en-7-kiosk-idle", "starts over in 30 seconds. What you chose or typed will be gone."),
        ("es-7-kiosk-idle", "en 30 segundos"),
        ("en-7-kiosk-mistake", "Trust: choose one of the five answers</a>"),
        ("en-7-kiosk-unsaved", ">We could not save your answer."),
        ("en-8-kiosk-closed", "This device is not taking answers now."),
        ("en-9-conflict", "Your first answer is kept."),
        ("es-9-expired", "Esta encuesta"),
    ):
        assert words in pages[name], name
    assert pages["en-7-kiosk-mistake"].count("-error") >= 2


def test_the_kiosk_is_pictured_only_where_there_is_one(sqlite_house):
    agency, service = service_of(sqlite_house, "hearings")
    names = {shot.name for shot in shots.make(agency, service, "Riverside Office", BASE)}
    assert names and not [name for name in names if "kiosk" in name]


def test_where_the_office_may_reply_the_thanks_show_the_place_of_the_code(sqlite_house):
    sqlite_house.apply(CATALOGUE.replace("designated = true", "designated = true\nreplies = true"))
    thanks = {}
    for slug in ("permits", "hearings"):
        every = shots.make(*service_of(sqlite_house, slug), "Riverside Office", BASE)
        thanks[slug] = next(shot.html for shot in every if shot.name == "en-6-thanks")
    assert "XXXX-XXXX-XXXX-XXXX" in thanks["permits"] and "cx.example.gov/r" in thanks["permits"]
    assert "XXXX" not in thanks["hearings"]


# ---- all four instruments

ASKED = {
    "a11-2018": ("I am satisfied", "( ) Strongly agree", "Employees I interacted with"),
    "a11-2022": ("1. ", "( ) Strongly agree", "2. "),
    "a11-v2-five-point": (
        "1. I am satisfied",
        "2. Based on my experience",
        "( ) Strongly agree",
        "What went well?",
    ),
    "a11-v2-thumbs": ("1. Based on my experience", "( ) Thumbs down", "( ) Thumbs up"),
}


@pytest.fixture
def fair(sqlite_house):
    """A house with a service of each instrument, named like it."""
    sqlite_house.apply(instrument_catalogs.together())
    return sqlite_house


@instrument_catalogs.EVERY
def test_the_questions_of_each_instrument_stand_in_the_pack(fair, tmp_path, code):
    folder = tmp_path / "pack"
    cx(fair, "pra", "request", code, "-o", str(folder), "--without-pictures")
    english = (folder / "questions-en.txt").read_text()
    for phrase in ASKED[code]:
        assert phrase in english, english
    survey = service_of(fair, code)[1].survey
    wording = survey.wording["en"]
    assert (wording.satisfaction in english) and wording.trust.replace("\u00ad", "") in english
    assert bool(wording.satisfaction) == survey.asks_satisfaction
    spanish = (folder / "questions-es.txt").read_text()
    assert spanish.count("( )") == english.count("( )") > 0
    page = (folder / "request.html").read_text()
    assert f"{estimate.seconds(survey)}</td>" in page and code in page


@instrument_catalogs.EVERY
def test_the_pictures_show_both_ends_of_the_instruments_own_scale(fair, code):
    agency, service = service_of(fair, code)
    survey = service.survey
    pages = {shot.name: shot.html for shot in shots.make(agency, service, "Riverside", BASE)}
    for name, at in (("en-2-good", -1), ("en-3-poor", 0)):
        chosen = re.findall(r'name="(trust|satisfaction)" value="(\d)"[^>]* checked', pages[name])
        ends = [("satisfaction", "51"[at + 1])] if survey.asks_satisfaction else []
        assert chosen == [*ends, ("trust", str(survey.trust_scale.points[at]))]
    faults = re.findall(r'href="#(\w+)-\d"', pages["en-4-mistake"])
    assert faults == (["satisfaction", "trust"] if survey.asks_satisfaction else ["trust"])
    assert "<details open>" in pages["en-5-rights"] and "<details open>" not in pages["en-1-survey"]


@instrument_catalogs.EVERY
def test_the_kiosks_stage_is_set_as_its_script_sets_it(fair, code):
    agency, service = service_of(fair, code)
    pages = {shot.name: shot.html for shot in shots.make(agency, service, "Riverside", BASE)}
    stage = pages["es-7-kiosk"].partition('<div id="stage">')[2].partition("<template")[0]
    assert service.survey.wording["es"].trust in html.unescape(stage)
    assert '<html lang="es" dir="ltr">' in pages["es-7-kiosk"] and "<script" not in stage
    assert 'src="' not in pages["es-7-kiosk"]
    assert "Siguiente persona" in pages["es-8-kiosk-thanks"].partition("<template")[0]


def test_a_picture_of_the_kiosk_is_a_tablet_wide_and_ends_with_its_words(fair, tmp_path):
    agency, service = service_of(fair, "a11-v2-thumbs")
    every = shots.make(agency, service, "Riverside Office", BASE)
    [shot] = [shot for shot in every if shot.name == "en-7-kiosk"]
    with Image.open(pictures.take(str(programs.chromium()), shot, tmp_path)) as picture:
        assert picture.width == 1600 and 1600 < picture.height < 3200
        # The header, the tiles and the button are drawn: its style was found.
        pixels = picture.convert("RGB").getcolors(1 << 20)
        colors = {color for _, color in pixels or ()}
        assert {(0x16, 0x2E, 0x51), (0xFA, 0xCE, 0x00), (0xEA, 0xF1, 0xF8)} <= colors


def test_a_picture_shows_the_page_and_no_empty_rest(sqlite_house, tmp_path):
    agency, service = service_of(sqlite_house, "permits")
    [first, *_] = shots.make(agency, service, "Riverside Office", BASE)
    file = pictures.take(str(programs.chromium()), first, tmp_path)
    with Image.open(file) as picture:
        assert picture.width == 780 and 1200 < picture.height < 3000
        assert len(picture.getcolors(1 << 20) or ()) > 50


def test_without_a_browser_it_says_what_to_do(sqlite_house, tmp_path):
    with pytest.raises(NotFound, match="--without-pictures"):
        pictures.find("no-such-browser")
    refusal = cx(
        sqlite_house,
        "pra",
        "request",
        "hearings",
        "-o",
        str(tmp_path / "pack"),
        "--chromium",
        "none",
        fails=True,
    )
    assert "Install it" in refusal


def test_nothing_is_written_over(sqlite_house, tmp_path):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    words = ("pra", "request", "hearings", "-o", str(folder), "--without-pictures")
    assert "not an empty folder" in cx(sqlite_house, *words, fails=True)
    assert [file.name for file in folder.iterdir()] == ["mine.txt"]
