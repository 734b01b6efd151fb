"""A kiosk through what happens to kiosks: no network, no power, a wrong clock, a withdrawn link.

Real Chromium, a real server, real sockets. Whatever happens, every answer that got a "Thank you"
is stored once, under the hour at which it was given.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

import programs
import sight
from house import House
from serving import free_port
from typed import Typed

ROOT = Path(__file__).parents[1]
# An hour and a half before the fiscal quarter ends, at the office in New York.
EVENING = datetime(2026, 12, 31, 22, 31, tzinfo=UTC) + timedelta(hours=5)
SLOW = timedelta(days=3)
NETWORK = re.compile(r"Failed to load resource|Failed to fetch|ERR_|network")


class Standing:
    """A house that is served at one address, and can be stopped and started again there."""

    def __init__(self, house: House):
        self.house = house
        self.port = free_port()
        house.move(f"http://127.0.0.1:{self.port}")

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        config = uvicorn.Config(self.house.app(), log_level="warning", access_log=False, ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listener],))
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the server did not start"
            time.sleep(0.005)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def standing(sqlite_house: House) -> Iterator[Standing]:
    standing = Standing(sqlite_house)
    standing.start()
    yield standing
    if standing.thread.is_alive():
        standing.stop()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(monkeypatch, capsys)


class Tablet:
    """A Chromium with a profile of its own on disk: it can be killed, and opened again."""

    def __init__(self, browser: Browser, profile: Path, house: House):
        self.browser, self.profile, self.house = browser, profile, house
        self.slow = timedelta(0)
        self.sent: list[dict[str, Any]] = []
        self.faults: list[str] = []

    def open(self, address: str, *, offline: bool = False) -> Page:
        self.context: BrowserContext = self.browser.browser_type.launch_persistent_context(
            self.profile,
            executable_path=programs.chromium(),
            args=["--no-sandbox", "--disable-gpu"],
            viewport={"width": 800, "height": 1280},
        )
        self.context.set_offline(offline)
        self.context.clock.install(time=self.house.clock.now - self.slow)
        self.context.on("request", self._note)
        page = self.page = self.context.pages[0]
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(address)
        return page

    def _note(self, request: Any) -> None:
        if request.url.endswith("/api/v1/responses"):
            self.sent += json.loads(request.post_data)["items"]

    def wait(self, **by: float) -> None:
        """Let time pass, for the server and for this device alike."""
        self.house.clock.forward(**by)
        self.page.clock.fast_forward(int(timedelta(**by).total_seconds() * 1000))

    def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until `condition` holds: whoever backs off comes again."""
        for _ in range(100):
            if _holds(condition):
                return
            self.wait(seconds=20)
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not come about")

    def kill(self) -> None:
        """Pull the plug."""
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and self._is_mine(process):
                os.kill(int(process.name), signal.SIGKILL)
        with pytest.raises(Exception, match="closed"):
            while True:
                self.page.evaluate("1")
                time.sleep(0.01)

    def _is_mine(self, process: Path) -> bool:
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            return False
        return f"--user-data-dir={self.profile}".encode() in words and b"--type=" not in words

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def tablet(browser: Browser, tmp_path: Path, standing: Standing) -> Iterator[Tablet]:
    tablet = Tablet(browser, tmp_path / "profile", standing.house)
    yield tablet
    tablet.close()
    assert not tablet.faults


def give(page: Page, satisfaction: int, trust: int, words: str) -> None:
    """Answer as a person does, see the thanks, and leave the screen to the next."""
    sight.answer(page, satisfaction, trust)
    page.locator("#comment").fill(words)
    page.locator("form .send").click()
    expect(page.locator(".done h1")).to_be_visible()
    # The second of two quick taps is taken for a slip.
    page.clock.fast_forward(600)
    page.locator("[data-next]").click()
    expect(page.locator("#comment")).to_be_visible()


def held(page: Page) -> dict[str, Any]:
    """What the device says of itself."""
    told: dict[str, Any] = page.evaluate("Queue.status()")
    return told


