"""PostgreSQL is stopped where it stands (SIGSTOP): nobody waits longer than 5 seconds for a page.

Nothing is closed and everything we send is acknowledged, so only our own deadlines end the wait.
The server is one of our own: others test on the shared one.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from cxserver import database_deadline, db
from cxserver.settings import Settings
from tests.staff.test_crowd import signed_in
from tests.support import api_reader, postgresql_server
from tests.support.house import House, answer, stamp_of
from tests.support.http_server import PATIENCE, Servers
from tests.support.postgresql_server import Cluster

LONGEST = 5.0
CROWD = 45


@dataclass(frozen=True)
class Street:
    """A server of ours before a database that can be stopped."""

    house: House
    cluster: Cluster
    cookies: dict[str, str]
    key: str

    @property
    def address(self) -> str:
        return self.house.settings.base_url

    def client(self) -> httpx2.Client:
        """Somebody who is signed in, too; only the staff pages look at that."""
        return httpx2.Client(base_url=self.address, cookies=self.cookies, timeout=PATIENCE)

    def warm(self) -> None:
        """Use every pool until all its connections were opened."""
        with ThreadPoolExecutor(15) as people:
            statuses = people.map(self.status, [self.house.mint() for _ in range(20)])
            staff = people.map(self.status, ["/staff/offices"] * 4)
            assert {*statuses, *staff} == {200}

    def status(self, path: str) -> int:
        with self.client() as client:
            return client.get(path).status_code


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of our own: it is stopped, and others test on the shared one."""
    with postgresql_server.running() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> Iterator[str]:
    name = cluster.create()
    engine = db.open_engine(Settings(database_url=cluster.url(name)))
    db.migrate(engine)
    engine.dispose()
    yield cluster.url(name)
    # Whose connecting failed has let go of its half-open line, too. A server that was stopped
    # takes a moment to see who is gone.
    until = time.monotonic() + PATIENCE
    while cluster.connected(name):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module")
def street(
    cluster: Cluster, url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    servers = Servers()
    folder, address = tmp_path_factory.mktemp("house"), servers.reserve()
    house = House(Settings(data_dir=folder, database_url=url, base_url=address))
    servers(house.app(), at=address)
    try:
        key = api_reader.new_key(house, rows=True)
        street = Street(house, cluster, signed_in(house, address), key)
        street.warm()
        yield street
    finally:
        servers.close()
        house.close()


def timed(act: Callable[[], httpx2.Response]) -> tuple[httpx2.Response, float]:
    begun = time.monotonic()
    return act(), time.monotonic() - begun


def recovers(street: Street) -> float:
    """Seconds until the server is ready and an answer is taken again."""
    begun = time.monotonic()
    with street.client() as client:
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() - begun < 10
            time.sleep(0.05)
        assert answer(client, street.house.mint()).status_code == 303
    return time.monotonic() - begun


def test_a_long_query_of_a_server_that_is_well_is_not_cut(url):
    engine = db.open_engine(Settings(database_url=url), db.PUBLIC)
    assert sleeps(engine, database_deadline.SILENCE + 0.7)
    engine.dispose()


def test_every_page_answers_while_the_database_is_stopped(street):
    invite, sent = street.house.mint(), street.house.mint()
    kiosk = street.house.mint(channel="kiosk")
    poster = street.house.mint(channel="poster")
    posted = {"link": invite, "trust": 4, "satisfaction": 4}
    reads = {"authorization": f"Bearer {street.key}"}
    beat = {
        "link": kiosk,
        "device_now": street.house.clock.now.isoformat(),
        **{"waiting": 0, "aside": 0, "release": "", "state": "open"},
    }
    with street.client() as client:
        fields = {"stamp": stamp_of(client.get(sent).text), "trust": "4", "satisfaction": "5"}
        words = "Every word of this comes back."
        asks: list[tuple[int, Callable[[], httpx2.Response]]] = [
            (503, lambda: client.get("/readyz")),
            (503, lambda: client.get(invite)),
            (503, lambda: client.post(sent, data=fields | {"comment": words})),
            (503, lambda: client.get("/staff/offices")),
            (503, lambda: client.get("/staff/sign-in/" + "a" * 43)),
            (503, lambda: client.get("/api/v1/results", headers=reads)),
            (503, lambda: client.get("/api/v1/responses", headers=reads)),
            (503, lambda: client.post("/api/v1/responses", json=posted)),
            (503, lambda: client.post("/k", data={"code": "ABCD-EFGH"})),
            (503, lambda: client.post("/k/heartbeat", json=beat)),
            (503, lambda: client.get("/r/ABCD-EFGH-JKMN-PQRS")),
            # These need no database.
            (200, lambda: client.get("/healthz")),
            (200, lambda: client.get(poster)),
            (200, lambda: client.get(kiosk)),
            (200, lambda: client.get("/s/permits/riverside/thanks")),
            (200, lambda: client.get("/staff/sign-in")),
            (404, lambda: client.get(invite[:-4] + "AAAA")),
        ]
        with street.cluster.stopped(), ThreadPoolExecutor(len(asks)) as people:
            replies = list(people.map(timed, [ask for _, ask in asks]))
            # And those who come when it is known.
            replies += people.map(timed, [ask for _, ask in asks])
        for (status, _), (reply, seconds) in zip(asks * 2, replies, strict=True):
            assert reply.status_code == status, reply.url
            assert seconds < LONGEST, reply.url
        assert words in replies[2][0].text
        assert recovers(street) < 10
        assert client.post(sent, data=fields | {"comment": words}).status_code in (303, 409)


def test_forty_five_at_once_wait_no_longer_than_one(street):
    street.warm()
    links = [street.house.mint() for _ in range(CROWD)]
    with street.client() as client, street.cluster.stopped():
        with ThreadPoolExecutor(CROWD + 1) as people:
            crowd = [people.submit(timed, partial(client.get, at)) for at in links]
            ready = people.submit(timed, lambda: client.get("/readyz"))
        statuses = Counter(visit.result()[0].status_code for visit in crowd)
        slowest = max(visit.result()[1] for visit in (*crowd, ready))
    print(f"{CROWD} at once: {dict(statuses)}, the slowest after {slowest:.1f} s")
    assert statuses == {503: CROWD} and ready.result()[0].status_code == 503
    assert slowest < LONGEST
    assert recovers(street) < 10


def test_a_page_s_statement_is_given_up_and_a_command_s_waits(cluster, url):
    engine = db.open_engine(Settings(database_url=url), db.PUBLIC)
    commands = db.open_engine(Settings(database_url=url))
    wait_for(engine)
    wait_for(commands)
    with ThreadPoolExecutor(2) as threads:
        page, command = threads.submit(sleeps, engine, 1), threads.submit(sleeps, commands, 1)
        time.sleep(0.4)
        begun = time.monotonic()
        with cluster.stopped():
            with pytest.raises(OperationalError, match="does not answer"):
                page.result(2 * LONGEST)
            assert time.monotonic() - begun < LONGEST
            time.sleep(0.5)
            assert not command.done()
        assert command.result()
    for each in (engine, commands):
        each.dispose()


def wait_for(engine):
    """Until the next try: what an earlier test learned of this server is still remembered."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with suppress(OperationalError):
            return sleeps(engine, 0)
        time.sleep(0.05)
    raise RuntimeError("the database does not come back")


def sleeps(engine, seconds):
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_sleep({seconds})"))
        return True
