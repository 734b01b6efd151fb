"""The screen in real Chromium: all of it in view on a small phone, large enough, light, clean.

Measured with Liberation Sans, which has the widths of Arial and Helvetica.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from starlette import routing
from starlette.requests import Request
from starlette.responses import Response

from cxserver.public import sentences, services
from cxserver.public.screen import Values
from cxserver.settings import Settings
from tests.support import browser_layout, house, wcag_faults
from tests.support.house import House
from tests.support.http_server import Servers

LONG_NAMES = (
    house.CATALOGUE.replace("Permit renewal", "Passport renewal at a counter")
    .replace('en = "permit renewal"', 'en = "passport renewal at a counter"')
    .replace('es = "la renovación de permisos"', 'es = "la renovación de pasaporte en ventanilla"')
    .replace("Riverside Office", "Riverside Customer Service Center")
)
LABELS = {
    "en": ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"],
    "es": [
        "Totalmente en desacuerdo",
        "En desacuerdo",
        "Neutral",
        "De acuerdo",
        "Totalmente de acuerdo",
    ],
}
TURNED = {"en": "What could be better?", "es": "¿Qué podría mejorar?"}
WIDTH_OF_M = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "100px " + getComputedStyle(document.body).fontFamily;
  return Math.round(pen.measureText("m").width);
}"""
LANGUAGES = pytest.mark.parametrize("language", ["en", "es"])


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[House]:
    """One open house for all who only look: 60 of them would take a minute to set up."""
    servers = Servers()
    folder = tmp_path_factory.mktemp("gallery")
    shutil.copyfile(_sqlite_template, folder / "cx.sqlite3")
    gallery = House(Settings(data_dir=folder, database_url="", base_url=servers.reserve()))
    more = [routing.Route("/refusal/{code}", refusal)]
    servers(gallery.app(demo=True, more_routes=more), at=gallery.settings.base_url)
    yield gallery
    servers.close()
    gallery.close()


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    """A page on a small phone."""
    return open_page(viewport=browser_layout.PHONE)


def show_survey(page: Page, house: House, language: str) -> None:
    page.goto(house.mint(language=language))


def show_likert_with_stars(page: Page, house: House, language: str) -> None:
    page.goto(house.mint("hearings", language=language))


def show_choice(page: Page, house: House, language: str) -> None:
    page.goto(house.mint("calls", "center", channel="phone", language=language))


def show_errors(page: Page, house: House, language: str) -> None:
    show_survey(page, house, language)
    page.locator("textarea").fill("a" * 2001)
    page.locator(".send").click()
    expect(page.locator(".alert")).to_be_visible()


def show_thanks(page: Page, house: House, language: str) -> None:
    show_survey(page, house, language)
    browser_layout.answer(page, 4, 5)
    browser_layout.send(page)


def show_home(page: Page, house: House, language: str) -> None:
    page.goto(f"{house.settings.base_url}/?lang={language}")


PAGES = pytest.mark.parametrize(
    "show", [show_survey, show_likert_with_stars, show_choice, show_errors, show_thanks, show_home]
)


@pytest.fixture
def show_error_is_expected(request, page_faults):
    """The page of errors is a 422, which Chromium logs."""
    yield
    if request.node.callspec.params.get("show") is show_errors:
        browser_layout.forgive(request.getfixturevalue("phone"), page_faults, 422)


# ---- single screen


@LANGUAGES
@pytest.mark.parametrize("catalogue", [house.CATALOGUE, LONG_NAMES], ids=["short", "long"])
def test_all_there_is_to_answer_is_in_view_on_a_small_phone(
    phone, serve, sqlite_house, language, catalogue
):
    sqlite_house.apply(catalogue)
    sqlite_house.move(serve.reserve())
    serve(sqlite_house.app(demo=True), at=sqlite_house.settings.base_url)
    phone.goto(sqlite_house.mint(language=language))
    assert phone.evaluate(WIDTH_OF_M) == 83, "not the font we measure with: fonts-liberation"
    assert_all_in_view(phone)
    # Nor does the question of the drivers push anything out when it turns.
    browser_layout.answer(phone, 1, 2)
    expect(phone.locator("#drivers-question")).to_have_text(TURNED[language])
    assert_all_in_view(phone)


def assert_all_in_view(page: Page) -> None:
    fields = browser_layout.fields(page)
    kinds = [field["kind"] for field in fields]
    assert (kinds.count("radio"), kinds.count("checkbox")) == (10, 6)
    assert (kinds.count("textarea"), kinds.count("submit")) == (1, 1)
    outside = [
        field
        for field in fields
        if field["left"] < 0 or field["top"] < 0 or field["right"] > 360 or field["bottom"] > 640
    ]
    assert not outside
    assert not [field for field in fields if not field["hit"]], "something lies over these"
    assert page.evaluate("scrollY") == 0
    expect(page.locator(".demo")).to_be_in_viewport(ratio=1)


