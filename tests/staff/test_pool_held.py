"""Every connection of the staff is taken, for a minute: whoever answers notices nothing of it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Event

import httpx2
import pytest
from sqlalchemy import QueuePool, event

from cxserver import reading_queue
from cxserver.intake.answer_service import AnswerService
from tests.staff.test_crowd import middle_and_worst, signed_in
from tests.staff.test_one_snapshot import answered
from tests.support.answer_service import services_of
from tests.support.house import House, stamp_of
from tests.support.http_server import PATIENCE, Servers
from tests.support.shared_house import shared_house

PEOPLE = 8
# The second is longer than anybody waits in the queue before the results.
HOLDS = [
    pytest.param(5.0, id="5s"),
    pytest.param(reading_queue.SECONDS + 5.0, id="65s", marks=pytest.mark.slow),
]
# Before anything is timed: the first requests open connections and load templates.
WARM, QUIET = 1.0, 5.0


@dataclass(frozen=True)
class Street:
    """A server with people before it, and the cookies of somebody on the staff."""

    house: House
    intake: AnswerService
    address: str
    cookies: dict[str, str]

    @property
    def pool(self) -> QueuePool:
        """The connections of the staff."""
        pool = self.intake.staff_engine.pool
        assert isinstance(pool, QueuePool)
        return pool

    @property
    def connections(self) -> int:
        """How many they are."""
        return self.house.settings.staff_connections

    def open_offices(self) -> httpx2.Response:
        with httpx2.Client(cookies=self.cookies, timeout=PATIENCE) as client:
            return client.get(f"{self.address}/staff/offices")


@dataclass(frozen=True)
class Answered:
    """One person's visit: the status of the page and of the answer, and the seconds of each."""

    statuses: tuple[int, int]
    page: float
    answer: float


Holder = Callable[[Street], AbstractContextManager[None]]


@contextmanager
def standing(request: pytest.FixtureRequest, database: str) -> Iterator[Street]:
    with shared_house(request, database) as house:
        servers = Servers()
        try:
            house.move(servers.reserve())
            app = house.app()
            address = servers(app, at=house.settings.base_url)
            answered(house)
            intake = services_of(app).intake
            yield Street(house, intake, address, signed_in(house, address))
        finally:
            servers.close()


@contextmanager
def slow_pages(street: Street) -> Iterator[None]:
    """Pages that came by the queue and sit in the middle of their reading."""
    free = Event()

    def wait(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("SELECT"):
            free.wait(PATIENCE)

    event.listen(street.intake.staff_engine, "after_cursor_execute", wait)
    with ThreadPoolExecutor(street.connections) as staff:
        pages = [staff.submit(street.open_offices) for _ in range(street.connections)]
        try:
            until(lambda: all_taken(street))
            yield
        finally:
            free.set()
    assert {page.result().status_code for page in pages} == {200}


@contextmanager
def leaked(street: Street) -> Iterator[None]:
    """Connections that nobody in the queue has: a page that asks is not spared by waiting."""
    engine = street.intake.staff_engine
    taken = [engine.connect() for _ in range(street.connections)]
    try:
        yield
    finally:
        for connection in taken:
            connection.close()


def all_taken(street: Street) -> bool:
    return street.pool.checkedout() == street.connections


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def answer_for(street: Street, seconds: float) -> list[Answered]:
    """Eight people answer one survey after another; the balancer asks whether we are ready."""
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(PEOPLE + 1) as threads:
        people = [threads.submit(_answer_until, street, deadline) for _ in range(PEOPLE)]
        ready = threads.submit(_ready_until, street, deadline)
    assert ready.result() == {200}
    return [visit for person in people for visit in person.result()]


def _answer_until(street: Street, deadline: float) -> list[Answered]:
    with httpx2.Client(timeout=PATIENCE) as client:
        visits = [_answer(client, street.house.mint())]
        while time.monotonic() < deadline:
            visits.append(_answer(client, street.house.mint()))
    return visits


def _answer(client: httpx2.Client, link: str) -> Answered:
    begun = time.perf_counter()
    page = client.get(link)
    seen = time.perf_counter()
    fields = {"stamp": stamp_of(page.text), "trust": "4", "satisfaction": "5"}
    status = client.post(link, data=fields).status_code
    return Answered((page.status_code, status), seen - begun, time.perf_counter() - seen)


def _ready_until(street: Street, deadline: float) -> set[int]:
    with httpx2.Client(timeout=PATIENCE) as client:
        # Once at least: on a busy machine nine clients may take the whole second to be made.
        statuses = {client.get(f"{street.address}/readyz").status_code}
        while time.monotonic() < deadline:
            time.sleep(0.05)
            statuses.add(client.get(f"{street.address}/readyz").status_code)
    return statuses


def tell(how: str, visits: list[Answered]) -> None:
    pages = middle_and_worst([visit.page for visit in visits])
    answers = middle_and_worst([visit.answer for visit in visits])
    print(f"{how}: {len(visits)} answers; GET {pages}; POST {answers}")


def hold(street: Street, holder: Holder, seconds: float) -> httpx2.Response:
    """Answer quietly, and then while `holder` holds; gives what staff get who come meanwhile."""
    answer_for(street, WARM)
    before = street.house.count()
    quiet = answer_for(street, QUIET)
    with ThreadPoolExecutor(1) as staff:
        with holder(street):
            late: Future[httpx2.Response] = staff.submit(street.open_offices)
            busy = answer_for(street, seconds)
            assert all_taken(street)
        page = late.result()
    assert {visit.statuses for visit in (*quiet, *busy)} == {(200, 303)}
    assert street.house.count() == before + len(quiet) + len(busy)
    tell("quiet", quiet)
    tell(f"{holder.__name__}, {seconds:.0f} s", busy)
    return page


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("seconds", HOLDS)
def test_slow_pages_of_the_staff_keep_nobody_from_answering(request, database, seconds):
    with standing(request, database) as street:
        page = hold(street, slow_pages, seconds)
        # Who comes next waits in the queue for a minute, and no longer.
        patient = seconds < reading_queue.SECONDS
        assert page.status_code == (200 if patient else 503)
        assert patient or page.headers["retry-after"] == "30"
        assert street.open_offices().status_code == 200


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("seconds", HOLDS)
def test_connections_that_the_staff_never_give_back_keep_nobody_from_answering(
    request, database, seconds
):
    with standing(request, database) as street:
        page = hold(street, leaked, seconds)
        # It is this page's turn, and there is no connection for it within the second it waits.
        assert (page.status_code, page.headers["retry-after"]) == (503, "5")
        assert page.elapsed.total_seconds() < QUIET
        assert street.open_offices().status_code == 200
