"""What the threads of a process tell each other of a database that is silent."""

import socket
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from cxserver import database_deadline, db
from cxserver.database_deadline import Reachability
from cxserver.settings import Settings
from tests.support import postgresql_server


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def seconds_to_fail(connect) -> float:
    begun = time.monotonic()
    with pytest.raises((psycopg.OperationalError, OperationalError)):
        connect()
    return time.monotonic() - begun


def test_while_a_database_is_silent_all_but_the_next_try_are_refused_at_once(deaf, monkeypatch):
    monkeypatch.setattr(database_deadline, "PAUSE", 0.3)
    server = Reachability()

    def connect():
        with server.contact():
            psycopg.connect(host="127.0.0.1", port=deaf, connect_timeout=database_deadline.CONNECT)

    assert seconds_to_fail(connect) >= database_deadline.SILENCE
    assert seconds_to_fail(connect) < 0.2
    time.sleep(0.35)
    with server.contact():  # the next try is under way
        assert seconds_to_fail(connect) < 0.2
    with server.contact():  # and it succeeded
        pass


def test_an_engine_fails_within_the_deadline_where_nobody_says_a_word(deaf):
    engine = db.open_engine(Settings(database_url=f"postgresql://cx@127.0.0.1:{deaf}/cx"))
    assert seconds_to_fail(engine.connect) < 4
    assert seconds_to_fail(engine.connect) < 0.2
    engine.dispose()


def test_a_refusal_is_an_answer(postgresql: postgresql_server.Cluster):
    """Whoever is refused at once waits for nobody, so the next may ask at once as well."""
    engine = db.open_engine(Settings(database_url=postgresql.url("there-is-no-such-database")))
    for _ in range(3):
        with pytest.raises(OperationalError, match="does not exist"):
            engine.connect()
    engine.dispose()


def test_a_connection_that_was_cut_is_replaced_at_the_next_checkout(
    postgresql: postgresql_server.Cluster,
):
    name = postgresql.create()
    engine = db.open_engine(Settings(database_url=postgresql.url(name)), db.PUBLIC)
    engine.connect().close()
    postgresql.leave(name)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()
    postgresql.drop(name)
