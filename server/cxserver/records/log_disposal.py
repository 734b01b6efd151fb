"""Delete the oldest day of the audit log, so that what is left of its chain can still be verified.

First comes the line that tells of it, with the anchor that the chain goes on from.
"""

import secrets
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from cxserver import db, tables
from cxserver.audit.anchor import DISPOSE, Anchor, move
from cxserver.audit.journal import Journal
from cxserver.catalog.directory import Directory
from cxserver.records import due, holds
from cxserver.records.holds import Standing
from cxserver.records.rules import Rule

_LONGEST_ABOUT = 400


def dispose_day(
    connection: Connection,
    known: Directory,
    rule: Rule,
    day: date,
    who: str,
    journal: Journal,
    now: datetime,
) -> int:
    """Delete the lines of `day` from the start of the log, unless a hold keeps them; how many."""
    db.lock(connection, holds.LOCK)
    standing = Standing(known, holds.read(connection))
    items = list(due.of_log(connection, known, rule, standing, now))
    n = sum(item.n for item in items if item.day <= day and not item.hold)
    if not n:
        return 0
    line = tables.audit.c
    first = int(connection.execute(select(func.min(line.n))).scalar_one())
    last = first + n - 1
    hash = connection.execute(select(line.hash).where(line.n == last)).scalar_one()
    anchor = Anchor(last, hash, known.end_of(day), secrets.token_hex(8))
    about = f"disposal {anchor.disposal} (audit, {day}, lines {first} to {last})"
    journal.write(
        connection,
        who,
        DISPOSE,
        f"{about}; {anchor}; rule: {rule}"[:_LONGEST_ABOUT],
        f"{n} deleted",
        now,
    )
    move(connection, anchor)
    return n
