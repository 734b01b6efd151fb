"""The reminders that are due: mailed to analysts and administrators, each once, and written down.

If everything dies between the two, that one person gets it twice: better than not at all.
"""

import smtplib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from cxserver import db, mail, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.digests import content
from cxserver.errors import MailRefused
from cxserver.intake import ledger, surges
from cxserver.jobs import notices, reminderletter
from cxserver.jobs.errand import Errand
from cxserver.jobs.notices import ClockInDoubt, Notice
from cxserver.log import logger
from cxserver.quarter import submissions
from cxserver.timekeeping import evidence

# Those who file with OMB and keep the catalog.
REMINDED = frozenset({Role.ANALYST, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Owed:
    """A reminder that somebody should have by now."""

    member: Member
    notice: Notice


def send_due(errand: Errand) -> str:
    """Mail them; tells how many, in words. Raises MailFailed when there is no mail server."""
    today = errand.now.astimezone(content.zone(errand.directory)).date()
    with db.read(errand.engine) as connection:
        waiting = owed(connection, _due(connection, errand, today), today)
    if not waiting:
        return "nothing to send"
    done: Counter[str] = Counter()
    with mail.connected(errand.settings) as session:
        for item in waiting:
            if not errand.go_on():
                break
            done[_send(errand, session, item, today)] += 1
    done["left for later"] += len(waiting) - done.total()
    logger.info("reminders", **{fate.replace(" ", "_"): n for fate, n in done.items()})
    return ", ".join(f"{n} {fate}" for fate, n in done.items() if n)


def owed(connection: Connection, due: Sequence[Notice], today: date) -> list[Owed]:
    """Who has yet to be told of what, by address. Who was refused is asked again tomorrow."""
    columns = tables.reminders.c
    had = select(columns.about, columns.stage, columns.member).where(
        columns.sent.is_not(None) | (columns.refused == today)
    )
    rows = {tuple(row) for row in connection.execute(had)}
    people = [
        entry.member
        for entry in members.everyone(connection)
        if entry.member.role in REMINDED and not entry.revoked
    ]
    return [
        Owed(member, notice)
        for member in people
        for notice in due
        if _concerns(notice, member)
        if (notice.about, notice.stage, member.id) not in rows
    ]


def _concerns(notice: Notice, member: Member) -> bool:
    # Analysts file with OMB; the server's clock is not theirs to set.
    return member.role is Role.ADMINISTRATOR or not isinstance(notice.subject, ClockInDoubt)


def _due(connection: Connection, errand: Errand, today: date) -> list[Notice]:
    log = submissions.read(connection)
    used = ledger.used(connection)
    crowds = notices.of_crowds(
        surges.surges(connection, errand.directory, today),
        surges.rushes(connection, errand.directory, used, today),
        today,
    )
    return [
        *notices.of_the_clock(evidence.read(connection), errand.wall),
        *crowds,
        *notices.due_on(today, errand.directory, log, used),
    ]


def _send(errand: Errand, session: smtplib.SMTP, owed: Owed, today: date) -> str:
    """What became of one."""
    agency, base_url = errand.directory.agency, errand.settings.base_url
    letter = reminderletter.write(owed.notice, owed.member, agency, base_url)
    try:
        mail.send(session, errand.settings, letter)
    except MailRefused as refused:
        if not refused.lasting:
            return "left for later"
        _note(errand, owed, {"refused": today})
        return "refused"
    _note(errand, owed, {"sent": today, "refused": None})
    return "sent"


def _note(errand: Errand, owed: Owed, values: dict[str, date | None]) -> None:
    table = tables.reminders
    row = {"about": owed.notice.about, "stage": owed.notice.stage, "member": owed.member.id}
    with db.write(errand.engine) as connection:
        add = db.upsert(connection, table).values(row | values)
        connection.execute(
            add.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=values)
        )
