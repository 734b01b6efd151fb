"""Each instrument on its one screen, in real Chromium: with script and without, and at a kiosk."""

import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Request, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cxserver.settings import Settings
from tests.support import browser_layout, instrument_catalogs, kiosk_screen
from tests.support.house import House
from tests.support.http_server import Servers

PHONE = {"width": 375, "height": 667}
LANGUAGES = pytest.mark.parametrize("language", ["en", "es"])
SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
# Those whose every answer is in view at once. A phone does not hold seven statements to rate.
TAPPED = pytest.mark.parametrize("code", ["a11-2022", "a11-v2-five-point", "a11-v2-thumbs"])
THUMBS, FIVE = "a11-v2-thumbs", "a11-v2-five-point"
LISTS = {
    "en": ("What contributed to your rating?", "What didn't go so well?", "What went well?"),
    "es": ("¿Qué influyó en su calificación?", "¿Qué no salió tan bien?", "¿Qué salió bien?"),
}
NAMES = {
    "en": ["Thumbs down: no", "Thumbs up: yes"],
    "es": ["Pulgar abajo: no", "Pulgar arriba: sí"],
}


class Fair(House):
    """A house, and the address of an agency's own page."""

    agency: str


def agency(request):
    """An agency's own page on an origin of its own, with the script tag of ours."""
    if not request.query_params:
        return Response(status_code=204)  # its icon
    ours, link = (escape(request.query_params[name]) for name in ("ours", "link"))
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Agency</title></head>'
        "<body><main><h1>Agency</h1>"
        f'<script src="{ours}/embed/1/cx.js" async data-cx="{link}"></script>'
        "</main></body></html>"
    )


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[House]:
    """One open house with a service of each instrument, named like it."""
    servers = Servers()
    folder = tmp_path_factory.mktemp("fair")
    shutil.copyfile(_sqlite_template, folder / "cx.sqlite3")
    fair = Fair(Settings(data_dir=folder, database_url="", base_url=servers.reserve()))
    fair.apply(instrument_catalogs.together())
    fair.keys |= {code: fair.cut(code) for code in instrument_catalogs.CODES}
    fair.agency = servers(Starlette(routes=[Route("/{code}", agency)]))
    servers(fair.app(demo=True), at=fair.settings.base_url)
    yield fair
    servers.close()
    fair.close()


@pytest.fixture
def look(open_page, fair):
    """`look(code, language)`: a phone with the survey of that instrument."""

    def look(code: str, language: str = "en", script: bool = True, **how: object) -> Page:
        page: Page = open_page(viewport=PHONE, java_script_enabled=script, **how)
        page.goto(fair.mint(code, language=language))
        return page

    return look


def last(house: House, before: list[dict]) -> dict:
    [new] = [row for row in house.responses() if row not in before]
    return new


# ---- on a phone


@LANGUAGES
@TAPPED
def test_all_there_is_to_answer_is_in_view_on_a_phone(look, code, language):
    page = look(code, language)
    first = instrument_catalogs.survey(code).trust_scale.points[0]
    for point in (None, first):
        if point is not None:
            page.locator(f"#trust-{point}").check()
        fields = browser_layout.fields(page)
        assert {field["kind"] for field in fields} == {"radio", "checkbox", "textarea", "submit"}
        assert not [
            field for field in fields if field["bottom"] > PHONE["height"] or field["top"] < 0
        ]
        assert not [
            field for field in fields if field["right"] > PHONE["width"] or field["left"] < 0
        ]
        assert not [field for field in fields if not field["hit"]], "something lies over these"


@LANGUAGES
@instrument_catalogs.EVERY
def test_each_is_large_enough_accessible_and_never_cut_off(look, code, language):
    page = look(code, language)
    assert not browser_layout.small_targets(page)
    assert not browser_layout.small_text(page)
    assert not browser_layout.unlabelled(page)
    assert not browser_layout.axe(page)
    for width, height, percent in ((320, 640, 100), (320, 256, 100), (320, 640, 200)):
        page.set_viewport_size({"width": width, "height": height})
        browser_layout.enlarge_text(page, percent)
        assert not browser_layout.clipped(page), f"at {width}, text {percent} %"
        assert not browser_layout.broken_words(page), f"at {width}, text {percent} %"


@LANGUAGES
def test_a_thumb_has_words_for_its_name(look, language):
    page = look(THUMBS, language)
    assert browser_layout.names(page, "radio") == NAMES[language]
    [group] = browser_layout.names(page, "radiogroup")
    assert "Departamento" in group or "Department" in group
    assert page.locator(".thumbs svg").count() == 2
    expect(page.locator("footer")).to_contain_text(
        {"en": "Please answer the first question.", "es": "responda la primera pregunta"}[language]
    )


