"""The case of a comment, for service recovery (A-11 §280.8): unread, read, open, done.

A case is there once somebody of the staff has opened the comment, or when a low score opens one by
itself. It names nobody of the public: who wrote a comment is not known, and a case does not change
that. Notes are only ever added.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, select, tuple_, update

from cxserver import db, tables
from cxserver.errors import Conflict
from cxserver.response_id import ResponseId

State = Literal["read", "open", "done"]
LONGEST_NOTE = 2000
LONGEST_WORDS = 600


@dataclass(frozen=True, slots=True)
class Case:
    """What became of a comment. `said` and `did` are the office's words, for the public. With
    `opened_for` (trust or satisfaction) a low score opened it, and no person.
    """

    row: ResponseId
    office: str
    state: State
    owner: str | None
    changed: datetime
    closed: date | None
    said: str
    did: str
    edits: int = 1
    opened_for: str | None = None

    @property
    def version(self) -> str:
        """Names this state of it: whoever changes a case says which state they saw."""
        return str(self.edits)


@dataclass(frozen=True, slots=True)
class Note:
    """What one colleague wrote for the others."""

    at: datetime
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """What people said and what was done about it, in the words of the office."""

    office: str
    service: str
    closed: date
    said: str
    did: str


def find(connection: Connection, row: ResponseId) -> Case | None:
    """The case of a comment, if anybody has opened it."""
    return state_of(connection, [row]).get(row)


def state_of(connection: Connection, rows: Iterable[ResponseId]) -> dict[ResponseId, Case]:
    """The cases of these comments; who has none is unread."""
    table = tables.cases
    named = list(rows)
    if not named:
        return {}
    key = tuple_(table.c.service, table.c.day, table.c.response)
    stored = connection.execute(select(table).where(key.in_(named)))
    return {ResponseId(item.service, item.day, item.response): _case(item) for item in stored}


def read(connection: Connection, row: ResponseId, office: str, now: datetime) -> bool:
    """Somebody opened the comment. Whether that was the first time."""
    table = tables.cases
    service, day, response = row
    added = connection.execute(
        db.upsert(connection, table)
        .values(
            service=service,
            day=day,
            response=response,
            office=office,
            state="read",
            changed=now,
            said="",
            did="",
        )
        .on_conflict_do_nothing()
        .returning(table.c.state)
    )
    if added.first() is not None:
        return True
    return _first_read(connection, row, now)


def _first_read(connection: Connection, row: ResponseId, now: datetime) -> bool:
    """Somebody opened what a low score had opened by itself. Whether that was the first time."""
    table = tables.cases
    service, day, response = row
    changed = connection.execute(
        update(table)
        .where(table.c.service == service, table.c.day == day, table.c.response == response)
        .where(table.c.opened_for.is_not(None), table.c.version == 1)
        .values(changed=now, version=2)
    )
    return changed.rowcount == 1


def take(
    connection: Connection, row: ResponseId, owner: str | None, seen: str, now: datetime
) -> None:
    """Somebody takes care of it from now on, or nobody. Raises Conflict."""
    case = _to_change(connection, row, seen)
    state: State = "open" if owner and case.state == "read" else case.state
    _change(connection, case, now, owner=owner, state=state)


def open_(connection: Connection, row: ResponseId, seen: str, now: datetime) -> None:
    """Something is to be done about it; also about one that was done. Raises Conflict."""
    case = _to_change(connection, row, seen)
    _change(connection, case, now, state="open", closed=None)


def close(
    connection: Connection,
    row: ResponseId,
    *,
    said: str,
    did: str,
    seen: str,
    now: datetime,
    today: date,
) -> None:
    """It is done. `said` and `did` may be printed for the public, when both are there.
    Raises Conflict.
    """
    case = _to_change(connection, row, seen)
    words = {"said": said[:LONGEST_WORDS], "did": did[:LONGEST_WORDS]}
    _change(connection, case, now, state="done", closed=today, **words)


def note(connection: Connection, row: ResponseId, who: str, text: str, now: datetime) -> None:
    """Add a note. Nothing is ever in its way: two who write at once both keep their words."""
    service, day, response = row
    connection.execute(
        tables.case_notes.insert().values(
            id=secrets.token_hex(16),
            service=service,
            day=day,
            response=response,
            at=now,
            who=who,
            text=text[:LONGEST_NOTE],
        )
    )


def touch(connection: Connection, row: ResponseId, now: datetime) -> None:
    """Whoever has the case open sees an older state of it from now on."""
    case = find(connection, row)
    if case is not None:
        _change(connection, case, now)


def notes(connection: Connection, row: ResponseId) -> list[Note]:
    """The notes on a comment, the oldest first."""
    columns = tables.case_notes.c
    service, day, response = row
    rows = connection.execute(
        select(columns.at, columns.who, columns.text)
        .where(columns.service == service, columns.day == day, columns.response == response)
        .order_by(columns.at, columns.id)
    )
    return [Note(*item) for item in rows]


def closed(
    connection: Connection,
    services: frozenset[str] | None,
    offices: frozenset[str] | None,
    since: date | None = None,
) -> list[Done]:
    """What was done, of these services and offices, with words for both sides; the newest first."""
    columns = tables.cases.c
    query = (
        select(columns.office, columns.service, columns.closed, columns.said, columns.did)
        .where(columns.state == "done", columns.said != "", columns.did != "")
        .order_by(columns.closed.desc(), columns.response)
    )
    if services is not None:
        query = query.where(columns.service.in_(sorted(services)))
    if offices is not None:
        query = query.where(columns.office.in_(sorted(offices)))
    if since is not None:
        query = query.where(columns.closed >= since)
    return [Done(*item) for item in connection.execute(query)]


def _to_change(connection: Connection, row: ResponseId, seen: str) -> Case:
    """The case, locked. Raises Conflict where it is not as it was `seen`."""
    table = tables.cases
    service, day, response = row
    stored = connection.execute(
        select(table)
        .where(table.c.service == service, table.c.day == day, table.c.response == response)
        .with_for_update()
    ).first()
    if stored is None or _case(stored).version != seen:
        raise Conflict("Somebody has changed this case since you opened it.")
    return _case(stored)


def _change(connection: Connection, case: Case, now: datetime, **changes: Any) -> None:
    table = tables.cases
    service, day, response = case.row
    connection.execute(
        update(table)
        .where(table.c.service == service, table.c.day == day, table.c.response == response)
        .values(changed=now, version=table.c.version + 1, **changes)
    )


def _case(row: Any) -> Case:
    return Case(
        ResponseId(row.service, row.day, row.response),
        row.office,
        row.state,
        row.owner,
        row.changed,
        row.closed,
        row.said,
        row.did,
        row.version,
        row.opened_for,
    )
