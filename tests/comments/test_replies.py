"""A reply to somebody we cannot know: the code, where it is shown, and what it opens."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from cxserver import db, tables
from cxserver.comments import replies
from cxserver.errors import NotFound, ReplyRefused
from cxserver.intake import store, unlinkable
from cxserver.response_id import ResponseId
from tests.public.test_embed import Host, site, tag
from tests.support import browser_layout
from tests.support.house import CATALOGUE, answer, stamp_of

REPLYING = CATALOGUE.replace("designated = true\n", "designated = true\nreplies = true\n")
CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}")
SAID = "The elevator is broken."


def replying(house):
    house.apply(REPLYING)
    return house


def code_on(client, sent):
    """The code on the thanks page that an answer led to; None when there is none."""
    assert sent.status_code == 303
    match = CODE.search(client.get(sent.headers["location"]).text)
    return match and match[0]


def rows(house):
    with db.read(house.engine) as connection:
        return connection.execute(select(tables.replies)).all()


def named(response):
    return ResponseId(response["service"], response["day"], response["id"])


def post(house, response, words):
    with db.write(house.engine) as connection:
        today = house.clock().date()
        posted = replies.of(connection, named(response), today)
        seen = posted.version if posted else 0
        replies.post(connection, named(response), words, today, seen)


# ---- the office replies


def test_a_reply_is_read_under_the_code_and_nobody_else(house):
    with replying(house).client() as client:
        code = code_on(client, answer(client, house.mint(), comment=SAID))
        answer(client, house.mint(), comment="Another answer.")
        waiting = client.get(f"/r/{code}")
        assert waiting.status_code == 200
        assert "No reply yet. Look again until January 3, 2027." in waiting.text
        [mine] = [row for row in house.responses() if row["comment"] == SAID]
        house.clock.forward(days=3)
        post(house, mine, "It is fixed.\nThank <you>, call (202) 555-0147.")
        page = client.get(f"/r/{code}").text
        assert "It is fixed.\nThank &lt;you&gt;, call [phone]." in page
        assert "Riverside Office" in page and "November 7, 2026" in page
        for typed in (code.lower(), code.replace("-", ""), code.replace("-", "%20")):
            assert "It is fixed." in client.get(f"/r/{typed}").text
        post(house, mine, "It is fixed, both of them.")
        assert "both of them" in client.get(f"/r/{code}").text


def test_the_form_leads_to_the_page_of_the_code(house):
    with replying(house).client() as client:
        code = code_on(client, answer(client, house.mint(), comment=SAID))
        form = client.get("/r")
        assert form.status_code == 200 and 'method="get" action="/r"' in form.text
        sent = client.get("/r", params={"code": f" {code.lower().replace('-', ' ')} "})
        assert (sent.status_code, sent.headers["location"]) == (303, f"/r/{code}")


@pytest.mark.parametrize(
    "path", ["/r/0000-0000-0000-0000", "/r/short", "/r?code=%3Ci%3E", "/r?code="]
)
def test_a_code_that_does_not_work_is_a_404_that_says_so(house, path):
    with replying(house).client() as client:
        refusal = client.get(path)
        assert refusal.status_code == 404
        assert "This code does not work, or its 60 days are over." in refusal.text
        assert "<i>" not in refusal.text
        spanish = client.get(path, headers={"accept-language": "es"}).text
        assert "Este código no funciona" in spanish


def test_a_reply_page_speaks_the_language_of_the_answer(house):
    with replying(house).client() as client:
        link = f"{house.mint()}?lang=es"
        code = code_on(client, answer(client, link, comment="El ascensor no funciona."))
        assert "Todavía no hay contestación" in client.get(f"/r/{code}").text
        assert "No reply yet" in client.get(f"/r/{code}?lang=en").text


def test_after_sixty_days_the_code_and_the_reply_are_gone(house):
    with replying(house).client() as client:
        code = code_on(client, answer(client, house.mint(), comment=SAID))
        [response] = house.responses()
        house.clock.forward(days=60)
        with db.write(house.engine) as connection:
            assert replies.of(connection, named(response), house.clock().date())
            assert replies.forget(connection, house.clock().date()) == 0
        assert client.get(f"/r/{code}").status_code == 200
        house.clock.forward(days=1)
        assert client.get(f"/r/{code}").status_code == 404
        with db.write(house.engine) as connection:
            assert not replies.of(connection, named(response), house.clock().date())
        with pytest.raises(NotFound):
            post(house, response, "Too late.")
        with db.write(house.engine) as connection:
            assert replies.forget(connection, house.clock().date()) == 1
    assert rows(house) == []


def test_a_running_server_forgets_replies_by_itself(house):
    with replying(house).client() as client:
        answer(client, house.mint(), comment=SAID)
    house.clock.forward(days=61)
    with house.client() as client:
        client.get("/healthz")
    assert rows(house) == []  # what was queued is done before it stops


def test_nobody_replies_to_an_answer_without_a_code(house):
    with replying(house).client() as client:
        answer(client, house.mint())
    [response] = house.responses()
    with db.read(house.engine) as connection:
        assert not replies.of(connection, named(response), house.clock().date())
    with pytest.raises(NotFound):
        post(house, response, "Hello.")


def test_an_empty_reply_and_one_too_long_are_refused_in_words(house):
    with replying(house).client() as client:
        answer(client, house.mint(), comment=SAID)
    [response] = house.responses()
    with pytest.raises(ReplyRefused, match="Write something"):
        post(house, response, " \n\x00")
    with pytest.raises(ReplyRefused, match="1 characters too many"):
        post(house, response, "a" * 2001)
    post(house, response, "a" * 2000)


# ---- no road from a link


def test_no_road_leads_from_a_link_to_its_answer_by_way_of_the_code(house):
    """Whoever holds the link, the root key and the database cannot name the code."""
    with replying(house).client() as client:
        link = house.mint()
        first = stamp_of(client.get(link).text)
        second = stamp_of(client.get(link).text)
        answers = {"trust": "4", "satisfaction": "5", "comment": SAID}
        code = code_on(client, client.post(link, data=answers | {"stamp": first}))
        # The very link, opened again, makes another page with another number.
        assert code_on(client, client.post(link, data=answers | {"stamp": second})) is None
    house.clock.forward(days=4)
    store.forget(house.engine, house.clock().date())
    findings = unlinkable.findings(db.source(house.engine), house.clock())
    assert [finding.claim for finding in findings if not finding.holds] == []
    assert any("repl" in finding.claim for finding in findings) and code


def test_the_search_for_a_road_sees_a_reply_that_is_kept_too_long(house):
    with replying(house).client() as client:
        answer(client, house.mint(), comment=SAID)
    later = house.clock() + timedelta(days=61)
    store.forget(house.engine, later.date())
    broken = [
        finding.claim
        for finding in unlinkable.findings(db.source(house.engine), later)
        if not finding.holds
    ]
    assert len(broken) == 1 and "60 days" in broken[0]


# ---- in a browser


@pytest.fixture
def open_house(serve, sqlite_house):
    """A served house where offices reply."""
    address = serve.reserve()
    sqlite_house.move(address)
    serve(replying(sqlite_house).app(demo=True), at=address)
    return sqlite_house


def test_the_thanks_page_shows_the_code_on_a_small_screen_without_script(open_page, open_house):
    page = open_page(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page.goto(open_house.mint())
    for name in ("satisfaction", "trust"):
        page.locator(f'[name={name}][value="4"]').check(force=True)
    page.fill("[name=comment]", SAID)
    page.click(".send")
    code = page.locator(".code")
    expect(code).to_have_text(CODE)
    assert code.bounding_box()["height"] < 50  # on one line
    shown = code.inner_text()
    page.goto(f"{open_house.settings.base_url}/r")
    page.fill("#code", shown.lower())
    page.click(".send")
    expect(page.locator("h1")).to_have_text("The office's reply")
    expect(page.locator("main")).to_contain_text("No reply yet")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_pages_of_replies_pass_axe_and_fit_320_pixels(page, open_house, language):
    base = open_house.settings.base_url
    with httpx2.Client(base_url=base) as client:
        sent = answer(client, f"{open_house.mint()}?lang={language}", comment=SAID)
        code = code_on(client, sent)
    page.set_viewport_size({"width": 320, "height": 640})
    for path in (sent.headers["location"], f"/r/{code}?lang={language}", f"/r?lang={language}"):
        page.goto(base + path)
        assert browser_layout.axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.fixture
def host(serve, sqlite_house):
    """The agency's site, allowed to frame, and the survey server as an agency runs it."""
    address = serve.reserve()
    sqlite_house.move(address)
    host = Host(serve, sqlite_house)
    mine = f'embed_origins = ["{host.address}"]'
    sqlite_house.apply(REPLYING.replace('embed_origins = ["https://www.example.gov"]', mine))
    serve(sqlite_house.app(), at=address)
    return host


