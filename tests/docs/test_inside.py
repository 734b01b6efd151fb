"""The survey inside other people's applications: each example runs as it stands, under /cx."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx2
import pytest

from tests.support import http_server
from tests.support.house import House, stamp_of
from tests.support.shared_house import shared_house

EXAMPLES = Path(__file__).parents[2] / "examples"
# How each example says that it is run.
WAYS = {
    "inside_fastapi": "-m uvicorn inside_fastapi:app --port {port}",
    "inside_starlette": "-m uvicorn inside_starlette:app --port {port}",
    "inside_flask": "-m flask --app inside_flask run --port {port}",
    "inside_django": "-m uvicorn inside_django:application --port {port}",
    "inside_django_wsgi": "inside_django_wsgi.py {port}",
}


@pytest.fixture(scope="module", params=WAYS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, House]]:
    """One example after the other: its address, where the survey is under /cx, and our house."""
    port = http_server.free_port()
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("inside") / "log"
    with shared_house(request, base_url=f"{address}/cx") as house, log.open("w") as output:
        house.live_today()
        process = subprocess.Popen(
            [sys.executable, *WAYS[request.param].format(port=port).split()],
            cwd=EXAMPLES,
            env=environment(house),
            stdout=output,
            stderr=output,
        )
        try:
            wait_for(port, process, log)
            yield address, house
        finally:
            process.terminate()
            process.wait(http_server.PATIENCE)
    assert "Traceback" not in log.read_text() and "was destroyed" not in log.read_text()


@pytest.fixture
def host(running: tuple[str, House]) -> str:
    """The address of the example."""
    return running[0]


@pytest.fixture
def house(running: tuple[str, House]) -> House:
    """Where its answers go."""
    return running[1]


def environment(house: House) -> dict[str, str]:
    return {
        **os.environ,
        "CX_BASE_URL": house.settings.base_url,
        "CX_DATA_DIR": str(house.settings.data_dir),
        "CX_DATABASE_URL": house.settings.database_url,
        "CX_KEY": house.keys["permits"].text,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + http_server.PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def transaction(host: str) -> str:
    """End a transaction in the host application; the survey's address on the page it shows."""
    done = httpx2.post(f"{host}/permits/7/renew")
    assert done.status_code == 200, done.text
    assert "content-security-policy" not in done.headers  # ours is for our pages alone
    [link] = re.findall(r'href="([^"]+)"', done.text)
    return unescape(link)


@pytest.mark.parametrize("name", WAYS)
def test_a_transaction_succeeds_where_no_link_can_be_made(sqlite_house, tmp_path, name):
    port, log = http_server.free_port(), tmp_path / "log"
    sqlite_house.move(f"http://127.0.0.1:{port}/cx")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *WAYS[name].format(port=port).split()],
            cwd=EXAMPLES,
            env=environment(sqlite_house) | {"CX_KEY": sqlite_house.keys["calls"].text[:-1]},
            stdout=output,
            stderr=output,
        )
        try:
            wait_for(port, process, log)
            done = httpx2.post(f"http://127.0.0.1:{port}/permits/7/renew")
        finally:
            process.terminate()
            process.wait(http_server.PATIENCE)
    assert (done.status_code, done.text) == (200, "<p>Permit 7 is renewed.</p>")
    written = log.read_text()
    assert "No survey link was made" in written and "KeyCutOff" in written
    assert sqlite_house.keys["calls"].text[:-1] not in written


def test_a_transaction_ends_in_one_counted_answer(host, house):
    earlier = house.responses()
    link = transaction(host)
    assert link.startswith(f"{host}/cx/s/permits/riverside/")
    with httpx2.Client() as person:
        page = person.get(link)
        assert page.status_code == 200 and "Riverside Office" in page.text
        fields = {"stamp": stamp_of(page.text), "trust": "4", "satisfaction": "5", "comment": "Sí"}
        assert person.post(link, data=fields | {"trust": ""}).status_code == 422
        sent = person.post(link, data=fields)
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            "/cx/s/permits/riverside/thanks?lang=en",
        )
        thanks = person.get(f"{host}{sent.headers['location']}")
        assert thanks.status_code == 200 and "Thank you" in thanks.text
        assert person.post(link, data=fields).status_code == 303
        assert "We already have your answer" in person.get(link).text
    [row] = [row for row in house.responses() if row not in earlier]
    assert (row["service"], row["office"], row["channel"]) == ("permits", "riverside", "web")
    assert (row["trust"], row["satisfaction"], row["comment"]) == (4, 5, "Sí")


def test_every_file_of_a_page_lies_under_the_path(host):
    link = transaction(host)
    pages = [httpx2.get(link), httpx2.get(f"{host}/cx/s/permits/riverside/thanks")]
    pages.append(httpx2.get(link[:-3] + "xyQ"))
    assert [page.status_code for page in pages] == [200, 200, 404]
    files = {
        file for page in pages for file in re.findall(r'(?:src|href)="(/[^"]*|\.[^"]*)"', page.text)
    }
    static = {file for file in files if "/static/" in file}
    assert len(static) >= 2 and all(file.startswith("/cx/") for file in files)
    for file in static:
        response = httpx2.get(f"{host}{file}")
        assert response.status_code == 200 and response.content
        assert "immutable" in response.headers["cache-control"]


def test_the_other_doors_open_under_the_path_and_nowhere_else(host, house):
    earlier = house.count()
    loader = httpx2.get(f"{host}/cx/embed/1/cx.js")
    assert loader.status_code == 200 and "javascript" in loader.headers["content-type"]
    assert httpx2.get(f"{host}/cx/readyz").text == "ready\n"
    described = httpx2.get(f"{host}/cx/api/v1/openapi.json").json()
    assert described["servers"] == [{"url": f"{host}/cx"}]
    answer = {"link": transaction(host), "trust": 2, "satisfaction": 3}
    assert httpx2.post(f"{host}/cx/api/v1/responses", json=answer).status_code == 201
    refused = httpx2.post(f"{host}/cx/api/v1/responses", json=answer | {"trust": 9})
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert httpx2.get(f"{host}/embed/1/cx.js").status_code == 404
    assert house.count() == earlier + 1


def test_a_refusal_is_told_as_by_a_server_of_its_own(host):
    link = transaction(host)
    lost = httpx2.get(f"{host}/cx/nothing/here")
    assert lost.status_code == 404 and "/cx/static/" in lost.text
    refusal = httpx2.get(f"{host}/cx/api/v1/nothing")
    assert refusal.status_code == 404
    assert refusal.headers["content-type"].startswith("application/problem+json")
    assert httpx2.put(link).status_code == 405
    trimmed = httpx2.get(f"{link}.")
    assert trimmed.status_code == 308
    assert trimmed.headers["location"] == link.removeprefix(host)


@pytest.mark.parametrize("at", WAYS)
def test_an_example_is_at_most_40_lines_and_says_how_it_is_run(at):
    text = (EXAMPLES / f"{at}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    way = WAYS[at].format(port=8000).removeprefix("-m ")
    assert way in text.splitlines()[0]
