"""The root key of a database that is being migrated: found, checked, recorded, or made.

All of it happens in the transaction that makes the tables, under its lock, so that of two servers
that come up together one makes the key and the other finds it recorded.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from cxserver import db
from cxserver.audit import journal
from cxserver.audit.journal import Journal
from cxserver.catalog import fingerprints, rootkey
from cxserver.catalog.fingerprints import CURE
from cxserver.catalog.rootkey import RootKeys
from cxserver.errors import RootKeyMismatch, RootKeyMissing


@dataclass(frozen=True, slots=True)
class Adopted:
    """The keys of the database, and whether they were `made` just now."""

    roots: RootKeys
    made: bool


def migrate(engine: Engine, path: Path, now: datetime) -> Adopted:
    """Bring the tables up to date, and settle which root key they belong to, in one transaction.

    Raises RootKeyMissing, RootKeyMismatch, DatabaseUnfit.
    """
    adopted: list[Adopted] = []
    # No agency is known before its catalog is applied: the date is UTC's.
    db.migrate(engine, then=lambda connection: adopted.append(adopt(connection, path, now.date())))
    return adopted[0]


def adopt(connection: Connection, path: Path, today: date) -> Adopted:
    """The root key of this database, recorded. Call it under the migration's lock.

    Raises RootKeyMissing, RootKeyMismatch, or DatabaseUnfit for a file that cannot be read.
    """
    if fingerprints.recorded(connection):
        return Adopted(fingerprints.read(connection, path), made=False)
    made = _make(connection, path)
    roots = rootkey.read(path)
    _check_proven(connection, roots, path)
    fingerprints.record(connection, roots, today)
    return Adopted(roots, made)


def _make(connection: Connection, path: Path) -> bool:
    if path.exists():
        return False
    if _is_used(connection):
        raise RootKeyMissing(
            f"There is no root key at {path}, and this database was used with one. {CURE}"
        )
    return rootkey.make(path)


def _check_proven(connection: Connection, roots: RootKeys, path: Path) -> None:
    """A database from before fingerprints: its audit log was written with the key it had."""
    if not _is_used(connection):
        return
    verdict = Journal(roots).verify(connection)
    if verdict.broken is None and verdict.lines:
        return
    reason = "its audit log was written with another key" if verdict.broken else "nothing proves it"
    raise RootKeyMismatch(
        f"The root key at {path} cannot be taken for this database's: {reason}. {CURE}"
    )


def _is_used(connection: Connection) -> bool:
    return fingerprints.has_link_keys(connection) or bool(journal.latest(connection, limit=1))