def until(condition: Callable[[], bool], page: Page, seconds: float = 20) -> None:
    """Let the page work until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not _holds(condition):
        assert time.monotonic() < deadline, "it did not come about"
        page.wait_for_timeout(30)


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except Error as error:  # the page is just loading itself anew
        assert "context was destroyed" in error.message, error
        return False


def ready_without_network(page: Page) -> None:
    """The page and its files have been put by."""
    path = page.url.replace("?again=1", "").rpartition("/")[0]
    kept = f"caches.open('cx-kiosk-1').then(cache => cache.match('{path}')).then(found => !!found)"
    until(lambda: page.evaluate(kept), page)


def knows_its_pin(page: Page) -> None:
    """The first heartbeat of a paired device has come back."""
    until(lambda: bool(held(page)["pin"]), page)


def quarter(day: date) -> str:
    """The federal fiscal quarter: the year begins in October."""
    start = day.replace(day=1)
    return f"{start.year + (start.month > 9)}Q{(start.month - 10) % 12 // 3 + 1}"


def test_thirty_answers_survive_everything_and_none_is_there_twice(tablet, standing):
    house = tablet.house
    house.clock.now = EVENING
    tablet.slow = SLOW
    link = house.mint(channel="kiosk", place="East door")
    page = tablet.open(link)
    ready_without_network(page)
    given: dict[str, datetime] = {}

    def answers(*numbers: int) -> None:
        for number in numbers:
            tablet.wait(minutes=5)
            give(tablet.page, 1 + number % 5, 1 + number // 2 % 5, f"answer {number:02}")
            given[f"answer {number:02}"] = house.clock.now

    answers(*range(5))
    tablet.until(lambda: house.count() == 5)

    tablet.context.set_offline(True)
    answers(*range(5, 15))
    assert (held(page)["waiting"], house.count()) == (10, 5)
    tablet.kill()
    page = tablet.open(link, offline=True)
    expect(page.locator("h1")).to_have_text("Permit renewal")
    assert held(page)["waiting"] == 10
    answers(*range(15, 25))
    tablet.context.set_offline(False)
    tablet.until(lambda: house.count() == 25)

    standing.stop()
    answers(25)
    assert held(page)["waiting"] == 1
    standing.start()
    answers(*range(26, 30))
    tablet.until(lambda: house.count() == 30)
    tablet.until(lambda: held(page)["waiting"] == 0)

    rows = {row["comment"]: row for row in house.responses()}
    assert sorted(rows) == sorted(given)
    for words, row in rows.items():
        assert row["answered_hour"] == given[words].replace(minute=0, second=0, microsecond=0)
        assert row["flags"] == "clock"
        local = (given[words] - timedelta(hours=5)).date()
        assert (row["day"], quarter(row["day"])) == (local, quarter(local))
    assert {quarter(row["day"]) for row in rows.values()} == {"2027Q1", "2027Q2"}
    first_sent = list(dict.fromkeys(item["comment"] for item in tablet.sent))
    assert first_sent == sorted(given)
    assert held(page)["offset"] == pytest.approx(SLOW.total_seconds(), abs=30)
    assert held(page)["aside"] == []


# ---- the link ends, or is withdrawn, while answers wait


def paired(typed: Typed, house: House, page: Page) -> str:
    """Pair the device at /k with a fresh code, as staff do; the PIN."""
    place = ("permits", "riverside", "--place", "East door")
    told, _ = typed(house, "kiosk", "pair", *place, "--json")
    offered = json.loads(told)
    page.goto(f"{house.settings.base_url}/k?again=1")
    page.locator("input[name=code]").fill(offered["code"].lower().replace("-", " "))
    page.locator("form button").click()
    expect(page.locator("h1")).to_have_text("Permit renewal")
    return str(offered["pin"])


def corner(page: Page, pin: str) -> None:
    """Open the staff corner with five taps and the PIN."""
    knows_its_pin(page)
    for _ in range(5):
        page.mouse.click(20, 20)
    page.locator("#staff-pin").fill(pin)
    page.keyboard.press("Enter")
    expect(page.locator("[data-show=panel]")).to_be_visible()


def test_a_link_withdrawn_under_waiting_answers_loses_none_and_pairing_sends_them(
    tablet, standing, typed
):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    pin = paired(typed, house, page)
    ready_without_network(page)
    knows_its_pin(page)
    tablet.context.set_offline(True)
    for number in range(3):
        tablet.wait(minutes=2)
        give(page, 4, 4, f"kept {number}")
    typed(house, "kiosk", "revoke", "permits", "riverside", "--place", "East door")
    standing.stop()
    standing.start()
    tablet.context.set_offline(False)
    tablet.until(lambda: len(held(page)["aside"]) == 3)
    expect(page.locator("#stage h1")).to_have_text("Out of service")
    assert house.count() == 0

    corner(page, pin)
    expect(page.locator("[data-show=aside]")).to_have_text("3")
    expect(page.locator("[data-show=reasons]")).to_have_text("3 × the link was withdrawn")
    expect(page.locator("[data-show=state]")).to_contain_text("Pair it again")
    listed = json.loads(typed(house, "kiosks", "--json")[0])
    assert [kiosk["aside"] for kiosk in listed] == [3]

    paired(typed, house, page)
    page.clock.fast_forward("02:00")
    tablet.until(lambda: house.count() == 3)
    assert {row["comment"] for row in house.responses()} == {"kept 0", "kept 1", "kept 2"}
    tablet.until(lambda: held(page)["waiting"] + len(held(page)["aside"]) == 0)


def test_a_link_that_ended_still_sends_what_was_given_before_and_asks_nobody_after(tablet, typed):
    house = tablet.house
    link = house.mint(channel="kiosk", expires_at=house.clock.now + timedelta(hours=1))
    page = tablet.open(link)
    ready_without_network(page)
    tablet.until(lambda: held(page).get("offset") is not None)
    tablet.context.set_offline(True)
    tablet.wait(minutes=50)
    give(page, 5, 5, "in time")
    tablet.wait(minutes=20)
    expect(page.locator("#stage h1")).to_have_text("Out of service")
    tablet.wait(days=10)
    page.reload()
    expect(page.locator("#stage h1")).to_have_text("Out of service")
    assert held(page)["waiting"] == 1
    tablet.context.set_offline(False)
    tablet.until(lambda: house.count() == 1)
    assert house.responses()[0]["comment"] == "in time"
    assert held(page)["state"] == "ended"
    paired(typed, house, page)
    give(page, 4, 4, "after pairing")
    tablet.until(lambda: house.count() == 2)


def test_a_device_moves_to_its_renewed_link_and_lives_on_beyond_the_first(tablet, typed):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    paired(typed, house, page)
    knows_its_pin(page)
    first = held(page)["link"]
    tablet.wait(days=61)
    tablet.until(lambda: held(page)["link"] != first)
    renewed = held(page)["link"]
    assert page.url == renewed
    tablet.wait(days=40)
    page.goto(first)  # an old bookmark: the device knows better
    expect(page.locator("#stage h1")).to_have_text("Permit renewal")
    assert page.url == renewed
    give(page, 5, 4, "on day 101")
    tablet.until(lambda: house.count() == 1)


# ---- what a server, or something between, may say


@pytest.fixture
def kiosk(open_page, standing) -> Iterator[Page]:
    """A kiosk's page in a fresh browser, opened through a link of the SDK."""
    page: Page = open_page(viewport={"width": 800, "height": 1280})
    page.goto(standing.house.mint(channel="kiosk"))
    expect(page.locator("h1")).to_have_text("Permit renewal")
    return page


