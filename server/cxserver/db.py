"""The database: opening it, its durable settings, its transactions, its migrations.

Two engines are spoken: SQLite (one server process) and PostgreSQL. Both must keep an answer
through a power cut once we said "saved"; `check_durable` reads the settings back to be sure.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from cxserver import resources
from cxserver.errors import DatabaseDamaged, DatabaseNewer, DatabaseUnfit
from cxserver.log import logger
from cxserver.settings import Settings

# What begins a short transaction, each time it is called.
Source = Callable[[], AbstractContextManager[Connection]]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# How many milliseconds one who writes waits for another.
_BUSY_TIMEOUT = "busy_timeout=5000"
# For how many seconds a redaction tries to empty the write-ahead log, and the pause between tries.
_FOLDING, _BETWEEN_FOLDS = 5.0, 0.05

# sqlite.org/wal.html#walresetbug: 3.7.0 to 3.51.2 can lose data under WAL, but for two backports.
_WAL_SAFE = (3, 51, 3)
_WAL_BACKPORTS = ((3, 50, 7), (3, 44, 6))

# SQLITE_CORRUPT and SQLITE_NOTADB.
_DAMAGED = (11, 26)


@dataclass(frozen=True, slots=True)
class Pool:
    """How many connections an engine has, and how many seconds somebody waits for one.

    `patience`: for how many seconds a statement waits on while PostgreSQL is silent.
    """

    size: int
    overflow: int
    seconds: float
    patience: float = 0.0

    @property
    def options(self) -> dict[str, Any]:
        """The same, as SQLAlchemy names it."""
        return {
            "pool_size": self.size,
            "max_overflow": self.overflow,
            "pool_timeout": self.seconds,
        }


# Whoever answers a survey, the writer, the jobs. Nobody who came to answer waits half a minute.
PUBLIC = Pool(size=5, overflow=10, seconds=5.0)

# Commands and migrations: nobody waits for their page, and a long one should not begin anew.
COMMANDS = Pool(size=5, overflow=10, seconds=5.0, patience=60.0)

# Anybody can knock: strangers use up these two, and nobody's who is signed in.
ENTRANCE = Pool(size=2, overflow=0, seconds=5.0)


def staff_pool(settings: Settings) -> Pool:
    """The pool of staff pages and of programs that read: they can empty none but their own."""
    return Pool(size=settings.staff_connections, overflow=0, seconds=1.0)


def open_engine(settings: Settings, pool: Pool = COMMANDS) -> Engine:
    """The engine for `settings`, with durable transactions on either database."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(str(url), pool)
    # The driver is loaded where there is a PostgreSQL.
    from cxserver import database_deadline

    # Bare `postgresql://` would do, but the driver is named so that nobody has to know which.
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        **pool.options,
        # An error's text must not quote an answer.
        hide_parameters=True,
        # A held lock or a dead network becomes an error, and a 503, not a wait without end.
        connect_args={
            "connect_timeout": database_deadline.CONNECT,
            "tcp_user_timeout": 10_000,
            "options": "-c timezone=UTC -c lock_timeout=5000",
        },
    )
    # A server that is stopped breaks nothing off: only a deadline of our own ends that wait.
    database_deadline.guard(engine, pool.patience)
    return engine


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: all of it or none of it."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads, on a steady view of the data."""
    options: dict[str, Any] = {"cx_read": True}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"  # SQLite's readers always have it
        options["postgresql_readonly"] = True
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def source(engine: Engine) -> Source:
    """Where read transactions come from: for what reads page by page, and holds none for long."""
    return partial(read, engine)


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT that can say what to do where the key is there already (`on_conflict_do_…`)."""
    return upsert_into(connection.dialect.name, table)


def upsert_into(dialect: str, table: Table) -> Any:
    """The same by the name of the database, for a statement that is built once and kept."""
    return {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect](table)


def lock(connection: Connection, *names: str) -> None:
    """Wait until nobody else holds this lock, and hold it to the end of the transaction.

    On SQLite whoever writes has the database alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_lock_key(names))))


def try_lock(connection: Connection, *names: str) -> bool:
    """The same without waiting: whether it is ours. For PostgreSQL."""
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(_lock_key(names)))))


