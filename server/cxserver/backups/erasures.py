"""The list of what was erased: a file beside the backups, so that it outlives the database.

A restored backup would bring back comments that were redacted, answers that were quarantined and
keys that were revoked after it was taken, and would lack the legal holds that were placed since.
The list says which, by kinds and ids, never by what people wrote; of a hold it has the reason. It
is drawn from the audit log and the tables themselves: after each act, each hour and with each
backup, whatever it lacks is added. So an act whose line was lost in a crash is listed later.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.exc import SQLAlchemyError

from cxserver import db, tables
from cxserver.errors import BackupUnfit
from cxserver.instrument.flags import FLOOD
from cxserver.log import logger
from cxserver.records import holds
from cxserver.records.holds import Cover

NAME = "erasures.jsonl"
# What the audit log calls the acts that are listed by its lines.
_REDACT, _UNDO = LISTED = ("redact a comment", "undo import")
_REDACTED = re.compile(r"(?P<service>[a-z0-9-]+)/(?P<week>\d{4}-\d\d-\d\d)/(?P<id>[^ /]+)")
_IMPORT = re.compile(r"import (?P<id>\w+):")


class Kind(StrEnum):
    """What was done."""

    REDACTION = "redaction"
    QUARANTINE = "quarantine"
    RESTORATION = "restoration"
    IMPORT = "import undone"
    LINK_KEY = "link key revoked"
    API_KEY = "API key revoked"
    MEMBER = "member removed"
    DISPOSAL = "records disposed of"
    HOLD = "legal hold placed"
    LIFT = "legal hold lifted"


class Terms(BaseModel):
    """Why and by whom a legal hold was placed, with what it covers, or lifted."""

    model_config = ConfigDict(frozen=True)

    service: str | None = None
    office: str | None = None
    first: date | None = None
    last: date | None = None
    reason: str
    who: str

    @property
    def cover(self) -> Cover:
        """What the hold is about."""
        return Cover(self.service, self.office, self.first, self.last)


class Entry(BaseModel):
    """A line of the list. `id` names what was erased: a response, an action, a key.

    Of a redaction, `week` is the Monday of the response's week; of a quarantine, `answers` are its
    responses by day. Of a disposal, `id` begins with the kind, and `offices` are those of its day.
    Of a legal hold, `hold` has its terms. `audit` is the hash of the line of the audit log, where
    it has one.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    service: str = ""
    id: str
    at: datetime | None = None
    week: date | None = None
    answers: Mapping[date, Sequence[str]] = {}
    offices: Mapping[date, Sequence[str]] = {}
    hold: Terms | None = None
    audit: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two lines the same."""
        # Somebody who was let in again may be removed again.
        when = self.at.isoformat() if self.at and self.kind is Kind.MEMBER else ""
        return (self.kind, self.service, self.id, self.audit, when)


Keys = set[tuple[str, ...]]


def note(engine: Engine, folder: Path) -> None:
    """Add what the list in `folder` lacks, right after an act. It never fails the act."""
    try:
        follow(engine, folder)
    except (OSError, BackupUnfit, SQLAlchemyError) as error:
        # The hourly job tries again, and fails where somebody sees it.
        logger.error("erasures_not_listed", reason=type(error).__name__)


def follow(engine: Engine, folder: Path) -> int:
    """Add what the list in `folder` lacks; how many lines. Raises OSError, BackupUnfit."""
    path = folder / NAME
    with _locked(path) as file:
        known = {entry.key for entry in _parse(file.read(), path)}
        with db.read(engine) as connection:
            lacking = [entry for entry in done(connection, known) if entry.key not in known]
        for entry in lacking:
            file.write(entry.model_dump_json(exclude_defaults=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return len(lacking)


def begin(folder: Path) -> None:
    """Have a list in `folder`, be it an empty one. Raises OSError."""
    with _locked(folder / NAME):
        pass


def read(path: Path) -> list[Entry]:
    """The list in the order of its lines. Raises BackupUnfit, OSError."""
    return list(_parse(path.read_bytes(), path))


def done(connection: Connection, known: Keys) -> Iterator[Entry]:
    """All that was erased in this database. What is `known` may be left out where that is quicker.

    A new way to erase adds a function to `_SOURCES`, and to the steps of `replay`.
    """
    for source in _SOURCES:
        yield from source(connection, known)


def _redactions(connection: Connection, known: Keys) -> Iterator[Entry]:
    for line in _audited(connection, _REDACT):
        if match := _REDACTED.match(line.about):
            yield Entry(
                kind=Kind.REDACTION,
                service=match["service"],
                id=match["id"],
                at=line.at,
                week=date.fromisoformat(match["week"]),
                audit=line.hash.hex(),
            )


def _imports(connection: Connection, known: Keys) -> Iterator[Entry]:
    for line in _audited(connection, _UNDO):
        if match := _IMPORT.match(line.about):
            yield Entry(kind=Kind.IMPORT, id=match["id"], at=line.at, audit=line.hash.hex())


def _quarantines(connection: Connection, known: Keys) -> Iterator[Entry]:
    action = tables.exclusions.c
    for row in connection.execute(select(tables.exclusions).order_by(action.at, action.id)):
        entry = Entry(kind=Kind.QUARANTINE, service=row.service, id=row.id, at=row.at)
        # A flood is excluded as it is stored: a backup has it as it was.
        if not row.restored_at and not row.id.startswith(f"{FLOOD}-") and entry.key not in known:
            yield entry.model_copy(update={"answers": _excluded(connection, row.service, row.id)})
        if row.restored_at:
            kind = Kind.RESTORATION
            yield Entry(kind=kind, service=row.service, id=row.id, at=row.restored_at)


def _excluded(connection: Connection, service: str, action: str) -> dict[date, list[str]]:
    response = tables.responses.c
    query = select(response.day, response.id).where(
        response.service == service, response.excluded == action
    )
    result: dict[date, list[str]] = {}
    for day, id in connection.execute(query.order_by(response.day, response.id)):
        result.setdefault(day, []).append(id)
    return result


def _link_keys(connection: Connection, known: Keys) -> Iterator[Entry]:
    for row in connection.execute(select(tables.revocations)):
        # As the row has it: the key's number, and the office or link if it is not the whole key.
        yield Entry(
            kind=Kind.LINK_KEY, service=row.service, id=f"{row.kid}/{row.office}/{row.nonce}"
        )


def _api_keys(connection: Connection, known: Keys) -> Iterator[Entry]:
    key = tables.api_keys.c
    for id in connection.execute(select(key.id).where(key.revoked.is_not(None))).scalars():
        yield Entry(kind=Kind.API_KEY, id=id)


def _members(connection: Connection, known: Keys) -> Iterator[Entry]:
    member = tables.staff_members.c
    query = select(member.id, member.revoked).where(member.revoked.is_not(None))
    for id, revoked in connection.execute(query):
        yield Entry(kind=Kind.MEMBER, id=id, at=revoked)


def _disposals(connection: Connection, known: Keys) -> Iterator[Entry]:
    gone = tables.disposals.c
    query = select(tables.disposals).order_by(gone.disposal, gone.office)
    for id, rows in groupby(connection.execute(query), key=lambda row: row.disposal):
        some = list(rows)
        row = some[0]
        yield Entry(
            kind=Kind.DISPOSAL,
            service=row.service,
            id=f"{row.kind}/{id}",
            offices={row.day: [each.office for each in some]},
        )


def _holds(connection: Connection, known: Keys) -> Iterator[Entry]:
    for hold in holds.read(connection):
        cover = asdict(hold.cover)
        terms = Terms(**cover, reason=hold.reason, who=hold.who)
        yield Entry(kind=Kind.HOLD, id=hold.id, at=hold.at, hold=terms)
        if hold.lifted_at:
            terms = Terms(reason=hold.lifted_reason or "", who=hold.lifted_by or "")
            yield Entry(kind=Kind.LIFT, id=hold.id, at=hold.lifted_at, hold=terms)


_SOURCES: tuple[Callable[[Connection, Keys], Iterator[Entry]], ...] = (
    _redactions,
    _imports,
    _quarantines,
    _link_keys,
    _api_keys,
    _members,
    _disposals,
    _holds,
)


def _audited(connection: Connection, what: str) -> Sequence[Row[Any]]:
    line = tables.audit.c
    return connection.execute(select(tables.audit).where(line.what == what).order_by(line.n)).all()


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The list, open to be read and added to by nobody else, without a line that was cut off."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(handle, fcntl.LOCK_EX)
        text = file.read()
        whole = text.rpartition(b"\n")[0]
        os.ftruncate(handle, len(whole) + 1 if whole or text.startswith(b"\n") else 0)
        file.seek(0)
        yield file


def _parse(text: bytes, path: Path) -> Iterator[Entry]:
    lines = text.split(b"\n")
    # What follows the last line's end was cut off by a crash: it is written again.
    for n, line in enumerate(lines[:-1], start=1):
        try:
            yield Entry.model_validate_json(line)
        except ValidationError:
            raise BackupUnfit(
                f"Line {n} of {path} is damaged. Put back a copy of this list: without the line, "
                "something that was erased could come back."
            ) from None