def test_thumbs_show_in_forced_colors(look):
    page = look(THUMBS, forced_colors="active")
    page.locator("#trust-1").check()
    color = "e => getComputedStyle(e).backgroundColor"
    ink = "e => [getComputedStyle(e).fill, getComputedStyle(e.parentNode).color]"
    chosen, plain = (page.locator(f"#trust-{point} + span").evaluate(color) for point in (1, 0))
    assert chosen != plain
    for point in (0, 1):
        drawn, written = page.locator(f"#trust-{point} + span svg").evaluate(ink)
        assert drawn == written, "the hand is not in the colour of its words"


@LANGUAGES
@SCRIPTS
@pytest.mark.parametrize(
    ("code", "point", "list_"), [(THUMBS, 0, 1), (THUMBS, 1, 2), (FIVE, 3, 1), (FIVE, 4, 2)]
)
def test_a_person_answers_and_the_list_follows_the_rating(
    look, fair, language, script, code, point, list_
):
    before = fair.responses()
    page = look(code, language, script)
    question = page.locator("#drivers-question")
    expect(question).to_have_text(LISTS[language][0])
    page.locator(f"#trust-{point}").check()
    # Without script one neutral question stands above the list, whatever the rating.
    expect(question).to_have_text(LISTS[language][list_ if script else 0])
    if code == FIVE:
        page.locator("#satisfaction-2").check()
    page.locator("[name=drivers][value=other]").check()
    page.locator("textarea").fill("¿Sí?")
    browser_layout.send(page)
    row = last(fair, before)
    assert (row["trust"], row["drivers"], row["language"]) == (point, ["other"], language)
    assert row["satisfaction"] == (2 if code == FIVE else None)


def test_taps_of_the_other_thumb_are_put_aside_and_come_back(look):
    page = look(THUMBS)
    page.locator("#trust-1").check()
    page.locator("[name=drivers][value=ease]").check()
    page.locator("#trust-0").check()
    expect(page.locator("[name=drivers]:checked")).to_have_count(0)
    page.locator("#trust-1").check()
    expect(page.locator("[name=drivers][value=ease]")).to_be_checked()


def test_the_seven_domains_are_answered_on_one_page(look, fair):
    before = fair.responses()
    page = look("a11-2018")
    page.locator(".send").scroll_into_view_if_needed()
    for name in (
        "satisfaction",
        "trust",
        *(f"driver-{domain}" for domain in instrument_catalogs.DOMAINS),
    ):
        page.locator(f"#{name}-4").check()
    browser_layout.send(page)
    row = last(fair, before)
    assert (row["trust"], row["satisfaction"]) == (4, 4)
    assert row["drivers"] == dict.fromkeys(instrument_catalogs.DOMAINS, 4)


@SCRIPTS
def test_a_missing_thumb_is_told_and_led_to(look, page_faults, script):
    page = look(THUMBS, script=script)
    page.locator("textarea").fill("Kept")
    page.locator(".send").click()
    line = page.locator(".alert li")
    expect(line).to_have_text("Trust: choose one of the two answers")
    expect(line.locator("a")).to_have_attribute("href", "#trust-0")
    expect(page.locator("textarea")).to_have_value("Kept")
    browser_layout.forgive(page, page_faults, 422)


def test_a_rating_in_the_address_is_chosen_where_there_are_five_points(open_page, fair):
    page = open_page(viewport=PHONE)
    page.goto(fair.mint(FIVE) + "?r=4")
    expect(page.locator("#satisfaction-4")).to_be_checked()
    expect(page.locator("[name=trust]:checked")).to_have_count(0)
    page.goto(fair.mint(THUMBS) + "?r=1")
    expect(page.locator(":checked")).to_have_count(0)


def test_a_second_thumb_is_read_back_in_words(open_page, fair, page_faults):
    link = fair.mint(THUMBS)
    first, second = open_page(viewport=PHONE), open_page(viewport=PHONE)
    for page in (first, second):
        page.goto(link)
    first.locator("#trust-0").check()
    browser_layout.send(first)
    second.locator("#trust-1").check()
    second.locator(".send").click()
    expect(second.locator(".kept")).to_contain_text("Thumbs up: yes")
    expect(second.locator(".kept")).not_to_contain_text("of 5")
    browser_layout.forgive(second, page_faults, 409)


