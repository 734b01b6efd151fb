"""Charts that people take along for slides: files from the server, pictures on the clipboard."""

import csv
import re
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import expect
from starlette.testclient import TestClient

from cxsdk.token import Kind
from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.results import chart_notes
from cxserver.results.chart_notes import Writer
from tests.support import browser_layout
from tests.support.answer_factory import add_answers
from tests.support.house import CATALOGUE, MORE, OFFICES
from tests.support.http_server import Servers
from tests.support.optional import present
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import invite, sign_in

CHARTS = {
    "/staff/scores?chart=trust": "Trust: how many gave each answer",
    "/staff/scores?chart=satisfaction": "Satisfaction: how many gave each answer",
    "/staff/scores?chart=trust-trend": "Trust, four weeks at a time",
    "/staff/scores?chart=satisfaction-trend": "Satisfaction, four weeks at a time",
    "/staff/drivers?chart=drivers": "Of 100 people who answered",
    "/staff/offices?chart=trust": "Trust by office: the share who gave a 4 or 5",
    "/staff/offices?chart=satisfaction": "Satisfaction by office: the share who gave a 4 or 5",
    "/staff/response?chart=channels": "Answers by channel",
    "/staff/response?chart=languages": "Answers by language",
}
DAYS = "Last 28 days: Oct 5 – Nov 1, 2026"
SVG = "{http://www.w3.org/2000/svg}"
NOTE = "New form <live> & “signed”"


@pytest.fixture(scope="module")
def busy(request):
    """Offices of all sizes: of 300, 120, 100, 7, 3 answers, and of none; and a dated note."""
    with shared_house(request) as house:
        fill(house)
        yield house


def fill(house):
    house.apply(CATALOGUE + MORE)
    sizes = zip(OFFICES, (240, 40, 70, 5, 2), (60, 80, 30, 2, 1), strict=False)
    for office, good, bad in sizes:
        add_answers(house, office, good, bad)
    add_answers(house, "riverside", 3, 0, days=(20, 21, 22), kind=Kind.WEB)
    add_answers(house, "riverside", 130, 20, kind=Kind.SMS, language="es")
    add_answers(house, "riverside", 100, 40, days=range(1, 90))
    draft = chart_notes.Draft(house.clock.now.date() - timedelta(days=30), NOTE, None, None)
    with db.write(house.engine) as connection:
        chart_notes.add(connection, draft, Writer("", "ann@example.gov"), house.clock.now)


@dataclass(frozen=True)
class Reader:
    """Somebody who is signed in. They share a server: a second one may not stand beside it."""

    client: TestClient
    cookies: dict[str, str]

    def get(self, address):
        self.client.cookies.clear()
        self.client.cookies.update(self.cookies)
        return self.client.get(address)


@pytest.fixture(scope="module")
def reader(busy):
    """`reader(role, …)`: somebody with it."""
    with busy.client() as client:

        def reader(role, **who):
            client.cookies.clear()
            sign_in(busy, client, role, **who)
            return Reader(client, dict(client.cookies))

        yield reader


@pytest.fixture(scope="module")
def analyst(reader):
    return reader(Role.ANALYST)


@pytest.fixture(scope="module")
def manager(reader):
    """Somebody who sees one office, and no rows."""
    return reader(Role.OFFICE_MANAGER, office="riverside")


def drawn(client, address):
    """A picture, parsed."""
    file = client.get(address)
    assert file.status_code == 200, file.text
    assert file.headers["content-type"] == "image/svg+xml"
    return ElementTree.fromstring(file.text)


def words(picture):
    """All that is written in it."""
    return " ".join(" ".join(item.text for item in picture.iter(f"{SVG}text")).split())


# ---- the file


@pytest.mark.parametrize("address", CHARTS)
def test_a_picture_says_by_itself_whose_answers_it_shows_and_of_which_days(analyst, address):
    picture = drawn(analyst, address)
    written = words(picture)
    title = picture.find(f"{SVG}title").text
    assert title.startswith(f"{CHARTS[address]}. All services. ")
    assert written.startswith(f"{CHARTS[address]} All services. ")
    assert picture.find(f"{SVG}desc").text.split()[-1] in written
    if "trend" not in address:
        assert DAYS in written and DAYS in title
    assert (
        "Source: Department of Everyday Affairs, all counted answers. Made Nov 4, 2026" in written
    )


