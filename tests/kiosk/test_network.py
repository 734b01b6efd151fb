"""A kiosk and what stands between it and its server: proxies, walls, a second window."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support import browser_layout
from tests.support.kiosk_tablet import (
    give_answer_slowly,
    in_queue,
    queue_answers,
    queue_status,
    ready_without_network,
    until,
)

NETWORK = re.compile(r"Failed to load resource|Failed to fetch|ERR_|network")


# ---- what a server, or something between, may say


@pytest.fixture
def kiosk(open_page, standing) -> Page:
    """A kiosk's page in a fresh browser, opened through a link of the SDK."""
    page: Page = open_page(viewport={"width": 800, "height": 1280})
    page.clock.install(time=standing.house.clock.now)
    page.goto(standing.house.mint(channel="kiosk"))
    expect(page.locator("h1")).to_have_text("Permit renewal")
    return page


class Wall:
    """What answers in the server's place, always the same."""

    def __init__(self, kiosk: Page, **answer: Any):
        self.urls: list[str] = []
        self.answer = answer
        kiosk.route(re.compile("/api/|heartbeat"), self.fulfill)

    def fulfill(self, route: Any) -> None:
        self.urls.append(route.request.url)
        route.fulfill(**self.answer)

    def has_refused_answers(self) -> bool:
        """Whether the page has read what came of its answers: only then it asks for the server."""
        sent = [at for at, url in enumerate(self.urls) if url.endswith("/api/v1/responses")]
        return bool(sent) and any("heartbeat" in url for url in self.urls[sent[0] :])


def forget_network_faults(faults: list[str]) -> None:
    """Chromium logs every refused request."""
    assert all(NETWORK.search(fault) for fault in faults), faults
    faults.clear()


def test_a_network_that_wants_people_to_sign_in_is_not_our_server(kiosk, standing, page_faults):
    until(lambda: queue_status(kiosk).get("offset") is not None, kiosk)
    wall = Wall(kiosk, status=200, content_type="text/html", body="<h1>Welcome")
    give_answer_slowly(kiosk, "behind a wall")
    until(wall.has_refused_answers, kiosk)
    assert (queue_status(kiosk)["waiting"], standing.house.count()) == (1, 0)
    kiosk.unroute_all()
    kiosk.evaluate(in_queue("send()"))
    until(lambda: standing.house.count() == 1, kiosk)
    forget_network_faults(page_faults)


def test_an_answer_that_does_not_fit_is_set_aside_and_the_next_goes_on(kiosk, standing):
    queue_answers(kiosk, 1, survey="permits/99")
    queue_answers(kiosk, 2)
    kiosk.evaluate(in_queue("send()"))
    until(lambda: queue_status(kiosk)["waiting"] == 0, kiosk)
    assert standing.house.count() == 2
    [aside] = queue_status(kiosk)["aside"]
    assert (aside["why"]["status"], aside["why"]["code"]) == (422, "invalid")


def test_what_a_proxy_finds_too_large_is_sent_in_smaller_parts(kiosk, standing, page_faults):
    house = standing.house
    kiosk.context.set_offline(True)
    queue_answers(kiosk, 40)
    sizes: list[int] = []

    def proxy(route: Any) -> None:
        sizes.append(len(json.loads(route.request.post_data)["items"]))
        route.continue_() if sizes[-1] <= 12 else route.fulfill(status=413, body="too large")

    kiosk.route("**/api/v1/responses", proxy)
    kiosk.context.set_offline(False)
    kiosk.evaluate(in_queue("send()"))
    until(lambda: house.count() == 40, kiosk)
    assert sizes[:3] == [40, 20, 10]
    assert queue_status(kiosk)["aside"] == []
    forget_network_faults(page_faults)


def test_two_windows_on_one_device_send_each_answer_once(kiosk, standing):
    other = kiosk.context.new_page()
    other.goto(kiosk.url)
    expect(other.locator("h1")).to_have_text("Permit renewal")
    sent: list[str] = []
    # Before there is anything to send: the second window may be about to send as it starts.
    kiosk.context.on(
        "request",
        lambda request: (
            sent.extend(item["key"] for item in json.loads(request.post_data)["items"])
            if request.url.endswith("/api/v1/responses")
            else None
        ),
    )
    queue_answers(kiosk, 30)
    for page in (kiosk, other):
        page.evaluate("void " + in_queue("send()"))
    until(lambda: standing.house.count() == 30 and queue_status(kiosk)["waiting"] == 0, kiosk)
    assert len(sent) == len(set(sent)) == 30


