"""The kiosk's screen in real Chromium: large, for everybody, and the page behind it."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from cxserver.public.kiosk import page as kiosk
from tests.support import browser_layout
from tests.support.answer_service import services_of
from tests.support.house import CATALOGUE
from tests.support.kiosk_screen import (
    DOOR,
    OVER,
    ROOMS,
    SMALL,
    STANDS,
    TABLET,
    TURNED,
    assert_sent,
    close,
    err,
    hard_to_hit,
    leave_alone,
    stay,
    targets,
    thank,
)
from tests.support.matches import first_match

LANGUAGES = pytest.mark.parametrize("language", ["en", "es"])
STATES = pytest.mark.parametrize("become", [stay, err, thank, leave_alone, close])


# ---- every state, for everybody


@LANGUAGES
@STATES
def test_every_state_is_accessible_large_and_never_cut_off(stand, become, language):
    page = stand(language)
    become(page)
    assert page.locator("html").get_attribute("lang") == language
    assert not browser_layout.axe(page)
    for width, height in ROOMS:
        page.set_viewport_size({"width": width, "height": height})
        for larger in (False, True):
            page.evaluate("on => document.documentElement.classList.toggle('larger', on)", larger)
            room = f"{width} x {height}, larger: {larger}"
            assert not browser_layout.clipped(page), room
            assert not browser_layout.broken_words(page), room
            assert not page.evaluate(SMALL), room
            assert not hard_to_hit(page), room


@LANGUAGES
def test_all_there_is_to_answer_is_in_view_with_its_notice(stand, language):
    page = stand(language)
    for room in STANDS:
        assert_in_view(page, room)
        star = page.locator(".needed")
        assert star.bounding_box()["y"] < page.locator("legend").first.bounding_box()["y"]
        expect(star).to_be_in_viewport(ratio=1)
        for notice in ("1234-5678", "3 min", "Volunt"):
            seen = page.locator("footer p", has_text=notice).first
            expect(seen).to_be_in_viewport(ratio=1)
    browser_layout.answer(page, 1, 2)  # the question of the drivers turns
    for room in STANDS:
        assert_in_view(page, room)


def assert_in_view(page: Page, room: tuple[int, int]) -> None:
    page.set_viewport_size({"width": room[0], "height": room[1]})
    fields = browser_layout.fields(page)
    assert len(fields) == 18
    assert [field["name"] for field in fields if not field["hit"]] == []
    assert max(field["bottom"] for field in fields) <= room[1]
    assert page.evaluate("scrollY") == 0


def test_on_a_tall_screen_nothing_to_press_is_out_of_a_seated_reach(stand):
    page = stand(room=DOOR)
    assert min(box["top"] for _, box in targets(page)) >= DOOR[1] / 3 - 1
    answers = [field["top"] for field in browser_layout.fields(page)]
    assert min(answers) >= DOOR[1] / 3


@LANGUAGES
def test_a_fault_leaves_the_ratings_as_wide_as_they_were(stand, language):
    page = stand(language, (600, 960))
    before = widths(page)
    err(page)
    assert widths(page) == before
    tops = {field["top"] for field in browser_layout.fields(page) if "trust-" in field["name"]}
    assert len(tops) == 1, "five side by side"


def widths(page: Page) -> list[float]:
    row_widths: list[float] = page.locator(".scale .row").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().width)"
    )
    return row_widths


def test_a_fault_is_read_once_and_its_marks_go_when_it_is_mended(stand):
    page = stand()
    page.locator("#comment").fill("a" * 2001)
    page.locator(".send").click()
    summary = page.locator(".alert")
    expect(summary).to_be_focused()
    expect(summary).to_have_role("group")
    expect(summary).to_have_accessible_name("Please check your answers")
    page.locator("#trust-2").check()
    expect(page.locator("#trust-error")).to_have_count(0)
    assert [link.split(":")[0] for link in page.locator(".alert a").all_inner_texts()] == [
        "Satisfaction",
        "Your words",
    ]
    assert page.locator("[aria-invalid]").count() == page.locator(".wrong").count() == 2
    expect(page.locator("#trust-2")).to_be_focused()
    page.locator("#comment").fill("")
    page.locator("#satisfaction-5").check()
    expect(summary).to_be_hidden()
    assert page.locator("[aria-invalid], .wrong, .error:visible").count() == 0
    assert page.title() == "Permit renewal"


def test_tiles_under_one_another_are_no_taller_than_a_finger_needs(stand):
    page = stand()
    page.get_by_role("button", name="Larger text").click()
    for room in (TABLET, DOOR):
        page.set_viewport_size({"width": room[0], "height": room[1]})
        tiles = [field for field in browser_layout.fields(page) if "trust-" in field["name"]]
        assert len({tile["left"] for tile in tiles}) == 1
        assert max(tile["height"] for tile in tiles) <= 150, room


def test_the_sign_that_it_is_required_never_stands_alone(stand):
    page = stand("es")
    legends = page.locator(".scale legend").all()
    assert len(legends) == 2
    for legend in legends:
        assert legend.evaluate("e => e.textContent").strip().endswith("\N{NO-BREAK SPACE}*")


def test_all_there_is_to_answer_is_in_view_on_a_small_tablet(stand):
    for language in ("en", "es"):
        page = stand(language, (600, 960))
        assert_in_view(page, (600, 960))
        assert not hard_to_hit(page) + page.evaluate(SMALL)


def test_out_of_service_says_nothing_of_what_was_typed(stand):
    page = stand()
    close(page)
    expect(page.locator(".message p").first).to_have_text("This device is not taking answers now.")
    edge = page.locator(".message").evaluate("e => getComputedStyle(e).borderTopColor")
    assert edge == "rgb(255, 190, 46)"


def test_larger_text_is_twice_as_large_and_goes_back(stand):
    page = stand()
    size = "parseFloat(getComputedStyle(document.querySelector('legend')).fontSize)"
    button = page.get_by_role("button", name="Larger text")
    for width, height in STANDS:
        page.set_viewport_size({"width": width, "height": height})
        before = page.evaluate(size)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        assert page.evaluate(size) == 2 * before
        button.click()
        assert page.evaluate(size) == before


def test_ratings_with_stars_and_questions_of_the_agency_fit_too(stand, hall):
    page = stand(service="hearings")
    for width, height in ROOMS:
        page.set_viewport_size({"width": width, "height": height})
        assert not browser_layout.clipped(page) + hard_to_hit(page), (width, height)
    browser_layout.answer(page, 5, 4)
    page.locator("#driver-ease-2").check()
    page.locator("#question-purpose-2").check()
    page.locator("#comment").fill("Two\nlines")
    page.locator(".send").click()
    expect(page.locator(".done")).to_be_visible()
    assert_sent(page)
    [row] = [row for row in hall.responses() if row["service"] == "hearings"]
    assert (row["satisfaction"], row["trust"], row["channel"]) == (5, 4, "kiosk")
    assert (row["drivers"], row["questions"]) == ({"ease": 2}, {"purpose": "appeal"})
    assert row["comment"] == "Two\nlines"


def test_choices_show_in_forced_colors(stand):
    page = stand(forced_colors="active")
    page.locator("#trust-2").focus()
    page.keyboard.press("Space")
    look = "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.outlineStyle]; }"
    chosen, ringed = page.locator("#trust-2 + span").evaluate(look)
    plain, bare = page.locator("#trust-4 + span").evaluate(look)
    assert chosen != plain
    assert (ringed, bare) == ("solid", "none")
    english, spanish = (
        page.locator(f"[data-speak={code}]").evaluate(look) for code in ("en", "es")
    )
    assert english[0] != spanish[0]
    assert not browser_layout.clipped(page)
    leave_alone(page)
    edge = page.locator(OVER).evaluate("e => getComputedStyle(e).borderTopStyle")
    assert edge == "solid"


def test_the_screen_can_be_mirrored(stand):
    page = stand("es")
    page.evaluate("document.documentElement.dir = 'rtl'")
    for room in STANDS:
        assert_in_view(page, room)
        assert not browser_layout.clipped(page)
        place = {field["name"]: field["left"] for field in browser_layout.fields(page)}
        assert place["trust-1"] > place["trust-2"] > place["trust-5"]


@pytest.mark.parametrize("room", [TABLET, TURNED, DOOR, (360, 640)])
def test_with_a_keyboard_on_the_screen_the_field_and_its_label_stay_in_sight(stand, room):
    page = stand(room=room)
    # A window that fills the screen lets nobody make it smaller.
    page.evaluate("Element.prototype.requestFullscreen = undefined")
    page.locator("#comment").tap()
    page.set_viewport_size({"width": room[0], "height": room[1] // 2})
    for part in ("#comment", "label[for=comment]"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)


def test_without_script_it_says_what_it_needs(open_page, hall):
    page = open_page(java_script_enabled=False)
    page.goto(hall.mint(channel="kiosk"))
    english, spanish = page.locator("noscript p").all()
    expect(english).to_contain_text("This screen needs JavaScript.")
    expect(spanish).to_contain_text("Esta pantalla necesita JavaScript.")
    for paragraph in (english, spanish):
        expect(paragraph).to_be_visible()


# ---- the page as it is served


def test_the_page_leads_nowhere_and_tells_its_statement_in_every_language(sqlite_house):
    house = sqlite_house
    link = house.mint(channel="kiosk")
    with house.client() as client:
        served = client.get(link)
        page = served.text
        assert served.headers["cache-control"] == "no-store"
        policy = served.headers["content-security-policy"]
        assert "worker-src 'self'; trusted-types cx; frame-ancestors 'none'" in policy
        assert not re.search(r"<a\b|<iframe|\son\w+=|style=", page)
        assert 'name="stamp"' not in page and link.rsplit("/", 1)[1] not in page
        assert not re.findall(r'(?:src|href)="(?!/static/|/k/manifest)', page)
        assert page.count("1234-5678") == 4
        for words in ("not required to respond", "no tiene obligación de responder"):
            assert words in page
        for address in ("https://example.gov/privacy", "https://example.gov/contact"):
            assert address in page
        assert client.get(link.replace("/k/", "/s/")).status_code == 404
        assert client.get(house.mint().replace("/s/", "/k/")).status_code == 404
        assert client.get(link, headers={"accept-encoding": ""}).text == page
        lakeside = client.get(house.mint(office="lakeside", channel="kiosk")).text
        assert "Lakeside &lt;b&gt;&amp; Sons&lt;/b&gt;" in lakeside
        assert 'data-office="lakeside"' in lakeside


def test_a_release_is_named_in_its_page_and_changes_with_it(sqlite_house):
    house = sqlite_house
    with house.client() as client:
        link = house.mint(channel="kiosk")
        first = release_in(client.get(link).text)
        assert re.fullmatch("[0-9a-f]{16}", first)
        assert release_in(client.get(link).text) == first
        counter = services_of(client.app)
        service = counter.intake.directory.services["permits"]
        assert kiosk.release(counter, service) == first
        assert kiosk.release(counter, counter.intake.directory.services["hearings"]) != first
        house.apply(CATALOGUE.replace("Call 911", "Call 112"))
        counter.intake._watch.refresh()
        assert release_in(client.get(link).text) != first


def test_a_link_that_is_refused_speaks_to_whoever_stands_before_the_device(sqlite_house):
    house = sqlite_house
    link = house.mint(channel="kiosk")
    with house.client() as client:
        unknown = client.get(link[:-4] + "AAAA")
        house.clock.now += timedelta(days=4000)
        ended = client.get(link)
        spanish = client.get(link, headers={"accept-language": "es"})
    for refused, status in ((unknown, 404), (ended, 410), (spanish, 410)):
        assert refused.status_code == status
        assert 'target="_blank"' not in refused.text
        assert not re.search('href="https?://', refused.text)
        assert 'dir="ltr">https://example.gov/contact' in refused.text
        assert 'href="/k?again=1"' in refused.text
    for refused in (unknown, ended):
        assert "<h1>Out of service</h1>" in refused.text
        assert "This device is not taking answers now." in refused.text
        assert "Please tell the staff of this office." in refused.text
        assert "delete it" not in refused.text and "new tab" not in refused.text
    assert "<h1>Fuera de servicio</h1>" in spanish.text


def release_in(page: str) -> str:
    return first_match('data-release="([^"]*)"', page)[1]


def test_the_survey_closes_by_itself_after_the_last_day_of_its_clearance(sqlite_house):
    with sqlite_house.client() as client:
        page = client.get(sqlite_house.mint(channel="kiosk")).text
    # 2028-03-31 ends in New York, where the agency is.
    assert 'data-ends="2028-04-01T04:00:00+00:00"' in page


def test_the_kiosk_can_be_installed(sqlite_house):
    with sqlite_house.client() as client:
        response = client.get("/k/manifest.webmanifest")
        assert response.headers["content-type"] == "application/manifest+json"
        manifest = response.json()
        assert (manifest["name"], manifest["display"]) == (
            "Department of Everyday Affairs",
            "fullscreen",
        )
        assert (manifest["start_url"], manifest["scope"]) == ("/k", "/k")
        icons = {icon["type"]: client.get(icon["src"]) for icon in manifest["icons"]}
    for media_type, icon in icons.items():
        assert (icon.status_code, icon.headers["content-type"]) == (200, media_type)
    picture = Image.open(io.BytesIO(icons["image/png"].content))
    assert picture.size == (512, 512)