@pytest.mark.parametrize("address", CHARTS)
def test_a_picture_needs_nothing_from_elsewhere(analyst, address):
    picture = drawn(analyst, address)
    text = analyst.get(address).text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|<!|href|class=|style", text)
    elements = {item.tag.removeprefix(SVG) for item in picture.iter()}
    assert elements <= {
        *("svg", "title", "desc", "g", "rect", "text", "line"),
        *("path", "circle", "polygon", "polyline"),
    }
    paper = picture.find(f"{SVG}rect")
    assert paper.attrib == {
        "width": picture.get("width"),
        "height": picture.get("height"),
        "fill": "#ffffff",
    }


def test_the_picture_of_a_trend_names_the_days_of_the_trend_and_its_dated_notes(manager):
    written = words(drawn(manager, "/staff/scores?chart=trust-trend"))
    page = manager.get("/staff/scores").text
    first, *_, last = re.findall(r'<th scope="row">(\w+ \d+) – (\w+ \d+), 2026</th>', page)
    assert f"Riverside Office. {first[0]} – {last[1]}, 2026." in written
    assert f"◆ Oct 5: {NOTE} (the whole agency)" in written
    assert "Updated through Nov 1." in page
    assert "answers through Nov 1, counted by the day they arrived" in written


def test_the_numbers_in_a_picture_are_those_of_the_page(manager):
    rows = csv.DictReader(StringIO(manager.get("/staff/scores?format=csv").text))
    [trust, *_] = [row for row in rows if row["Question"] == "Trust"]
    counts = [int(trust[name]) for name in ("1 (lowest)", "2", "3", "4", "5 (highest)")]
    shares = [f"{100 * n / sum(counts):.0f}%" for n in counts if n / sum(counts) >= 0.06]
    written = words(drawn(manager, "/staff/scores?chart=trust"))
    assert [share for share in shares if share not in written] == []
    assert f"{sum(counts)} people answered." in written


# ---- who may have it


@pytest.mark.parametrize("address", CHARTS)
def test_a_picture_is_given_to_nobody_who_may_not_see_the_page(manager, address):
    assert manager.get(f"{address}&office=office-0").status_code == 404
    assert manager.get(f"{address}&service=calls").status_code == 404
    assert Reader(manager.client, {}).get(address).status_code == 303


@pytest.mark.parametrize("address", [name for name in CHARTS if "/offices" not in name])
def test_a_manager_gets_a_picture_without_any_other_office(manager, address):
    assert not re.search(r"Office \d|Lakeside", words(drawn(manager, address)))


@pytest.mark.parametrize("query", ["channel=web", "channel=phone", "channel=sms&language=es"])
def test_what_the_page_hides_is_in_no_picture(manager, query):
    for page in ("/staff/scores?chart=trust", "/staff/drivers?chart=drivers"):
        file = manager.get(f"{page}&{query}")
        assert file.status_code == 404 and "content-disposition" not in file.headers


def test_a_hidden_channel_is_in_the_picture_as_it_is_on_the_page(manager):
    address = "/staff/response?period=2026-10&chart=channels"
    marks = drawn(manager, address)
    page = manager.get(address.replace("&chart=channels", "")).text
    shown = re.findall(r'<text class="label"[^>]*>([^<]*)</text>', page.split('id="languages"')[0])
    assert "not shown" in shown
    assert [text for text in shown if text not in words(marks)] == []
    bars = [float(bar.get("width")) for bar in marks.iter(f"{SVG}rect")][1:]
    assert len(bars) == len(shown) and bars[shown.index("not shown")] == 0


@pytest.mark.parametrize("office", ["office-3", "office-5"])
def test_a_small_office_has_no_charts_and_so_no_picture(reader, office):
    lead = reader(Role.SERVICE_LEAD, email=f"{office}@example.gov")
    for address in CHARTS:
        assert lead.get(f"{address}&office={office}").status_code == 404


def test_a_funnel_that_is_not_drawn_is_no_picture_and_an_unknown_name_is_refused(manager):
    assert manager.get("/staff/offices?chart=trust").status_code == 404
    refused = manager.get("/staff/scores?chart=income")
    assert refused.status_code == 422 and "Choose a chart: trust, trust-trend" in refused.text


# ---- in a browser


@pytest.fixture(scope="module")
def served(request, browser):
    """The same in a demonstration that browsers reach, and what an analyst's browser carries."""
    servers = Servers()
    with shared_house(request, base_url=servers.reserve()) as house:
        fill(house)
        servers(house.app(demo=True), at=house.settings.base_url)
        context = browser.new_context()
        page = context.new_page()
        page.goto(house.settings.base_url + invite(house, Role.ANALYST))
        with page.expect_navigation():
            page.click("main button")
        yield house, context.storage_state()
        context.close()
        servers.close()


