"""Faults, made for real: parallel posts over sockets, and kill -9 under load. Both databases.

The promise: acknowledged ⊆ stored ⊆ attempted, each once; after everybody has retried, all are
stored. `kill -9` cannot prove more than that; a power cut is another test's work.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from cxserver import db
from cxserver.intake import recount
from tests.support import cx_process, fork_server, http_server
from tests.support.house import House


class Server:
    """`cx serve` as a process of its own, on the house's data."""

    def __init__(self, house: House, port: int):
        self._house = house
        self._port = port
        self._process: fork_server.Process | None = None

    def start(self) -> None:
        words = ("serve", "--port", str(self._port))
        self._process = fork_server.start(words, cx_process.environment(self._house))

    def wait(self) -> None:
        address = f"http://127.0.0.1:{self._port}/readyz"
        until = time.monotonic() + http_server.PATIENCE
        while time.monotonic() < until:
            try:
                if httpx2.get(address).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise RuntimeError("the server does not come up")

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(http_server.PATIENCE)


@pytest.fixture
def server(house: House):
    """A server that can be killed, listening where the house's links lead."""

    house.live_today()  # this server goes by the real clock
    port = http_server.free_port()
    house.move(f"http://127.0.0.1:{port}")
    server = Server(house, port)
    server.start()
    server.wait()
    yield server
    server.kill()


async def post(client: httpx2.AsyncClient, house: House, link: str, **answers: object) -> int:
    body = {"link": link, "trust": 4, "satisfaction": 4} | answers
    response = await client.post(f"{house.settings.base_url}/api/v1/responses", json=body)
    return response.status_code


async def post_each(house: House, links: list[str]) -> dict[str, int]:
    """Post every link once, four at a time; what each was told."""
    statuses: dict[str, int] = {}
    left = iter(links)

    async def person(client: httpx2.AsyncClient) -> None:
        for link in left:
            statuses[link] = await post(client, house, link)

    async with httpx2.AsyncClient(timeout=http_server.PATIENCE) as client:
        await asyncio.gather(*(person(client) for _ in range(4)))
    return statuses


@pytest.mark.parametrize("different", [False, True], ids=["identical", "different"])
def test_fifty_parallel_posts_of_one_link_are_one_row(house, server, different):
    link = house.mint()

    async def burst() -> Counter[int]:
        async with httpx2.AsyncClient(timeout=http_server.PATIENCE) as client:
            posts = (
                post(client, house, link, comment=f"I am {n}" if different else "I am one")
                for n in range(50)
            )
            return Counter(await asyncio.gather(*posts))

    assert asyncio.run(burst()) == {201: 1, 409 if different else 200: 49}
    assert house.count() == 1
    assert recount.differences(db.source(house.engine)) == []


def test_every_acknowledged_answer_survives_kill_9(house, server):
    attempted: list[str] = []
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def person(client: httpx2.AsyncClient) -> None:
        while not enough.is_set():
            link = house.mint()
            attempted.append(link)
            try:
                if await post(client, house, link) in (200, 201):
                    acknowledged.append(link)
            except httpx2.TransportError:
                await asyncio.sleep(0.05)

    async def killer() -> None:
        for _ in range(6):
            await more()
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(server.wait)
        await more()
        enough.set()

    async def more() -> None:
        """Load: people come and are answered, until ten more have been."""
        before = len(acknowledged)
        while len(acknowledged) < before + 10:
            await asyncio.sleep(0.01)

    async def crowd() -> None:
        async with asyncio.timeout(600), httpx2.AsyncClient(timeout=http_server.PATIENCE) as client:
            await asyncio.gather(killer(), *(person(client) for _ in range(4)))

    asyncio.run(crowd())
    stored = house.count()
    assert len(acknowledged) >= 70
    assert len(acknowledged) <= stored <= len(attempted)
    # What was acknowledged is there: a retry is told "the same", and nothing is added for it.
    server.wait()
    statuses = asyncio.run(post_each(house, attempted))
    assert [link for link in acknowledged if statuses[link] != 200] == []
    unknown = len(attempted) - stored
    assert Counter(statuses.values()) == Counter({200: stored}) + Counter({201: unknown})
    assert house.count() == len(attempted)
    assert recount.differences(db.source(house.engine)) == []


def test_a_server_told_to_stop_finishes_what_it_took(house, server):
    links = [house.mint() for _ in range(30)]

    async def crowd() -> list[int | BaseException]:
        async with httpx2.AsyncClient(timeout=http_server.PATIENCE) as client:
            posts = [asyncio.ensure_future(post(client, house, link)) for link in links]
            await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            outcomes = await asyncio.gather(*posts, return_exceptions=True)
            await stopping
            return outcomes

    outcomes = asyncio.run(crowd())
    assert house.count() >= outcomes.count(201) > 0


def test_a_second_server_on_the_same_folder_is_refused(sqlite_house, tmp_path: Path):
    house = sqlite_house
    with house.client():
        done = subprocess.run(
            [sys.executable, "-m", "cxserver", "serve", "--port", "0", "--data", str(tmp_path)],
            env={**os.environ, "CX_DATABASE_URL": house.settings.database_url},
            capture_output=True,
            text=True,
            timeout=http_server.PATIENCE,
        )
    assert done.returncode != 0
    assert "Another server already works on" in done.stderr
