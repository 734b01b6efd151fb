"""What a new house has in its database and its key file, to be put into the next one.

Building a house takes 50 ms, and thousands of tests begin with one. The rows of the first of a
process are copied into the others: the same catalog, the same keys.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, select

from cxsdk import Key
from cxserver import db, tables
from cxserver.catalog import rootkey
from cxserver.catalog.rootkey import RootKeys


@dataclass(frozen=True)
class HouseRows:
    """What makes a house of an empty database: rows by table as the driver has them, the root key,
    and the link keys. `cleared` are the tables that an empty database has rows in.
    """

    cleared: list[str]
    rows: dict[str, Any]
    root: str
    keys: dict[str, Key]

    def write(self, engine: Engine, path: Path) -> RootKeys:
        """Make a house of the empty database; its root key goes to `path`."""
        with open(path, "x", opener=_owner_alone) as file:
            file.write(self.root)
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            for table in self.cleared:
                raw.execute(f"DELETE FROM {table}")
            for table, rows in self.rows.items():
                _insert(raw, table, rows)
            raw.commit()
        return rootkey.read(path)


def tables_with_rows(engine: Engine) -> list[Table]:
    """The tables that are not empty, those first that others refer to."""
    with db.read(engine) as connection:
        return [
            table
            for table in tables.metadata.sorted_tables
            if connection.execute(select(table).limit(1)).first()
        ]


def taken(engine: Engine, path: Path, keys: dict[str, Key], before: list[Table]) -> HouseRows:
    """The rows of the house that is there; `before` had rows when its database was empty."""
    names = [table.name for table in tables_with_rows(engine)]
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        rows = {name: _rows(raw, name) for name in names}
        raw.rollback()
    cleared = [table.name for table in reversed(before)]
    # A copy: what the first house does with its keys is not in its rows.
    return HouseRows(cleared, rows, path.read_text("ascii"), dict(keys))


def _rows(raw: Any, table: str) -> Any:
    if not hasattr(raw, "pgconn"):
        return raw.execute(f"SELECT * FROM {table}").fetchall()
    with raw.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        return b"".join(copy)


def _insert(raw: Any, table: str, rows: Any) -> None:
    if not hasattr(raw, "pgconn"):
        raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        return
    with raw.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(rows)


def _owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
