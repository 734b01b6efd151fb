"""What the tests of the staff pages look at, as Chromium laid a page out: each gives the faults."""

from typing import Any

from playwright.sync_api import Page

from tests.support import wcag_faults

# What can be reached with Tab, in the order of the document. Radio buttons of one name are one.
_STOPS = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
  .filter(e => e.tabIndex >= 0 && e.checkVisibility({contentVisibilityAuto: true,
    visibilityProperty: true}) && !e.disabled)
  .filter(e => e.type !== "radio" || e === document.querySelector(
    `[name="${e.name}"]:checked`) || !document.querySelector(`[name="${e.name}"]:checked`)
    && e === document.querySelector(`[name="${e.name}"]`))
  .map((e, n) => { e.dataset.stop = n; return e.outerHTML.slice(0, 80); })"""

# Where the focus is, whether one sees it there, and whether something shows that it is there.
_FOCUS = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const ring = e.querySelector(".finger");
  const drawn = ring ? getComputedStyle(ring).stroke !== "none" :
    style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return {stop: Number(e.dataset.stop ?? -1), name: e.outerHTML.slice(0, 80), drawn,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth};
}"""

# Text and boxes that leave the page, unless they lie in a region that scrolls and takes the focus.
_CUT = """() => {
  const found = [], root = document.documentElement;
  const region = e => e.closest(".scroll, pre");
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} wide`);
  for (const e of document.querySelectorAll("body *")) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (!box.width || style.display === "inline" || e.closest("svg")) continue;
    const scrolls = ["auto", "scroll"].includes(style.overflowX);
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth && scrolls && e.tabIndex < 0)
      found.push(`scrolls, and takes no focus: ${e.outerHTML.slice(0, 80)}`);
    if (["hidden", "clip"].includes(style.overflowX) && e.clientWidth > 1
        && e.scrollWidth > e.clientWidth + 1)
      found.push(`cut off: ${e.outerHTML.slice(0, 80)}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, parent = text.parentElement;
    // What is folded up is looked at when it is open.
    if (!text.data.trim() || region(parent) || !parent.checkVisibility()) continue;
    if (parent.closest("option, title, desc, .skip, .unseen")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects())
      if (line.left < -1 || line.right > innerWidth + 1) found.push(`outside: ${text.data.trim()}`);
  }
  return found;
}"""

# Words of one chart that lie on each other or outside of it.
_TANGLED = """() => {
  const found = [];
  for (const chart of document.querySelectorAll("svg.chart, svg.across")) {
    if (!chart.checkVisibility()) continue;
    const words = [...chart.querySelectorAll("text")].map(e => [e, e.getBoundingClientRect()]);
    const whole = chart.getBoundingClientRect();
    words.forEach(([one, a], at) => {
      if (a.top < whole.top - 2 || a.bottom > whole.bottom + 2)
        found.push(`out of its chart: ${one.textContent}`);
      for (const [other, b] of words.slice(at + 1))
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4
            && b.top < a.bottom - 4)
          found.push(`${one.textContent} lies on ${other.textContent}`);
    });
  }
  return found;
}"""

# Smaller than a finger; a link amid a sentence may be (WCAG 2.5.8).
_SMALL = """() => [...document.querySelectorAll("a[href], button, summary, select, input")]
  .filter(e => e.checkVisibility() && !e.closest("svg, .skip"))
  .filter(e => e.localName !== "a" || getComputedStyle(e).display !== "inline"
    || e.parentElement.textContent.trim() === e.textContent.trim())
  .filter(e => e.getBoundingClientRect().height < 24)
  .map(e => `small: ${e.outerHTML.slice(0, 90)}`)"""

# With colors forced, what is drawn on the page's ground must be in the colour of its text.
_PALE = """() => {
  const probe = document.createElement("p");
  probe.style.color = "CanvasText";
  document.body.append(probe);
  const ink = getComputedStyle(probe).color;
  probe.remove();
  const found = [];
  const look = (names, property) => {
    for (const e of document.querySelectorAll(names))
      if (getComputedStyle(e)[property] !== ink)
        found.push(`${e.outerHTML.slice(0, 60)}: ${property} ${getComputedStyle(e)[property]}`);
  };
  look(".chart .line, .chart .whisker, .chart .middle, .chart .break, .chart .overall", "stroke");
  look(".chart .band, .chart .outer, .chart .inner, .chart rect", "stroke");
  look(".chart .dot, .chart .within, .chart .label, .chart .name", "fill");
  return found;
}"""

_IN_A_DATE = 3


def open_all(page: Page) -> None:
    """Open whatever is folded up."""
    page.evaluate("() => document.querySelectorAll('details').forEach(e => { e.open = true; })")


def tab_stops(page: Page) -> list[str]:
    """All that Tab must reach, in order."""
    return list(page.evaluate(_STOPS))


def focus(page: Page) -> dict[str, Any]:
    """Where the focus is."""
    focused: dict[str, Any] = page.evaluate(_FOCUS)
    return focused


def lost_stops(page: Page) -> list[str]:
    """What Tab does not reach, or not in its turn, or without a sign that it is there."""
    faults: list[str] = []
    for number, name in enumerate(tab_stops(page)):
        page.keyboard.press("Tab")
        focused = focus(page)
        # A date has stops inside: the month, the day, the year, and the calendar.
        for _ in range(_IN_A_DATE):
            if focused["stop"] != number - 1 or 'type="date"' not in focused["name"]:
                break
            page.keyboard.press("Tab")
            focused = focus(page)
        if focused["stop"] != number:
            return [*faults, f"at {focused['name']} instead of {name}"]
        if not focused["drawn"] or not focused["inside"]:
            faults.append(f"the focus cannot be seen at {name}")
        if wcag_faults.is_covered(page):
            faults.append(f"something lies over {name}")
    return faults


def cut_off(page: Page) -> list[str]:
    """What is cut off, or makes the page scroll sideways."""
    return list(page.evaluate(_CUT))


def overlapping_words(page: Page) -> list[str]:
    """Words in charts that lie on each other."""
    return list(page.evaluate(_TANGLED))


def small_targets(page: Page) -> list[str]:
    """What a finger would miss."""
    return list(page.evaluate(_SMALL))


def unforced_colors(page: Page) -> list[str]:
    """What is not drawn in the colors that the person's system forces."""
    return list(page.evaluate(_PALE))