def test_inside_an_agencys_page_the_code_is_seen_by_the_person_alone(page, host, sqlite_house):
    heard = "<p id=heard></p>"
    page.goto(host.put("a", heard + tag(sqlite_house, site(sqlite_house))))
    page.evaluate(
        "window.told = [];"
        "addEventListener('message', (event) => told.push(JSON.stringify(event.data)))"
    )
    requests = []
    page.on("request", lambda request: requests.append(request))
    page.get_by_role("button", name="How did it go?").click()
    inside = page.frame_locator("iframe")
    for name in ("satisfaction", "trust"):
        inside.locator(f'[name={name}][value="4"]').check()
    inside.locator("[name=comment]").fill(SAID)
    inside.locator(".send").click()
    code = inside.locator(".code").inner_text()
    assert CODE.fullmatch(code)
    messages = page.evaluate("told")
    assert messages and not any(code in message for message in messages)
    thanks = [request for request in requests if "/thanks" in request.url]
    assert thanks and all("referer" not in request.headers for request in thanks)
    with page.context.expect_page() as opened:
        inside.get_by_role("link", name="Open the page of your code").click()
    expect(opened.value.locator("main")).to_contain_text("No reply yet")
    query = parse_qs(
        urlsplit([request.url for request in requests if "/thanks" in request.url][0]).query
    )
    assert code not in query["code"][0]