def forget_network_faults(faults: list[str]) -> None:
    """Chromium logs every refused request."""
    assert all(NETWORK.search(fault) for fault in faults), faults
    faults.clear()


def test_a_network_that_wants_people_to_sign_in_is_not_our_server(kiosk, standing, page_faults):
    until(lambda: held(kiosk).get("offset") is not None, kiosk)
    kiosk.route(
        re.compile("/api/|heartbeat"),
        lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Welcome"),
    )
    give_slowly(kiosk, "behind a wall")
    kiosk.wait_for_timeout(300)
    assert (held(kiosk)["waiting"], standing.house.count()) == (1, 0)
    kiosk.unroute_all()
    kiosk.evaluate("Queue.send()")
    until(lambda: standing.house.count() == 1, kiosk)
    forget_network_faults(page_faults)


def give_slowly(page: Page, words: str) -> None:
    """As `give`, by a clock that nobody moves."""
    sight.answer(page, 4, 4)
    page.locator("#comment").fill(words)
    page.locator("form .send").click()
    expect(page.locator(".done h1")).to_be_visible()
    page.wait_for_timeout(600)
    page.locator("[data-next]").click()


def put_by(page: Page, n: int, **changes: Any) -> None:
    """Write `n` answers straight into the queue, as if they had been waiting."""
    page.evaluate(
        """async ([n, changes]) => {
          const open = indexedDB.open("cx-kiosk");
          const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
          const act = db.transaction("answers", "readwrite");
          const path = location.pathname.split("/");
          for (let at = 0; at < n; at++)
            act.objectStore("answers").add({
              key: crypto.randomUUID(), link: location.origin + location.pathname,
              service: path[2], office: path[3], survey: "permits/1", language: "en",
              satisfaction: 4, trust: 4, drivers: [], comment: `row ${at}`, questions: {},
              at: Date.now() - (n - at) * 60000, offset: 0, stretch: "", state: 0, why: null,
              ...changes,
            });
          await new Promise((done) => { act.oncomplete = done; });
          db.close();
        }""",
        [n, changes],
    )


