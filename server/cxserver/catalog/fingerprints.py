"""Which root key a database belongs to: a fingerprint for each epoch, compared before any use.

With another key every genuine link fails, the audit log breaks, and an answered link opens again.
So whoever works with a database reads its root key here.
"""

from datetime import date
from pathlib import Path

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.catalog import rootkey
from cxserver.catalog.rootkey import RootKeys
from cxserver.errors import RootKeyMismatch, RootKeyMissing

CURE = (
    "Restore the right file from your copy, or set CX_ROOT_KEY_FILE to it. "
    "Every server needs the same file. To start over on purpose, use an empty database."
)


def read(connection: Connection, path: Path) -> RootKeys:
    """The keys in `path`, which are this database's.

    Raises RootKeyMissing, RootKeyMismatch, or DatabaseUnfit for a file that cannot be read.
    """
    wanted = recorded(connection)
    try:
        roots = rootkey.read(path)
    except RootKeyMissing as error:
        raise RootKeyMissing(f"{error} {_wanted(wanted)}{CURE}") from None
    if not wanted:
        raise RootKeyMismatch(
            "This database does not say which root key it belongs to. "
            f"To check {path} against it and record it: cx migrate"
        )
    return matched(roots, wanted, path)


def matched(roots: RootKeys, wanted: tuple[str, ...], path: Path) -> RootKeys:
    """`roots` as far as the database knows them. Raises RootKeyMismatch.

    A file may be ahead of its database by an epoch whose recording failed: that one is not used.
    """
    if roots.fingerprints[: len(wanted)] == wanted:
        return RootKeys(roots.epochs[: len(wanted)])
    if roots.fingerprints == wanted[: roots.newest]:
        raise RootKeyMismatch(
            f"The root key at {path} has {roots.newest} of the {len(wanted)} epochs of this "
            f"database: it was rotated. Copy the file from the server where that was done."
        )
    raise RootKeyMismatch(
        f"The root key at {path} does not belong to this database. Its fingerprint is "
        f"{', '.join(roots.fingerprints)}. {_wanted(wanted)}{CURE}"
    )


def recorded(connection: Connection) -> tuple[str, ...]:
    """The fingerprints that the database has, by epoch."""
    columns = tables.root_keys.c
    rows = connection.execute(select(columns.fingerprint).order_by(columns.epoch))
    return tuple(rows.scalars())


def record(connection: Connection, roots: RootKeys, today: date) -> None:
    """Note the epochs of `roots` that are not noted yet."""
    known = len(recorded(connection))
    rows = [
        {"epoch": epoch, "fingerprint": fingerprint, "since": today}
        for epoch, fingerprint in enumerate(roots.fingerprints, start=1)
        if epoch > known
    ]
    if rows:
        connection.execute(tables.root_keys.insert(), rows)


def has_link_keys(connection: Connection) -> bool:
    """Whether any link key was ever created here."""
    query = select(func.count()).select_from(tables.link_keys)
    return bool(connection.execute(query).scalar_one())


def _wanted(wanted: tuple[str, ...]) -> str:
    return f"This database needs the key with fingerprint {', '.join(wanted)}. " if wanted else ""