# ---- every page

# 320 by 256 is what a window of 1280 by 1024 holds at 400 % zoom.
ROOMS = [(360, 640, 100), (320, 640, 100), (320, 256, 100), (320, 640, 200), (360, 640, 200)]


@LANGUAGES
@PAGES
def test_every_page_is_large_enough_accessible_and_never_cut_off(
    phone, gallery, show, language, show_error_is_expected
):
    show(phone, gallery, language)
    open_details(phone)
    assert phone.locator("html").get_attribute("lang") == language
    assert not browser_layout.small_targets(phone)
    assert not browser_layout.small_text(phone)
    assert not browser_layout.unlabelled(phone)
    assert not browser_layout.axe(phone)
    assert not wcag_faults.unclear(phone) + wcag_faults.changing(phone)
    assert not wcag_faults.personal(phone)
    for width, height, percent in ROOMS:
        phone.set_viewport_size({"width": width, "height": height})
        browser_layout.enlarge_text(phone, percent)
        room = f"at {width} x {height}, text {percent} %"
        assert not browser_layout.clipped(phone), room
        assert not browser_layout.broken_words(phone), room
    wcag_faults.space_out(phone)
    assert not browser_layout.clipped(phone), "spaced out"


@LANGUAGES
def test_help_stands_in_the_same_order_on_every_page(phone, gallery, language):
    """The danger line and the agency's contact come after what the page is about."""
    for show in (show_survey, show_likert_with_stars, show_choice, show_thanks):
        show(phone, gallery, language)
        order = phone.eval_on_selector_all(
            "main h1, main form, .help, .links, .links a",
            "all => all.map(e => e.className || e.localName)",
        )
        assert order.index("help") < order.index("links") == len(order) - 1 - order.count("a")


def open_details(page: Page) -> None:
    for summary in page.locator("summary").all():
        summary.click()


@LANGUAGES
def test_every_refusal_is_a_page_as_good_as_the_survey(phone, gallery, language):
    for code in sentences.REFUSALS:
        phone.goto(f"{gallery.settings.base_url}/refusal/{code}?lang={language}")
        assert phone.locator("h1").inner_text()
        faults = (
            browser_layout.small_text(phone)
            + browser_layout.clipped(phone)
            + browser_layout.small_targets(phone)
        )
        # The words of the other language change nothing that axe looks at.
        assert not faults + (browser_layout.axe(phone) if language == "en" else []), code


async def refusal(request: Request) -> Response:
    """Any refusal, drawn by the server's own code: not every one can be had in an instant."""
    code = request.path_params["code"]
    words = "The line was long.\nBut <b>Ana</b> was kind. " + "Donau" * 30
    values = Values(4, 2, ("ease", "employee"), {}, words)
    service = services.of(request).intake.directory.services["permits"]
    return services.page(
        request,
        code,
        200,
        service=None if code == "not_found" else service,
        minutes=7,
        values=values if code in ("conflict", "late") else None,
    )


# ---- mirrored, recoloured, on paper


def test_the_screen_can_be_mirrored(phone, gallery):
    phone.goto(gallery.mint(language="es"))
    phone.evaluate("document.documentElement.dir = 'rtl'")
    assert_all_in_view(phone)
    assert not browser_layout.clipped(phone)
    place = {field["name"]: field["left"] for field in browser_layout.fields(phone)}
    assert place["trust-1"] > place["trust-2"] > place["trust-5"]
    assert place["drivers-1"] > place["drivers-2"]


def test_choices_show_in_forced_colors(open_page, gallery):
    page = open_page(viewport=browser_layout.PHONE, forced_colors="active")
    page.goto(gallery.mint())
    page.locator("#trust-2").focus()
    page.keyboard.press("Space")
    look = "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.outlineStyle]; }"
    chosen, ringed = page.locator("#trust-2 + span").evaluate(look)
    plain, bare = page.locator("#trust-4 + span").evaluate(look)
    assert chosen != plain
    assert (ringed, bare) == ("solid", "none")
    page.locator("#drivers-1").check()
    filled = page.locator("#drivers-1 + span").evaluate(look)[0]
    assert filled == chosen
    assert not browser_layout.clipped(page)


def test_the_screen_prints_with_its_statement_and_without_buttons(page, gallery):
    page.goto(gallery.mint())
    page.emulate_media(media="print")
    expect(page.locator(".send")).to_be_hidden()
    expect(page.locator(".switch")).to_be_hidden()
    rights = page.get_by_text("not required to respond to one, unless it displays")
    assert rights.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    assert rights.bounding_box()["height"] > 0
    assert not browser_layout.clipped(page)