def test_an_answer_that_does_not_fit_is_set_aside_and_the_next_goes_on(kiosk, standing):
    put_by(kiosk, 1, survey="permits/99")
    put_by(kiosk, 2)
    kiosk.evaluate("Queue.send()")
    until(lambda: held(kiosk)["waiting"] == 0, kiosk)
    assert standing.house.count() == 2
    [aside] = held(kiosk)["aside"]
    assert (aside["why"]["status"], aside["why"]["code"]) == (422, "invalid")


def test_what_a_proxy_finds_too_large_is_sent_in_smaller_parts(kiosk, standing, page_faults):
    house = standing.house
    kiosk.context.set_offline(True)
    put_by(kiosk, 40)
    sizes: list[int] = []

    def proxy(route: Any) -> None:
        sizes.append(len(json.loads(route.request.post_data)["items"]))
        route.continue_() if sizes[-1] <= 12 else route.fulfill(status=413, body="too large")

    kiosk.route("**/api/v1/responses", proxy)
    kiosk.context.set_offline(False)
    kiosk.evaluate("Queue.send()")
    until(lambda: house.count() == 40, kiosk)
    assert sizes[:3] == [40, 20, 10]
    assert held(kiosk)["aside"] == []
    forget_network_faults(page_faults)


def test_two_windows_on_one_device_send_each_answer_once(kiosk, standing):
    other = kiosk.context.new_page()
    other.goto(kiosk.url)
    expect(other.locator("h1")).to_have_text("Permit renewal")
    put_by(kiosk, 30)
    sent: list[str] = []
    kiosk.context.on(
        "request",
        lambda request: (
            sent.extend(item["key"] for item in json.loads(request.post_data)["items"])
            if request.url.endswith("/api/v1/responses")
            else None
        ),
    )
    for page in (kiosk, other):
        page.evaluate("void Queue.send()")
    until(lambda: standing.house.count() == 30, kiosk)
    assert len(sent) == len(set(sent)) == 30


def test_at_five_thousand_it_is_out_of_service_rather_than_lie(kiosk, standing, page_faults):
    kiosk.context.set_offline(True)
    put_by(kiosk, 4999)
    sight.answer(kiosk, 3, 3)
    kiosk.locator("form .send").click()
    expect(kiosk.locator(".done h1")).to_be_visible()
    kiosk.wait_for_timeout(600)
    kiosk.locator("[data-next]").click()
    expect(kiosk.locator("#stage h1")).to_have_text("Out of service")
    assert held(kiosk)["waiting"] == 5000
    refused = "Queue.keep({survey: 'permits/1', language: 'en'}).catch(({name}) => name)"
    assert kiosk.evaluate(refused) == "full"
    assert held(kiosk)["waiting"] == 5000
    forget_network_faults(page_faults)


