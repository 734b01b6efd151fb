"""Erase again, in a restored database, what was erased after its backup was taken, and place legal
holds again, before any job runs there.

The list has no words, so of a redacted comment all of it goes, and what the staff wrote about it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from cxserver import tables
from cxserver.audit import anchor
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures
from cxserver.backups.erasures import Entry, Kind
from cxserver.catalog import directory, linkkeys
from cxserver.catalog.directory import Directory
from cxserver.catalog.rootkey import RootKeys
from cxserver.comments import copies, redaction
from cxserver.comments.striking import Cut
from cxserver.errors import ExclusionRefused, NotFound
from cxserver.imports import taken, undoing
from cxserver.intake import exclusions
from cxserver.records import disposal, holds
from cxserver.records import rules as records_rules
from cxserver.records.holds import Hold
from cxserver.response_id import ResponseId

RESULT = "again after a restore"
_WHY = "Quarantined again after a restore"


@dataclass
class _Replay:
    """One run over the list. `restored` are the actions that were undone later."""

    connection: Connection
    known: Directory
    journal: Journal
    since: datetime
    now: datetime
    restored: frozenset[tuple[str, str]]
    done: Counter[Kind] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def note(self, kind: Kind, what: str, about: str) -> None:
        """Count it, and write it into the audit log."""
        self.done[kind] += 1
        self.journal.write(self.connection, COMMAND, what, about, RESULT, self.now)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How much of each kind was done again, and what was not, in sentences."""

    done: Mapping[Kind, int]
    refused: tuple[str, ...] = ()


def run(
    connection: Connection,
    roots: RootKeys,
    entries: Iterable[Entry],
    since: datetime,
    now: datetime,
) -> Replayed:
    """Do again whatever the list has and this database has not, in the caller's transaction.

    `since` is when the backup was taken.
    """
    entries = list(entries)
    restored = (entry for entry in entries if entry.kind is Kind.RESTORATION)
    replay = _Replay(
        connection,
        directory.load(connection),
        Journal(roots),
        since,
        now,
        frozenset((entry.service, entry.id) for entry in restored),
    )
    for entry in _since_backup(connection, entries):
        _STEPS[entry.kind](replay, entry)
    return Replayed(dict(replay.done), tuple(replay.refused))


def _redact(replay: _Replay, entry: Entry) -> None:
    row = _response(replay.connection, entry)
    if row is None:
        return
    everything = Cut(everything=True)
    free = redaction.typed(replay.known, row.service)
    redaction.redact(replay.connection, row, free, everything, replay.now)
    copies.redact(replay.connection, row, everything, replay.now)
    replay.note(entry.kind, "redact a comment", f"{row.service}/{entry.week}/{row.id}")


def _quarantine(replay: _Replay, entry: Entry) -> None:
    if (entry.service, entry.id) in replay.restored or _action(replay.connection, entry):
        return
    rows = _countable(replay.connection, entry)
    if not rows or entry.service not in replay.known.services:
        return
    reason = f"{_WHY} (it was {entry.id})"
    try:
        id = exclusions.exclude(
            replay.connection, replay.known, entry.service, rows, reason, COMMAND, replay.now
        )
    except (ExclusionRefused, NotFound) as error:
        replay.refused.append(f"Quarantine {entry.id} of {entry.service}: {error}")
        return
    replay.note(entry.kind, "quarantine answers", f"{entry.service} ({id})")


def _restore(replay: _Replay, entry: Entry) -> None:
    action = _action(replay.connection, entry)
    if action is None or action.restored_at:
        return
    try:
        exclusions.restore(
            replay.connection, replay.known, entry.service, entry.id, COMMAND, replay.now
        )
    except ExclusionRefused as error:
        replay.refused.append(f"Restoring {entry.id} of {entry.service}: {error}")
        return
    replay.note(entry.kind, "restore answers", f"{entry.service} ({entry.id})")


def _undo_import(replay: _Replay, entry: Entry) -> None:
    try:
        imported = taken.named(replay.connection, entry.id)
    except NotFound:
        return
    undoing.undo(replay.connection, imported)
    about = f"import {entry.id}: {imported.answers:,} answers from {imported.file}"
    replay.note(entry.kind, "undo import", about)


def _revoke_link_key(replay: _Replay, entry: Entry) -> None:
    number, office, nonce = entry.id.split("/")
    kid, service = int(number), entry.service
    gone = tables.revocations.c
    same = (gone.service == service, gone.kid == kid, gone.office == office, gone.nonce == nonce)
    if replay.connection.execute(select(gone.kid).where(*same)).first():
        return
    today = replay.known.today(replay.now)
    _reserve(replay.connection, service, kid, today)
    linkkeys.revoke(replay.connection, service, kid, today, office, nonce)
    about = f"key {kid} of {service}" + (f" at {office}" if office else "")
    replay.note(entry.kind, "revoke link key", about)


def _revoke_api_key(replay: _Replay, entry: Entry) -> None:
    table = tables.api_keys
    query = update(table).where(table.c.id == entry.id, table.c.revoked.is_(None))
    today = replay.known.today(replay.now)
    if replay.connection.execute(query.values(revoked=today)).rowcount:
        replay.note(entry.kind, "withdraw key", f"API key {entry.id}")


