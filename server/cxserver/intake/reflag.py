"""Change the flags of answers that are stored, and move their counts along, in one transaction.

A flag says "look twice"; nothing else of the answer changes. An answer that carries a burst flag,
or from which somebody took one off, is left alone: doing the same again changes nothing. What is
released of an answer whose batch has closed stays as it was, and the answer remembers how.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, bindparam, select, update

from cxserver import db, tables
from cxserver.catalog.directory import Directory
from cxserver.instrument.flags import BURSTS, is_suspect
from cxserver.intake import bursts, entry, store
from cxserver.intake.entry import Tally
from cxserver.response_id import ResponseId

# Rows changed in one transaction: others wait for it.
SLICE = 500
_LIFT = bursts.LIFTED
_AGAIN = {note: flag for flag, note in _LIFT.items()}

Rename = Callable[[ResponseId, frozenset[str]], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One answer whose flags were changed, and whether it was and is suspect."""

    row: ResponseId
    was_suspect: bool
    is_suspect: bool


def mark(engine: Engine, known: Directory, marks: Mapping[ResponseId, str]) -> list[Change]:
    """Give each of these answers its burst flag. Raises StoreUnavailable."""
    decided = BURSTS | set(_AGAIN)
    return _change(
        engine,
        known,
        marks,
        lambda row, flags: flags if flags & decided else flags | {marks[row]},
    )


def lift(engine: Engine, known: Directory, rows: Iterable[ResponseId]) -> list[Change]:
    """Take the burst flags off again: the answers count everywhere. A note is left."""
    return _change(engine, known, rows, lambda _, flags: _renamed(flags, _LIFT))


def put_back(engine: Engine, known: Directory, rows: Iterable[ResponseId]) -> list[Change]:
    """Undo `lift`."""
    return _change(engine, known, rows, lambda _, flags: _renamed(flags, _AGAIN))


def flagged(
    connection: Connection,
    service: str,
    office: str,
    day: date,
    zone: ZoneInfo,
    hour: int | None = None,
) -> list[ResponseId]:
    """The answers of one day (and hour, local) that carry a burst flag."""
    return _carrying(connection, BURSTS, service, office, day, zone, hour)


def lifted(
    connection: Connection,
    service: str,
    office: str,
    day: date,
    zone: ZoneInfo,
    hour: int | None = None,
) -> list[ResponseId]:
    """The answers of one day (and hour, local) whose burst flag was taken off."""
    return _carrying(connection, frozenset(_AGAIN), service, office, day, zone, hour)


def _carrying(
    connection: Connection,
    wanted: frozenset[str],
    service: str,
    office: str,
    day: date,
    zone: ZoneInfo,
    hour: int | None,
) -> list[ResponseId]:
    columns = tables.responses.c
    query = (
        select(columns.service, columns.day, columns.id, columns.flags, columns.answered_hour)
        .where(
            columns.service == service,
            columns.day == day,
            columns.office == office,
            columns.flags != "",
        )
        .order_by(columns.id)
    )
    rows = connection.execute(query).all()
    return [
        ResponseId(row.service, row.day, row.id)
        for row in rows
        if not wanted.isdisjoint(row.flags.split(";"))
        and hour in (None, row.answered_hour.astimezone(zone).hour)
    ]


def _renamed(flags: frozenset[str], names: Mapping[str, str]) -> frozenset[str]:
    return frozenset(names.get(flag, flag) for flag in flags)


def _change(
    engine: Engine, known: Directory, rows: Iterable[ResponseId], rename: Rename
) -> list[Change]:
    changed: list[Change] = []
    # Sorted: two that lock the same rows in the same order cannot block each other.
    ordered = sorted(set(rows))
    for at in range(0, len(ordered), SLICE):
        some = ordered[at : at + SLICE]
        changed += store.run(engine, partial(_change_some, known=known, rows=some, rename=rename))
    return changed


def _change_some(
    connection: Connection, known: Directory, rows: Collection[ResponseId], rename: Rename
) -> list[Change]:
    counts: Counter[Tally] = Counter()
    texts: list[dict[str, Any]] = []
    changed: list[Change] = []
    for service in sorted({service for service, *_ in rows}):
        db.lock(connection, store.COUNTS_LOCK, service)
    records = list(_locked(connection, rows))
    closed = store.closed_through(connection, {(each.service, each.office) for each in records})
    for record in records:
        row = ResponseId(record.service, record.day, record.id)
        before = frozenset(record.flags.split(";")) - {""}
        after = rename(row, before)
        if after == before:
            continue
        text = ";".join(sorted(after))
        names = ("s", "d", "i", "text", "released")
        texts.append(dict(zip(names, (*row, text, _released(record, closed)), strict=True)))
        changed.append(Change(row, is_suspect(record.flags), is_suspect(text)))
        counts.update(_moved(known, record, text))
    if texts:
        connection.execute(_writing(), texts)
    _recount(connection, counts)
    return changed


def _released(record: Row[Any], closed: Mapping[tuple[str, str], date]) -> str | None:
    """The flags under which its batch counts it, if one does."""
    through = closed.get((record.service, record.office), date.min)
    is_in_batch = record.counted_day is not None and record.counted_day <= through
    before: str | None = record.released_flags
    return record.flags if before is None and is_in_batch else before


def _locked(connection: Connection, rows: Iterable[ResponseId]) -> Iterator[Row[Any]]:
    columns = tables.responses.c
    for (service, day), group in groupby(rows, key=lambda row: row[:2]):
        query = (
            select(tables.responses)
            .where(
                columns.service == service,
                columns.day == day,
                columns.id.in_([row.id for row in group]),
            )
            .order_by(columns.id)
            .with_for_update()
        )
        yield from connection.execute(query).all()


def _writing() -> Any:
    table = tables.responses
    return (
        update(table)
        .where(
            table.c.service == bindparam("s"),
            table.c.day == bindparam("d"),
            table.c.id == bindparam("i"),
        )
        .values(flags=bindparam("text"), released_flags=bindparam("released"))
    )


def _moved(known: Directory, record: Row[Any], flags: str) -> dict[Tally, int]:
    """What this answer no longer adds, and what it adds now."""
    if record.excluded is not None:
        return {}
    survey = known.services[record.service].surveys[record.survey]
    counts: Counter[Tally] = Counter()
    response = record._asdict()
    counts.subtract(entry.tallies(response, survey))
    counts.update(entry.tallies(response | {"flags": flags}, survey))
    return {tally: n for tally, n in counts.items() if n}


def _recount(connection: Connection, counts: Counter[Tally]) -> None:
    moved = Counter({tally: n for tally, n in counts.items() if n})
    if not moved:
        return
    store.count(connection, moved)
    store.drop_empty(connection, moved)
