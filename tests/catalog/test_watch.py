"""The directory in memory: it follows the database while the server runs."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from cxsdk import question
from cxserver.catalog.watch import PAUSE, Watch
from tests.support import http_server
from tests.support.house import CATALOGUE, House


def test_a_key_cut_a_moment_ago_opens_at_once(house):
    with house.client() as client:
        assert client.get(house.mint()).status_code == 200
        house.keys["permits"] = house.cut("permits")
        assert client.get(house.mint()).status_code == 200


def opened(client: TestClient, house: House) -> int:
    return client.get(house.mint()).status_code


def sent_as_json(client: TestClient, house: House) -> int:
    item = {"link": house.mint(), "trust": 4, "satisfaction": 5}
    return client.post("/api/v1/responses", json=item).status_code


def at_a_kiosk(client: TestClient, house: House) -> int:
    return client.get(house.kiosk()).status_code


def checked(client: TestClient, house: House) -> int:
    signed = question.sign(house.keys["permits"], ["riverside"], house.clock())
    return client.post("/api/v1/links/check", json={"signed": signed}).status_code


@pytest.mark.parametrize(
    ("use", "status"), [(opened, 200), (sent_as_json, 201), (at_a_kiosk, 200), (checked, 200)]
)
def test_it_opens_at_once_beside_strangers_who_ask_for_what_does_not_exist(
    house: House, use: Callable[[TestClient, House], int], status: int
):
    with house.client() as client:
        for _ in range(3):
            assert client.get(house.mint("permits", "nowhere")).status_code == 404
            house.keys["permits"] = house.cut("permits")
            assert use(client, house) == status


@pytest.fixture
def queries(house: House) -> Iterator[list[str]]:
    """What the database of `house` is asked, as it is asked."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(house.engine, "before_cursor_execute", note)
    yield statements
    event.remove(house.engine, "before_cursor_execute", note)


def test_a_crowd_of_strangers_shares_one_look(house: House, queries: list[str]):
    watch = Watch(house.engine)

    async def crowd() -> None:
        await asyncio.gather(*(watch.see_what_is_new() for _ in range(200)))

    queries.clear()
    asyncio.run(crowd())
    looks = [statement for statement in queries if statement.startswith("SELECT")]
    assert 1 <= len(looks) <= 2


def test_who_comes_in_the_middle_of_a_look_waits_for_the_next(house: House):
    watch = Watch(house.engine)
    before = watch.directory.counter

    async def visit() -> int:
        first = asyncio.create_task(watch.see_what_is_new())
        await asyncio.sleep(0)
        house.cut("permits")
        await watch.see_what_is_new()
        await first
        return watch.directory.counter

    assert asyncio.run(visit()) > before


def test_a_database_that_is_gone_holds_a_crowd_up_once(house: House, monkeypatch):
    watch = Watch(house.engine)
    looks: list[float] = []

    def gone(engine: Engine) -> None:
        looks.append(time.monotonic())
        time.sleep(3 * PAUSE)
        raise OperationalError("SELECT 1", {}, OSError("gone"))

    async def crowd() -> None:
        waiting = [asyncio.create_task(watch.see_what_is_new()) for _ in range(20)]
        await asyncio.sleep(PAUSE)
        waiting += [asyncio.create_task(watch.see_what_is_new()) for _ in range(20)]
        await asyncio.gather(*waiting)

    monkeypatch.setattr("cxserver.db.read", gone)
    known = watch.directory
    asyncio.run(crowd())
    assert len(looks) == 1 and watch.directory is known


def test_a_revocation_bites_in_a_running_server(house):
    with house.client() as client:
        link = house.mint()
        assert client.get(link).status_code == 200
        house.revoke("permits", house.keys["permits"].kid, office="riverside")
        until = time.monotonic() + http_server.PATIENCE
        while client.get(link).status_code == 200 and time.monotonic() < until:
            time.sleep(0.05)
        assert client.get(link).status_code == 410
        assert client.get(house.mint("permits", "lakeside")).status_code == 200


def test_an_office_that_left_the_catalogue_is_closed_not_forgotten(house):
    lakeside = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    without = CATALOGUE[:lakeside] + CATALOGUE[CATALOGUE.index("[service.hearings]") :]
    with house.client() as client:
        link = house.mint("permits", "lakeside")
        assert client.get(link).status_code == 200
        house.apply(without)
        until = time.monotonic() + http_server.PATIENCE
        while client.get(link).status_code == 200 and time.monotonic() < until:
            time.sleep(0.05)
        closed = client.get(link)
        assert closed.status_code == 410 and "Permit renewal" in closed.text
        assert client.get(house.mint("permits", "riverside")).status_code == 200
