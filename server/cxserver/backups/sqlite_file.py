"""A SQLite database as one file: copied while people answer, and put in its place again.

SQLite's own online backup copies pages under one read transaction. Copying the file with other
programs would leave out what is only in the write-ahead log.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from cxserver import tables
from cxserver.backups import left_out
from cxserver.errors import BackupUnfit

NAME = "cx.sqlite3"
# Pages copied between two signs of life.
_PAGES = 2048
# What belongs to a database file and must not lie beside another.
_COMPANIONS = ("-wal", "-shm", "-journal")

# Hears how many pages are done, of how many.
Pages = Callable[[int, int], object]


def copy(engine: Engine, target: Path, pages: Pages) -> None:
    """Copy the database as it is now into the new file `target`, without what is left out."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(engine.raw_connection()) as source, _opened(engine, target) as copied:
        # Inside a read transaction the copy does not begin anew whenever somebody answers.
        source.cursor().execute("BEGIN")
        try:
            source.cursor().execute("SELECT 1 FROM sqlite_master").fetchall()
            connection: Any = source.driver_connection
            connection.backup(
                copied,
                pages=_PAGES,
                progress=lambda _, left, total: pages(total - left, total),
            )
        finally:
            source.cursor().execute("ROLLBACK")
    with _opened(engine, target) as copied:
        _leave_out(copied)
        _check(copied, target)


def facts(engine: Engine, file: Path) -> tuple[dict[str, int], str, tuple[str, ...]]:
    """What a copy holds: rows by table, the version of its tables, fingerprints of its root key."""
    with _opened(engine, file) as copied:
        # Of an older release some tables are not there yet.
        there = {name for (name,) in _rows(copied, "SELECT name FROM sqlite_master")}
        counts = {
            name: int(_rows(copied, f'SELECT count(*) FROM "{name}"')[0][0])  # noqa: S608  # ours
            for name in sorted(there.intersection(tables.metadata.tables))
        }
        [(version,)] = _rows(copied, "SELECT version_num FROM alembic_version")
        fingerprints = "SELECT fingerprint FROM root_keys ORDER BY epoch"
        keys = _rows(copied, fingerprints) if "root_keys" in there else []
    return counts, str(version), tuple(str(key) for (key,) in keys)


def check_place(target: Path) -> None:
    """Raise BackupUnfit where something lies that belongs to another database."""
    for ending in _COMPANIONS:
        beside = target.with_name(target.name + ending)
        if beside.exists():
            raise BackupUnfit(
                f"{beside} is left from another database, and would spoil this one. Move it away "
                "together with its database, or restore into an empty folder."
            )


def put(source: Path, target: Path) -> None:
    """Copy a backup's file to `target`, for its owner alone, and onto the disk."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove(target)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as to, source.open("rb") as file:
        shutil.copyfileobj(file, to, 1 << 20)
        to.flush()
        os.fsync(handle)


def remove(file: Path) -> None:
    """Remove a database file and its journals: those of another would be played into the next."""
    for ending in ("", *_COMPANIONS):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def finish(draft: Path, target: Path) -> None:
    """Give a restored file its name, all of it or nothing."""
    draft.replace(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _leave_out(copied: Any) -> None:
    # One file and no companions; and nothing of what is deleted in its free pages.
    for pragma in ("journal_mode = DELETE", "secure_delete = ON", "synchronous = FULL"):
        copied.execute(f"PRAGMA {pragma}").fetchall()
    for table in left_out.TABLES:
        copied.execute(f'DELETE FROM "{table.name}"')  # noqa: S608  # a name of ours
    for table, columns in left_out.COLUMNS.items():
        values = ", ".join(f"{name} = NULL" for name in columns)
        copied.execute(f'UPDATE "{table.name}" SET {values}')  # noqa: S608  # names of ours
    copied.execute("VACUUM")


def _check(copied: Any, file: Path) -> None:
    verdict = _rows(copied, "PRAGMA quick_check")
    if verdict != [("ok",)]:
        raise BackupUnfit(f"The copy in {file} is damaged: {verdict[0][0]}. Check the disk.")


def _rows(opened: Any, statement: str) -> list[Any]:
    return list(opened.execute(statement).fetchall())


@contextmanager
def _opened(engine: Engine, file: Path) -> Iterator[Any]:
    # Bare: an engine of ours would make it a database in WAL mode, which is three files.
    connection = engine.dialect.loaded_dbapi.connect(str(file), isolation_level=None)
    with closing(connection):
        yield connection
