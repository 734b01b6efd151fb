"""Every staff page in real Chromium: keyboard, small and enlarged screens, forced colors, paper.

A new page joins by a line in `LOOKS`; a room without one fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from cxsdk.token import Kind
from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.catalog import directory, kiosks, placements
from cxserver.catalog.pairings import Pairing
from cxserver.records import holds
from cxserver.records.holds import Cover
from cxserver.results import chart_notes
from cxserver.results.chart_notes import Writer
from cxserver.staff import site
from tests.support import browser_layout, page_layout, wcag_faults
from tests.support.answer_factory import add_answers
from tests.support.comment_factory import add_comments
from tests.support.house import CATALOGUE, MORE, OFFICES, House
from tests.support.http_server import Servers
from tests.support.record_rules import set_rules
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import invite

# A desktop at 400 %: 1280 x 1024 become these.
ZOOMED = {"width": 320, "height": 256}
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}


@dataclass(frozen=True)
class Look:
    """A page to look at: its address, its heading, and who opens it; "" for a stranger. `says` is
    what stands there instead of numbers.
    """

    path: str
    heading: str
    who: str = "administrator"
    status: int = 200
    says: str = ""


LOOKS = {
    "overview": Look("/staff/", "All services"),
    "overview, all answers": Look("/staff/", "All services", who="analyst"),
    "overview, one office": Look("/staff/?office=office-0", "Office 0"),
    "overview, empty": Look(
        "/staff/?channel=phone", "All services", says="No numbers in these days"
    ),
    "scores": Look("/staff/scores", "Scores"),
    "scores, all answers": Look("/staff/scores", "Scores", who="analyst"),
    "scores, hidden": Look("/staff/scores?channel=web", "Scores", says="Not shown"),
    "scores, two cuts": Look(
        "/staff/scores?channel=sms&language=es", "Scores", says="Not counted this way"
    ),
    "scores, empty": Look("/staff/scores?channel=phone", "Scores", says="No numbers in these days"),
    "scores, one office": Look("/staff/scores?office=office-0", "Scores"),
    "small office": Look("/staff/?office=office-3", "Office 3"),
    "small office, empty": Look("/staff/?office=office-5", "Office 5"),
    "notes": Look("/staff/notes", "Dated notes", who="analyst"),
    "a note": Look("/staff/notes?note={note}", "Change a dated note", who="analyst"),
    "offices": Look("/staff/offices", "Offices"),
    "drivers": Look("/staff/drivers", "Drivers"),
    "response": Look("/staff/response", "Response"),
    "comments": Look("/staff/comments", "Comments", who="analyst"),
    "said and did": Look("/staff/said-and-did?office=riverside", "You said, we did", who="analyst"),
    "quarter": Look("/staff/quarter?quarter=2027Q1", "Quarter", who="analyst"),
    "quarter, nothing": Look("/staff/quarter?quarter=2019Q1&format=v1", "Quarter", who="analyst"),
    "review": Look(
        "/staff/quarter/comments?quarter=2027Q1", "Comments before OMB gets them", who="analyst"
    ),
    "words out": Look(
        "/staff/quarter/comments/redact?quarter=2027Q1&name={comment}",
        "Redact",
        who="analyst",
    ),
    "places": Look("/staff/places", "Links and kiosks"),
    "digest": Look("/staff/digest", "Digest"),
    "quarantine": Look("/staff/quarantine", "Quarantine", who="analyst"),
    "records": Look("/staff/records", "Records", who="records-officer"),
    "records, to look at": Look("/staff/records", "Records"),
    "catalogue": Look("/staff/catalog", "Catalog"),
    "audit": Look("/staff/audit", "Who did what?"),
    "session": Look("/staff/session", "You are signed in"),
    "sign-in": Look("/staff/sign-in", "Sign in", who=""),
    "link": Look("a one-time link", "Sign in", who=""),
    "stale link": Look("/staff/sign-in/used", "This link does not work", who="", status=404),
    "unknown page": Look("/staff/nothing", "There is no such page", status=404),
    "unknown filter": Look(
        "/staff/?period=never", "This address asks for something unknown", status=422
    ),
}
CHARTS = ("scores", "offices", "drivers", "response")
EVERY = pytest.mark.parametrize("name", LOOKS)


@pytest.fixture(scope="module")
def agency(request) -> Iterator[House]:
    """One house with answers, places and a log, served for all who only look."""
    servers = Servers()
    with shared_house(request, base_url=servers.reserve()) as house:
        house.apply(CATALOGUE + MORE)
        sizes = zip(OFFICES, (240, 80, 70, 5, 2), (60, 40, 30, 2, 1), strict=False)
        for office, good, bad in sizes:
            add_answers(house, office, good, bad)
        # They come out with those of the same days, and are too few to be shown by channel.
        add_answers(house, "riverside", 3, 0, days=(20, 21, 22), kind=Kind.WEB)
        add_answers(house, "riverside", 130, 20, kind=Kind.SMS, language="es")
        add_answers(house, "riverside", 100, 40)
        add_comments(house, "The clerk, Ms. Example, was kind, but I waited an hour and a half.")
        hang(house)
        hold(house)
        note(house)
        servers(house.app(demo=True), at=house.settings.base_url)
        yield house
        servers.close()


def hang(house: House) -> None:
    """A poster, whose name is long, and a kiosk that nobody has heard of."""
    place = "Notice board beside the customer service entrance"
    today = house.clock.now.date()
    with db.write(house.engine) as connection:
        ends = today + timedelta(days=9)
        placements.note(connection, "permits", "riverside", "poster", place, ends, today)
        door = Pairing("permits", "riverside", "East door", "")
        kiosks.pair(connection, house.roots, house.settings.base_url, door, house.clock.now)


def hold(house: House) -> None:
    """A legal hold that stands, with a long reason, and one that was lifted; and rules."""
    rules = '[records]\nanswers = { years = 3, schedule = "GRS 6.5 010" }\n'
    set_rules(house, rules, CATALOGUE + MORE)
    reason = "Smith v. Department of Everyday Affairs, No. 1:26-cv-01234, letter of October 30"
    with db.write(house.engine) as connection:
        known, now = directory.load(connection), house.clock.now
        holds.place(connection, known, Cover("permits", "riverside"), reason, "R. Lee", now)
        lifted = holds.place(connection, known, Cover(), "Request 26-17", "R. Lee", now)
        holds.lift(connection, lifted.id, "Answered", "R. Lee", now)


def note(house: House) -> None:
    """A dated note with a word that is long, about what the charts of all of these tests show."""
    day = house.clock.now.date() - timedelta(days=30)
    text = "New form live; Rechtsschutzversicherungsgesellschaften were told, and so were others"
    draft = chart_notes.Draft(day, text, None, None)
    with db.write(house.engine) as connection:
        chart_notes.add(connection, draft, Writer("", "ann@example.gov"), house.clock.now)


def address(house: House, look: Look) -> str:
    """The address of a page: where it is about a comment, about the one that there is."""
    if "{" not in look.path:
        return look.path
    [commented] = [row for row in house.responses() if row["comment"]]
    with db.read(house.engine) as connection:
        note = connection.execute(select(tables.chart_notes.c.id)).scalars().first()
    return look.path.format(comment=f"{commented['service']}/{commented['id']}", note=note)


@pytest.fixture(scope="module")
def badges(agency, browser) -> dict[str, object]:
    """What the browser carries for each who is signed in: they sign in once for all."""
    states: dict[str, object] = {"": None}
    for role in (Role.ADMINISTRATOR, Role.ANALYST, Role.RECORDS_OFFICER):
        context = browser.new_context()
        page = context.new_page()
        page.goto(agency.settings.base_url + invite(agency, role))
        with page.expect_navigation():
            page.click("main button")
        states[role] = context.storage_state()
        context.close()
    return states


@pytest.fixture
def visit(agency, badges, open_page, page_faults):
    """`visit(name)`: that page of the table, open at its heading."""

    def visit(name: str, **how: object) -> Page:
        look = LOOKS[name]
        page: Page = open_page(**{"viewport": DESK, "storage_state": badges[look.who]} | how)
        link = name == "link"
        path = invite(agency, Role.SERVICE_LEAD) if link else address(agency, look)
        response = page.goto(agency.settings.base_url + path)
        assert response is not None and response.status == look.status
        expect(page.get_by_role("heading", level=1)).to_have_text(look.heading)
        if look.says:
            expect(page.get_by_role("heading", level=2, name=look.says, exact=True)).to_be_visible()
        if look.status != 200:
            browser_layout.forgive(page, page_faults, look.status)
        return page

    return visit


def test_every_room_is_looked_at():
    seen = {look.path.partition("?")[0].removeprefix("/staff") for look in LOOKS.values()}
    rooms = {room.path for room in site.ROUTES if "GET" in room.methods}
    # It is read by our own script alone.
    rooms.discard("/session/left")
    assert {room for room in rooms if "{" not in room} <= seen, "give the new page a line in LOOKS"


@EVERY
def test_axe_finds_nothing_folded_or_open(visit, name):
    page = visit(name)
    assert browser_layout.axe(page) == []
    page_layout.open_all(page)
    assert browser_layout.axe(page) == []
    assert page.locator("h1").count() == 1 and browser_layout.unlabelled(page) == []
    assert wcag_faults.unclear(page) + wcag_faults.changing(page) == []


@EVERY
def test_tab_reaches_everything_in_order_and_one_sees_where_it_is(visit, name):
    page = visit(name)
    page_layout.open_all(page)
    assert page_layout.lost_stops(page) == []
    # The first of them leads past the navigation.
    skip, *others = page.locator("[data-stop]").all()
    inside = page.locator("#main [data-stop]").count()
    assert skip.inner_text() == "Skip to the content"
    skip.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = len(others) + 1 - inside
    assert not inside or page_layout.focus(page)["stop"] == first


@EVERY
def test_enlarged_to_four_times_or_in_twice_the_letters_nothing_is_cut_off(visit, name):
    page = visit(name, viewport=ZOOMED)
    assert page_layout.cut_off(page) == []
    page_layout.open_all(page)
    assert (
        page_layout.cut_off(page)
        + page_layout.overlapping_words(page)
        + page_layout.small_targets(page)
        == []
    )
    browser_layout.enlarge_text(page, 200)
    page.set_viewport_size(PHONE)
    assert page_layout.cut_off(page) == []
    page.set_viewport_size(DESK)
    assert page_layout.cut_off(page) + page_layout.overlapping_words(page) == []


@EVERY
def test_with_wide_spacing_nothing_is_cut_off(visit, name):
    page = visit(name, viewport=PHONE)
    page_layout.open_all(page)
    wcag_faults.space_out(page)
    assert page_layout.cut_off(page) + page_layout.overlapping_words(page) == []


def test_navigation_stands_in_the_same_order_on_every_page(visit):
    menus = {name: menu_of(visit(name)) for name, look in LOOKS.items() if look.who == "analyst"}
    assert len(menus["comments"]) > 5
    assert {name for name, menu in menus.items() if menu != menus["comments"]} == set()


def menu_of(page: Page) -> list[str]:
    """What the navigation leads to, in its order."""
    links = page.locator("header nav a").all()
    return [str(link.get_attribute("href")).partition("?")[0] for link in links]


def test_every_room_is_in_the_navigation_or_linked_from_the_page_it_belongs_to(visit):
    """Two ways lead to a page: the navigation, which shows all rooms, and the page before it."""
    menu = set(menu_of(visit("catalogue"))) | set(menu_of(visit("comments")))
    rooms = {f"/staff{room.path}" for room in site.ROUTES if room.group and "GET" in room.methods}
    assert {room for room in rooms if "{" not in room} - menu == set()
    tiles = visit("overview").locator("#main a[href^='/staff/']").all()
    assert {str(tile.get_attribute("href")).partition("?")[0] for tile in tiles} & menu


def test_signing_in_asks_for_nothing_that_one_must_remember(visit):
    for name in ("sign-in", "link"):
        assert wcag_faults.personal(visit(name)) == []


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_drawn_in_the_colours_that_a_system_forces(visit, name):
    page = visit(name, forced_colors="active")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, forced_colors="active")
        assert page_layout.unforced_colors(page) == []


@EVERY
def test_on_paper_all_is_there_but_what_only_a_screen_needs(visit, name):
    page = visit(name)
    open_words = words_of(page)
    paper = pypdfium2.PdfDocument(BytesIO(page.pdf(format="Letter")))
    sheets = [sheet.get_textpage().get_text_bounded() for sheet in paper]
    printed = " ".join("".join(sheets).split())
    # What reads the paper may lose the spaces of a line.
    assert "".join(LOOKS[name].heading.split()) in "".join(sheets[0].split())
    for gone in ("Sign out", "Skip to the content", "Save these", "Choose what to show"):
        assert gone not in printed
    assert [word for word in open_words if word not in printed.replace(" ", "")] == []
    for sheet in paper:
        assert outside(sheet) == []
    # No sheet but the last is left half empty.
    assert all(len(sheet) > 300 for sheet in sheets[:-1])


def words_of(page: Page) -> list[str]:
    """The words of headings and tables, also of those that are folded up, without their spaces.
    What is urgent now stays on the screen: paper is read later, and by others.
    """
    words = page.eval_on_selector_all(
        "#main :is(h1, h2, h3, th, td):not(.unseen, .now-block *)",
        "all => all.map(e => e.textContent.replace(/\\s+/g, ''))",
    )
    return [word for word in words if word]


def outside(sheet: pypdfium2.PdfPage) -> list[str]:
    """What is printed into or beyond the margins."""
    width, height = sheet.get_size()
    text = sheet.get_textpage()
    boxes = [text.get_rect(n) for n in range(text.count_rects())]
    return [
        text.get_text_bounded(*box)
        for box in boxes
        if box[0] < 36 or box[1] < 36 or box[2] > width - 36 or box[3] > height - 36
    ]
