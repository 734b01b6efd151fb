"""What an answer sets going, in its own transaction: teams to alert, a code to reply under.

An answer without either costs nothing here. The answer itself comes first: a row of these that
the database refuses is told in the log and left out.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DataError, IntegrityError

from cxserver import tables
from cxserver.intake.entry import Entry
from cxserver.log import logger

_Rows = list[dict[str, Any]]


def keep(connection: Connection, entries: Iterable[Entry]) -> frozenset[bytes]:
    """Insert what `entries`, which were stored just now, set going. The codes that now stand."""
    alerts: _Rows = []
    replies: _Rows = []
    for entry in entries:
        alerts += [{**_named(entry), **_alert(entry, name)} for name in entry.alerts]
        if entry.reply:
            replies.append({**_named(entry), **_reply(entry, entry.reply)})
    _insert(connection, tables.alerts, alerts)
    stored = _insert(connection, tables.replies, replies)
    return frozenset(row["code_hash"] for row in stored)


def _named(entry: Entry) -> dict[str, Any]:
    service, day, response = entry.row
    return {"service": service, "day": day, "response": response}


def _alert(entry: Entry, name: str) -> dict[str, Any]:
    return {"alert": name, "office": entry.response["office"], "tries": 0}


def _reply(entry: Entry, code_hash: bytes) -> dict[str, Any]:
    last = entry.response["day"] + timedelta(days=tables.REPLY_DAYS)
    return {"code_hash": code_hash, "until": last, "text": ""}


def _insert(connection: Connection, table: Table, rows: _Rows) -> Sequence[dict[str, Any]]:
    """The rows that are in the table now."""
    if not rows:
        return ()
    try:
        with connection.begin_nested():
            connection.execute(insert(table), rows)
    except (DataError, IntegrityError) as error:
        if len(rows) == 1:
            reason = type(error).__name__
            logger.error(f"{table.name}_not_kept", reason=reason, service=rows[0]["service"])
            return ()
        # One of them is at fault. Alone, the others are as good as before.
        return [row for single in rows for row in _insert(connection, table, [single])]
    return rows
