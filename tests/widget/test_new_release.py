"""A new release comes while answers wait on a tablet: none is lost, none arrives twice, and no page
runs with half of another release.
"""

from collections import Counter
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.kiosk_tablet import (
    NewerRelease,
    RestartableServer,
    Tablet,
    give_answer,
    in_queue,
    queue_status,
    ready_without_network,
)

LOADED = """() => [...document.querySelectorAll("script[src], link[rel=modulepreload],"
  + " link[rel=stylesheet]")].map(({src, href}) => new URL(src || href).pathname)"""
CACHED = """async () => (await (await caches.open("cx-kiosk-1")).keys())
  .map(({url}) => new URL(url).pathname)"""
# Only the worker of the newer release answers.
WHICH = """() => new Promise(async done => {
  navigator.serviceWorker.addEventListener("message", ({data}) => data === "newer" && done(true));
  (await navigator.serviceWorker.ready).active.postMessage("which");
  setTimeout(done, 2000, false);
})"""
HEAR = """import(document.querySelector('script[type=module]').src)
  .then(({offline}) => offline.addEventListener('release', () => { window.heard = true; }))"""


def is_newer(page: Page) -> bool:
    return bool(page.evaluate("window.newer === true"))


def comments(tablet: Tablet) -> Counter[Any]:
    return Counter(row["comment"] for row in tablet.house.responses())


def test_answers_of_the_old_release_all_arrive_once_under_a_new_page_and_a_new_worker(
    today, tablet: Tablet, standing: RestartableServer, tmp_path
):
    house = tablet.house
    link = house.mint(channel="kiosk")
    page = tablet.open(link)
    ready_without_network(page)
    tablet.context.set_offline(True)
    for number in range(3):
        tablet.wait(minutes=2)
        give_answer(page, 2, 4, f"offline {number}")
    standing.stop()
    with NewerRelease(house, standing.port, tmp_path / "newer"):
        # The power fails, too: the old release starts from the device alone.
        tablet.kill()
        page = tablet.open(link, offline=True)
        expect(page.locator("#stage h1")).to_have_text("Permit renewal")
        assert (is_newer(page), queue_status(page)["waiting"]) == (False, 3)
        give_answer(page, 3, 3, "after the power cut")
        tablet.context.set_offline(False)
        tablet.until(lambda: house.count() == 4)
        page.clock.fast_forward("00:40")  # nobody is there: it takes the new page by itself
        tablet.until(lambda: is_newer(page))
        tablet.until(lambda: page.evaluate(WHICH))
        tablet.context.set_offline(True)
        tablet.wait(minutes=1)
        give_answer(page, 4, 4, "by the new release")
        page.reload()
        expect(page.locator("#stage h1")).to_have_text("Permit renewal")
        assert (is_newer(page), queue_status(page)["waiting"]) == (True, 1)
        tablet.context.set_offline(False)
        tablet.until(lambda: house.count() == 5 and queue_status(page)["waiting"] == 0)
    texts = [*(f"offline {n}" for n in range(3)), "after the power cut", "by the new release"]
    assert comments(tablet) == Counter(texts)
    assert list(dict.fromkeys(item["comment"] for item in tablet.sent)) == texts
    assert queue_status(page)["aside"] == []


def test_an_old_page_finds_its_own_modules_while_the_new_ones_are_put_by(
    today, tablet: Tablet, standing: RestartableServer, tmp_path
):
    house = tablet.house
    page = tablet.open(house.mint(channel="kiosk"))
    ready_without_network(page)
    old = set(page.evaluate(LOADED))
    page.locator("#comment").fill("somebody is there")  # so the page is not loaded anew
    page.evaluate(HEAR)
    standing.stop()
    with NewerRelease(house, standing.port, tmp_path / "newer"):
        tablet.until(lambda: page.evaluate(in_queue("send().then(() => !!window.heard)")))
        both = set(page.evaluate(CACHED))
        assert len(old) > 10 and old <= both
        assert not is_newer(page)
        # Whoever starts in this moment gets a page, and all of it, of one release.
        tablet.context.set_offline(True)
        page.reload()
        expect(page.locator("#stage h1")).to_have_text("Permit renewal")
        assert is_newer(page)
        new = set(page.evaluate(LOADED))
        assert new <= both and new & old and new - old