def _remove_member(replay: _Replay, entry: Entry) -> None:
    if entry.at and entry.at <= replay.since:
        return  # and let in again before the backup
    table = tables.staff_members
    query = update(table).where(table.c.id == entry.id, table.c.revoked.is_(None))
    gone = {"revoked": replay.now, "issuer": None, "subject": None, "version": table.c.version + 1}
    if replay.connection.execute(query.values(**gone)).rowcount:
        replay.note(entry.kind, "revoke", f"member {entry.id}")


def _dispose(replay: _Replay, entry: Entry) -> None:
    kind, _, id = entry.id.partition("/")
    if entry.service not in replay.known.services:
        return
    # Exactly what was deleted, and not what is due: a hold that was placed later did not stop it.
    for day, offices in entry.offices.items():
        of = (entry.service, records_rules.Kind(kind))
        n = disposal.erase(replay.connection, replay.known, of, day, offices, replay.now, id)
        if n:
            about = f"disposal {id} ({kind} of {entry.service}, {day})"
            replay.note(entry.kind, disposal.DISPOSE, about)


def _place_hold(replay: _Replay, entry: Entry) -> None:
    if entry.hold is None or _hold(replay.connection, entry):
        return
    terms = entry.hold
    hold = Hold(entry.id, terms.cover, terms.reason, terms.who, entry.at or replay.now)
    holds.insert_hold(replay.connection, hold)
    replay.note(entry.kind, holds.PLACE, hold.about(hold.who))


def _lift_hold(replay: _Replay, entry: Entry) -> None:
    hold = _hold(replay.connection, entry)
    if entry.hold is None or hold is None or hold.lifted_at:
        return
    terms, at = entry.hold, entry.at or replay.now
    holds.lift(replay.connection, entry.id, terms.reason, terms.who, at)
    replay.note(entry.kind, holds.LIFT, hold.about(terms.who))


_STEPS: Mapping[Kind, Callable[[_Replay, Entry], None]] = {
    Kind.REDACTION: _redact,
    Kind.QUARANTINE: _quarantine,
    Kind.RESTORATION: _restore,
    Kind.IMPORT: _undo_import,
    Kind.LINK_KEY: _revoke_link_key,
    Kind.API_KEY: _revoke_api_key,
    Kind.MEMBER: _remove_member,
    Kind.DISPOSAL: _dispose,
    Kind.HOLD: _place_hold,
    Kind.LIFT: _lift_hold,
}


def _since_backup(connection: Connection, entries: Iterable[Entry]) -> Iterator[Entry]:
    """All but what was done before the backup was taken: this database's own log has its line, or
    had it until retention deleted that.
    """
    audited, start = _audited(connection), anchor.read(connection)
    for entry in entries:
        is_past = start is not None and entry.at is not None and entry.at < start.until
        if not entry.audit or not (is_past or entry.audit in audited):
            yield entry


def _audited(connection: Connection) -> set[str]:
    """The lines of this database's own log that the list can name."""
    line = tables.audit.c
    query = select(line.hash).where(line.what.in_(erasures.LISTED))
    return {hash.hex() for hash in connection.execute(query).scalars()}


def _response(connection: Connection, entry: Entry) -> ResponseId | None:
    """The response of a redaction, if the backup has it: its line knows the week, not the day."""
    response = tables.responses.c
    if entry.week is None:
        return None
    query = select(response.service, response.day, response.id).where(
        response.service == entry.service,
        response.day.between(entry.week, entry.week + timedelta(days=6)),
        response.id == entry.id,
    )
    row = connection.execute(query).first()
    return ResponseId(*row) if row else None


def _action(connection: Connection, entry: Entry) -> Row[Any] | None:
    action = tables.exclusions.c
    query = select(action.restored_at).where(action.service == entry.service, action.id == entry.id)
    return connection.execute(query).first()


def _hold(connection: Connection, entry: Entry) -> Hold | None:
    return {hold.id: hold for hold in holds.read(connection)}.get(entry.id)


def _countable(connection: Connection, entry: Entry) -> list[ResponseId]:
    """The answers of a quarantine that the backup has, and that count."""
    response = tables.responses.c
    rows = []
    for day, ids in entry.answers.items():
        for at in range(0, len(ids), exclusions.SLICE):
            query = select(response.service, response.day, response.id).where(
                response.service == entry.service,
                response.day == day,
                response.id.in_(ids[at : at + exclusions.SLICE]),
                tables.IS_COUNTED,
            )
            rows += [ResponseId(*row) for row in connection.execute(query)]
    return rows


def _reserve(connection: Connection, service: str, kid: int, today: date) -> None:
    """A key that was created after the backup: its number must not be given to a new key, which
    would be the same key again.
    """
    key = tables.link_keys
    if connection.execute(
        select(key.c.kid).where(key.c.service == service, key.c.kid == kid)
    ).first():
        return
    epoch = connection.execute(select(func.max(tables.root_keys.c.epoch))).scalar_one()
    values = {"service": service, "kid": kid, "office": None, "epoch": epoch, "issued": today}
    connection.execute(key.insert().values(**values))
