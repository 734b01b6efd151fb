"""The end of a session in real Chromium: who writes is warned, can stay, and loses no word."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.response_id import ResponseId
from tests.support import browser_layout
from tests.support.comment_factory import MONDAY, add_comments
from tests.support.house import House
from tests.support.http_server import Servers
from tests.support.page_faults import Faults
from tests.support.staff_accounts import invite

NARROW = {"width": 320, "height": 640}
PHONE = {"width": 375, "height": 812}
WORDS = "\n  Asked the clerk: “more windows”.\n\nAnd <b>again</b>."


@pytest.fixture
def office(serve: Servers, sqlite_house: House) -> Iterator[House]:
    """A house whose clock the test moves, served, with one comment."""
    address = serve.reserve()
    sqlite_house.move(address)
    serve(sqlite_house.app(), at=address)
    yield sqlite_house


@pytest.fixture
def case(office: House) -> str:
    """The address of a comment."""
    [row] = add_comments(office, "slow")
    return office.settings.base_url + address_of(row)


def address_of(row: ResponseId) -> str:
    return f"/staff/comments/{row.service}/{MONDAY}/{row.id}"


@pytest.fixture
def analyst(office: House, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """`analyst(**options)`: a page of somebody who is signed in; its clock stands still."""

    def analyst(*, still: bool = True, **options: object) -> Page:
        page = open_page(**{"timezone_id": "America/New_York"} | options)
        if still:
            browser_layout.stop_clock(page, office.clock.now)
        enter(office, page)
        return page

    return analyst


def enter(house: House, page: Page, role: Role = Role.ANALYST) -> None:
    """Sign in by a link, as a person does."""
    page.goto(house.settings.base_url + invite(house, role))
    with page.expect_navigation():
        page.click("main button")


def pass_(house: House, page: Page, **by: float) -> None:
    """Time goes by, here and at the server."""
    house.clock.forward(**by)
    page.clock.run_for(int(timedelta(**by).total_seconds() * 1000))


def notes(house: House) -> list[str]:
    with db.read(house.engine) as connection:
        return list(connection.execute(select(tables.case_notes.c.text)).scalars())


def test_ten_minutes_before_the_end_one_press_keeps_it(
    office: House, case: str, analyst: Callable[..., Page]
) -> None:
    page = analyst(viewport=NARROW)
    page.goto(case)
    page.fill("#note", WORDS)
    page.focus("#note")
    news = page.locator("#staying [role=status]")
    pass_(office, page, minutes=19, seconds=30)
    expect(news).to_have_text("")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()
    pass_(office, page, seconds=40)
    expect(news).to_contain_text("You will be signed out in 10 minutes, at 10:50 AM")
    assert page.evaluate("document.activeElement.id") == "note"
    expect(page.get_by_role("button", name="Stay signed in")).to_be_in_viewport()
    assert browser_layout.axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("button", name="Stay signed in").press("Enter")
    expect(news).to_contain_text("You stay signed in until 11:10 AM")
    expect(news).to_be_focused()
    expect(page.locator("#session-end")).to_contain_text("You are signed out at 11:10 AM unless")
    pass_(office, page, minutes=18)
    expect(news).to_have_text("")
    assert page.input_value("#note") == WORDS
    # The server agrees.
    page.click("button[value=note]")
    expect(page.get_by_text("And <b>again</b>.")).to_be_visible()


def test_what_is_left_is_said_again_when_little_is_left(
    office: House, analyst: Callable[..., Page]
) -> None:
    page = analyst()
    news = page.locator("#staying [role=status]")
    for minutes, words in (
        (20.2, "10 minutes"),
        (5, "5 minutes"),
        (3, "2 minutes"),
        (1, "1 minute,"),
    ):
        pass_(office, page, minutes=minutes)
        expect(news).to_contain_text(words)
    pass_(office, page, minutes=1)
    expect(news).to_contain_text("You are signed out. To go on, open a page and sign in again.")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()


def test_the_end_after_twelve_hours_is_announced_and_offers_no_button(
    office: House, analyst: Callable[..., Page]
) -> None:
    page = analyst()
    for _ in range(29):
        office.clock.forward(minutes=24)
        page.goto(office.settings.base_url + "/staff/offices")
    pass_(office, page, minutes=15)
    news = page.locator("#staying [role=status]")
    expect(news).to_contain_text("A session lasts 12 hours and cannot be made longer.")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()


def test_what_another_tab_did_is_known_here(office: House, analyst: Callable[..., Page]) -> None:
    page = analyst()
    office.clock.forward(minutes=19)
    page.context.request.get(office.settings.base_url + "/staff/offices")
    office.clock.forward(minutes=2)
    with page.expect_response("**/staff/session/left"):
        page.clock.run_for(21 * 60 * 1000)
    expect(page.locator("#staying [role=status]")).to_have_text("")


def test_a_server_that_does_not_answer_is_told_of_and_asked_again(
    office: House, analyst: Callable[..., Page], page_faults: Faults
) -> None:
    page = analyst()
    pass_(office, page, minutes=21)
    news = page.locator("#staying [role=status]")
    expect(news).to_contain_text("in 9 minutes")
    page.route("**/staff/session", lambda route: route.abort())
    page.get_by_role("button", name="Stay signed in").click()
    expect(news).to_contain_text("The server did not answer. Please try again.")
    page.unroute("**/staff/session")
    page.get_by_role("button", name="Stay signed in").click()
    expect(news).to_contain_text("You stay signed in until")
    page_faults.clear()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_note_written_past_the_end_is_sent_again_after_signing_in_and_stored_once(
    office: House, case: str, analyst: Callable[..., Page], page_faults: Faults, script: bool
) -> None:
    page = analyst(still=False, java_script_enabled=script, viewport=PHONE)
    page.goto(case)
    expect(page.locator("#session-end")).to_contain_text(
        "You are signed out at" if script else "You are signed out at 10:50 AM EST"
    )
    page.fill("#note", WORDS)
    office.clock.forward(minutes=45)
    page.click("button[value=note]")
    expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out")
    assert page.get_by_label("Note").input_value() == WORDS and notes(office) == []
    if script:
        assert browser_layout.axe(page) == []
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    tab = opened.value
    expect(tab.get_by_role("heading", level=1)).to_have_text("Sign in")
    enter(office, tab)
    tab.close()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("And <b>again</b>.")).to_be_visible()
    assert page.url.partition("#")[0] == case
    [note] = notes(office)
    assert note == WORDS.strip()
    browser_layout.forgive(page, page_faults, 401)