def _lock_key(names: Iterable[str]) -> int:
    # Two names with one key would wait for each other, and that is all.
    return int.from_bytes(sha256("/".join(names).encode()).digest()[:8], "big", signed=True)


def is_elsewhere(engine: Engine) -> bool:
    """Whether the database is on another machine, as far as its address tells."""
    host = engine.url.host or str(engine.url.query.get("host", ""))
    return bool(host) and not host.startswith("/") and host not in _LOOPBACK


def migrate(
    engine: Engine, revision: str = "head", then: Callable[[Connection], object] | None = None
) -> None:
    """Bring the tables up to `revision`, and do `then`, all in one transaction under one lock.

    Raises DatabaseUnfit for tables of an unknown version, and whatever `then` raises.
    """
    current = table_version(engine)
    if current is not None and current not in _revisions():
        check_not_newer(current)
        raise DatabaseUnfit(
            f"The tables are at version {current}, which no release uses. They come from "
            "software before 0.1. Use that, or start with an empty database."
        )
    # Loading Alembic takes as long as loading everything else; one command needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.folder("migrations")))
    config.attributes.update(engine=engine, then=then)
    command.upgrade(config, revision)


def check_migrated(engine: Engine) -> None:
    """Raise DatabaseUnfit unless the tables are the ones this software knows."""
    current, newest = table_version(engine), newest_table_version()
    if current is None:
        raise DatabaseUnfit("This database has no tables yet. Run `cx migrate`.")
    check_not_newer(current)
    if current != newest:
        raise DatabaseUnfit(
            f"The tables are at version {current}; this software needs {newest}. Run `cx migrate`."
        )


def check_not_newer(current: str, what: str = "its database") -> None:
    """Raise DatabaseNewer where tables of this version were made by newer software."""
    newest = newest_table_version()
    if current > newest:
        raise DatabaseNewer(
            f"This software is older than {what}: the tables are at version {current}, and it "
            f"knows them up to {newest}. Install the release that they were last used with, or a "
            "newer one."
        )


def newest_table_version() -> str:
    """The version of the tables that this software makes."""
    return max(_revisions())


def damage(error: DBAPIError, database: str = "The database") -> str:
    """What to do where a SQLite file is damaged or no database at all; "" for any other error."""
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
        return ""
    return (
        f"{database} is damaged or cut off ({error.orig}). Keep the file, and restore your newest "
        "backup into an empty folder: cx restore"
    )


def check_durable(engine: Engine) -> dict[str, str]:
    """The settings that keep answers safe, read back from the database itself.

    Raises DatabaseUnfit when one of them would let a saved answer be lost.
    """
    with read(engine) as connection:
        if engine.dialect.name == "sqlite":
            result = _sqlite_settings(connection)
            unsafe = result["synchronous"] not in ("2", "3")
        else:
            result = _postgresql_settings(connection)
            unsafe = (
                result["fsync"] != "on"
                or result["full_page_writes"] != "on"
                or result["synchronous_commit"] == "off"
                or result["data_sync_retry"] != "off"
            )
    if unsafe:
        listing = ", ".join(f"{name}={value}" for name, value in result.items())
        raise DatabaseUnfit(f"This database could lose answers it has confirmed: {listing}.")
    return result


def journal_for(version: tuple[int, ...]) -> str:
    """The journal mode that is safe on this SQLite: WAL, or DELETE where WAL has the reset bug."""
    backport = any(version[:2] == fixed[:2] and version >= fixed for fixed in _WAL_BACKPORTS)
    return "wal" if version >= _WAL_SAFE or backport else "delete"


def open_ledger(engine: Engine) -> Any:
    """A bare read-only connection for one-row look-ups, or None where a reader might wait.

    Only SQLite in WAL mode: there a reader never waits for the writer, so the look-up costs a
    few microseconds and needs no thread.
    """
    if engine.dialect.name != "sqlite" or check_durable(engine)["journal_mode"] != "wal":
        return None
    file = f"file:{engine.url.database}?mode=ro"
    return _sqlite_module().connect(file, uri=True, isolation_level=None, check_same_thread=False)


