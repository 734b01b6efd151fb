"""The email as it is seen: on every width, in light and dark, and as a screen reader hears it."""

import base64
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from cxsdk import EmailSnippet, Issuer, Key, email_snippet
from tests.support import browser_layout

NOW = datetime(2026, 11, 4, 15, 20, tzinfo=UTC)
KEY = Key("permits", 1, bytes(range(32))).text
LONG = "commercial & industrial " * 4
LOOKS: dict[str, dict[str, Any]] = {
    "spanish": {"service_name": "Renovación de permisos", "language": "es"},
    "long": {
        "service_name": f"Renewal of a {LONG}",
        "statement_name": f"the {LONG}",
        "fine_print": "OMB control number 1234-5678, expires 3/31/2028.",
        "minutes": 3,
    },
}


@pytest.fixture(params=LOOKS.values(), ids=list(LOOKS))
def drawn(request: pytest.FixtureRequest) -> EmailSnippet:
    """The snippet with the longest answers, and with the longest of all else."""
    link = Issuer("https://cx.example.gov", KEY, clock=lambda: NOW).issue_link(
        "permits", "riverside", language="es"
    )
    return email_snippet(link, timezone=ZoneInfo("America/New_York"), **request.param)


def show(page: Page, snippet: EmailSnippet, body: str = "") -> None:
    page.set_content(
        f'<!doctype html><html lang="en"><head><title>Mail</title></head>'
        f'<body style="{body}"><main><h1>Mail</h1>{snippet.html}</main></body></html>'
    )


# The background is the colour most seen in a box; the letters the one furthest from it.
_CONTRASTS = """async ({picture, boxes, scale}) => {
  const light = ([r, g, b]) => [r, g, b]
    .map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
  const bytes = Uint8Array.from(atob(picture), c => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return boxes.map(box => {
    const data = context.getImageData(...box.map(n => Math.round(n * scale))).data;
    const seen = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const colour = data.slice(at, at + 3).join();
      seen.set(colour, (seen.get(colour) || 0) + 1);
    }
    const lights = [...seen].map(([colour, n]) => [n, light(colour.split(",").map(Number))]);
    const ground = lights.reduce((a, b) => b[0] > a[0] ? b : a)[1];
    const ratio = other =>
      (Math.max(other, ground) + .05) / (Math.min(other, ground) + .05);
    return [Math.max(...lights.map(([, other]) => ratio(other))), ground];
  });
}"""

_BOXES = """() => {
  const boxes = [];
  const mail = document.querySelector("div[lang]");
  const texts = document.createTreeWalker(mail, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!texts.currentNode.data.trim() || texts.currentNode.data === "\\u00a0") continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    for (const line of range.getClientRects())
      if (line.width) boxes.push([line.x, line.y, line.width, line.height]);
  }
  return boxes;
}"""

PROGRAMS = {
    "light": {"dark": False},
    "dark scheme, colors left alone": {"dark": True},
    "dark, as Chromium turns colors": {"dark": True, "turn": "auto"},
    "dark, all colors inverted": {"dark": True, "turn": "invert"},
    "pasted into a mail that is dark itself": {"body": "background:#000;color:#fff"},
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_word_can_be_read_in_light_and_in_dark(open_page, drawn, program):
    scale = 3  # letters then have a core of their full colour
    page = open_page(
        viewport={"width": 360, "height": 700},
        device_scale_factor=scale,
        color_scheme="dark" if program.get("dark") else "light",
    )
    if program.get("turn") == "auto":
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setAutoDarkModeOverride", {"enabled": True})
    show(page, drawn, program.get("body", ""))
    if program.get("turn") == "invert":
        page.add_style_tag(content="html { filter: invert(1); background: #fff; }")
    _show_all(page)
    boxes = page.evaluate(_BOXES)
    picture = base64.b64encode(page.screenshot()).decode()
    contrasts = page.evaluate(_CONTRASTS, {"picture": picture, "boxes": boxes, "scale": scale})
    assert len(contrasts) >= 12
    assert min(ratio for ratio, _ in contrasts) >= 4.5
    grounds = [ground for _, ground in contrasts]
    if "turn" in program:  # else nothing was turned, and nothing tried
        assert max(grounds) < 0.2
    else:
        assert min(grounds) > 0.5


def _show_all(page: Page) -> None:
    """Make the window as high as the mail, and no higher.

    A picture of more than the window takes the turned colors back in some Chromiums, and one of
    much more than the mail is too large for a busy machine.
    """
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": 360, "height": height})


@pytest.mark.parametrize("width", [320, 360, 900])
def test_a_mail_fits_every_screen_and_every_finger(open_page, drawn, width):
    page = open_page(viewport={"width": width, "height": 700})
    show(page, drawn)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = [link.bounding_box() for link in page.get_by_role("link").all()]
    assert len(boxes) >= 5
    for box in boxes:
        assert box["height"] >= 44 and box["width"] >= 240
    assert page.locator("table").first.bounding_box()["width"] <= 560
    assert browser_layout.axe(page) == []


def test_a_reader_hears_five_links_and_no_tables(open_page, drawn):
    page = open_page()
    show(page, drawn)
    heard = page.locator("main").aria_snapshot()
    assert heard.count("- link") == 5 and "table" not in heard and "row" not in heard
    assert 'link "4 – Agree"' in heard or 'link "4 – De acuerdo"' in heard
