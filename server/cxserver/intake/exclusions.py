"""Exclude answers from every count, and restore them: a quarantine and its undo.

Official numbers, files and the approval follow at once. What is released follows batch by batch, as
`disclosure.changes` decides. An answer that was in no batch yet has then not arrived; restored, it
arrives that day. A flood is excluded as it is stored; restored, it is counted for the first time.
"""

import secrets
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from cxserver import db, tables
from cxserver.catalog.directory import Directory, Service
from cxserver.disclosure import batches, changes
from cxserver.disclosure.batches import Batch
from cxserver.disclosure.changes import Effect
from cxserver.errors import Conflict, ExclusionRefused, NotFound
from cxserver.instrument.flags import FLOOD, UNFLOODED
from cxserver.intake import cut_tables, entry, ledger, members, store
from cxserver.intake.cut_tables import LIVE
from cxserver.intake.entry import Tally
from cxserver.response_id import ResponseId

# Rows read by one statement.
SLICE = 500
OfficeBatch = tuple[str, Batch]


def exclude(
    connection: Connection,
    known: Directory,
    service: str,
    rows: Iterable[ResponseId],
    reason: str,
    who: str,
    now: datetime,
) -> str:
    """Take these answers of a service out of every count, as one action; its id.

    Answers that are excluded already are left alone; the others are given back to the approval.
    Raises NotFound, Conflict if none is left, and ExclusionRefused for answers that were imported.
    """
    db.lock(connection, store.COUNTS_LOCK, service)
    known_service, id = known.services[service], secrets.token_hex(8)
    answers = _countable(connection, known_service, sorted(set(rows)))
    inside = _batches(connection, service, answers)
    taken = Counter(batch for batch in inside if batch)
    with _released(connection, known_service, taken):
        _note_effects(connection, known_service, id, taken)
        action = {"service": service, "id": id, "reason": reason, "who": who, "at": now}
        connection.execute(insert(tables.exclusions).values(**action))
        days = zip(answers, inside, strict=True)
        _mark(connection, answers, [batch and answer.counted_day for answer, batch in days], id)
    # The approval before the counts, as for every answer that is stored: else each of the two
    # could wait for the other. And both at the end, for others wait for them.
    ledger.refund(connection, known_service.clearance, len(answers))
    _count(connection, known_service, answers, -1)
    return id


def restore(
    connection: Connection, known: Directory, service: str, id: str, who: str, now: datetime
) -> None:
    """Undo an action as a whole, once. It uses up the approval.

    Raises NotFound, Conflict if it is undone already, and ExclusionRefused if that would be more
    than OMB approved.
    """
    db.lock(connection, store.COUNTS_LOCK, service)
    known_service = known.services[service]
    _check_active(connection, service, id)
    _lift_flood(connection, service, id)
    with _released(connection, known_service, _changed(connection, service, id)):
        answers = _excluded(connection, service, id)
        action = tables.exclusions
        query = update(action).where(action.c.service == service, action.c.id == id)
        connection.execute(query.values(restored_by=who, restored_at=now))
        _mark(connection, answers, _days(connection, known, answers, now), None)
    _charge(connection, known_service, answers)
    _count(connection, known_service, answers, 1)


def split(
    connection: Connection, service: str, id: str, rows: Iterable[ResponseId], now: datetime
) -> str:
    """Make some answers of a flood an action of their own, to be restored by itself; its id.

    A flood was in no batch: taking it apart tells nothing of anybody.
    """
    part = secrets.token_hex(8)
    row = connection.execute(
        select(tables.exclusions.c.reason, tables.exclusions.c.who).where(
            tables.exclusions.c.service == service, tables.exclusions.c.id == id
        )
    ).one()
    action = {"service": service, "id": part, "reason": row.reason, "who": row.who, "at": now}
    connection.execute(insert(tables.exclusions).values(**action))
    answers = list(_read(connection, service, sorted(rows)))
    _mark(connection, answers, [None] * len(answers), part)
    return part