def fold_journal(engine: Engine, seconds: float = 0.0) -> bool:
    """Bring SQLite's write-ahead log into the database and empty it: it too holds what was erased.

    Whether it is empty now. While somebody reads an older state it cannot be, and whoever waits
    inside SQLite for that keeps every answer out meanwhile: so this tries, for so many `seconds`,
    and between two tries answers go on.
    """
    if engine.dialect.name != "sqlite":
        return True
    ends = monotonic() + seconds
    while not (folded := _fold_journal(engine)) and monotonic() < ends:
        sleep(_BETWEEN_FOLDS)
    return folded


def _fold_journal(engine: Engine) -> bool:
    with closing(engine.raw_connection()) as raw:
        cursor = raw.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # Whether it was busy, the pages of the log, and how many of them were folded.
            [(busy, _, _)] = cursor.fetchall()
        finally:
            cursor.execute(f"PRAGMA {_BUSY_TIMEOUT}")
        return not busy


def forget_rows(engine: Engine, names: Iterable[str]) -> None:
    """Erase from the files of these tables what was changed or deleted in them.

    SQLite overwrites what it deletes, once the write-ahead log is folded in. PostgreSQL keeps the
    row as it was until a VACUUM, which may not come by itself for one row among millions.
    """
    if not fold_journal(engine, _FOLDING):
        # Somebody reads for longer than that. The server's housekeeping does it within ten minutes.
        logger.warning("journal_not_folded", reason="somebody is reading")
    if engine.dialect.name != "postgresql":
        return
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in names:
                connection.execute(text(f"VACUUM (INDEX_CLEANUP ON) {name}"))
    except DBAPIError as error:
        # The row is as it should be; the next VACUUM takes it as it was.
        logger.warning("vacuum_refused", reason=type(error.orig).__name__)


def _open_sqlite(url: str, pool: Pool) -> Engine:
    module = _sqlite_module()
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # In memory there is one connection, whatever is wanted.
    options = pool.options if path else {}
    engine = create_engine(url, module=module, hide_parameters=True, **options)
    journal = journal_for(module.sqlite_version_info)
    synchronous = "FULL" if journal == "wal" else "EXTRA"

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: object) -> None:
        # pysqlite would begin a transaction only at the first write: read-then-write is then
        # not atomic and updates are lost without an error. We begin ourselves.
        raw.isolation_level = None
        for pragma in (
            _BUSY_TIMEOUT,
            f"journal_mode={journal}",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "mmap_size=0",
            # What is erased must be gone from the file as well, not only from its tables.
            "secure_delete=ON",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("cx_read", False)
        # Whoever only looks cannot change anything, even by mistake. Setting it makes SQLite
        # compile every statement anew, so it is set where it changes.
        if connection.info.get("cx_read") is not reading:
            connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
            connection.info["cx_read"] = reading
        # A transaction that upgrades from read to write under WAL fails at once, without
        # waiting; a writer therefore takes the lock from the start.
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _sqlite_module() -> Any:
    try:
        from pysqlite3 import dbapi2
    except ImportError:  # a platform without the wheel: the system's SQLite, in a safe journal
        import sqlite3 as dbapi2
    return dbapi2


def _sqlite_settings(connection: Connection) -> dict[str, str]:
    names = ("journal_mode", "synchronous", "foreign_keys")
    return {
        name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names
    } | {"version": str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one())}


def _postgresql_settings(connection: Connection) -> dict[str, str]:
    names = ("fsync", "full_page_writes", "synchronous_commit", "data_sync_retry")
    return {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in names}


def _revisions() -> set[str]:
    # Numbered in their order: 0001_the_tables.py.
    versions = resources.folder("migrations") / "versions"
    return {file.name.partition("_")[0] for file in versions.glob("[0-9]*.py")}


def table_version(engine: Engine) -> str | None:
    """The version of the tables that are there; None where there are none.

    Raises DatabaseDamaged.
    """
    try:
        with read(engine) as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        if sentence := damage(error, f"The database {engine.url.database}"):
            raise DatabaseDamaged(sentence) from error
        raise
