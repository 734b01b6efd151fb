"""The script tag, on real host pages in a real browser: strict policies, forms, languages."""

import gzip
import hashlib
import json
import re
import time
from datetime import timedelta
from urllib.parse import quote

import brotli
import httpx2
import pytest
import rjsmin
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from cxserver import resources
from cxserver.public import embed
from tests.support import browser_layout, http_server
from tests.support.house import CATALOGUE, House

WIDGET = resources.folder("widget")


class Host:
    """An agency's own site, on an origin of its own, with a policy as strict as they come."""

    def __init__(self, serve, house):
        self._serve = serve
        self._house = house
        self.pages: dict[str, str] = {}
        self.policy = True
        routes = [Route("/{name}", self._page)]
        self.address = serve(Starlette(routes=routes))

    def allow(self) -> None:
        """Let this site frame the service."""
        mine = f'embed_origins = ["{self.address}"]'
        self._house.apply(CATALOGUE.replace('embed_origins = ["https://www.example.gov"]', mine))

    def put(self, name: str, body: str, lang: str = "en", direction: str = "ltr") -> str:
        self.pages[name] = (
            f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">'
            f"<title>Agency</title></head><body><main><h1>Agency</h1>{body}</main></body></html>"
        )
        return f"{self.address}/{name}"

    async def _page(self, request):
        ours = self._house.settings.base_url
        policy = (
            f"default-src 'none'; script-src {ours}; frame-src {ours}; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        headers = {"content-security-policy": policy} if self.policy else {}
        page = self.pages.get(request.path_params["name"])
        return HTMLResponse(page or "", 200 if page else 204, headers)


@pytest.fixture
def open_house(sqlite_house):
    """The survey server's house; `host` serves it once it knows who may frame."""
    return sqlite_house


@pytest.fixture
def page(page, open_house):
    """The loader gives a survey four seconds to come, a busy machine as long as it takes."""
    browser_layout.stop_clock(page, open_house.clock.now)
    return page


@pytest.fixture
def host(serve, open_house) -> Host:
    """The agency's site, allowed to frame, and the survey server as an agency runs it."""
    address = serve.reserve()
    open_house.move(address)
    host = Host(serve, open_house)
    host.allow()
    serve(open_house.app(), at=address)
    return host


def tag(house, link: str | None = None, **data: str) -> str:
    attributes = "".join(f' data-cx-{name}="{value}"' for name, value in data.items())
    where = f' data-cx="{link}"' if link else ""
    source = f"{house.settings.base_url}/embed/1/cx.js"
    return f'<script src="{source}" async{where}{attributes}></script>'


def site(house: House) -> str:
    return house.mint(channel="site")


def answer_inside(page) -> None:
    inside = page.frame_locator("iframe")
    inside.locator("label", has_text="Agree").nth(1).click()
    for name in ("satisfaction", "trust"):
        inside.locator(f'[name={name}][value="4"]').check()
    inside.locator(".send").click()
    expect(inside.locator(".done h1")).to_be_visible()


def test_the_button_opens_a_survey_that_takes_an_answer(page, host, open_house):
    page.goto(host.put("a", tag(open_house, site(open_house))))
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    button = page.get_by_role("button", name="How did it go?")
    expect(button).to_be_visible()
    assert requests == []  # nothing but the loader until it opens
    assert browser_layout.axe(page) == []
    button.click()
    dialog = page.get_by_role("dialog", name="Short survey")
    expect(dialog).to_be_visible()
    answer_inside(page)
    (row,) = open_house.responses()
    assert (row["service"], row["office"], row["channel"]) == ("permits", "riverside", "site")
    assert browser_layout.axe(page) == []
    page.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_the_button_can_stand_in_the_footer(page, host, open_house):
    body = f'<footer id="foot"></footer>{tag(open_house, site(open_house), target="#foot")}'
    page.goto(host.put("a", body))
    button = page.locator("#foot").get_by_role("button", name="How did it go?")
    expect(button).to_be_visible()
    assert button.evaluate("e => getComputedStyle(e).position") == "static"
    button.click()
    answer_inside(page)
    assert open_house.count() == 1


def test_by_keyboard_alone_it_opens_closes_and_brings_the_focus_back(page, host, open_house):
    page.goto(host.put("a", f'<p><a href="#x">First</a></p>{tag(open_house, site(open_house))}'))
    expect(page.get_by_role("button", name="How did it go?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.frame_locator("iframe").locator("h1")).to_be_visible()
    page.frame_locator("iframe").locator('[name=satisfaction][value="3"]').focus()
    page.keyboard.press("Escape")  # pressed inside the frame
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="How did it go?")).to_be_focused()


def test_inline_stands_where_it_is_told_and_grows_with_the_page(page, host, open_house):
    body = (
        f'<div id="here"></div>{tag(open_house, site(open_house), mode="inline", target="#here")}'
    )
    page.goto(host.put("a", body))
    frame = page.locator("iframe")
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Permit renewal")
    page.wait_for_function(
        "document.querySelector('#here div').shadowRoot.querySelector('iframe').style.height !== ''"
    )
    inner = (
        frame.element_handle()
        .content_frame()
        .evaluate("[document.documentElement.scrollHeight, innerHeight]")
    )
    assert inner[0] <= inner[1]  # no scroll bar inside the page's own
    answer_inside(page)
    assert open_house.count() == 1
    assert browser_layout.axe(page) == []


def test_a_prompt_opens_when_the_page_says_the_service_ended_and_once(page, host, open_house):
    page.goto(host.put("a", tag(open_house, site(open_house), mode="prompt", on="permit-done")))
    page.wait_for_function("window.cx")
    assert page.get_by_role("dialog").count() == 0
    page.evaluate("document.dispatchEvent(new CustomEvent('permit-done'))")
    expect(page.get_by_role("dialog")).to_be_visible()
    answer_inside(page)
    page.get_by_role("button", name="Close").click()
    page.evaluate("document.dispatchEvent(new CustomEvent('permit-done'))")
    assert page.evaluate("cx.ask()") is False
    assert open_house.count() == 1


def test_a_prompt_never_interrupts_a_form(page, host, open_house):
    form = '<form><label>Name <input name="n"></label><button type="button">x</button></form>'
    page.goto(host.put("a", form + tag(open_house, site(open_house), mode="prompt")))
    page.wait_for_function("window.cx")
    page.locator("input").focus()
    assert page.evaluate("cx.ask()") is False  # the focus is in a form
    page.locator("input").fill("Ana")
    page.locator("h1").click()
    assert page.evaluate("cx.ask()") is False  # what was typed is not sent
    page.evaluate("document.querySelector('form').dispatchEvent(new Event('submit'))")
    assert page.evaluate("cx.ask()") is True
    answer_inside(page)


def test_a_prompt_keeps_the_rest_that_the_host_remembers(page, host, open_house):
    page.goto(host.put("a", tag(open_house, site(open_house), mode="prompt", rest="30")))
    page.wait_for_function("window.cx")
    assert page.evaluate("cx.ask({asked: new Date(Date.now() - 10 * 864e5)})") is False
    assert page.evaluate("cx.ask({asked: new Date(Date.now() - 31 * 864e5)})") is True
    answer_inside(page)


def test_a_sample_of_nothing_asks_nobody_and_draws_once(page, host, open_house):
    page.goto(host.put("a", tag(open_house, site(open_house), mode="prompt", sample="0")))
    page.wait_for_function("window.cx")
    assert [page.evaluate("cx.ask()") for _ in range(20)] == [False] * 20
    assert page.locator("dialog").count() == 0


def test_without_its_attributes_it_takes_the_first_link_to_us(page, host, open_house):
    body = f'<p><a href="{site(open_house)}">Tell us</a></p>{tag(open_house)}'
    page.goto(host.put("a", body))
    page.wait_for_function("window.cx")
    page.get_by_role("link", name="Tell us").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    answer_inside(page)
    assert open_house.count() == 1


def test_without_script_the_link_is_simply_there(open_page, host, open_house):
    page = open_page(java_script_enabled=False)
    page.goto(host.put("a", f'<p><a href="{site(open_house)}">Tell us</a></p>{tag(open_house)}'))
    page.get_by_role("link", name="Tell us").click()
    expect(page.locator("h1")).to_have_text("Permit renewal")


def test_a_spanish_page_gets_spanish_words_and_a_spanish_survey(page, host, open_house):
    page.goto(host.put("a", tag(open_house, site(open_house)), lang="es-US"))
    page.get_by_role("button", name="¿Cómo le fue?").click()
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Renovación de permisos")
    page.frame_locator("iframe").get_by_role("button", name="English").click()
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Permit renewal")
    answer_inside(page)  # the frame still knows whom to tell, after the language was switched
    assert open_house.count() == 1


def test_on_a_page_that_reads_from_right_to_left_the_button_keeps_to_its_end(
    page, host, open_house
):
    page.goto(host.put("a", tag(open_house, site(open_house), label="شاركنا"), "ar", "rtl"))
    box = page.get_by_role("button", name="شاركنا").bounding_box()
    assert box["x"] + box["width"] < page.viewport_size["width"] / 2 or box["x"] < 100


def test_two_tags_are_one_survey_and_a_replaced_body_gets_its_button_again(page, host, open_house):
    both = tag(open_house, link := site(open_house)) + tag(open_house, link)
    page.goto(host.put("a", both))
    page.wait_for_function("window.cx")
    expect(page.get_by_role("button", name="How did it go?")).to_have_count(1)
    page.evaluate("document.body.replaceChildren(document.createElement('main'))")
    expect(page.get_by_role("button", name="How did it go?")).to_have_count(1)


def test_neither_side_can_break_the_others_looks(page, host, open_house):
    host.policy = False
    style = "<style>*{display:none!important}body,main,h1{display:block!important}"
    style += "button{font-size:90px!important;all:unset!important}</style>"
    page.goto(host.put("a", style.replace("*{", "i,") + tag(open_house, site(open_house))))
    button = page.get_by_role("button", name="How did it go?")
    assert button.evaluate("e => getComputedStyle(e).fontSize") == "16px"
    assert page.locator("h1").evaluate("e => getComputedStyle(e).fontSize") == "32px"


def test_it_leaves_nothing_behind_but_cx(page, host, open_house):
    address = host.put("a", tag(open_house, site(open_house)))
    page.goto(host.put("b", ""))
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    page.goto(address)
    page.get_by_role("button", name="How did it go?").click()
    answer_inside(page)
    after = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    assert {name for name in after - before if not name.isdigit()} == {"cx"}
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_an_origin_that_may_not_frame_gets_the_link_and_its_developer_the_cure(
    page, host, open_house, page_faults
):
    open_house.apply(CATALOGUE)  # this host is not among the embed origins
    messages = []
    page.on("console", lambda message: messages.append((message.type, message.text)))
    link = site(open_house)
    until(lambda: "data-host" not in httpx2.get(link, params={"o": host.address}).text)
    page.goto(host.put("a", tag(open_house, link)))
    page.get_by_role("button", name="How did it go?").click()
    browser_layout.complained(
        page, page_faults
    )  # the browser itself says that the frame was refused
    page.clock.run_for(4000)
    plain = page.get_by_role("link", name="Open the survey")
    expect(plain).to_be_visible()
    assert plain.get_attribute("href") == link
    (warning,) = [text for kind, text in messages if kind == "warning"]
    assert f"add {host.address} to embed_origins of service permits" in warning
    page_faults.clear()


def until(look) -> None:
    """The running server sees a change within a second, on a machine with nothing else to do."""
    limit = time.monotonic() + http_server.PATIENCE
    while not look():
        assert time.monotonic() < limit, "the server sees no change"
        time.sleep(0.05)


@pytest.mark.parametrize("what", ["forged", "expired", "revoked"])
def test_a_link_that_does_not_open_is_a_page_that_helps(page, host, open_house, page_faults, what):
    link = site(open_house)
    if what == "forged":
        link = link[:-1] + ("A" if link[-1] != "A" else "Q")
    elif what == "expired":
        open_house.clock.forward(days=401)
    else:
        open_house.revoke("permits", open_house.keys["permits"].kid)
        until(lambda: httpx2.get(link).status_code == 410)
    page.goto(host.put("a", tag(open_house, link)))
    page.get_by_role("button", name="How did it go?").click()
    inside = page.frame_locator("iframe")
    words = {"forged": "doesn’t work|doesn't work|does not work", "expired": "closed|ended|over"}
    expect(inside.locator("h1")).to_have_text(re.compile(words.get(what, "revoked")))
    expect(inside.get_by_role("link").first).to_be_visible()
    page.clock.run_for(5000)
    expect(page.locator("iframe")).to_have_count(1)  # it said it was ready: it stays
    browser_layout.complained(page, page_faults)  # 404 and 410 are logged by the browser
    page_faults.clear()


def test_at_four_hundred_percent_nothing_scrolls_sideways(open_page, host, open_house):
    page = open_page(viewport={"width": 320, "height": 256})
    browser_layout.stop_clock(page, open_house.clock.now)
    page.goto(host.put("a", tag(open_house, site(open_house))))
    page.get_by_role("button", name="How did it go?").click()
    expect(page.frame_locator("iframe").locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    answer_inside(page)
    assert open_house.count() == 1


# ---- the loader as a file


def test_the_loader_is_small_and_the_newest_release_is_the_source():
    small = rjsmin.jsmin((WIDGET / "cx.js").read_text()).encode()
    newest = embed.newest()
    assert newest.plain == small, "widget/cx.js has changed: release it (scripts/release_loader)"
    assert brotli.decompress(newest.brotli) == small
    assert len(newest.brotli) <= 2000


def test_all_that_is_needed_to_answer_weighs_what_its_page_says(sqlite_house):
    with sqlite_house.client() as client:
        page = client.get(sqlite_house.mint(channel="site")).text
        parts = [page.encode(), embed.newest().plain]
        parts += [(WIDGET / name).read_bytes() for name in ("survey.css", "survey.js")]
    total = sum(len(gzip.compress(part, 9)) for part in parts)
    guide = (WIDGET.parent / "docs" / "use" / "embed.md").read_text()
    [kilobytes] = re.findall(r"\| \*\*(\d+) kB\*\* \|", guide)
    assert total <= int(kilobytes) * 1000


def test_a_release_never_changes():
    recorded = dict(
        line.split() for line in (WIDGET / "released" / "hashes.txt").read_text().splitlines()
    )
    digests = {
        version: hashlib.sha384(release.plain).hexdigest()
        for version, release in embed.releases().items()
    }
    assert digests == recorded


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("", None)]
)
def test_it_is_served_for_ever_pinned_or_for_an_hour_followed(sqlite_house, accepted, encoding):
    with sqlite_house.client() as client:
        headers = {"accept-encoding": accepted}
        pinned = client.get("/embed/1.0.0/cx.js", headers=headers)
        followed = client.get("/embed/1/cx.js", headers=headers)
        assert client.get("/embed/2/cx.js").status_code == 404
    assert pinned.content == followed.content or encoding == "br"
    assert pinned.headers.get("content-encoding") == encoding
    assert "immutable" in pinned.headers["cache-control"]
    assert followed.headers["cache-control"] == "public, max-age=3600"
    assert followed.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("named", [True, False], ids=["named", "another"])
