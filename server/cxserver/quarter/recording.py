"""A record for a quarter's log: whether it may be made, and the digest of what it speaks of.

The files are built once, and only when everything else is known to be in order: with millions of
answers that takes a while.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cxserver import db
from cxserver.errors import ServerError
from cxserver.quarter import check, filing, submissions
from cxserver.quarter.check import Report
from cxserver.quarter.filing import Filed, Order
from cxserver.quarter.submissions import Submission


class NotReady(ServerError):
    """What was to be signed off lacks something: `report` says what."""

    def __init__(self, report: Report):
        says = "; ".join(dict.fromkeys(reason.says for reason in report.blocked))
        super().__init__(f"You can't sign this off yet: {says}.")
        self.report = report


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down: a state, who says so, and a note."""

    state: str
    who: str
    note: str = ""


def add(
    source: db.Source,
    sink: db.Sink,
    order: Order,
    entry: Entry,
    now: datetime,
    progress: Callable[[int], None] = lambda rows: None,
    beside: Callable[[Connection], None] = lambda connection: None,
) -> Submission:
    """Add a record, and what `beside` writes with it: both, or neither. Raises NotReady,
    ServerError.
    """
    with source() as connection:
        glance = filing.glance(connection, order, now)
        last = submissions.last(connection, order.quarter, order.form)
    _check_ready(glance, entry)
    official = glance.drawer.agency.filing.official
    # By the digest of the last record: that of the files is not known yet.
    submissions.check(last, entry.state, entry.who, entry.note, official)
    digest, note = last.digest if last else "", entry.note
    # What OMB published is what it has: our own data may have moved on since.
    if entry.state != "published":
        filed = filing.rehearse(source, order, now, progress)
        _check_ready(filed, entry)
        digest = filed.digest
        if entry.state == "checked":
            note = note or str(check.judge(filed.drawer, filed.entries).colour)
    with sink() as connection:
        made = submissions.add(
            connection,
            order.quarter,
            order.form,
            entry.state,
            entry.who,
            digest,
            now,
            note,
            official,
        )
        beside(connection)
    return made


def _check_ready(filed: Filed, entry: Entry) -> None:
    if entry.state != "signed-off":
        return
    report = check.judge(filed.drawer, filed.entries)
    if report.blocked:
        raise NotReady(report)