def test_a_clock_set_right_before_the_network_is_back_moves_no_answer(tablet):
    house = tablet.house
    tablet.slow = SLOW
    page = tablet.open(house.mint(channel="kiosk"))
    tablet.until(lambda: held(page).get("offset") is not None)
    tablet.context.set_offline(True)
    tablet.wait(hours=2)
    given = house.clock.now
    give(page, 4, 4, "by the wrong clock")
    tablet.wait(hours=3)
    # The system sets its clock: three days on, while the page lives.
    page.evaluate("days => { const now = Date.now; Date.now = () => now() + days * 864e5; }", 3)
    page.clock.fast_forward("00:05")
    tablet.context.set_offline(False)
    tablet.until(lambda: house.count() == 1)
    [row] = house.responses()
    assert row["answered_hour"] == given.replace(minute=0, second=0, microsecond=0)
    assert row["flags"] == "clock"


# ---- the staff corner


def test_a_test_answer_goes_all_the_way_and_never_counts(tablet, typed):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    pin = paired(typed, house, page)
    corner(page, pin)
    page.locator("[data-do=test]").click()
    expect(page.locator("[data-show=done]")).to_have_text(
        "The test answer has arrived. It was not counted."
    )
    assert house.count() == 0
    assert any(item.get("test") for item in tablet.sent)
    assert sight.axe(page) == []
    page.locator("[data-do=close]:visible").click()
    expect(page.locator("dialog")).to_have_count(0)


def test_five_wrong_pins_lock_the_corner_and_a_reload_does_not_open_it(tablet, typed):
    house = tablet.house
    page = tablet.open(f"{house.settings.base_url}/k")
    pin = paired(typed, house, page)
    knows_its_pin(page)
    wrong = "000000" if pin != "000000" else "111111"
    page.keyboard.press("Control+Alt+KeyS")
    for _ in range(5):
        page.locator("#staff-pin").fill(wrong)
        page.keyboard.press("Enter")
        expect(page.locator("#staff-wrong")).to_have_text("This PIN is not right.")
        page.evaluate("document.getElementById('staff-wrong').textContent = ''")
    page.reload()
    page.keyboard.press("Control+Alt+KeyS")
    page.locator("#staff-pin").fill(pin)
    page.keyboard.press("Enter")
    expect(page.locator("#staff-wrong")).to_have_text("Too many tries. Wait 5 minutes.")
    tablet.wait(minutes=6)
    page.keyboard.press("Control+Alt+KeyS")
    page.locator("#staff-pin").fill(pin)
    page.keyboard.press("Enter")
    expect(page.locator("[data-show=panel]")).to_be_visible()


# ---- a new release


def test_a_new_release_of_the_page_finds_the_queue_as_it_was(tablet, standing, tmp_path):
    house = tablet.house
    house.clock.now = datetime.now(UTC).replace(microsecond=0)
    link = house.mint(channel="kiosk")
    page = tablet.open(link)
    ready_without_network(page)
    before = held(page)["release"]
    tablet.context.set_offline(True)
    give(page, 2, 2, "before the release")
    standing.stop()
    with newer_release(house, standing.port, tmp_path / "newer"):
        tablet.context.set_offline(False)
        tablet.until(lambda: house.count() == 1)
        # Nobody is at the screen: it takes the new page by itself.
        page.clock.fast_forward("00:40")
        tablet.until(lambda: page.evaluate("window.newer === true"))
        assert held(page)["release"] != before
        give(page, 3, 3, "after the release")
        tablet.until(lambda: house.count() == 2)
    tablet.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("Permit renewal")
    assert page.evaluate("window.newer") is True


class newer_release:
    """The same installation served by a copy of this software with a newer page."""

    def __init__(self, house: House, port: int, folder: Path):
        self.house, self.port, self.folder = house, port, folder

    def __enter__(self) -> None:
        for name in ("server", "sdk", "widget", "migrations", "locale"):
            shutil.copytree(ROOT / name, self.folder / name)
        with (self.folder / "widget" / "kiosk.js").open("a") as script:
            script.write("\nwindow.newer = true;\n")
        environment = {
            **os.environ,
            "PYTHONPATH": f"{self.folder}/server:{self.folder}/sdk",
            "CX_DATA_DIR": str(self.house.settings.data_dir),
            "CX_BASE_URL": self.house.settings.base_url,
        }
        command = [sys.executable, "-m", "cxserver", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=environment, cwd=self.folder, stderr=subprocess.DEVNULL
        )
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("the newer release does not come up")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
