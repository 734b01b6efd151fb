"""Moving to another database, of the other kind or the same: every row, then both compared."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, Table, func, select
from sqlalchemy.exc import DBAPIError

from cxserver import db, tables
from cxserver.backups.manifest import Progress
from cxserver.errors import BackupUnfit

# Rows read and written by one statement.
_BATCH = 1000
_DIGEST = 1 << 256


def total(engine: Engine) -> int:
    """How many rows there are to copy."""
    with db.read(engine) as connection:
        return sum(_counts(connection).values())


def copy(source: Engine, target: Engine, progress: Progress) -> dict[str, int]:
    """Copy every row of one snapshot, all of it or nothing; rows by table.

    Makes the tables where there are none. Raises BackupUnfit where `target` is not empty or
    refuses a row, where a copy differs, or where somebody wrote to `source` meanwhile.
    """
    _prepare(target)
    with db.read(source) as reading, db.write(target) as writing:
        copied = _counts(reading)
        for table in tables.metadata.sorted_tables:
            _check_same(table, _copy_table(table, reading, writing, progress), writing)
        with db.read(source) as later:
            if _counts(later) != copied:
                raise BackupUnfit(
                    "Somebody wrote to the database while it was copied. Nothing was copied. Stop "
                    "every server and job, then try again."
                )
    return copied


def _prepare(target: Engine) -> None:
    where = target.url.render_as_string(hide_password=True)
    if db.table_version(target) is None:
        db.migrate(target)
    db.check_migrated(target)
    with db.read(target) as connection:
        used = [name for name, n in _counts(connection).items() if n]
    if used:
        raise BackupUnfit(
            f"{where} is not empty: it has rows in {used[0]}. Nothing was copied. Give an empty "
            "database; `cx copy` makes the tables itself."
        )


def _copy_table(
    table: Table, reading: Connection, writing: Connection, progress: Progress
) -> tuple[int, int]:
    """Copy the rows of a table; how many, and their digest."""
    n = digest = 0
    for batch in reading.execute(_every_row(table)).partitions():
        try:
            writing.execute(table.insert(), [dict(row._mapping) for row in batch])
        except DBAPIError as error:
            # Its own words might quote what somebody wrote.
            raise BackupUnfit(
                f"The new database refuses a row of {table.name} ({type(error.orig).__name__}). "
                "Nothing was copied."
            ) from None
        n, digest = n + len(batch), (digest + _digest(batch)) % _DIGEST
        progress(len(batch))
    return n, digest


def _check_same(table: Table, copied: tuple[int, int], writing: Connection) -> None:
    n = digest = 0
    for batch in writing.execute(_every_row(table)).partitions():
        n, digest = n + len(batch), (digest + _digest(batch)) % _DIGEST
    if (n, digest) != copied:
        raise BackupUnfit(
            f"Table {table.name} is not the same in the new database: {n:,} rows, not "
            f"{copied[0]:,}, or other values. Nothing was copied."
        )


def _every_row(table: Table) -> Select[Any]:
    return select(table).execution_options(yield_per=_BATCH)


def _digest(rows: Iterable[Row[Any]]) -> int:
    # A sum, for the two databases sort texts differently.
    lines = (repr([_plain(value) for value in row]).encode() for row in rows)
    return sum(int.from_bytes(sha256(line).digest(), "big") for line in lines)


def _plain(value: Any) -> Any:
    """The same value in the same words on either database."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in tables.metadata.sorted_tables
    }
