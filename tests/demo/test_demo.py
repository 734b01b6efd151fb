"""`cx demo` as a person meets it: a real process, a real browser, a shell in another folder."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Page, expect

from tests.support import browser_layout, http_server

CX = Path(sys.executable).with_name("cx")
# Five seconds are promised on a machine of one's own; a busy one that tests gets more.
PATIENCE = http_server.PATIENCE
RIVERSIDE = '[data-office="riverside"] [data-n]'


class Demo:
    """A running `cx demo`. `seconds` is how long it took until its front page answered."""

    def __init__(self, data: Path, *words: str):
        started = time.monotonic()
        self.port = http_server.free_port()
        self.process = subprocess.Popen(
            [CX, "demo", "--port", str(self.port), "--data", str(data), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment(),
        )
        self.home = f"http://127.0.0.1:{self.port}/"
        self._wait()
        self.seconds = time.monotonic() - started

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not answers(self.home):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(f"The demonstration did not start: {self.process.communicate()}")
            time.sleep(0.05)

    def interrupt(self) -> tuple[int, str, str]:
        """Press Ctrl-C. Its exit code, what it said, and what it said on standard error."""
        self.process.send_signal(signal.SIGINT)
        printed, complained = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, printed, complained

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def environment() -> dict[str, str]:
    """The developer's own, without their settings of this product."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CX_")}


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demonstration with the default answers, for all who only use it."""
    # A space in the folder's name: the commands on the page must survive it.
    demo = Demo(tmp_path_factory.mktemp("demo") / "my data")
    yield demo
    demo.close()


def count(page: Page) -> int:
    return int(page.locator(RIVERSIDE).inner_text())


# ---- the front page


def test_it_is_ready_soon_and_shows_twenty_offices_with_answers(demo, page, record_property):
    record_property("seconds_until_ready", round(demo.seconds, 2))
    page.goto(demo.home)
    counts = [int(cell) for cell in page.locator("[data-n]").all_inner_texts()]
    assert len(counts) >= 20 and min(counts) > 0
    expect(page.locator(".demo")).to_have_text("Demonstration: not a government survey")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_front_page_is_clean_on_any_screen(demo, open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    for path in ("", "demo/agency"):
        page.goto(demo.home + path)
        assert not browser_layout.axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        boxes = page.locator(".scroll").all()
        assert boxes or path
        for box in boxes:
            assert box.evaluate("e => e.scrollWidth <= e.clientWidth"), "the table is cut off"
        assert not browser_layout.left_behind(page)["cookies"]


def test_every_load_mints_another_link(demo, page):
    links = set()
    for _ in range(3):
        page.goto(demo.home)
        links.add(page.get_by_role("link", name="Answer the survey").get_attribute("href"))
    assert len(links) == 3


def test_an_answer_makes_the_number_rise_without_a_reload(demo, open_page):
    front, phone = open_page(), open_page(viewport=browser_layout.PHONE)
    front.goto(demo.home)
    before = count(front)
    phone.goto(front.get_by_role("link", name="Answer the survey").get_attribute("href"))
    expect(phone.locator("footer")).to_contain_text("OMB control number 0000-0000")
    expect(phone.locator(".demo")).to_be_visible()
    browser_layout.answer(phone, 5, 4)
    browser_layout.send(phone)
    sentence = f"Counted: Riverside Office, {before} → {before + 1}"
    expect(phone.locator(".counted")).to_have_text(sentence)
    expect(phone.locator(".demo")).to_be_visible()
    expect(front.locator(RIVERSIDE)).to_have_text(str(before + 1))
    expect(front.get_by_role("status")).to_have_text(f"Riverside Office: {before} → {before + 1}.")


def test_the_survey_answers_inside_an_agencys_page(demo, page):
    page.goto(demo.home)
    before = count(page)
    page.get_by_role("link", name="See it inside an agency's page").click()
    survey = page.frame_locator("iframe.survey")
    survey.locator("#satisfaction-4").check()
    survey.locator("#trust-2").check()
    expect(survey.locator("#drivers-question")).to_have_text("What could be better?")
    assert not browser_layout.axe(page.frames[1])
    survey.get_by_role("button", name="Send").click()
    expect(survey.locator(".counted")).to_contain_text(f"{before} → {before + 1}")
    page.get_by_role("link", name="Back to the demonstration").click()
    expect(page.locator(RIVERSIDE)).to_have_text(str(before + 1))


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_it_answers_to_both_names_of_this_machine(demo, page, name):
    page.goto(f"http://{name}:{demo.port}/")
    page.get_by_role("link", name="Responder en español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    browser_layout.answer(page, 4, 4)
    browser_layout.send(page)
    assert page.url.startswith(f"http://{name}:{demo.port}/")


# ---- what it says to type


def test_the_commands_on_the_page_run_when_pasted_elsewhere(demo, page, tmp_path):
    page.goto(demo.home)
    named = dict(
        zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True)
    )
    assert len(named) >= 7
    with ThreadPoolExecutor(2) as shells:
        setup = page.locator("#setup").inner_text().strip()
        pasted = [f"{setup}\n{command}" for command in named.values()]
        printed = shells.map(lambda commands: paste(commands, tmp_path), pasted)
        output = dict(zip(named, printed, strict=True))
    assert "riverside" in output["Results by office"]
    assert "agree" in output["Count again and compare"]
    assert answers(output["Make a link"].strip().splitlines()[-1])
    rows = (tmp_path / "answers.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) > 4000 and rows[0].startswith("service,office,")


def test_a_button_leads_to_the_staff_pages_as_often_as_it_is_pressed(demo, open_page):
    for _ in range(2):
        page = open_page(viewport=browser_layout.PHONE)
        page.goto(demo.home)
        page.get_by_role("button", name="Open the staff pages").click()
        page.get_by_role("button").click()
        expect(page).to_have_url(f"{demo.home}staff/")
        expect(page.get_by_text("Demo analyst")).to_have_count(1)


def test_the_front_page_fits_a_phone_and_its_commands_are_short(demo, open_page):
    page = open_page(viewport=browser_layout.PHONE)
    page.goto(demo.home)
    assert not browser_layout.clipped(page) and not browser_layout.axe(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= browser_layout.PHONE["width"]
    commands = page.locator("dd").all_inner_texts()
    assert max(map(len, commands)) <= 60 and all(text.startswith("cx ") for text in commands)


def test_the_lines_of_python_mint_a_link_that_opens(demo, page, tmp_path):
    page.goto(demo.home)
    lines = page.locator("#python").inner_text()
    assert len(lines.strip().splitlines()) == 5
    done = subprocess.run(
        [sys.executable, "-"],
        input=lines,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert answers(done.stdout.strip())


def paste(command: str, folder: Path) -> str:
    """Run a command line as a shell in `folder` would; what it printed."""
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(),
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


# ---- stopping, starting again, being refused


def test_ctrl_c_stops_it_cleanly_and_the_next_start_keeps_the_answers(
    open_page, page_faults, tmp_path
):
    first = Demo(tmp_path / "data", "--answers", "200")
    try:
        page = open_page()
        page.goto(first.home)
        before = count(page)
        page.get_by_role("link", name="Answer the survey").click()
        browser_layout.answer(page, 4, 4)
        browser_layout.send(page)
        page.goto(first.home)  # and it goes on asking for the counts while we stop
        for gone in (
            "CONNECTION_REFUSED",
            "CONNECTION_RESET",
            "CONNECTION_CLOSED",
            "EMPTY_RESPONSE",
        ):
            page_faults.allow(f"Failed to load resource: net::ERR_{gone}")
        code, printed, complained = first.interrupt()
        assert (code, complained) == (0, "")
        assert "Stopped." in printed and "Traceback" not in printed
    finally:
        first.close()
    page.close()
    second = Demo(tmp_path / "data", "--answers", "200")
    try:
        page = open_page()
        page.goto(second.home)
        assert count(page) == before + 1
        counts = [int(cell) for cell in page.locator("[data-n]").all_inner_texts()]
        assert sum(counts) == 201
        page.close()  # it goes on asking, too, while the second stops
    finally:
        second.close()


def test_a_busy_port_and_a_busy_folder_are_told_in_a_sentence(demo, tmp_path):
    message = refused("--port", str(demo.port), "--data", str(tmp_path / "new"))
    assert "PORT=" in message and str(demo.port) in message
    data = Path(demo.process.args[demo.process.args.index("--data") + 1])
    message = refused("--port", str(http_server.free_port()), "--data", str(data))
    assert "Another server already works on" in message


def refused(*words: str) -> str:
    """What `cx demo` says when it will not start."""
    done = subprocess.run(
        [CX, "demo", *words], capture_output=True, text=True, timeout=PATIENCE, env=environment()
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 3, done.stderr
    return done.stderr


def test_on_the_network_a_telephone_scans_its_way_in(open_page, page_faults, tmp_path):
    demo = Demo(tmp_path / "data", "--answers", "50", "--lan")
    try:
        link, said = read_until_link(demo)
        drawn = io.StringIO()
        segno.make(link, error="m").terminal(out=drawn, compact=True)
        assert drawn.getvalue().strip() in said
        phone = open_page(viewport=browser_layout.PHONE)
        phone.goto(link)
        browser_layout.answer(phone, 4, 4)
        browser_layout.send(phone)
        expect(phone.locator(".counted")).to_contain_text("Riverside Office")
        assert demo.interrupt()[0] == 0
    finally:
        demo.close()
    # Over plain http to another machine a browser may say that it leaves this header aside.
    ignored = "The Cross-Origin-Opener-Policy header has been ignored"
    assert all(fault.startswith(ignored) for fault in page_faults)
    page_faults.clear()


def read_until_link(demo: Demo) -> tuple[str, str]:
    """The link under the QR code, and all that was said up to it."""
    said = ""
    assert demo.process.stdout is not None
    patience = threading.Timer(PATIENCE, demo.process.kill)
    patience.start()
    for line in demo.process.stdout:
        said += line
        if re.match(r"http://\S+/s/\S+$", line):
            patience.cancel()
            return line.strip(), said
    raise AssertionError(f"no link was printed: {said}")


def test_the_quarters_files_are_one_click_away(demo, page):
    page.goto(demo.home)
    for name, end in (
        ("Download this quarter's file", "v2.csv"),
        ("older format", "v1-header.csv"),
    ):
        with page.expect_download() as started:
            page.get_by_role("link", name=name).click()
        with zipfile.ZipFile(started.value.path()) as files:
            names = [path.partition("/")[2] for path in files.namelist()]
            manifest = json.loads(
                files.read(next(path for path in files.namelist() if "manifest" in path))
            )
        assert any(path.endswith(end) for path in names)
        assert manifest["draft"] and manifest["answers"] > 0
        assert started.value.suggested_filename == f"{manifest['quarter']}-{manifest['format']}.zip"
