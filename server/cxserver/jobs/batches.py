"""Closing batches: yesterday's answers are released once an office has five that wait."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from cxserver import db
from cxserver.audit.journal import Journal
from cxserver.catalog import fingerprints
from cxserver.intake import closing, cut_tables
from cxserver.jobs.errand import Errand
from cxserver.response_id import ResponseId

# Who opens a case, in the log, where a low score does and no person.
WHO = "system"


def close_due(errand: Errand) -> str:
    """Close what is due, each unit in a transaction of its own; then draw the tables of months
    that are over. Raises ServerError where the root key cannot be read: the log is signed with it.
    """
    with db.read(errand.engine) as connection:
        journal = Journal(fingerprints.read(connection, errand.settings.root_key_path))

    def note(connection: Connection, opened: Sequence[ResponseId]) -> None:
        for row in sorted(opened, key=lambda row: row.id):
            journal.write(connection, WHO, "open a case", _about(row), "done", errand.now)

    closed = closing.close_due(errand.engine, errand.directory, errand.now, note)
    months = cut_tables.draw_due(errand.engine, errand.directory, errand.now)
    done = [f"{closed.batches:,} closed, {closed.answers:,} answers released"]
    if months:
        done.append(f"cut tables of {months:,} months drawn")
    return ", ".join(done) if closed.batches or months else "nothing to close"


def _about(row: ResponseId) -> str:
    """As the lines of what staff do with a comment: by its week, never its day."""
    return f"{row.service}/{row.day - timedelta(days=row.day.weekday())}/{row.id}"