# ---- weight, and what stays behind


def test_the_screen_weighs_little_and_asks_nobody_else(phone, gallery):
    seen = []
    phone.on("request", lambda request: seen.append(request))
    phone.goto(gallery.mint(), wait_until="networkidle")
    weight: dict[str, int] = {}
    for request in seen:
        assert request.url.startswith(gallery.settings.base_url + "/")
        assert request.response().all_headers()["content-encoding"] == "gzip"
        kind = request.resource_type
        weight[kind] = weight.get(kind, 0) + request.sizes()["responseBodySize"]
    assert len(seen) <= 3
    assert weight["document"] + weight["stylesheet"] <= 6000
    assert weight["script"] <= 2000
    assert set(weight) == {"document", "stylesheet", "script"}


def test_answering_leaves_nothing_in_the_browser(phone, gallery):
    nothing = {"cookie": "", "local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0}
    nothing |= {"cookies": [], "origins": []}
    phone.goto(gallery.mint())
    assert browser_layout.left_behind(phone) == nothing
    phone.get_by_role("button", name="Español").click()
    browser_layout.answer(phone, 2, 2)
    phone.locator("textarea").fill("Gracias")
    browser_layout.send(phone)
    assert browser_layout.left_behind(phone) == nothing


def test_the_policy_stops_what_does_not_belong_to_the_page(phone, gallery, page_faults):
    phone.goto(gallery.mint())
    stopped = phone.evaluate("""() => new Promise(resolve => {
      const stopped = [];
      addEventListener("securitypolicyviolation", event => {
        stopped.push(event.effectiveDirective);
        if (stopped.length === 3) resolve(stopped.sort());
      });
      const trusted = trustedTypes.createPolicy("test", {createScript: text => text});
      const script = document.createElement("script");
      script.text = trusted.createScript("document.title = 'taken over'");
      const image = document.createElement("img");
      image.src = "http://localhost:9/beacon.png";
      document.body.append(script, image);
      try { document.body.innerHTML = "gone"; } catch { /* a string is not trusted */ }
    })""")
    assert stopped == ["img-src", "require-trusted-types-for", "script-src-elem"]
    assert phone.title() == "Permit renewal"
    assert len(page_faults) == 3, "a violation that nobody would see"
    page_faults.clear()


# ---- for those who hear it


@LANGUAGES
def test_every_rating_has_words_for_its_name(phone, gallery, language):
    phone.goto(gallery.mint(language=language))
    assert browser_layout.names(phone, "radio") == LABELS[language] * 2
    assert len(browser_layout.names(phone, "checkbox")) == 6
    groups = browser_layout.names(phone, "radiogroup")
    assert len(groups) == 2 and all(len(name.split()) > 5 for name in groups)


def test_stars_have_words_for_their_names_too(phone, gallery):
    phone.goto(gallery.mint("hearings"))
    named = browser_layout.names(phone, "radio")
    assert len(named) == 5 * 5 + 2
    assert not [name for name in named if not name or "★" in name or name.strip().isdigit()]


# ---- with less of a browser


def test_without_script_every_driver_stands_there_with_a_neutral_question(open_page, gallery):
    page = open_page(viewport=browser_layout.PHONE, java_script_enabled=False)
    page.goto(gallery.mint())
    assert_stands_still(page)


def test_without_script_and_has_the_screen_is_still_whole(open_page, gallery):
    page = open_page(viewport=browser_layout.PHONE, java_script_enabled=False)
    rules = withhold_has(page)
    page.goto(gallery.mint("hearings"))
    page.goto(gallery.mint())
    assert len(rules) > 0, "no rule has :has(): this test is about nothing"
    assert_stands_still(page)
    assert_all_in_view(page)
    browser_layout.answer(page, 2, 1)
    page.locator("#drivers-3").check()
    browser_layout.send(page)


def assert_stands_still(page: Page) -> None:
    assert page.locator("[name=drivers]").count() == 6
    for tap in page.locator(".taps label").all():
        expect(tap).to_be_visible()
    expect(page.locator("#drivers-question")).to_have_text("What contributed to your rating?")
    page.locator("#trust-1").check()
    expect(page.locator("#drivers-question")).to_have_text("What contributed to your rating?")


def withhold_has(page: Page) -> list[str]:
    """Serve the CSS as a browser without `:has()` reads it; gives the rules that fell away."""
    dropped: list[str] = []

    def rewrite(route: Route) -> None:
        served = route.fetch()
        lines = served.text().splitlines()
        dropped.extend(line for line in lines if ":has(" in line)
        route.fulfill(
            response=served, body="\n".join(line for line in lines if ":has(" not in line)
        )

    page.route(lambda url: urlsplit(url).path.endswith("/survey.css"), rewrite)
    return dropped
