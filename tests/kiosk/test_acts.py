"""What people do at a kiosk, and what nobody does: in real Chromium, on our own time."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support import browser_layout
from tests.support.kiosk_screen import (
    FILL_QUEUE,
    OVER,
    QUEUE,
    SECRET,
    TURNED,
    assert_sent,
    fill,
    leave_alone,
    thank,
    traces,
    until,
)

LANGUAGES = pytest.mark.parametrize("language", ["en", "es"])


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


def test_a_double_press_sends_once_and_stays_on_the_thanks(stand, cut_off):
    page = stand(room=TURNED)
    cut_off(page)
    fill(page)
    page.locator(".send").dblclick()
    expect(page.locator(".done")).to_be_visible()
    page.locator("[data-next]").dblclick()  # too soon to be meant
    expect(page.locator(".done")).to_be_visible()
    assert page.evaluate(QUEUE).count(SECRET) == 1


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
    assert shown_faults(server) == shown_faults(page)
    browser_layout.forgive(server, page_faults, 422)
    page.locator(".alert a").first.click()
    expect(page.locator("#satisfaction-1")).to_be_focused()
    assert "#" not in page.url
    fill(page)
    page.locator(".send").click()
    expect(page.locator(".done")).to_be_visible()


def shown_faults(page: Page) -> list[Any]:
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
    page.locator("summary").click()
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("details")).to_have_attribute("open", "")
    expect(page.get_by_role("button", name="Español")).to_be_focused()
    expect(page.locator("#drivers-question")).to_have_text("¿Qué salió bien?")
    expect(page.locator("#comment")).to_have_value(SECRET)
    chosen = "all => all.map(e => e.id)"
    checked = page.locator(":checked").evaluate_all(chosen)
    assert checked == ["satisfaction-4", "trust-5", "drivers-1"]
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
    page.evaluate(FILL_QUEUE)
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
    expect(page.locator("#over")).to_have_text(
        "This screen starts over in 30 seconds. What you chose or typed will be gone."
    )
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
    expect(page.get_by_role("heading", name="Permit renewal")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("This screen has started over.")
    page.get_by_role("button", name="Español").tap()
    expect(page.locator("#answers")).to_be_visible()
    expect(page.locator("#said")).to_be_empty()


def test_the_thanks_stay_while_somebody_is_there_but_not_for_ever(stand):
    page = stand()
    thank(page)
    for _ in range(3):
        page.clock.fast_forward(8_000)
        page.keyboard.press("Shift")
        expect(page.locator(".done")).to_be_visible()
    page.clock.fast_forward(5_500)
    page.keyboard.press("Shift")
    page.clock.fast_forward(2_000)
    expect(page.get_by_role("heading", name="Permit renewal")).to_be_focused()


def test_the_thanks_go_ten_seconds_after_the_last_sign(stand):
    page = stand()
    thank(page)
    page.clock.fast_forward(8_000)
    page.touchscreen.tap(5, 700)
    page.clock.fast_forward(8_000)
    expect(page.locator(".done")).to_be_visible()
    page.clock.fast_forward(3_000)
    expect(page.locator("#answers")).to_be_visible()


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


@pytest.mark.parametrize("look", ["language", "larger", "details", "scroll"])
def test_who_only_reads_is_asked_before_the_screen_starts_over(stand, look):
    page = stand()
    if look == "language":
        page.get_by_role("button", name="Español").click()
    elif look == "larger":
        page.get_by_role("button", name="Larger text").click()
    elif look == "details":
        page.locator("summary").click()
    else:
        page.set_viewport_size({"width": 600, "height": 700})
        scroll(page, 300)
    page.clock.fast_forward(31_000)
    messages = {"language": "Esta pantalla vuelve al inicio en 30 segundos."}
    expect(page.locator("#over")).to_have_text(
        messages.get(look, "This screen starts over in 30 seconds.")
    )
    page.keyboard.press("Escape")
    expect(page.locator(OVER)).to_have_count(0)
    if look == "details":
        expect(page.locator("details")).to_have_attribute("open", "")


def scroll(page: Page, far: int) -> None:
    """Roll the wheel, and wait for the last sign of the scrolling."""
    page.evaluate(
        "() => { window.rested = new Promise(done => addEventListener('scrollend', done)); }"
    )
    page.mouse.wheel(0, far)
    page.evaluate("rested.then(() => true)")
    assert page.evaluate("scrollY") > 0


def test_who_touched_nothing_is_not_asked(stand):
    page = stand()
    page.evaluate("window.old = document.querySelector('form')")
    for _ in range(3):
        page.clock.fast_forward(31_000)
        assert page.locator(OVER).count() == 0
    assert page.evaluate("old.isConnected"), "who listens to it would lose their place"


def test_what_somebody_only_looked_at_goes_back_when_they_are_gone(stand):
    page = stand()
    page.get_by_role("button", name="Larger text").click()
    page.get_by_role("button", name="Español").click()
    scroll(page, 600)
    page.clock.fast_forward(31_000)
    expect(page.locator(OVER)).to_be_visible()
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
    urls = []
    page.context.on("request", lambda request: urls.append(request.url))
    page.reload()
    thank(page)
    assert_sent(page)
    assert urls and all(url.startswith(f"{hall.settings.base_url}/") for url in urls)
    left = browser_layout.left_behind(page)
    assert (left["cookie"], left["cookies"], left["local"], left["session"]) == ("", [], 0, 0)


def test_the_first_touch_fills_the_screen(stand):
    page = stand()
    page.locator("h1").tap()
    until(page, "document.fullscreenElement === document.documentElement")


def test_a_newer_page_waits_until_nobody_is_there(stand):
    page = stand()
    fill(page)
    # As the page hears it when its worker has put the newer page by.
    page.evaluate(
        "import(document.querySelector('script[type=module]').src)"
        ".then(({offline}) => { window.old = true; offline.dispatchEvent(new Event('release')); })"
    )
    page.clock.fast_forward(20_000)
    expect(page.locator("#comment")).to_have_value(SECRET)
    page.clock.fast_forward(31_000)
    assert page.evaluate("window.old"), "somebody was asked, and had no time to answer"
    page.clock.fast_forward(31_000)
    with page.expect_navigation():
        page.clock.fast_forward(31_000)
    expect(page.locator("#answers")).to_be_visible()
    assert page.evaluate("window.old === undefined")
