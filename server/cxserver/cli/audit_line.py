"""The line of the audit log for what a command did, written in the transaction of its deed."""

from datetime import datetime

from sqlalchemy import Connection

from cxserver.audit.journal import COMMAND, Journal
from cxserver.catalog import fingerprints
from cxserver.settings import Settings

_LONGEST = 400


def write(
    connection: Connection,
    chosen: Settings,
    what: str,
    about: str,
    now: datetime,
    result: str = "done",
) -> None:
    """Add the line. What is done without its line is not done: both are in one transaction.

    Raises RootKeyMissing, RootKeyMismatch.
    """
    journal = Journal(fingerprints.read(connection, chosen.root_key_path))
    journal.write(connection, COMMAND, what, about[:_LONGEST], result, now)