def _charge(connection: Connection, service: Service, answers: Collection[Row[Any]]) -> None:
    clearance, n = service.clearance, len(answers)
    charged = ledger.charge(connection, clearance, n)
    if charged < n:
        ledger.refund(connection, clearance, charged)
        raise ExclusionRefused(
            f"Restoring {n:,} answers would use more than OMB approved: {charged:,} are left under "
            f"{clearance.omb_control_number}. Ask OMB for more, or restore fewer."
        )


def _lift_flood(connection: Connection, service: str, id: str) -> None:
    """Somebody looked: what was marked counts as any other answer, and a note is left."""
    response = tables.responses
    flags = func.replace(response.c.flags, FLOOD, UNFLOODED)
    query = update(response).where(response.c.service == service, response.c.excluded == id)
    flooded = query.where(
        response.c.flags.like(f"%{FLOOD}%"), response.c.flags.not_like(f"%{UNFLOODED}%")
    )
    connection.execute(flooded.values(flags=flags))


@contextmanager
def _released(
    connection: Connection, service: Service, touched: Collection[OfficeBatch]
) -> Iterator[None]:
    """Let what is released follow what is done meanwhile to these batches."""
    before = _shown(connection, service, touched)
    yield
    after = _shown(connection, service, touched)
    after.subtract(before)
    moved = {tally: n for tally, n in after.items() if n}
    store.count(connection, moved, store.RELEASED)
    store.drop_empty(connection, moved, store.RELEASED)


def _shown(
    connection: Connection, service: Service, touched: Iterable[OfficeBatch]
) -> Counter[Tally]:
    effects = members.effects(connection, service.slug)
    counts: Counter[Tally] = Counter()
    for office, batch in touched:
        changed = effects.get((office, batch.through), {})
        counts.update(members.shown(connection, service, office, batch, changed))
    return counts


def _note_effects(
    connection: Connection, service: Service, id: str, taken: Mapping[OfficeBatch, int]
) -> None:
    """Decide what an action does to the batches that it takes answers out of, and write it down."""
    effects = members.effects(connection, service.slug)
    left = {
        (office, batch): members.left(
            connection, service, office, batch, effects.get((office, batch.through), {})
        )
        for office, batch in taken
    }
    unsplit = _unsplit(connection, service.slug, taken)
    for (office, batch), effect in changes.decide(left, taken, unsplit).items():
        if effect is not Effect.NONE:
            key = {"service": service.slug, "office": office, "through": batch.through}
            change = insert(tables.batch_changes).values(**key, exclusion=id, effect=effect.value)
            connection.execute(change)


def _unsplit(
    connection: Connection, service: str, touched: Iterable[OfficeBatch]
) -> set[OfficeBatch]:
    """The batches that leave whole or not at all: an undone action had split them, or they are
    part of a cut table.
    """
    change, action = tables.batch_changes.c, tables.exclusions.c
    query = (
        select(change.office, change.through)
        .where(change.service == service, change.effect == Effect.PART.value)
        .where(action.service == change.service, action.id == change.exclusion)
        .where(action.restored_at.is_not(None))
    )
    split = {(office, through) for office, through in connection.execute(query)}
    drawn = cut_tables.drawn(connection, service)
    return {
        (office, batch)
        for office, batch in touched
        if (office, batch.through) in split or batch.through.replace(day=1) in drawn
    }


def _countable(
    connection: Connection, service: Service, rows: Collection[ResponseId]
) -> list[Row[Any]]:
    """The answers that are counted now. Raises NotFound, Conflict and ExclusionRefused."""
    answers = list(_read(connection, service.slug, rows))
    if len(answers) < len(rows):
        raise NotFound(f"Not all of these answers are answers of '{service.slug}'.")
    if any(answer.survey in cut_tables.imported(service) for answer in answers):
        raise ExclusionRefused("Answers that were imported leave with their import: undo it whole.")
    counted = [answer for answer in answers if answer.excluded is None]
    if not counted:
        raise Conflict("These answers are excluded already.")
    return counted