def test_only_the_page_that_the_address_names_is_told(
    page, host, serve, open_house, page_faults, named
):
    """Both sites may frame the survey; the address says which of them does."""
    other = Host(serve, open_house)
    origins = f'embed_origins = ["{host.address}", "{other.address}"]'
    open_house.apply(CATALOGUE.replace('embed_origins = ["https://www.example.gov"]', origins))
    until(lambda: other.address in httpx2.get(site(open_house)).headers["content-security-policy"])
    page_faults.allow("Failed to execute 'postMessage' on 'DOMWindow': The target origin provided")
    page.goto((host if named else other).put("a", "<iframe></iframe>"))
    page.evaluate(
        """link => {
          window.heard = [];
          addEventListener("message", ({ data }) => heard.push(data.type));
          document.querySelector("iframe").src = link;
        }""",
        f"{site(open_house)}?o={quote(host.address, safe='')}",
    )
    inside = page.frame_locator("iframe")
    expect(inside.locator("h1")).to_be_visible()
    inside.locator("#comment").press("Escape")
    # Messages arrive in their order: what was sent before this one has arrived.
    inside.locator("h1").evaluate("() => parent.postMessage({ type: 'later' }, '*')")
    page.wait_for_function("heard.includes('later')")
    heard = set(page.evaluate("heard"))
    assert heard >= {"ready", "close", "later"} if named else heard == {"later"}


def test_a_place_page_tells_only_an_allowed_host(sqlite_house):
    house = sqlite_house
    link = house.mint(channel="site")
    with house.client() as client:
        allowed = client.get(link, params={"o": "https://www.example.gov"}).text
        assert 'data-host="https://www.example.gov"' in allowed
        for other in ("https://evil.example", "https://www.example.gov.evil", "null", '"><x'):
            assert "data-host" not in client.get(link, params={"o": other}).text
    house.clock.forward(**{"days": timedelta(days=1).days})
    assert json.dumps(embed.newest().integrity).startswith('"sha384-')
