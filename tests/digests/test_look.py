"""The weekly mail as it looks, and the room in which it is ordered."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from tests.digests.test_digest import ANALYST, DUE, html, mailed, quiet, run, text_of
from tests.support import browser_layout
from tests.support.answer_factory import add_answers
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.staff_accounts import invite, post, sign_in

__all__ = ["mailed", "quiet"]  # fixtures


# ---- the room


def test_one_chooses_how_often_and_the_log_says_so(mailed):
    house = mailed
    house.clock.now = DUE
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        assert 'value="never" checked' in client.get("/staff/digest").text
        for every in ("week", "month", "never", "month"):
            sent = post(client, "/staff/digest", every=every)
            assert (sent.status_code, sent.headers["location"]) == (303, "/staff/digest")
            assert f'value="{every}" checked' in client.get("/staff/digest").text
        foreign = {"sec-fetch-site": "cross-site"}
        assert post(client, "/staff/digest", foreign, every="never").status_code == 403
        for wrong in ({"every": "hour"}, {"every": ""}, {}):
            assert post(client, "/staff/digest", **wrong).status_code == 422
        assert 'value="month" checked' in client.get("/staff/digest").text
    with db.read(house.engine) as connection:
        query = select(tables.audit).where(tables.audit.c.what == "choose digest")
        lines = [(row.who, row.about) for row in connection.execute(query)]
    assert lines == [(ANALYST, every) for every in ("week", "month", "never", "month")]


def test_the_room_shows_the_mail_as_it_goes_out(quiet, box):
    house = quiet
    add_answers(house, "riverside", 100, 20)
    invite(house, Role.OFFICE_MANAGER)
    run(house)
    [letter] = box.letters
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        page = text_of(client.get("/staff/digest").text)
    assert letter["Subject"] in page
    sentences = re.split(r"(?<=[.:]) ", text_of(html(letter).partition("<body")[2]))
    mine = [
        sentence
        for sentence in sentences
        if "Choose how often" not in sentence and "· " not in sentence
    ]
    assert len(mine) > 5
    for sentence in mine[1:]:
        assert sentence.strip(" .") in page, sentence
    assert "The next one: Monday, November 9, 2026, at 6:00." in page


def test_without_a_mail_server_the_room_says_so(sqlite_house):
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.SECURITY_OFFICER)
        assert "No mail server is set up" in client.get("/staff/digest").text


# ---- the letter itself


@pytest.fixture
def letter(quiet, box):
    house = quiet
    house.settings = house.settings.model_copy(update={"base_url": "https://cx.example.gov/cx"})
    house.apply(CATALOGUE + MORE)
    for office in OFFICES[:3]:
        add_answers(house, office, 150, 40)
        add_answers(house, office, 170, 20, days=range(29, 57))
    invite(house, Role.SERVICE_LEAD)
    run(house)
    [letter] = box.letters
    return letter


def test_it_fetches_nothing_and_its_links_are_pages_that_ask_who_one_is(letter):
    page, text = html(letter), letter.get_body(("plain",)).get_content()
    assert not re.search(r"<(img|script|link|table|iframe|form|object|video|style)", page)
    assert not re.search(r"url\(|src=|@import|color:|background", page)
    links = re.findall(r'href="([^"]+)"', page)
    assert links == [
        f"https://cx.example.gov/cx/staff/{page}"
        for page in ("", "offices", "drivers", "comments", "digest")
    ]
    assert sorted(re.findall(r"https?://\S+", text)) == sorted(links)
    assert re.findall(r"https?://[^\s\"<]+", page) == links


def test_its_text_can_be_read_without_any_marks(letter):
    text = letter.get_body(("plain",)).get_content()
    lines = text.splitlines()
    assert lines[0] == "Permit renewal" and lines[1] == "Oct 5 – Nov 1, 2026"
    assert all(len(line) <= 72 or "://" in line for line in lines)
    assert "<" not in text and "&amp;" not in text


INK = "getComputedStyle(document.querySelector('h1')).color.match(/\\d+/g).map(Number)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 700])
def test_it_reads_on_a_telephone_by_day_and_by_night(letter, open_page, width, scheme):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.set_content(html(letter))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert browser_layout.unlabelled(page) == []
    # A mail has no landmarks. Its colors are the reader's own, and axe takes the night for white.
    leave_out = ["region", "landmark-one-main"] + ["color-contrast"] * (scheme == "dark")
    rules = {name: {"enabled": False} for name in leave_out}
    violations = Axe().run(page, options={"rules": rules}).response["violations"]
    assert [
        (violation["id"], violation["nodes"][0]["html"][:120]) for violation in violations
    ] == []
    ink = page.evaluate(INK)
    assert max(ink) < 60 if scheme == "light" else min(ink) > 200


@pytest.mark.parametrize("width", [1280, 360])
def test_the_room_is_accessible_and_fits_a_telephone(quiet, serve, open_page, width):
    address = serve.reserve()
    quiet.move(address)
    add_answers(quiet, "riverside", 100, 20)
    quiet.clock.now = DUE
    serve(quiet.app(demo=True), at=address)
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(address + invite(quiet, Role.OFFICE_MANAGER))
    with page.expect_navigation():
        page.click("main button")
    page.goto(address + "/staff/digest")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert browser_layout.unlabelled(page) == []
    assert Axe().run(page).response["violations"] == []
    page.check("input[value=month]")
    with page.expect_navigation():
        page.click("main button")
    assert page.locator("input[value=month]").is_checked()
