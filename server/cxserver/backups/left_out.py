"""What no backup holds: what opens something, and what proves that two answers are the same."""

from cxserver import tables

# Sessions, sign-in links and pairing codes of before must not open anything after a restore.
TABLES = (tables.staff_sessions, tables.staff_invites, tables.pairings)
# Beside each use-once key: whoever repeats an answer reads "already answered" after a restore.
COLUMNS = {tables.use_keys: ("body_hash", "receipt")}


def stored_columns(table: object) -> list[str]:
    """The columns of a table from `COLUMNS` that a backup does hold, in order."""
    [(names, gone)] = [(t.columns.keys(), gone) for t, gone in COLUMNS.items() if t is table]
    return [name for name in names if name not in gone]


def names() -> list[str]:
    """All of it, as the manifest lists it."""
    columns = [f"{table.name}.{name}" for table, gone in COLUMNS.items() for name in gone]
    return [*(table.name for table in TABLES), *columns]