def test_each_screen_weighs_little(open_page, fair):
    for code in instrument_catalogs.CODES:
        page = open_page(viewport=PHONE)
        requests: dict[str, Request] = {}
        page.on("request", lambda request, seen=requests: seen.setdefault(request.url, request))
        page.goto(fair.mint(code), wait_until="networkidle")
        sizes = {
            request.resource_type: request.sizes()["responseBodySize"]
            for request in requests.values()
        }
        assert sizes["document"] + sizes["stylesheet"] <= 6100, code
        assert sizes["script"] <= 2000, code


# ---- on an agency's own page


@instrument_catalogs.EVERY
def test_an_agencys_page_takes_it(open_page, fair, code):
    """`test_a_kiosk_takes_it` is the same on a tablet, `look` in an email's page."""
    before, survey = fair.responses(), instrument_catalogs.survey(code)
    where = urlencode({"ours": fair.settings.base_url, "link": fair.mint(code, channel="site")})
    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{fair.agency}/{code}?{where}")
    page.get_by_role("button", name="How did it go?").click()
    inside = page.frame_locator("iframe")
    # The worst point of each: the one that most easily gets lost on the way.
    trust = survey.trust_scale.points[0]
    inside.locator(f"#trust-{trust}").check()
    if survey.asks_satisfaction:
        inside.locator("#satisfaction-1").check()
    if survey.driver_mode == "likert":
        inside.locator("#driver-ease-2").check()
    else:
        inside.locator("[name=drivers][value=ease]").check()
    assert not browser_layout.axe(page)
    inside.locator(".send").click()
    expect(inside.locator(".done h1")).to_be_visible()
    assert not browser_layout.axe(page)
    row = last(fair, before)
    assert (row["service"], row["channel"], row["trust"]) == (code, "site", trust)
    assert row["satisfaction"] == (1 if survey.asks_satisfaction else None)
    assert row["drivers"] == ({"ease": 2} if survey.driver_mode == "likert" else ["ease"])


# ---- at a kiosk


def device(open_page, fair, link: str, room: tuple[int, int] = kiosk_screen.TABLET) -> Page:
    """A device that shows the survey. It goes by the house's clock: years ahead of it, it would
    take the link for an ended one until the server tells it the time.
    """
    page: Page = open_page(viewport={"width": room[0], "height": room[1]}, has_touch=True)
    page.clock.install(time=fair.clock.now)
    page.goto(link)
    return page


@LANGUAGES
@pytest.mark.parametrize("code", [THUMBS, FIVE, "a11-2018"])
def test_a_kiosk_takes_it(open_page, fair, code, language):
    before = fair.responses()
    page = device(open_page, fair, fair.mint(code, channel="kiosk", language=language))
    expect(page.locator("#stage h1")).to_be_visible()
    assert not kiosk_screen.hard_to_hit(page)
    assert not browser_layout.clipped(page)
    assert not browser_layout.axe(page)
    page.locator(".send").click()
    survey = instrument_catalogs.survey(code)
    missing = {True: 2, False: 1}[survey.asks_satisfaction]
    expect(page.locator(".alert li")).to_have_count(missing)
    message = page.locator(".alert li").last
    thumbs = {"en": "one of the two", "es": "una de las dos"}
    five = {"en": "one of the five", "es": "una de las cinco"}
    expect(message).to_contain_text((thumbs if code == THUMBS else five)[language])
    if survey.asks_satisfaction:
        page.locator("#satisfaction-5").check()
    page.locator(f"#trust-{survey.trust_scale.points[0]}").check()
    expect(page.locator(".alert")).to_be_hidden()
    page.locator(".send").click()
    expect(page.locator(".done")).to_be_visible()
    kiosk_screen.assert_sent(page)
    row = last(fair, before)
    assert row["trust"] == survey.trust_scale.points[0]
    assert row["satisfaction"] == (5 if survey.asks_satisfaction else None)


@pytest.mark.parametrize("room", kiosk_screen.STANDS)
def test_thumbs_fit_every_stand(open_page, fair, room):
    page = device(open_page, fair, fair.mint(THUMBS, channel="kiosk"), room)
    expect(page.locator("#stage h1")).to_be_visible()
    boxes = [box for name, box in kiosk_screen.targets(page) if "label" in name or "send" in name]
    assert boxes and max(box["bottom"] for box in boxes) <= room[1]
    assert not kiosk_screen.hard_to_hit(page)
    page.locator("[data-larger]").click()
    assert not browser_layout.clipped(page)
