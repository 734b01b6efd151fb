"""A tablet and its server: a browser with a profile of its own, and what is done with them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, expect

from tests.support import browser_layout, http_server, programs
from tests.support.cli_runner import invoke
from tests.support.house import House
from tests.support.optional import present

ROOT = Path(__file__).parents[2]


def in_queue(act: str) -> str:
    """JavaScript that does something with the queue of the page, such as `send()`."""
    module = "import(document.querySelector('script[type=module]').src)"
    return f"{module}.then(({{queue}}) => queue.{act})"


class RestartableServer:
    """A house that is served at one address, and can be stopped and started again there."""

    def __init__(self, house: House):
        self.house = house
        self.port = http_server.free_port()
        house.move(f"http://127.0.0.1:{self.port}")

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        config = uvicorn.Config(self.house.app(), **http_server.OPTIONS)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listener],))
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the server did not start"
            time.sleep(0.005)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(http_server.PATIENCE)
        assert not self.thread.is_alive()


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
            args=programs.CHROMIUM_OPTIONS,
            viewport={"width": 800, "height": 1280},
        )
        self.context.set_offline(offline)
        self.context.clock.install(time=self.house.clock.now - self.slow)
        self.context.on("request", self._note)
        page = self.page = self.context.pages[0]
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(address)
        return page

    def _note(self, request: Request) -> None:
        if request.url.endswith("/api/v1/responses"):
            self.sent += json.loads(present(request.post_data))["items"]

    def wait(self, **by: float) -> None:
        """Let time pass, for the server and for this device alike."""
        self.house.clock.forward(**by)
        self.page.clock.fast_forward(int(timedelta(**by).total_seconds() * 1000))

    def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until `condition` holds: whoever backs off comes again.

        What is under way when time jumps has failed: a busy machine gets longer and longer for it.
        """
        patience, until = 0.05, time.monotonic() + http_server.PATIENCE
        while not self._comes_about(condition, patience):
            assert time.monotonic() < until, "it did not come about"
            self.wait(seconds=20)
            patience *= 1.3

    def _comes_about(self, condition: Callable[[], bool], seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not (holds := _holds(condition)) and time.monotonic() < until:
            self.page.wait_for_timeout(30)
        return holds

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


def give_answer(page: Page, satisfaction: int, trust: int, words: str) -> None:
    """Answer as a person does, see the thanks, and leave the screen to the next."""
    browser_layout.answer(page, satisfaction, trust)
    page.locator("#comment").fill(words)
    page.locator("form .send").click()
    expect(page.locator(".done h1")).to_be_visible()
    # The second of two quick taps is taken for a slip.
    page.clock.fast_forward(600)
    page.locator("[data-next]").click()
    expect(page.locator("#comment")).to_be_visible()


def queue_status(page: Page) -> dict[str, Any]:
    """What the device says of itself."""
    status: dict[str, Any] = page.evaluate(in_queue("status()"))
    return status


def until(condition: Callable[[], bool], page: Page) -> None:
    """Let the page work until `condition` holds."""
    deadline = time.monotonic() + http_server.PATIENCE
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
    cached = f"caches.open('cx-kiosk-1').then(cache => cache.match('{path}')).then(hit => !!hit)"
    until(lambda: bool(page.evaluate(cached)), page)


def knows_its_pin(page: Page) -> None:
    """The first heartbeat of a paired device has come back."""
    until(lambda: bool(queue_status(page)["pin"]), page)


def paired(house: House, page: Page) -> str:
    """Pair the device at /k with a fresh code, as staff do; the PIN."""
    place = ("permits", "riverside", "--place", "East door")
    printed, _ = invoke(house, "kiosk", "pair", *place, "--json")
    offered = json.loads(printed)
    page.goto(f"{house.settings.base_url}/k?again=1")
    page.locator("input[name=code]").fill(offered["code"].lower().replace("-", " "))
    page.locator("form button").click()
    expect(page.locator("h1")).to_have_text("Permit renewal")
    return str(offered["pin"])


def open_staff_corner(page: Page, pin: str) -> None:
    """Open the staff corner with five taps and the PIN."""
    knows_its_pin(page)
    page.mouse.click(20, 20, click_count=5)  # within three seconds, on any machine
    page.locator("#staff-pin").fill(pin)
    page.keyboard.press("Enter")
    expect(page.locator("[data-show=panel]")).to_be_visible()


def give_answer_slowly(page: Page, words: str) -> None:
    """As `give`, by a clock that nobody moves."""
    browser_layout.answer(page, 4, 4)
    page.locator("#comment").fill(words)
    page.locator("form .send").click()
    expect(page.locator(".done h1")).to_be_visible()
    page.wait_for_timeout(600)
    page.locator("[data-next]").click()


def queue_answers(page: Page, n: int, **changes: Any) -> None:
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


class NewerRelease:
    """The same installation served by a copy of this software with a newer page."""

    def __init__(self, house: House, port: int, folder: Path):
        self.house, self.port, self.folder = house, port, folder

    def __enter__(self) -> None:
        for name in ("server", "sdk", "widget", "migrations", "locale"):
            shutil.copytree(ROOT / name, self.folder / name)
        with (self.folder / "widget" / "kiosk" / "main.js").open("a") as script:
            script.write("\nwindow.newer = true;\n")
        with (self.folder / "widget" / "kiosk" / "worker.js").open("a") as script:
            script.write(
                "\naddEventListener('message', ({data, source}) => "
                "data === 'which' && source.postMessage('newer'));\n"
            )
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
        until = time.monotonic() + http_server.PATIENCE
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("the newer release does not come up")

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(http_server.PATIENCE)
