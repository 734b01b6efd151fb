"""The database keeps what it confirmed, and two writers do not lose each other's work."""

import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError

from cxserver import db, tables
from cxserver.errors import DatabaseUnfit
from cxserver.settings import Settings
from tests.support import postgresql_server
from tests.support.house import House


def test_an_opened_database_is_durable(engine: Engine) -> None:
    settings = db.check_durable(engine)
    if engine.dialect.name == "sqlite":
        assert settings["journal_mode"] == "wal"
        assert settings["synchronous"] == "2"
        assert settings["foreign_keys"] == "1"
    else:
        assert settings == {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_sync_retry": "off",
        }


@pytest.mark.parametrize("level", ["OFF", "NORMAL"])
def test_a_sqlite_that_does_not_wait_for_the_disk_is_refused(
    sqlite_engine: Engine, level: str
) -> None:
    @event.listens_for(sqlite_engine, "connect")
    def _careless(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute(f"PRAGMA synchronous={level}")

    with pytest.raises(DatabaseUnfit, match="could lose answers.*synchronous="):
        db.check_durable(sqlite_engine)


def test_a_postgresql_that_does_not_wait_for_the_disk_is_refused(
    postgresql: postgresql_server.Cluster,
) -> None:
    name = postgresql.create()
    postgresql.set(name, "synchronous_commit", "off")
    engine = db.open_engine(Settings(database_url=postgresql.url(name)))
    with pytest.raises(DatabaseUnfit, match="could lose answers.*synchronous_commit=off"):
        db.check_durable(engine)
    engine.dispose()
    postgresql.drop(name)


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        ((3, 40, 1), "delete"),  # Debian 12
        ((3, 44, 5), "delete"),
        ((3, 44, 6), "wal"),  # a backport of the fix
        ((3, 45, 1), "delete"),  # Ubuntu 24.04
        ((3, 50, 6), "delete"),
        ((3, 50, 7), "wal"),  # a backport of the fix
        ((3, 51, 2), "delete"),
        ((3, 51, 3), "wal"),  # the fix
        ((3, 53, 0), "wal"),
    ],
)
def test_wal_is_used_only_where_it_cannot_lose_data(version: tuple[int, ...], journal: str) -> None:
    assert db.journal_for(version) == journal


def test_a_failed_write_leaves_nothing(engine: Engine) -> None:
    _make_counter(engine)
    with pytest.raises(RuntimeError, match="halfway"), db.write(engine) as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
        raise RuntimeError("halfway")
    assert _count(engine) == 0


def test_four_processes_that_count_lose_nothing(settings: Settings, engine: Engine) -> None:
    _make_counter(engine)
    engine.dispose()
    start = multiprocessing.get_context("spawn")
    processes = [start.Process(target=_count_up, args=(settings, 50)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert _count(engine) == 200


def test_a_reader_keeps_its_view_while_another_writes(engine: Engine) -> None:
    _make_counter(engine)
    with db.read(engine) as reader:
        before = reader.execute(text("SELECT n FROM counter")).scalar_one()
        with db.write(engine) as writer:
            writer.execute(text("UPDATE counter SET n = 1"))
        after = reader.execute(text("SELECT n FROM counter")).scalar_one()
    assert (before, after) == (0, 0)
    assert _count(engine) == 1


def _make_counter(engine: Engine) -> None:
    with db.write(engine) as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER NOT NULL)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))


def _count_up(settings: Settings, times: int) -> None:
    engine = db.open_engine(settings)
    for _ in range(times):
        with db.write(engine) as connection:
            # Read, think, write: the way that loses updates when the reading takes no lock.
            lock = "" if engine.dialect.name == "sqlite" else " FOR UPDATE"
            n = connection.execute(text(f"SELECT n FROM counter{lock}")).scalar_one()
            connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})
    engine.dispose()


def _count(engine: Engine) -> int:
    with db.read(engine) as connection:
        return int(connection.execute(text("SELECT n FROM counter")).scalar_one())


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="read-?only|readonly"), db.read(engine) as connection:
        connection.execute(tables.changes.insert().values(subject="x", counter=1))
    with db.write(engine) as connection:
        connection.execute(tables.changes.insert().values(subject="x", counter=1))


@pytest.mark.parametrize("seconds", [0.0, 0.3], ids=["housekeeping", "redaction"])
def test_answers_do_not_wait_for_a_journal_that_somebody_reads(
    sqlite_house: House, seconds: float
) -> None:
    """SQLite would wait five seconds for the reader, and keep whoever writes out all that time."""
    engine = sqlite_house.engine
    slowest = 0.0
    with db.read(engine) as reader, ThreadPoolExecutor(1) as beside:
        reader.execute(text("SELECT count(*) FROM responses")).all()
        _write_something(engine)
        folding = beside.submit(db.fold_journal, engine, seconds)
        while not folding.done():
            began = monotonic()
            _write_something(engine)
            slowest = max(slowest, monotonic() - began)
    assert folding.result() is False
    assert slowest < 4
    assert db.fold_journal(engine) is True


def _write_something(engine: Engine) -> None:
    with db.write(engine) as connection:
        connection.execute(text("UPDATE agencies SET slug = slug"))