def _read(connection: Connection, service: str, rows: Iterable[ResponseId]) -> Iterator[Row[Any]]:
    response = tables.responses.c
    mine = (row for row in rows if row.service == service)
    for day, group in groupby(mine, key=lambda row: row.day):
        ids = [id for *_, id in group]
        for at in range(0, len(ids), SLICE):
            query = select(tables.responses).where(
                response.service == service,
                response.day == day,
                response.id.in_(ids[at : at + SLICE]),
            )
            yield from connection.execute(query)


def _excluded(connection: Connection, service: str, id: str) -> list[Row[Any]]:
    response = tables.responses.c
    query = select(tables.responses).where(response.service == service, response.excluded == id)
    return list(connection.execute(query))


def _check_active(connection: Connection, service: str, id: str) -> None:
    action = tables.exclusions.c
    query = select(action.restored_at).where(action.service == service, action.id == id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"Service '{service}' has no exclusion '{id}'.")
    if row.restored_at is not None:
        raise Conflict(f"Exclusion '{id}' is undone already. What it took out counts again.")


def _batches(
    connection: Connection, service: str, answers: Collection[Row[Any]]
) -> list[OfficeBatch | None]:
    """The batch in which each answer is, if it is in one."""
    batch = tables.batches.c
    offices = sorted({answer.office for answer in answers})
    query = (
        select(batch.office, batch.first, batch.through, batch.n)
        .where(batch.service == service, batch.source == LIVE, batch.office.in_(offices))
        .order_by(batch.through)
    )
    closed: dict[str, list[Batch]] = defaultdict(list)
    for office, *days in connection.execute(query):
        closed[office].append(Batch(*days))
    return [_batch(answer.office, closed[answer.office], answer.counted_day) for answer in answers]


def _batch(office: str, closed: list[Batch], day: date) -> OfficeBatch | None:
    at = bisect_left(closed, day, key=lambda batch: batch.through)
    return (office, closed[at]) if at < len(closed) and closed[at].first <= day else None


def _changed(connection: Connection, service: str, id: str) -> list[OfficeBatch]:
    """The batches that an action changed."""
    batch, change = tables.batches.c, tables.batch_changes.c
    query = (
        select(batch.office, batch.first, batch.through, batch.n)
        .where(change.service == service, change.exclusion == id)
        .where(batch.service == change.service, batch.office == change.office)
        .where(batch.source == LIVE, batch.through == change.through)
    )
    return [(office, Batch(*days)) for office, *days in connection.execute(query)]


def _days(
    connection: Connection, known: Directory, answers: Iterable[Row[Any]], now: datetime
) -> list[date]:
    """The day each answer counts from now on: its own, or the one on which it arrives now."""
    units = {(answer.service, answer.office) for answer in answers}
    closed = store.closed_through(connection, units)
    today = {
        unit: batches.counted_day(
            now.astimezone(known.offices[unit[1]].zone).date(), closed.get(unit)
        )
        for unit in units
    }
    return [answer.counted_day or today[answer.service, answer.office] for answer in answers]


def _mark(
    connection: Connection,
    answers: Iterable[Row[Any]],
    days: Iterable[date | None],
    id: str | None,
) -> None:
    """Write down who excludes the answers (None: nobody), and under which day each counts."""
    response = tables.responses
    values = [
        {"s": answer.service, "d": answer.day, "i": answer.id, "day_counted": day, "by": id}
        for answer, day in zip(answers, days, strict=True)
    ]
    query = (
        update(response)
        .where(
            response.c.service == bindparam("s"),
            response.c.day == bindparam("d"),
            response.c.id == bindparam("i"),
        )
        .values(excluded=bindparam("by"), counted_day=bindparam("day_counted"))
    )
    if values:
        connection.execute(query, values)


def _count(connection: Connection, service: Service, answers: Iterable[Row[Any]], n: int) -> None:
    """Add the answers to official counts, or take them out."""
    moved: Counter[Tally] = Counter()
    for answer in answers:
        for tally in entry.tallies(answer._asdict(), service.surveys[answer.survey]):
            moved[tally] += n
    store.count(connection, moved)
    if n < 0:
        store.drop_empty(connection, moved)
