"""The kiosk's screen in real Chromium: large, for everybody, and clean for the next person."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import sight
from cxserver.respond import kiosk
from cxserver.respond.counter import Counter
from cxserver.settings import Settings
from house import CATALOGUE, House
from serving import Servers

TABLET, TURNED, DOOR = (800, 1280), (1280, 800), (1080, 1920)
STANDS = [TABLET, TURNED, DOOR]
ROOMS = [*STANDS, (600, 960), (960, 600), (360, 640)]
SECRET = "Zebra-Quokka 4711"
OVER = "dialog[open]"
LANGUAGES = pytest.mark.parametrize("language", ["en", "es"])

_TARGETS = """() => [...(document.querySelector("dialog[open]") || document).querySelectorAll(
  "button, summary, .row label, textarea, a")]
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()]).filter(([, box]) => box.width)"""
_SMALL = """() => [...document.querySelectorAll("body *")]
  .filter(e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(e => e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 20)
  .map(e => e.outerHTML.slice(0, 90))"""
# All that a page can hold of a person, but for the queue.
_TRACES = """async () => ({
  html: document.documentElement.outerHTML,
  fields: [...document.querySelectorAll("input, textarea")].map(e => [e.value, e.defaultValue]),
  checked: document.querySelectorAll(":checked").length,
  history: JSON.stringify(history.state), address: location.href, name: window.name,
  title: document.title, selection: String(getSelection()), cookie: document.cookie,
  local: {...localStorage}, session: {...sessionStorage},
  caches: await Promise.all((await caches.keys()).map(async name => {
    const cache = await caches.open(name);
    const kept = await Promise.all((await cache.keys()).map(async key =>
      [key.url, await (await cache.match(key)).text()]));
    return [name, kept];
  })),
})"""
_QUEUE = """async () => {
  const kept = [];
  for (const {name} of await indexedDB.databases()) {
    const base = await new Promise(done => {
      indexedDB.open(name).onsuccess = event => done(event.target.result);
    });
    for (const store of base.objectStoreNames) kept.push(await new Promise(done => {
      base.transaction(store).objectStore(store).getAll().onsuccess =
        event => done(event.target.result);
    }));
    base.close();
  }
  return JSON.stringify(kept);
}"""
_NO_DATABASE = "Object.defineProperty(window, 'indexedDB', {value: undefined})"
_FILL_QUEUE = """() => new Promise(done => {
  indexedDB.open("cx-kiosk").onsuccess = event => {
    const act = event.target.result.transaction("answers", "readwrite");
    for (let n = 0; n < 5000; n++) act.objectStore("answers").add({state: 1, why: {code: "x"}});
    act.oncomplete = () => { event.target.result.close(); done(); };
  };
})"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[House]:
    """One open house for the whole file. Each test stands its own device in it."""
    servers = Servers()
    folder = tmp_path_factory.mktemp("hall")
    shutil.copyfile(_sqlite_template, folder / "cx.sqlite3")
    hall = House(Settings(data_dir=folder, database_url="", base_url=servers.reserve()))
    servers(hall.app(demo=True), at=hall.settings.base_url)
    yield hall
    servers.close()
    hall.close()


@pytest.fixture
def stand(open_page, hall):
    """`stand(language, room)`: a new device that shows the survey, its time in our hands."""

    def stand(language: str = "en", room: tuple[int, int] = TABLET, **how: Any) -> Page:
        service = how.pop("service", "permits")
        size = {"width": room[0], "height": room[1]}
        page = open_page(viewport=size, has_touch=True, **how)
        page.clock.install()
        link = hall.mint(service, channel="kiosk", language=language)
        page.goto(link)
        expect(page.locator("#stage h1")).to_be_visible()
        return page

    return stand


@pytest.fixture
def cut_off(open_page, page_faults):
    """`cut_off(page)` takes its network away; that Chromium complains of it is no fault."""
    cut = []

    def cut_off(page: Page) -> None:
        page.context.set_offline(True)
        cut.append(page)

    yield cut_off
    for page in cut:
        page.close()
    page_faults[:] = [fault for fault in page_faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def fill(page: Page, words: str = SECRET) -> None:
    sight.answer(page, 4, 2)
    page.locator("#drivers-3").check()
    page.locator("#comment").fill(words)


def thank(page: Page) -> None:
    fill(page)
    page.locator(".send").click()
    expect(page.locator(".done")).to_be_visible()


def err(page: Page) -> None:
    page.locator("#comment").fill("a" * 2001)
    page.locator(".send").click()
    expect(page.locator(".alert")).to_be_visible()


def leave_alone(page: Page) -> None:
    fill(page)
    page.clock.fast_forward(31_000)
    expect(page.locator(OVER)).to_be_visible()


def close(page: Page) -> None:
    page.add_init_script(_NO_DATABASE)
    page.reload()
    expect(page.locator("#stage .message")).to_be_visible()


def stay(page: Page) -> None:
    """The survey, as it comes up."""


STATES = pytest.mark.parametrize("become", [stay, err, thank, leave_alone, close])


def targets(page: Page) -> list[tuple[str, dict[str, float]]]:
    found: list[tuple[str, dict[str, float]]] = page.evaluate(_TARGETS)
    return found


def hard_to_hit(page: Page) -> list[str]:
    """Targets under 60 pixels, and pairs with less than 8 between them."""
    found = targets(page)
    assert found
    faults = [name for name, box in found if min(box["width"], box["height"]) < 59.9]
    for at, (name, one) in enumerate(found):
        for other, two in found[at + 1 :]:
            aside = max(one["left"], two["left"]) - min(one["right"], two["right"])
            below = max(one["top"], two["top"]) - min(one["bottom"], two["bottom"])
            if max(aside, below) < 7.9:
                faults.append(f"{name} touches {other}")
    return faults


# ---- every state, for everybody


@LANGUAGES
@STATES
def test_every_state_is_accessible_large_and_never_cut_off(stand, become, language):
    page = stand(language)
    become(page)
    assert page.locator("html").get_attribute("lang") == language
    assert not sight.axe(page)
    for width, height in ROOMS:
        page.set_viewport_size({"width": width, "height": height})
        for larger in (False, True):
            page.evaluate("on => document.documentElement.classList.toggle('larger', on)", larger)
            room = f"{width} x {height}, larger: {larger}"
            assert not sight.clipped(page), room
            assert not sight.broken_words(page), room
            assert not page.evaluate(_SMALL), room
            assert not hard_to_hit(page), room


@LANGUAGES
def test_all_there_is_to_answer_is_in_view_with_its_notice(stand, language):
    page = stand(language)
    for room in STANDS:
        assert_in_view(page, room)
        for notice in ("1234-5678", "3 min", "Volunt"):
            seen = page.locator("footer p", has_text=notice).first
            expect(seen).to_be_in_viewport(ratio=1)
    sight.answer(page, 1, 2)  # the question of the drivers turns
    for room in STANDS:
        assert_in_view(page, room)


def assert_in_view(page: Page, room: tuple[int, int]) -> None:
    page.set_viewport_size({"width": room[0], "height": room[1]})
    fields = sight.fields(page)
    assert len(fields) == 18
    assert [field["name"] for field in fields if not field["hit"]] == []
    assert max(field["bottom"] for field in fields) <= room[1]
    assert page.evaluate("scrollY") == 0


def test_on_a_tall_screen_nothing_to_press_is_out_of_a_seated_reach(stand):
    page = stand(room=DOOR)
    assert min(box["top"] for _, box in targets(page)) >= DOOR[1] / 3 - 1
    answers = [field["top"] for field in sight.fields(page)]
    assert min(answers) >= DOOR[1] / 3


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
        assert not sight.clipped(page) + hard_to_hit(page), (width, height)
    sight.answer(page, 5, 4)
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
    assert not sight.clipped(page)
    leave_alone(page)
    edge = page.locator(OVER).evaluate("e => getComputedStyle(e).borderTopStyle")
    assert edge == "solid"


def test_the_screen_can_be_mirrored(stand):
    page = stand("es")
    page.evaluate("document.documentElement.dir = 'rtl'")
    for room in STANDS:
        assert_in_view(page, room)
        assert not sight.clipped(page)
        place = {field["name"]: field["left"] for field in sight.fields(page)}
        assert place["trust-1"] > place["trust-2"] > place["trust-5"]


@pytest.mark.parametrize("room", [TABLET, TURNED, DOOR, (360, 640)])
def test_with_a_keyboard_on_the_screen_the_field_and_its_label_stay_in_sight(stand, room):
    page = stand(room=room)
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
    for told in (english, spanish):
        expect(told).to_be_visible()


# ---- answering


def test_a_person_answers_with_the_keyboard_alone_and_is_asked_once(stand, hall):
    page = stand()
    before = hall.count()
    tab_to(page, "satisfaction-1", "ArrowRight", "ArrowRight")
    tab_to(page, "trust-1", "Space")
    tab_to(page, "drivers-2", "Space")
    tab_to(page, "comment")
    page.keyboard.type("Slow")
    page.clock.fast_forward(31_000)
    expect(page.get_by_role("button", name="I need more time")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_accessible_name("Are you still there?")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Start over")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(OVER)).to_have_count(0)
    expect(page.locator("#comment")).to_be_focused()
    tab_to(page, "Send", "Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    tab_to(page, "Next person", "Enter")
    expect(page.get_by_role("heading", name="Permit renewal")).to_be_focused()
    assert_sent(page)
    assert hall.count() == before + 1


def tab_to(page: Page, stop: str, *keys: str) -> None:
    """Go on with Tab to a control (its id or its text), then press keys. The focus is seen."""
    for _ in range(30):
        page.keyboard.press("Tab")
        name, ring = page.evaluate("""() => {
          const e = document.activeElement;
          const style = getComputedStyle(e.matches(".row input") ? e.nextElementSibling : e);
          return [e.id || e.textContent, style.outlineStyle];
        }""")
        if name == stop:
            assert ring == "solid"
            for key in keys:
                page.keyboard.press(key)
            return
    raise AssertionError(f"the keyboard does not reach {stop}")


def assert_sent(page: Page) -> None:
    until(page, "Queue.status().then(now => now.waiting === 0)")
    assert page.evaluate("Queue.status().then(now => now.aside.length)") == 0


def until(page: Page, wish: str) -> None:
    """Wait until a JavaScript expression, or what it promises, is true."""
    for _ in range(200):
        if page.evaluate(wish):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"it never came: {wish}")


def test_a_double_press_sends_once_and_stays_on_the_thanks(stand, cut_off):
    page = stand(room=TURNED)
    cut_off(page)
    fill(page)
    page.locator(".send").dblclick()
    expect(page.locator(".done")).to_be_visible()
    page.locator("[data-next]").dblclick()  # too soon to be meant
    expect(page.locator(".done")).to_be_visible()
    assert page.evaluate(_QUEUE).count(SECRET) == 1


def test_enter_in_a_rating_sends_and_in_the_words_makes_a_line(stand):
    page = stand()
    page.locator("#satisfaction-4").check()
    page.keyboard.press("Enter")
    expect(page.locator(".alert li")).to_have_text(["Trust: choose one of the five answers"])
    expect(page.locator(".alert")).to_be_focused()
    page.locator("#comment").press_sequentially("a\nb")
    expect(page.locator("#comment")).to_have_value("a\nb")


@LANGUAGES
def test_faults_are_told_as_the_server_tells_them(stand, open_page, hall, page_faults, language):
    server = open_page()
    server.goto(hall.mint(language=language))
    page = stand(language)
    for at in (server, page):
        at.locator("#comment").fill({"en": "a" * 2001, "es": "\U0001f600" * 3234}[language])
        at.locator(".send").click()
        expect(at.locator("#comment-error")).to_be_visible()
    assert told(server) == told(page)
    sight.forgive(server, page_faults, 422)
    page.locator(".alert a").first.click()
    expect(page.locator("#satisfaction-1")).to_be_focused()
    assert "#" not in page.url
    fill(page)
    page.locator(".send").click()
    expect(page.locator(".done")).to_be_visible()


def told(page: Page) -> list[Any]:
    """What is wrong, as it is read and heard."""
    described, href = (
        [e.get_attribute(name) for e in page.locator(where).all()]
        for name, where in (("aria-describedby", "[aria-invalid]"), ("href", ".alert a"))
    )
    texts = page.locator(".error:visible").all_inner_texts()
    return [page.title(), page.locator(".alert").inner_text(), texts, described, href]


def test_another_language_keeps_what_was_chosen_and_typed(stand):
    page = stand()
    fill(page)
    page.locator("#trust-5").check()
    page.locator("#drivers-1").check()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("button", name="Español")).to_be_focused()
    expect(page.locator("#drivers-question")).to_have_text("¿Qué salió bien?")
    expect(page.locator("#comment")).to_have_value(SECRET)
    chosen = "all => all.map(e => e.id)"
    kept = page.locator(":checked").evaluate_all(chosen)
    assert kept == ["satisfaction-4", "trust-5", "drivers-1"]
    # What was tapped on the other side of the rating comes back, too.
    page.locator("#trust-2").check()
    expect(page.locator("#drivers-3")).to_be_checked()
    expect(page.locator("#drivers-1")).not_to_be_checked()


def test_an_answer_that_cannot_be_kept_stays_on_the_screen(stand):
    page = stand()
    fill(page)
    page.evaluate(
        "() => { const {transaction} = IDBDatabase.prototype;"
        "IDBDatabase.prototype.transaction = () => { throw new Error('disk'); };"
        "window.mend = () => { IDBDatabase.prototype.transaction = transaction; } }"
    )
    page.locator(".send").click()
    expect(page.locator("#unsent")).to_contain_text("We could not save your answer.")
    expect(page.locator("#comment")).to_have_value(SECRET)
    page.evaluate("mend()")
    page.locator(".send").click()
    expect(page.locator(".done")).to_be_visible()


def test_a_full_device_says_so_when_asked_and_closes_when_nobody_is_there(stand, cut_off):
    page = stand()
    cut_off(page)
    fill(page)
    page.evaluate(_FILL_QUEUE)
    page.locator(".send").click()
    expect(page.locator("#unsent")).to_have_text(
        "This device is not taking answers now. Nothing you typed was sent."
    )
    expect(page.locator("#comment")).to_have_value(SECRET)
    page.clock.fast_forward(31_000)
    page.clock.fast_forward(31_000)
    expect(page.get_by_role("heading", name="Out of service")).to_be_visible()
    assert not traces(page)


# ---- nobody there: ask first, then wipe


def test_the_question_counts_down_in_words_and_wipes_at_the_end(stand):
    page = stand()
    leave_alone(page)
    expect(page.locator(OVER)).to_contain_text("starts over in 30 seconds")
    spoken = page.locator("dialog [aria-live]")
    heard = []
    for _ in range(29):
        page.clock.run_for(1000)
        heard.append(spoken.text_content())
    assert list(dict.fromkeys(heard)) == ["", "20 seconds left", "10 seconds left"]
    expect(page.locator(OVER)).to_be_visible()
    page.clock.run_for(2000)
    expect(page.locator(OVER)).to_have_count(0)
    assert not traces(page)


def test_any_key_or_touch_is_more_time_as_often_as_one_likes(stand):
    page = stand()
    leave_alone(page)
    for sign in ("a", "Escape", "Escape", "Escape", "Enter", " ", "touch", "outside"):
        page.clock.fast_forward(29_000)
        if sign == "touch":
            page.get_by_role("button", name="I need more time").tap()
        elif sign == "outside":
            page.touchscreen.tap(5, 5)
        else:
            page.keyboard.press(sign)
        expect(page.locator(OVER)).to_have_count(0)
        expect(page.locator("#comment")).to_have_value(SECRET)
        page.clock.fast_forward(31_000)
        expect(page.locator(OVER)).to_be_visible()


def test_start_over_starts_over(stand):
    page = stand("es")
    page.get_by_role("button", name="English").click()
    leave_alone(page)
    page.get_by_role("button", name="Start over").tap()
    expect(page.get_by_role("heading", name="Renovación de permisos")).to_be_visible()
    assert not traces(page)


def test_who_only_looked_around_is_not_asked(stand):
    page = stand()
    page.get_by_role("button", name="Larger text").click()
    page.get_by_role("button", name="Español").click()
    page.mouse.wheel(0, 600)
    page.wait_for_function("scrollY > 0")
    page.wait_for_timeout(200)  # the last sign of the scrolling
    page.clock.fast_forward(31_000)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).not_to_have_class("larger")
    expect(page.get_by_role("button", name="Larger text")).to_have_attribute(
        "aria-pressed", "false"
    )
    assert page.evaluate("scrollY") == 0
    assert page.locator(OVER).count() == 0


def test_who_reads_slowly_is_asked_only_after_a_quiet_half_minute(stand):
    page = stand()
    fill(page)
    for _ in range(4):
        page.clock.fast_forward(20_000)
        page.mouse.move(300, 300)
        page.mouse.move(310, 300)
    assert page.locator(OVER).count() == 0


# ---- the previous person's words are nowhere


def traces(page: Page) -> list[str]:
    """Where the words of the person before still are; and whether anything is still chosen."""
    found: dict[str, Any] = page.evaluate(_TRACES)
    assert found["html"] and "stage" in found["html"]
    left = [place for place, what in found.items() if SECRET in json.dumps(what)]
    return left + ([f"{found['checked']} chosen"] if found["checked"] else [])


def test_the_look_for_traces_finds_words_where_they_are(stand):
    page = stand()
    fill(page)
    assert traces(page) == ["fields", "3 chosen"]


def test_after_the_thanks_nothing_is_left_and_the_queue_forgets_once_it_is_sent(
    stand, cut_off, hall
):
    page = stand()
    until(page, "Queue.status().then(now => now.offset !== undefined)")
    cut_off(page)
    thank(page)
    assert not traces(page)
    assert SECRET in page.evaluate(_QUEUE)
    page.clock.fast_forward(11_000)
    expect(page.locator("#answers")).to_be_visible()
    assert not traces(page)
    for keys in ("Control+z", "Control+Shift+z", "Control+y"):
        page.locator("#comment").focus()
        page.keyboard.press(keys)
        assert not traces(page), keys
    page.context.set_offline(False)
    page.evaluate("Queue.send()")
    assert_sent(page)
    assert SECRET not in page.evaluate(_QUEUE)
    assert SECRET in json.dumps([row["comment"] for row in hall.responses()])


def test_reload_back_forward_and_return_bring_nothing_back(stand, hall):
    page = stand()
    fill(page)
    page.reload()
    expect(page.locator("#answers")).to_be_visible()
    assert not traces(page)
    fill(page)
    here = page.url
    page.evaluate("history.back()")
    page.wait_for_timeout(100)
    assert page.url == here, "back leaves the survey"
    expect(page.locator("#comment")).to_have_value(SECRET)
    page.goto(f"{hall.settings.base_url}/healthz")
    page.go_back()
    expect(page.locator("#answers")).to_be_visible()
    assert not traces(page)


def test_a_page_that_sleeps_in_the_browser_has_been_wiped_before(stand):
    page = stand()
    fill(page)
    # What the browser tells a page that it puts by, or has put by and shows again.
    for event in ("pagehide", "pageshow"):
        fill(page)
        page.evaluate(
            "type => dispatchEvent(new PageTransitionEvent(type, {persisted: true}))", event
        )
        assert not traces(page), event


def test_who_wakes_a_sleeping_device_sees_an_empty_screen(stand):
    page = stand()
    fill(page)
    page.evaluate("""() => {
      const see = state => {
        Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
      };
      see("hidden");
      window.wake = () => see("visible");
    }""")
    page.clock.set_system_time(page.evaluate("Date.now() + 61000"))
    page.evaluate("wake()")
    assert not traces(page)


# ---- a public screen is touched in every way


def test_pinch_long_press_drag_and_copy_do_nothing(stand):
    page = stand()
    fill(page)
    styles = page.evaluate(
        "() => [...document.querySelectorAll('body, body *')].map(e => getComputedStyle(e))"
        ".filter(s => s.touchAction !== 'pan-y').length"
    )
    assert styles == 0
    stopped = page.evaluate("""() => {
      const stop = (target, event) => !target.dispatchEvent(event);
      const how = {bubbles: true, cancelable: true};
      const text = document.querySelector("legend");
      const words = document.querySelector("textarea");
      return {
        menu: stop(text, new MouseEvent("contextmenu", how)),
        drag: stop(words, new DragEvent("dragstart", how)),
        drop: stop(words, new DragEvent("drop", how)),
        copy: stop(words, new ClipboardEvent("copy", how)),
        mark: stop(text, new Event("selectstart", how)),
        type: !stop(words, new Event("selectstart", how)),
        zoom: stop(text, new WheelEvent("wheel", {...how, ctrlKey: true})),
        roll: !stop(text, new WheelEvent("wheel", how)),
      };
    }""")
    assert all(stopped.values()), stopped
    pinch(page)
    assert page.evaluate("visualViewport.scale") == 1
    page.locator("legend").first.dblclick()
    assert page.evaluate("String(getSelection())") == ""
    expect(page.locator("#comment")).to_have_value(SECRET)


def pinch(page: Page) -> None:
    page.context.new_cdp_session(page).send(
        "Input.synthesizePinchGesture",
        {"x": 400, "y": 600, "scaleFactor": 3, "gestureSourceType": "touch"},
    )


def test_no_request_leaves_and_nothing_but_the_queue_is_kept(stand, hall):
    page = stand()
    asked = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.reload()
    thank(page)
    assert_sent(page)
    assert asked and all(url.startswith(f"{hall.settings.base_url}/") for url in asked)
    left = sight.left_behind(page)
    assert (left["cookie"], left["cookies"], left["local"], left["session"]) == ("", [], 0, 0)


def test_the_first_touch_fills_the_screen(stand):
    page = stand()
    page.locator("h1").tap()
    until(page, "document.fullscreenElement === document.documentElement")


def test_a_newer_page_waits_until_nobody_is_there(stand):
    page = stand()
    fill(page)
    # As the queue tells it when its worker has put the newer page by.
    page.evaluate("window.old = true; document.dispatchEvent(new Event('cx-release'))")
    page.clock.fast_forward(20_000)
    expect(page.locator("#comment")).to_have_value(SECRET)
    page.clock.fast_forward(31_000)
    assert page.evaluate("window.old"), "somebody was asked, and had no time to answer"
    page.clock.fast_forward(31_000)
    with page.expect_navigation():
        page.clock.fast_forward(31_000)
    expect(page.locator("#answers")).to_be_visible()
    assert page.evaluate("window.old === undefined")


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
        counter: Counter = client.app._app.state.counter
        service = counter.desk.directory.services["permits"]
        assert kiosk.release(counter, service) == first
        assert kiosk.release(counter, counter.desk.directory.services["hearings"]) != first
        house.apply(CATALOGUE.replace("Call 911", "Call 112"))
        counter.desk._watch.refresh()
        assert release_in(client.get(link).text) != first


def release_in(page: str) -> str:
    return re.findall('data-release="([^"]*)"', page)[0]


def test_the_survey_closes_by_itself_after_the_last_day_of_its_clearance(sqlite_house):
    with sqlite_house.client() as client:
        page = client.get(sqlite_house.mint(channel="kiosk")).text
    # 2028-03-31 ends in New York, where the agency is.
    assert 'data-ends="2028-04-01T04:00:00+00:00"' in page


def test_the_kiosk_can_be_installed(sqlite_house):
    with sqlite_house.client() as client:
        found = client.get("/k/manifest.webmanifest")
        assert found.headers["content-type"] == "application/manifest+json"
        told = found.json()
        assert (told["name"], told["display"]) == ("Department of Everyday Affairs", "fullscreen")
        assert (told["start_url"], told["scope"]) == ("/k", "/k")
        icons = {icon["type"]: client.get(icon["src"]) for icon in told["icons"]}
    for media_type, icon in icons.items():
        assert (icon.status_code, icon.headers["content-type"]) == (200, media_type)
    picture = Image.open(io.BytesIO(icons["image/png"].content))
    assert picture.size == (512, 512)
