"""A record for a quarter's log: whether it may be made, and the digest of what it speaks of.

The files are built once, and only when everything else is known to be in order: with millions of
answers that takes a while.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from cxserver import db
from cxserver.errors import ServerError
from cxserver.quarter import check, filing, submissions
from cxserver.quarter.check import Report
from cxserver.quarter.filing import Filed, Order
from cxserver.quarter.submissions import Submission


class QuarterNotReady(ServerError):
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record that may be made. `digest` is that of the files it speaks of."""

    order: Order
    entry: Entry
    digest: str
    official: str


def prepare(
    source: db.Source,
    order: Order,
    entry: Entry,
    now: datetime,
    progress: Callable[[int], None] = lambda rows: None,
) -> Prepared:
    """Check that this record may be made, and find its digest. Raises QuarterNotReady,
    ServerError.
    """
    with source() as connection:
        glance = filing.glance(connection, order, now)
        last = submissions.last(connection, order.quarter, order.form)
    _check_ready(glance, entry)
    official = glance.drawer.agency.filing.official
    # By the digest of the last record: that of the files is not known yet.
    submissions.check(last, entry.state, entry.who, entry.note, official)
    # What OMB published is what it has: our own data may have moved on since.
    if entry.state == "published":
        return Prepared(order, entry, last.digest if last else "", official)
    filed = filing.rehearse(source, order, now, progress)
    _check_ready(filed, entry)
    if entry.state == "checked" and not entry.note:
        entry = replace(entry, note=str(check.judge(filed.drawer, filed.entries).colour))
    return Prepared(order, entry, filed.digest, official)


def add(connection: Connection, prepared: Prepared, now: datetime) -> Submission:
    """Add the record. Raises ServerError where another came first."""
    order, entry = prepared.order, prepared.entry
    return submissions.add(
        connection,
        order.quarter,
        order.form,
        entry.state,
        entry.who,
        prepared.digest,
        now,
        entry.note,
        prepared.official,
    )


def _check_ready(filed: Filed, entry: Entry) -> None:
    if entry.state != "signed-off":
        return
    report = check.judge(filed.drawer, filed.entries)
    if report.blocked:
        raise QuarterNotReady(report)
