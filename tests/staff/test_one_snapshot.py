"""A staff page reads one snapshot by one connection, and survey pages never wait for it."""

import ast
import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, select
from starlette.testclient import TestClient

import cxserver
from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.errors import TooManyReading
from cxserver.intake.answer_service import AnswerService
from cxserver.reading_queue import ReadingQueue
from tests.support.answer_factory import add_answers
from tests.support.answer_service import services_of
from tests.support.closed_batches import release
from tests.support.comment_factory import THURSDAY, add_alerts, add_comments
from tests.support.house import CATALOGUE, MORE, OFFICES, House, answer
from tests.support.routes import get_paths
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import post, sign_in

SERVER = Path(cxserver.__file__).parent
PATHS = sorted(path for path in get_paths("/staff/") if "{" not in path and "sign" not in path)
# Whoever may open the fewest rooms is somebody else for each: these four open all of them.
ROLES = (Role.ANALYST, Role.OFFICE_MANAGER, Role.SECURITY_OFFICER, Role.RECORDS_OFFICER)

# The quarter that is running has the answers of these tests, and comments to decide about.
FILINGS = ("/staff/quarter?quarter=2027Q1", "/staff/quarter/comments?quarter=2027Q1")
# What a visit may leave in the audit log, in one more transaction after the page has been read.
LINES = {"read comments", "read the audit log", "refused"}

# They begin transactions: that is what they are for. Everything else is handed a look at the data.
MAY_HOLD_AN_ENGINE = {
    "audit/adoption.py": "migrates, and adopts a database before anything else",
    "comments/alerts.py": "mails round by round: each letter is written down before the next",
    "comments/handovers.py": "mails letter by letter: each is put off before it is tried",
    "catalog/watch.py": "looks every second whether what exists has changed",
    "doctor/installation.py": "sees whether the database can be opened",
    "intake/backlog.py": "reads what a kiosk reported, now and then",
    "intake/closing.py": "closes each unit in a transaction of its own",
    "intake/cut_tables.py": "draws each month's tables in a transaction of its own",
    "intake/answer_service.py": "owns the engines",
    "intake/lookout.py": "marks bursts by the writer",
    "intake/counter.py": "the writer's",
    "intake/reflag.py": "changes flags slice by slice",
    "intake/store.py": "the writer's: one transaction a batch",
    "intake/writer.py": "the writer",
    "staff/context.py": "the rim of the staff pages",
    "staff/snapshot.py": "begins the one transaction of a request",
}
DOMAIN = (
    *("accounts", "audit", "catalog", "comments", "disclosure", "doctor", "export", "imports"),
    *("instrument", "intake", "poster", "pra", "quarter", "results", "staff"),
)


def intake_of(client: TestClient) -> AnswerService:
    return services_of(client.app).intake


