"""What the tests of the kiosk's screen share: sizes, deeds, measures."""

import json
import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.support import browser_layout, http_server
from tests.support.kiosk_tablet import in_queue

TABLET, TURNED, DOOR = (800, 1280), (1280, 800), (1080, 1920)
STANDS = [TABLET, TURNED, DOOR]
ROOMS = [*STANDS, (600, 960), (960, 600), (360, 640)]
SECRET = "Zebra-Quokka 4711"
OVER = "dialog[open]"

_TARGETS = """() => [...(document.querySelector("dialog[open]") || document).querySelectorAll(
  "button, summary, .row label, textarea, a")]
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()]).filter(([, box]) => box.width)"""
SMALL = """() => [...document.querySelectorAll("body *")]
  .filter(e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(e => e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 20)
  .map(e => e.outerHTML.slice(0, 90))"""
# All that a page can hold of a person, but for the queue.
TRACES = """async () => ({
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
QUEUE = """async () => {
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
NO_DATABASE = "Object.defineProperty(window, 'indexedDB', {value: undefined})"
FILL_QUEUE = """() => new Promise(done => {
  indexedDB.open("cx-kiosk").onsuccess = event => {
    const act = event.target.result.transaction("answers", "readwrite");
    for (let n = 0; n < 5000; n++) act.objectStore("answers").add({state: 0, at: 0, offset: 0});
    act.oncomplete = () => { event.target.result.close(); done(); };
  };
})"""


def fill(page: Page, words: str = SECRET) -> None:
    browser_layout.answer(page, 4, 2)
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
    page.add_init_script(NO_DATABASE)
    page.reload()
    expect(page.locator("#stage .message")).to_be_visible()


def stay(page: Page) -> None:
    """The survey, as it comes up."""


def targets(page: Page) -> list[tuple[str, dict[str, float]]]:
    boxes: list[tuple[str, dict[str, float]]] = page.evaluate(_TARGETS)
    return boxes


def hard_to_hit(page: Page) -> list[str]:
    """Targets under 60 pixels, and pairs with less than 8 between them."""
    boxes = targets(page)
    assert boxes
    faults = [name for name, box in boxes if min(box["width"], box["height"]) < 59.9]
    for at, (name, box) in enumerate(boxes):
        for other, next_box in boxes[at + 1 :]:
            aside = max(box["left"], next_box["left"]) - min(box["right"], next_box["right"])
            below = max(box["top"], next_box["top"]) - min(box["bottom"], next_box["bottom"])
            if max(aside, below) < 7.9:
                faults.append(f"{name} touches {other}")
    return faults


def settle(page: Page) -> None:
    """Wait until the device has heard from the server, and has written down what it heard: time
    that is moved on in the middle would look like a disk that hangs.
    """
    until(page, in_queue("status().then(now => now.offset !== undefined)"))
    for _ in range(2):
        page.evaluate(in_queue("status()"))


def assert_sent(page: Page) -> None:
    page.clock.resume()  # whoever failed tries again after a moment
    until(page, in_queue("status().then(now => now.waiting === 0)"))
    assert page.evaluate(in_queue("status().then(now => now.aside.length)")) == 0


def until(page: Page, wish: str) -> None:
    """Wait until a JavaScript expression, or what it promises, is true."""
    limit = time.monotonic() + http_server.PATIENCE
    while not page.evaluate(wish):
        assert time.monotonic() < limit, f"it never came: {wish}"
        page.wait_for_timeout(50)


def traces(page: Page) -> list[str]:
    """Where the words of the person before still are; and whether anything is still chosen."""
    places: dict[str, Any] = page.evaluate(TRACES)
    assert places["html"] and "stage" in places["html"]
    left = [place for place, content in places.items() if SECRET in json.dumps(content)]
    return left + ([f"{places['checked']} chosen"] if places["checked"] else [])
