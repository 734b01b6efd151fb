"""Counts that no answer waits for: kept in memory, and added to a table every few minutes.

A server that is killed loses the last few minutes of them.
"""

import threading
from collections import Counter as Counts
from typing import Any

from sqlalchemy import Engine, Table

from cxserver import db

Key = tuple[Any, ...]


class Counter:
    """Counts by the primary key of `table`, whose column `n` they are added to. For any thread."""

    def __init__(self, table: Table):
        self._table = table
        self._names = [column.name for column in table.primary_key.columns]
        self._lock = threading.Lock()
        self._counts: Counts[Key] = Counts()

    def add(self, *key: Any) -> None:
        """One more of `key`, in the order of the table's primary key."""
        with self._lock:
            self._counts[key] += 1

    def flush(self, engine: Engine) -> None:
        """Write what was counted since the last time."""
        with self._lock:
            counts, self._counts = self._counts, Counts()
        if not counts:
            return
        try:
            self._write(engine, counts)
        except Exception:
            with self._lock:
                self._counts.update(counts)
            raise

    def _write(self, engine: Engine, counts: Counts[Key]) -> None:
        # Sorted, so that two servers take the rows' locks in the same order.
        rows = [
            {**dict(zip(self._names, key, strict=True)), "n": counts[key]} for key in sorted(counts)
        ]
        with db.write(engine) as connection:
            add = db.upsert(connection, self._table)
            adding = add.on_conflict_do_update(
                index_elements=list(self._table.primary_key.columns),
                set_={"n": self._table.c.n + add.excluded.n},
            )
            connection.execute(adding, rows)
