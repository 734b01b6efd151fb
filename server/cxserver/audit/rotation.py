"""Rotating the root key: one more epoch in its file and one more fingerprint in the database.

Link keys and page stamps created from then on use the new epoch. The audit log, the marks that a
link was answered, and codes go on with epoch 1: they have to be found again.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from cxserver import db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.catalog import directory, fingerprints, rootkey
from cxserver.catalog.rootkey import RootKeys


def rotate(connection: Connection, path: Path, now: datetime) -> RootKeys:
    """Add an epoch, and write it to the audit log. Raises RootKeyMissing, RootKeyMismatch, OSError.

    Killed between the file and the database it leaves a file with an epoch that nobody uses; the
    next rotation takes that one.
    """
    db.lock(connection, "root key")
    known = fingerprints.read(connection, path)
    if rootkey.read(path).newest == known.newest:
        rootkey.append_epoch(path)
    roots = rootkey.read(path)
    fingerprints.record(connection, roots, directory.today(connection, now))
    about = f"root key epoch {roots.newest}, fingerprint {roots.fingerprints[-1]}"
    Journal(roots).write(connection, COMMAND, "rotate root key", about, "done", now)
    return roots