@pytest.fixture
def visit(served, open_page):
    """`visit(path)`: that page, open as the analyst sees it."""
    house, badge = served

    def visit(path, **how):
        page = open_page(storage_state=badge, **how)
        page.goto(house.settings.base_url + path)
        return page

    return visit


READ = """async () => {
  const [item] = await navigator.clipboard.read();
  const bytes = new Uint8Array(await (await item.getType("image/png")).arrayBuffer());
  return Array.from(bytes);
}"""
NO_CLIPBOARD = "delete window.ClipboardItem;"
REFUSES = "navigator.clipboard.write = () => Promise.reject(new Error('not allowed'));"


def copy_of(page, row):
    """Press the row's button by keyboard."""
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")


def check_picture(bytes_, picture):
    """At twice the size; white around, and colors within."""
    image = Image.open(BytesIO(bytes_)).convert("RGB")
    width, height = (float(picture.get(side)) for side in ("width", "height"))
    assert image.size == (2 * int(width), 2 * int(height)) and image.width == 1920
    assert image.getpixel((2, 2)) == image.getpixel((1917, image.height - 3)) == (255, 255, 255)
    counted: Any = present(image.getcolors(1 << 24))
    ink = [color for n, color in counted if n > 500]
    assert len(ink) >= 3 and (27, 27, 27) in ink


@pytest.mark.parametrize(
    "path", ["/staff/scores", "/staff/drivers", "/staff/offices", "/staff/response"]
)
def test_each_chart_is_copied_by_keyboard_as_a_picture_at_twice_its_size(visit, served, path):
    page = visit(path, permissions=["clipboard-read", "clipboard-write"])
    charts = [name for name in CHARTS if name.startswith(path)]
    rows = page.locator(".take")
    assert rows.count() == len(charts)
    for row in rows.all():
        copy_of(page, row)
        expect(row.get_by_role("status")).to_have_text("Copied.")
        address = row.get_by_role("link").get_attribute("href")
        assert address in charts
        text = page.request.get(served[0].settings.base_url + address).text()
        # It is in the picture, and so in what was copied of it.
        assert "Demonstration: no government survey." in text
        check_picture(bytes(page.evaluate(READ)), ElementTree.fromstring(text))


@pytest.mark.parametrize("script", [NO_CLIPBOARD, REFUSES])
def test_without_a_clipboard_the_picture_is_downloaded(visit, script):
    page = visit("/staff/drivers")
    page.add_init_script(script)
    page.reload()
    row = page.locator(".take")
    with page.expect_download() as started:
        copy_of(page, row)
    assert started.value.suggested_filename == "drivers-drivers.png"
    image = Image.open(BytesIO(started.value.path().read_bytes()))
    assert image.width == 1920
    expect(row.get_by_role("status")).to_have_text("Downloaded.")


def test_without_a_script_a_link_gives_the_file(visit):
    page = visit("/staff/drivers", java_script_enabled=False)
    expect(page.locator(".take button")).to_be_hidden()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download SVG").click()
    assert started.value.suggested_filename == "drivers-drivers.svg"
    ElementTree.fromstring(started.value.path().read_text("utf-8"))


def test_where_the_picture_cannot_be_made_the_page_says_so(visit, page_faults):
    page = visit("/staff/drivers", permissions=["clipboard-read", "clipboard-write"])
    page.route("**/staff/drivers?chart=*", lambda route: route.abort())
    copy_of(page, page.locator(".take"))
    expect(page.locator(".take [role=status]")).to_contain_text("could not be made")
    page_faults.clear()


OUTSIDE = """() => {
  const svg = document.documentElement;
  const room = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < 30 || box.right > room.width - 30 || box.bottom > room.height - 20;
  }).map((text) => text.textContent);
}"""


@pytest.mark.parametrize("address", CHARTS)
def test_no_word_of_a_picture_is_cut_off(visit, served, open_page, address):
    page = visit("/staff/session")
    text = page.request.get(served[0].settings.base_url + address).text()
    alone = open_page(viewport={"width": 960, "height": 900})
    alone.route(
        "**/alone.svg", lambda route: route.fulfill(body=text, content_type="image/svg+xml")
    )
    alone.goto("http://localhost/alone.svg")
    assert alone.evaluate(OUTSIDE) == []


def test_the_buttons_are_named_by_their_charts_and_axe_finds_nothing(visit):
    page = visit("/staff/scores")
    names = {button.text_content() for button in page.locator(".take button").all()}
    assert len(names) == 4 and "Copy as picture (PNG): Trust, four weeks at a time" in names
    assert browser_layout.axe(page) == []