@contextmanager
def counted(client: TestClient) -> Iterator[dict[str, int]]:
    """How many transactions and statements the staff's connections see."""
    seen = {"transactions": 0, "selects": 0}

    def begin(connection: object) -> None:
        seen["transactions"] += 1

    def execute(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen["selects"] += statement.lstrip().upper().startswith("SELECT")

    engine = intake_of(client).staff_engine
    event.listen(engine, "begin", begin)
    event.listen(engine, "before_cursor_execute", execute)
    yield seen
    event.remove(engine, "begin", begin)
    event.remove(engine, "before_cursor_execute", execute)


def answered(house: House) -> None:
    add_comments(house, *(["quick and kind"] * 12), day=THURSDAY)
    add_comments(house, *(["slow"] * 9), day=THURSDAY, office="lakeside", trust=1)
    release(house)


def audited(house: House) -> list[str]:
    """What each line of the audit log says was done."""
    with db.read(house.engine) as connection:
        line = tables.audit.c
        return list(connection.execute(select(line.what).order_by(line.n)).scalars())


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_read_by_one_connection(request, database, role):
    with shared_house(request, database, staff_connections=1) as house:
        answered(house)
        with house.client() as client:
            sign_in(house, client, role)
            for path in PATHS:
                page = client.get(path)
                assert page.status_code < 500, (path, page.text[:500])
            post(client, "/staff/digest", every="week")


def test_the_overview_is_one_transaction(house):
    answered(house)
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        client.get("/staff/places")
        with counted(client) as seen:
            assert client.get("/staff/").status_code == 200
    assert seen["transactions"] == 1
    # It was 58 before there was one snapshot and one read for all findings.
    # Two of them are the counts in the navigation, and four what needs a person now.
    assert seen["selects"] <= 17


@pytest.mark.parametrize("role", ROLES)
def test_a_page_of_numbers_is_one_transaction(house, role):
    answered(house)
    with house.client() as client:
        sign_in(house, client, role)
        for path in (*PATHS, *FILINGS):
            before = audited(house)
            with counted(client) as seen:
                assert client.get(path).status_code in (200, 303, 404), path
            lines = audited(house)[len(before) :]
            assert len(lines) <= 1 and set(lines) <= LINES, path
            assert seen["transactions"] == 1 + len(lines), (path, lines)


def test_only_those_named_hold_an_engine():
    holding = set()
    for room in DOMAIN:
        for path in (SERVER / room).rglob("*.py"):
            if any(_names_engine(node) for node in ast.walk(ast.parse(path.read_text()))):
                holding.add(str(path.relative_to(SERVER)))
    assert holding == MAY_HOLD_AN_ENGINE.keys()


def _names_engine(node: ast.AST) -> bool:
    annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
    return annotation is not None and "Engine" in ast.unparse(annotation)


def test_answers_do_not_wait_while_staff_hold_every_connection(house):
    with house.client() as client:
        link = house.mint()
        engine = intake_of(client).staff_engine
        connections = [engine.connect() for _ in range(house.settings.staff_connections)]
        try:
            assert answer(client, link).status_code == 303
            assert client.get("/readyz").status_code == 200
        finally:
            for connection in connections:
                connection.close()
    assert house.count() == 1


def test_a_page_without_a_connection_says_to_try_again(house):
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        engine = intake_of(client).staff_engine
        connections = [engine.connect() for _ in range(house.settings.staff_connections)]
        page = client.get("/staff/offices")
        for connection in connections:
            connection.close()
        assert page.status_code == 503 and page.headers["retry-after"]
        assert client.get("/staff/offices").status_code == 200


def test_a_queue_that_is_full_refuses_at_once_and_one_that_is_not_waits():
    async def check() -> None:
        queue = ReadingQueue(1, waiting=1, seconds=30)
        free = threading.Event()
        first = asyncio.create_task(queue.run(free.wait))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(queue.run(lambda: "second"))
        await asyncio.sleep(0.05)
        with pytest.raises(TooManyReading):
            await queue.run(lambda: "third")
        free.set()
        assert await first is True
        assert await second == "second"
        assert await queue.run(lambda: "later") == "later"

    asyncio.run(check())


def test_a_turn_that_does_not_come_is_refused():
    async def check() -> None:
        queue = ReadingQueue(1, seconds=0.05)
        free = threading.Event()
        first = asyncio.create_task(queue.run(free.wait))
        await asyncio.sleep(0.01)
        with pytest.raises(TooManyReading):
            await queue.run(lambda: "late")
        free.set()
        await first

    asyncio.run(check())


def test_strangers_at_the_sign_in_take_no_connection_of_the_staff(house):
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        engine = intake_of(client).entrance_engine
        connections = [engine.connect() for _ in range(db.ENTRANCE.size)]
        try:
            assert client.get("/staff/offices").status_code == 200
            assert client.get("/staff/comments").status_code == 200
            assert answer(client, house.mint()).status_code == 303
        finally:
            for connection in connections:
                connection.close()


def test_nobody_signed_in_keeps_others_from_signing_in(house):
    with house.client() as client:
        engine = intake_of(client).staff_engine
        connections = [engine.connect() for _ in range(house.settings.staff_connections)]
        try:
            assert client.get("/staff/sign-in/nonsense").status_code == 404
            sign_in(house, client, Role.ANALYST)
        finally:
            for connection in connections:
                connection.close()
        assert client.get("/staff/offices").status_code == 200


def test_the_first_page_asks_no_more_with_three_findings_and_an_alert(house):
    """Quotes, effects and what needs somebody are read for all findings at once."""
    house.apply(CATALOGUE + MORE)
    for office in OFFICES[:4]:
        add_answers(house, office, 280, 20)
    for office in ("riverside", "lakeside", "office-5"):
        add_answers(house, office, 100, 200)
    [row, *_] = add_comments(house, *(["slow"] * 9), day=THURSDAY, trust=1)
    release(house)
    add_alerts(house, [row])
    with house.client() as client:
        for role in (Role.ANALYST, Role.SERVICE_LEAD):
            sign_in(house, client, role)
            page = client.get("/staff/").text
            assert page.count('<article class="card finding"') == 3
            before = len(audited(house))
            with counted(client) as seen:
                assert client.get("/staff/").status_code == 200
            # That somebody was shown an alert is a line in the log, with its own look at the chain.
            # Who has a service in charge is also told how its promise is kept.
            more = len(audited(house)) - before + (role is Role.SERVICE_LEAD)
            assert seen["selects"] - more <= 15, role
