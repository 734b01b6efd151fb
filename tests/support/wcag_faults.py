"""What WCAG asks of a page and axe does not look at: names, help, hovering, spacing, pointers."""

from playwright.sync_api import Page

# 1.4.12: the least that a page must bear without losing anything.
_SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-block-end: 2em !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""

# 2.5.3: who speaks to the machine says what they read.
_MISNAMED = """() => [...document.querySelectorAll(
  "a[href][aria-label], button[aria-label], summary[aria-label]")]
  .filter(e => e.checkVisibility())
  .filter(e => {
    const plain = text => text.toLowerCase().replace(/[^\\p{L}\\p{N}]+/gu, " ").trim();
    const seen = plain([...e.querySelectorAll(".unseen, [aria-hidden=true]")]
      .reduce((text, hidden) => text.replace(hidden.innerText, ""), e.innerText ?? ""));
    return seen && !plain(e.getAttribute("aria-label")).includes(seen);
  }).map(e => `2.5.3, its name lacks what one sees: ${e.outerHTML.slice(0, 120)}`)"""

# 2.4.4: of two links that read alike in one sentence, row or list item, one leads elsewhere.
_VAGUE = """() => {
  const found = [], seen = new Map();
  const words = e => (e.getAttribute("aria-label") || e.textContent).replace(/\\s+/g, " ").trim();
  for (const link of document.querySelectorAll("a[href]")) {
    if (/^(here|more|click here|link|aquí|más)\\.?$/i.test(words(link)))
      found.push(`2.4.4, says nothing: ${link.outerHTML.slice(0, 120)}`);
    const around = link.closest("tr, li, p, dd, section, article, nav") ?? document.body;
    const key = words(link), others = seen.get(around) ?? new Map();
    if (others.has(key) && others.get(key) !== link.href)
      found.push(`2.4.4, one name and two places: ${link.outerHTML.slice(0, 120)}`);
    seen.set(around, others.set(key, link.href));
  }
  return found;
}"""

# 2.4.6: a heading or a label that says nothing, or that another one of its rank says as well.
_HEADINGS = """() => {
  const texts = [...document.querySelectorAll("h1, h2")]
    .filter(e => e.checkVisibility()).map(e => e.textContent.trim());
  return texts.filter((text, n) => !text || texts.indexOf(text) !== n)
    .map(text => `2.4.6, empty or twice: "${text}"`);
}"""

# 1.4.13: no rule shows or hides anything because a pointer passes.
_HOVERED = """() => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
  .flatMap(rule => [rule, ...(rule.cssRules ?? [])])
  .filter(rule => rule.selectorText?.includes(":hover"))
  .filter(rule => ["display", "visibility", "opacity", "content", "clip-path", "inline-size",
    "block-size", "transform"].some(name => rule.style.getPropertyValue(name)))
  .map(rule => `1.4.13, hovering changes what is there: ${rule.cssText}`)"""

# 1.4.5: words as pixels. What is drawn as vectors keeps its words.
_PICTURES = """() => [...document.querySelectorAll("img, picture, canvas, [type=image]")]
  .filter(e => !/\\.svg$/.test(e.src ?? "")).map(e => `1.4.5: ${e.outerHTML.slice(0, 120)}`)"""

# 1.3.5 and 3.3.8: what asks who somebody is, or makes them remember a word.
_PERSONAL = """() => [...document.querySelectorAll("input")]
  .filter(e => ["password", "email", "tel"].includes(e.type)
    || /(^|-)(name|address|phone|birth|zip)$/.test(e.name))
  .map(e => e.outerHTML.slice(0, 120))"""

# 2.4.11: something lies over all of what has the focus.
_COVERED = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect();
  const inside = (x, y) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
  const spots = [.1, .3, .5, .7, .9].flatMap(x => [.1, .3, .5, .7, .9].map(y =>
    [box.x + box.width * x, box.y + box.height * y])).filter(spot => inside(...spot));
  const mine = hit => hit && (e.contains(hit) || hit.contains(e)
    || [...(e.labels ?? [])].some(label => label.contains(hit)));
  return spots.length && !spots.some(spot => mine(document.elementFromPoint(...spot)));
}"""


def space_out(page: Page) -> None:
    """Set lines, letters, words and paragraphs as far apart as WCAG 1.4.12 says."""
    page.evaluate(_SPACED)


def unclear(page: Page) -> list[str]:
    """Links, headings and names that do not say what they are for (2.4.4, 2.4.6, 2.5.3)."""
    return _all(page, _MISNAMED, _VAGUE, _HEADINGS)


def changing(page: Page) -> list[str]:
    """What comes and goes with the pointer, and words as pixels (1.4.13, 1.4.5)."""
    return _all(page, _HOVERED, _PICTURES)


def personal(page: Page) -> list[str]:
    """Fields about the person who fills them in, and words to remember (1.3.5, 3.3.8)."""
    return _all(page, _PERSONAL)


def is_covered(page: Page) -> bool:
    """Whether something lies over all that has the focus (2.4.11)."""
    return bool(page.evaluate(_COVERED))


def _all(page: Page, *looks: str) -> list[str]:
    return [str(fault) for look in looks for fault in page.evaluate(look)]