def test_at_five_thousand_it_is_out_of_service_rather_than_lie(kiosk, standing, page_faults):
    kiosk.context.set_offline(True)
    queue_answers(kiosk, 4999)
    browser_layout.answer(kiosk, 3, 3)
    kiosk.locator("form .send").click()
    expect(kiosk.locator(".done h1")).to_be_visible()
    kiosk.wait_for_timeout(600)
    kiosk.locator("[data-next]").click()
    expect(kiosk.locator("#stage h1")).to_have_text("Out of service")
    assert queue_status(kiosk)["waiting"] == 5000
    refused = in_queue("keep({survey: 'permits/1', language: 'en'}).catch(({name}) => name)")
    assert kiosk.evaluate(refused) == "full"
    assert queue_status(kiosk)["waiting"] == 5000
    kiosk.close()  # before it tries again
    forget_network_faults(page_faults)


def test_one_answer_that_a_wall_takes_offence_at_waits_and_the_others_go_on(
    kiosk, standing, page_faults
):
    def wall(route: Any) -> None:
        offended = "OR 1=1" in route.request.post_data
        route.fulfill(status=403, body="blocked") if offended else route.continue_()

    # First the wall: the page may be about to send as it starts.
    kiosk.route("**/api/v1/responses", wall)
    queue_answers(kiosk, 1, comment="' OR 1=1 --")
    queue_answers(kiosk, 5)
    kiosk.evaluate(in_queue("send()"))
    until(lambda: queue_status(kiosk)["waiting"] == 1, kiosk)
    assert (standing.house.count(), queue_status(kiosk)["aside"]) == (5, [])
    forget_network_faults(page_faults)


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (404, "application/json", '{"message": "no Route matched"}'),
        (422, "application/json", '{"detail": "no"}'),
        (400, "text/html", "<h1>Bad Request"),
        (410, "text/html", "<h1>Gone"),
    ],
)
def test_what_a_gateway_refuses_in_the_servers_place_is_not_set_aside(
    kiosk, standing, page_faults, status, kind, body
):
    until(lambda: queue_status(kiosk).get("offset") is not None, kiosk)
    wall = Wall(kiosk, status=status, content_type=kind, body=body)
    queue_answers(kiosk, 4)
    kiosk.evaluate(in_queue("send()"))
    until(wall.has_refused_answers, kiosk)
    assert (queue_status(kiosk)["waiting"], queue_status(kiosk)["aside"]) == (4, [])
    kiosk.unroute_all()
    kiosk.evaluate(in_queue("send()"))
    until(lambda: standing.house.count() == 4, kiosk)
    forget_network_faults(page_faults)


def test_a_file_that_did_not_arrive_as_it_is_is_not_put_by(kiosk):
    ready_without_network(kiosk)
    spoilt = """async () => {
      const cache = await caches.open("cx-kiosk-1");
      const [file] = (await cache.keys()).filter(({url}) => url.endsWith("/kiosk/screen.js"));
      await cache.put(file, new Response("<h1>Sign in", {headers: {"content-type": "text/html"}}));
      const ready = await navigator.serviceWorker.ready;
      ready.active.postMessage("keep");
      return file.url;
    }"""
    url = kiosk.evaluate(spoilt)
    text = f"caches.match('{url}').then(kept => kept.text())"
    until(lambda: "The kiosk's screen" in kiosk.evaluate(text), kiosk)


def test_a_database_that_the_browser_has_closed_is_opened_again(kiosk, standing):
    until(lambda: queue_status(kiosk).get("offset") is not None, kiosk)
    devtools = kiosk.context.new_cdp_session(kiosk)
    origin = standing.house.settings.base_url
    devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "indexeddb"})
    give_answer_slowly(kiosk, "after the loss")
    until(lambda: standing.house.count() == 1, kiosk)
