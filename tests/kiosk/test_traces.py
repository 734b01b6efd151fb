"""The previous person's words are nowhere."""

import json

from playwright.sync_api import expect

from tests.support.kiosk_screen import QUEUE, SECRET, assert_sent, fill, thank, traces, until
from tests.support.kiosk_tablet import in_queue

# ---- the previous person's words are nowhere


def test_the_look_for_traces_finds_words_where_they_are(stand):
    page = stand()
    fill(page)
    assert traces(page) == ["fields", "3 chosen"]


def test_after_the_thanks_nothing_is_left_and_the_queue_forgets_once_it_is_sent(
    stand, cut_off, hall
):
    page = stand()
    until(page, in_queue("status().then(now => now.offset !== undefined)"))
    cut_off(page)
    thank(page)
    assert not traces(page)
    assert SECRET in page.evaluate(QUEUE)
    page.clock.fast_forward(11_000)
    expect(page.locator("#answers")).to_be_visible()
    assert not traces(page)
    for keys in ("Control+z", "Control+Shift+z", "Control+y"):
        page.locator("#comment").focus()
        page.keyboard.press(keys)
        assert not traces(page), keys
    page.context.set_offline(False)
    page.evaluate(in_queue("send()"))
    assert_sent(page)
    assert SECRET not in page.evaluate(QUEUE)
    assert SECRET in json.dumps([row["comment"] for row in hall.responses()])


def test_reload_back_forward_and_return_bring_nothing_back(stand, hall):
    page = stand()
    fill(page)
    page.reload()
    expect(page.locator("#answers")).to_be_visible()
    assert not traces(page)
    fill(page)
    address = page.url
    page.evaluate("""() => new Promise((done) => {
      addEventListener("popstate", done, { once: true });
      history.back();
    }).then(() => {})""")
    assert page.url == address, "back leaves the survey"
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
