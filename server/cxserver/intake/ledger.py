"""The burden ledger: of the answers that OMB approved, how many were taken (A-11 §280.11).

Counted in the answer's own transaction, so that not one is taken too many, however many servers
write at once. The answer that uses up the last one tells every server to close.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, select, update

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.catalog.directory import Clearance
from cxserver.intake.entry import Entry, UseKey


def use(connection: Connection, entries: Sequence[Entry]) -> frozenset[UseKey]:
    """Count these answers; gives the keys of those for which no approved one is left."""
    wanted: dict[Clearance, list[UseKey]] = defaultdict(list)
    for entry in entries:
        wanted[entry.clearance].append(entry.key)
    beyond: list[UseKey] = []
    # In one order for all writers: none waits for another that waits for it.
    for clearance in sorted(wanted, key=lambda item: item.slug):
        keys = wanted[clearance]
        beyond += keys[_take(connection, clearance, len(keys)) :]
    return frozenset(beyond)


def charge(connection: Connection, clearance: Clearance, n: int) -> int:
    """Count `n` answers that were not counted before; gives how many approved ones there were.

    Fewer than `n`: then the caller has to undo it.
    """
    return _take(connection, clearance, n)


def refund(connection: Connection, clearance: Clearance, n: int) -> None:
    """Give answers back to the approval: nobody was asked for what turned out to be no answer."""
    before = _held(connection, clearance.slug)
    table = tables.burden
    left = max(0, before - n)
    connection.execute(update(table).where(table.c.clearance == clearance.slug).values(used=left))
    if left < clearance.approved_responses <= before:
        directory.bump(connection)


def used(connection: Connection) -> dict[str, int]:
    """How many answers were taken, by clearance. What is held in memory may be behind."""
    columns = tables.burden.c
    query = select(columns.clearance, columns.used)
    return {clearance: int(n) for clearance, n in connection.execute(query)}


def _take(connection: Connection, clearance: Clearance, n: int) -> int:
    """Use up to `n`; gives how many there were."""
    most = clearance.approved_responses
    parameters = {"slug": clearance.slug, "more": n, "most": most}
    used = connection.execute(_taking(), parameters).scalar()
    if used is None:
        # The first of all, or not enough for all of these.
        already_used = _held(connection, clearance.slug)
        n = max(0, min(n, most - already_used))
        used = connection.execute(_taking(), parameters | {"more": n}).scalar() if n else most
    if used == most and n:
        directory.bump(connection)
    return n


@cache
def _taking() -> Executable:
    table = tables.burden
    more: Any = bindparam("more")
    taking: Executable = (
        update(table)
        .where(table.c.clearance == bindparam("slug"), table.c.used + more <= bindparam("most"))
        .values(used=table.c.used + more)
        .returning(table.c.used)
    )
    return taking


def _held(connection: Connection, slug: str) -> int:
    """How many were taken. The row is there afterwards, and nobody else changes it until commit."""
    table = tables.burden
    begin = db.upsert(connection, table).values(clearance=slug, used=0)
    connection.execute(begin.on_conflict_do_nothing())
    result = connection.execute(
        select(table.c.used).where(table.c.clearance == slug).with_for_update()
    ).scalar_one()
    return int(result)
