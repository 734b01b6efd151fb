"""Whoever opens connections without end takes none of the files that the server works with."""

import contextlib
import os
import pickle
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import httpx2
import pytest

from cxserver.settings import Settings
from cxserver.web import connection_limit
from cxserver.web.connection_limit import ConnectionLimit
from cxserver.web.protocol import ImpatientProtocol
from tests.support import cx_process, http_server
from tests.support.http_server import Servers
from tests.support.raw_http import read_all

FILES = 64


def test_one_network_takes_no_more_than_its_part():
    limit = ConnectionLimit(10, 3)
    assert [limit.admit("192.0.2.7") for _ in range(4)] == [True, True, True, False]
    assert limit.admit("192.0.2.8")
    limit.release("192.0.2.7")
    assert limit.admit("192.0.2.7")
    # Whoever has one IPv6 address has all those beside it.
    assert [limit.admit(f"2001:db8::{n}") for n in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.9", ""])
def test_a_proxy_may_bring_everybody_but_no_more_than_fit(address):
    limit = ConnectionLimit(10, 3, proxies=("10.0.0.0/8",))
    assert [limit.admit(address) for _ in range(11)] == [*[True] * 10, False]


def test_who_is_gone_is_forgotten():
    limit = ConnectionLimit(10, 3)
    for n in range(100):
        assert limit.admit(f"192.0.2.{n}")
        limit.release(f"192.0.2.{n}")
    assert limit._open == {}


@pytest.mark.parametrize(
    ("files", "setting", "most"),
    [(FILES, 0, 32), (1024, 0, 896), (resource.RLIM_INFINITY, 0, 10_000), (1024, 50, 50)],
)
def test_as_many_as_the_open_files_allow_less_a_reserve(monkeypatch, files, setting, most):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    limit = connection_limit.of(Settings(max_connections=setting))
    admitted = 0
    while limit.admit("127.0.0.1"):
        admitted += 1
    assert admitted == most


def test_each_worker_counts_its_own():
    """The limit goes to a worker by pickle, as uvicorn sends it."""
    limit = pickle.loads(pickle.dumps(partial(ImpatientProtocol, limit=ConnectionLimit(1, 1))))
    assert limit.keywords["limit"].admit("192.0.2.7")


def test_who_is_too_many_is_told_so_and_let_go(serve: Servers, sqlite_house):
    address = serve.reserve()
    sqlite_house.move(address)
    app = sqlite_house.app()
    serve(app, at=address, http=partial(ImpatientProtocol, limit=ConnectionLimit(3, 3)))
    port = int(address.rpartition(":")[2])

    def connect() -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=http_server.PATIENCE)

    with contextlib.ExitStack() as open_lines:
        lines = [open_lines.enter_context(connect()) for _ in range(3)]
        # More than are told at once: the rest are cut off, and none of them stays.
        replies = [read_all(open_lines.enter_context(connect())) for _ in range(4)]
        assert all(reply.startswith(b"HTTP/1.1 503 ") for reply in replies)
        assert b"retry-after: 5\r\n" in replies[0] and b"connection: close\r\n" in replies[0]
        crowd = []
        for _ in range(30):
            with contextlib.suppress(ConnectionResetError):  # cut off before it had its line
                crowd.append(open_lines.enter_context(connect()))
        replies = [reply for reply in map(read_all, crowd) if reply]
        assert len(replies) < 30 and all(b" 503 " in reply for reply in replies)
        lines[0].close()
        until = time.monotonic() + http_server.PATIENCE
        while httpx2.get(f"{address}/healthz").status_code != 200:
            assert time.monotonic() < until


@pytest.fixture
def cramped(house) -> Iterator[tuple[str, int]]:
    """`cx serve` with 64 open files: its address and process."""
    house.live_today()
    port = http_server.free_port()
    house.move(f"http://127.0.0.1:{port}")
    process = subprocess.Popen(
        [sys.executable, "-m", "cxserver", "serve", "--port", str(port)],
        env=cx_process.environment(house),
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (FILES, FILES)),
    )
    try:
        yield house.settings.base_url, process.pid
    finally:
        process.terminate()
        process.wait(http_server.PATIENCE)


def ready(address: str) -> None:
    until = time.monotonic() + http_server.PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"{address}/readyz").status_code == 200:
                return
        time.sleep(0.05)
    raise RuntimeError("the server does not come up")


def processor_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_with_few_open_files_it_answers_on_and_loses_nothing(house, cramped):
    address, pid = cramped
    ready(address)
    port = int(address.rpartition(":")[2])
    acknowledged = 0
    with contextlib.ExitStack() as crowd:
        for _ in range(200):
            with contextlib.suppress(OSError):
                line = socket.create_connection(("127.0.0.1", port), timeout=5)
                crowd.enter_context(line)
        before = processor_seconds(pid)
        time.sleep(1)
        # It does not turn in circles over connections that it cannot take.
        assert processor_seconds(pid) - before < 0.5
        # The crowd says nothing, and is sent away: there is room again while it hangs on.
        until = time.monotonic() + http_server.PATIENCE
        client = crowd.enter_context(httpx2.Client(base_url=address))
        while acknowledged < 20 and time.monotonic() < until:
            body = {"link": house.mint(), "trust": 4, "satisfaction": 4}
            with contextlib.suppress(httpx2.TransportError):
                reply = client.post("/api/v1/responses", json=body)
                assert reply.status_code in (201, 503)
                acknowledged += reply.status_code == 201
    assert acknowledged == house.count() == 20
