"""What the browser tests look at: sizes and places on the screen, names, what stayed behind.

Everything is measured in the page as Chromium laid it out. Each look returns the faults it found,
in words, so that a failing test says which element it was.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.support import http_server

PHONE = {"width": 360, "height": 640}

_FIELDS = """() => [...document.querySelectorAll(
  "[type=radio], [type=checkbox], textarea, .send")].map(field => {
  const box = field.getBoundingClientRect();
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {name: field.id || field.className, kind: field.type, hit: hit === field,
    left: box.left, top: box.top, right: box.right, bottom: box.bottom, height: box.height};
})"""

_TARGETS = """() => [...document.querySelectorAll(
  "a, button:not(.enter), summary, label, input:not([type=hidden]), textarea")].map(target => {
  const box = target.getBoundingClientRect();
  const rating = target.matches(".scale label, .scale input, .send");
  return {name: target.outerHTML.slice(0, 90), least: rating ? 44 : 24,
    height: box.height, width: box.width};
}).filter(target => target.height > 0)"""

_SMALL_TEXT = """() => [...document.querySelectorAll("body *")]
  .filter(e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < (e.closest(".scale label") ? 12 : 16))
  .map(e => e.outerHTML.slice(0, 90))"""

# Elements that scroll or stick out, and text that leaves the page or the tile it stands in.
_CLIPPED = """() => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth) found.push(`the page is ${page.scrollWidth} wide`);
  for (const e of document.querySelectorAll("body *:not(.enter):not(textarea)")) {
    const box = e.getBoundingClientRect();
    if (!box.width || getComputedStyle(e).display === "inline") continue;
    const inside = e.clientWidth === 0 || e.scrollWidth <= e.clientWidth + 1;
    if (!inside || box.left < -.5 || box.right > innerWidth + .5)
      found.push(`sticks out: ${e.outerHTML.slice(0, 90)}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const tile = text.parentElement.closest(".row label, .send, .switch > *, .demo, .agency");
    if (!text.data.trim() || text.parentElement.closest(".enter, textarea")) continue;
    const room = tile ? tile.getBoundingClientRect() : new DOMRect(0, -1e6, innerWidth, 2e6);
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects())
      if (line.left < room.left - 1 || line.right > room.right + 1
          || line.top < room.top - 1 || line.bottom > room.bottom + 1)
        found.push(`cut off: ${text.data.trim()}`);
  }
  return found;
}"""

# A line may end at a space, at a hyphen, or at a soft hyphen, which then shows.
_BROKEN_WORDS = """() => {
  const found = [];
  const range = document.createRange();
  for (const label of document.querySelectorAll("legend, .row label, .send, h1, .switch > *")) {
    const texts = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      let line = null;
      for (let at = 0; at < text.data.length; at++) {
        if (/[\\s\\u00ad]/.test(text.data[at])) continue;
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        // After a soft hyphen that shows, a letter has two boxes: the hyphen's, then its own.
        const box = [...range.getClientRects()].pop();
        if (!box || !box.width) continue;
        const next = line !== null && box.top - line > box.height / 2;
        if (next && !/[\\s\\u00ad\\u2010-]/.test(text.data[at - 1])) found.push(text.data.trim());
        line = box.top;
      }
    }
  }
  return found;
}"""

_SWAP_TIMEOUTS = """() => {
  if (window.realTimeout)
    [window.setTimeout, window.realTimeout] = [window.realTimeout, window.setTimeout];
}"""

_UNLABELLED = """() => [...document.querySelectorAll(
  "input:not([type=hidden]), textarea, select")].filter(field =>
    ![...field.labels].some(label => label.textContent.trim()) || field.placeholder)
  .map(field => field.outerHTML.slice(0, 90))"""

_LEFT_BEHIND = """async () => ({
  cookie: document.cookie, local: localStorage.length, session: sessionStorage.length,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


def fields(page: Page) -> list[dict[str, Any]]:
    """Where every answer can be given, and whether a finger that lands there reaches it."""
    fields: list[dict[str, Any]] = page.evaluate(_FIELDS)
    return fields


def small_targets(page: Page) -> list[dict[str, Any]]:
    """What can be pressed but is smaller than 44 (ratings and Send) or 24 pixels (the rest)."""
    targets = page.evaluate(_TARGETS)
    return [
        target for target in targets if target["height"] < target["least"] or target["width"] < 24
    ]


def small_text(page: Page) -> list[str]:
    """Text under 16 pixels, or under 12 in the labels of a rating."""
    return list(page.evaluate(_SMALL_TEXT))


def clipped(page: Page) -> list[str]:
    """What is cut off, and what makes the page scroll sideways."""
    return list(page.evaluate(_CLIPPED))


def broken_words(page: Page) -> list[str]:
    """Labels with a word that goes on in the next line without a hyphen."""
    return list(page.evaluate(_BROKEN_WORDS))


def unlabelled(page: Page) -> list[str]:
    """Fields without a label in words. (axe is content with a placeholder.)"""
    return list(page.evaluate(_UNLABELLED))


def axe(page: Any) -> list[str]:
    """Violations that axe finds, one a line. `page` may be a frame."""
    page.evaluate(_SWAP_TIMEOUTS)  # it waits for timers of its own, also where time stands still
    violations = Axe().run(page).response["violations"]
    page.evaluate(_SWAP_TIMEOUTS)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in violations for node in rule["nodes"]]


def names(page: Page, role: str) -> list[str]:
    """The names that a screen reader says for every element of a role."""
    devtools: CDPSession = page.context.new_cdp_session(page)
    nodes = devtools.send("Accessibility.getFullAXTree")["nodes"]
    return [
        node["name"]["value"]
        for node in nodes
        if not node["ignored"] and node["role"]["value"] == role
    ]


def enlarge_text(page: Page, percent: int) -> None:
    """Set the browser's own font size, as a person does in its settings."""
    size = 16 * percent // 100
    page.context.new_cdp_session(page).send(
        "Page.setFontSizes", {"fontSizes": {"standard": size, "fixed": size}}
    )
    measured = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    page.wait_for_function(f"{measured} === {size}")


def left_behind(page: Page) -> dict[str, Any]:
    """What this page has kept in the browser: everything is empty or 0 when nothing is."""
    seen_by_page: dict[str, Any] = page.evaluate(_LEFT_BEHIND)
    return {**seen_by_page, **page.context.storage_state(indexed_db=True)}


def answer(page: Page, satisfaction: int, trust: int) -> None:
    """Choose both ratings."""
    page.locator(f"#satisfaction-{satisfaction}").check()
    page.locator(f"#trust-{trust}").check()


def send(page: Page) -> None:
    """Press Send and see the thanks."""
    page.locator(".send").click()
    expect(page.locator(".done h1")).to_be_visible()


def stop_clock(page: Page, at: datetime) -> None:
    """From the next page on time stands still until the test moves it: what a page does after some
    seconds must not happen because the machine is busy.
    """
    page.context.add_init_script("globalThis.realTimeout = setTimeout.bind(globalThis);")
    page.clock.install(time=at - timedelta(minutes=1))
    page.clock.pause_at(at)


def click(target: Locator) -> None:
    """Click what may be hidden, once: the click comes after this returns. Playwright sends an
    event again when the page that it led to was quicker than the word that it arrived.
    """
    target.evaluate("target => { setTimeout(() => target.click()); }")


def complained(page: Page, faults: list[str], times: int = 1) -> None:
    """Wait until Chromium has logged so many faults: it does so in its own time."""
    until = time.monotonic() + http_server.PATIENCE
    while len(faults) < times:
        assert time.monotonic() < until, faults
        page.wait_for_timeout(20)


def forgive(page: Page, faults: list[str], *statuses: int) -> None:
    """Forget that Chromium logged these responses as failed; anything else stays a fault."""
    complained(page, faults, len(statuses))
    failure = "Failed to load resource: the server responded with a status of"
    expected = [f"{failure} {status} " for status in statuses]
    assert len(faults) == len(expected), faults
    assert all(map(str.startswith, faults, expected)), faults
    faults.clear()
