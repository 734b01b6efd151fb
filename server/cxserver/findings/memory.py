"""What is remembered of a finding: since when it stands out, who works on it, when it was done.

A finding itself is worked out anew from the counts each time. It is the same finding as long as the
same driver stands out at the same office of the same service.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from cxserver import db, tables
from cxserver.errors import Conflict
from cxserver.findings.engine import Finding

# Seen this many days or fewer ago for the first time, a finding is new.
NEW_DAYS = 7
# So long after it was last seen, the same driver at the same office is another matter.
_GONE = timedelta(days=56)


@dataclass(frozen=True, slots=True)
class Key:
    """What names a finding."""

    service: str
    office: str
    driver: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered. `owner` is the id of a member; `done` the day somebody said it was done.
    `version` names this state: whoever changes it says which state they saw.
    """

    key: Key
    first_seen: date
    last_seen: date
    owner: str | None = None
    taken: date | None = None
    done: date | None = None
    version: int = 0


def key_of(finding: Finding) -> Key:
    """What names this finding."""
    return Key(finding.service, finding.office, finding.driver)


def read(connection: Connection, services: Iterable[str]) -> Mapping[Key, Memory]:
    """All that is remembered of these services."""
    columns = tables.findings.c
    query = select(tables.findings).where(columns.service.in_(sorted(services)))
    return {memory.key: memory for memory in map(_memory, connection.execute(query))}


def note_seen(connection: Connection, keys: Sequence[Key], today: date) -> int:
    """Remember that these stand out today; how many are new. One that had gone begins anew."""
    known = read(connection, {key.service for key in keys})
    new = 0
    for key in keys:
        memory = known.get(key)
        if memory is not None and memory.last_seen < today - _GONE:
            _change(connection, key, first_seen=today, owner=None, taken=None, done=None)
            new += 1
        new += memory is None and _first(connection, key, today)
        _change(connection, key, last_seen=today)
    return new


def take(connection: Connection, key: Key, owner: str | None, today: date, seen: int) -> None:
    """Somebody is at it from now on, or nobody. Raises Conflict."""
    version = _to_change(connection, key, today, seen)
    taken = today if owner else None
    _change(connection, key, owner=owner, taken=taken, done=None, version=version + 1)


def close(connection: Connection, key: Key, today: date, seen: int) -> None:
    """It is done: what people say from now on tells whether it helped. Raises Conflict."""
    version = _to_change(connection, key, today, seen)
    _change(connection, key, done=today, version=version + 1)


def _to_change(connection: Connection, key: Key, today: date, seen: int) -> int:
    """Lock it, and its version. Raises Conflict where it is not as it was `seen`; 0 is one that
    was not remembered yet.
    """
    _first(connection, key, today)
    query = select(tables.findings.c.version).where(*_is(key)).with_for_update()
    version: int = connection.execute(query).scalar_one()
    if version != (seen or 1):
        raise Conflict("Somebody else has changed this since you opened the page.")
    return version


def _first(connection: Connection, key: Key, today: date) -> bool:
    added = connection.execute(
        db.upsert(connection, tables.findings)
        .values(
            service=key.service,
            office=key.office,
            driver=key.driver,
            first_seen=today,
            last_seen=today,
        )
        .on_conflict_do_nothing()
        .returning(tables.findings.c.service)
    )
    return added.first() is not None


def _change(connection: Connection, key: Key, **values: Any) -> None:
    connection.execute(update(tables.findings).where(*_is(key)).values(**values))


def _is(key: Key) -> tuple[Any, ...]:
    columns = tables.findings.c
    return (
        columns.service == key.service,
        columns.office == key.office,
        columns.driver == key.driver,
    )


def _memory(row: Any) -> Memory:
    key = Key(row.service, row.office, row.driver)
    return Memory(key, row.first_seen, row.last_seen, row.owner, row.taken, row.done, row.version)
