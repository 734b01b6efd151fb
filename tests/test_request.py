"""The request pack for OMB: all that the reviewer asks for, out of one command."""

import pytest
from PIL import Image

import programs
from command import cx
from cxserver import db
from cxserver.catalog import directory
from cxserver.collection import estimate, pictures
from cxserver.errors import NotFound
from cxserver.instrument import burden
from house import House


def service_of(house: House, slug: str):
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    return known.agency, known.services[slug]


def test_the_pack_holds_every_question_in_every_language(sqlite_house, tmp_path):
    folder = tmp_path / "pack"
    cx(sqlite_house, "request", "hearings", "-o", str(folder), "--without-pictures")
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
    for told in ("1234-5678", "Office of Hearings", "2028-03-31", "25,000 hours", "An appeal"):
        assert told in page, told


def test_the_agency_says_who_and_how_often_in_its_own_words(sqlite_house, tmp_path):
    words = ("--audience", "People with a <hearing>", "--frequency", "Twice a year")
    more = ("--responses", "600", "--without-pictures")
    cx(sqlite_house, "request", "hearings", "-o", str(tmp_path / "pack"), *words, *more)
    page = (tmp_path / "pack" / "request.html").read_text()
    assert "People with a &lt;hearing&gt;" in page and "Twice a year" in page
    assert "600 answers × 3 minutes ÷ 60 = <strong>30 hours" in page


def test_the_estimate_adds_up_to_that_of_the_rules(sqlite_house):
    _, service = service_of(sqlite_house, "hearings")
    told = estimate.lines(service.survey, "en")
    scales = 2 + len(service.survey.drivers)
    assert [line.seconds for line in told].count(burden.SCALE_SECONDS) == scales
    assert estimate.seconds(service.survey) == scales * 8 + 10 + 30


def test_there_is_a_screen_for_every_turn_in_every_language(sqlite_house):
    agency, service = service_of(sqlite_house, "permits")
    shots = pictures.shots(agency, service, "Riverside Office")
    assert len({shot.name for shot in shots}) == 12
    assert {shot.language for shot in shots} == {"en", "es"}


def test_a_picture_shows_the_page_and_no_empty_rest(sqlite_house, tmp_path):
    agency, service = service_of(sqlite_house, "permits")
    [first, *_] = pictures.shots(agency, service, "Riverside Office")
    file = pictures.take(str(programs.chromium()), first, tmp_path)
    with Image.open(file) as picture:
        assert picture.width == 780 and 1200 < picture.height < 3000
        assert len(picture.getcolors(1 << 20)) > 50


def test_without_a_browser_it_says_what_to_do(sqlite_house, tmp_path):
    with pytest.raises(NotFound, match="--without-pictures"):
        pictures.find("no-such-browser")
    told = cx(
        sqlite_house,
        "request",
        "hearings",
        "-o",
        str(tmp_path / "pack"),
        "--chromium",
        "none",
        fails=True,
    )
    assert "Install it" in told


def test_nothing_is_written_over(sqlite_house, tmp_path):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    words = ("request", "hearings", "-o", str(folder), "--without-pictures")
    assert "not an empty folder" in cx(sqlite_house, *words, fails=True)
    assert [file.name for file in folder.iterdir()] == ["mine.txt"]
