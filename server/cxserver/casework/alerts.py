"""The mail to a team when somebody's words hold one of its phrases: crisis, threats.

What waits stands in the table `alerts`, written with the answer itself. It waits until a mail
server has taken the letter: a team may hear twice, never not at all. Nothing here is held back
for small numbers, and no word of the letter reaches the log.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, and_, func, select, update

from cxserver import db, mail, tables
from cxserver.casework import alertletter
from cxserver.casework.alertletter import Waiting
from cxserver.catalog.directory import Directory
from cxserver.errors import MailFailed
from cxserver.log import logger
from cxserver.settings import Settings

# In one round. The rest goes in the next, half a minute later.
ROUND = 200
# Names our lock among those of a PostgreSQL database.
_LOCK = 0x63785F616C657274

_Fate = Literal["sent", "refused", "unreachable"]


def waiting(connection: Connection) -> list[Waiting]:
    """The alerts that no mail server has taken yet, those that were tried least first."""
    alerts, responses = tables.alerts.c, tables.responses.c
    same = and_(
        responses.service == alerts.service,
        responses.day == alerts.day,
        responses.id == alerts.response,
    )
    found = connection.execute(
        select(tables.alerts, responses.survey, responses.comment, responses.questions)
        .select_from(tables.alerts.outerjoin(tables.responses, same))
        .where(alerts.sent.is_(None))
        .order_by(alerts.tries, alerts.day, alerts.service, alerts.response, alerts.alert)
        .limit(ROUND)
    )
    return [_waiting(row) for row in found]


def send_due(engine: Engine, settings: Settings, directory: Directory, now: datetime) -> int:
    """Mail what waits; returns how many letters left. What cannot leave waits on, and is logged.

    At any moment only one process does it: another returns 0 at once.
    """
    with db.read(engine) as connection:
        if not waiting(connection):
            return 0
    with _alone(engine, settings) as alone:
        if not alone:
            return 0
        with db.write(engine) as connection:
            due = waiting(connection)
            _count_tries(connection, due)
        return _send_all(engine, settings, directory, due, now.date())


def _waiting(row: Any) -> Waiting:
    return Waiting(
        service=row.service,
        day=row.day,
        response=row.response,
        alert=row.alert,
        office=row.office,
        tries=row.tries,
        survey=row.survey,
        comment=row.comment,
        questions=row.questions or {},
    )


def _send_all(
    engine: Engine, settings: Settings, directory: Directory, due: Sequence[Waiting], today: date
) -> int:
    sent = 0
    for one in due:
        fate = _send(settings, directory, one)
        if fate == "unreachable":
            # Each of the others would wait as long for the same server.
            break
        if fate == "sent":
            with db.write(engine) as connection:
                connection.execute(update(tables.alerts).where(*_is(one)).values(sent=today))
            sent += 1
    return sent


def _send(settings: Settings, directory: Directory, one: Waiting) -> _Fate:
    letter = alertletter.write(directory, settings.base_url, one)
    if letter is None:
        logger.error("alert_not_mailed", code=one.alert, reason="not in the catalogue")
        return "refused"
    reached = False
    try:
        # A session for each: a server that took offence at one letter may take the next.
        with mail.connected(settings) as session:
            reached = True
            mail.send(session, settings, letter)
    except MailFailed as error:
        logger.error("alert_not_mailed", code=one.alert, reason=str(error))
        return "refused" if reached else "unreachable"
    return "sent"


def _count_tries(connection: Connection, due: Sequence[Waiting]) -> None:
    for one in due:
        connection.execute(
            update(tables.alerts).where(*_is(one)).values(tries=tables.alerts.c.tries + 1)
        )


def _is(one: Waiting) -> tuple[Any, ...]:
    held = tables.alerts.c
    return (
        held.service == one.service,
        held.day == one.day,
        held.response == one.response,
        held.alert == one.alert,
    )


@contextmanager
def _alone(engine: Engine, settings: Settings) -> Iterator[bool]:
    """Whether no other process mails alerts just now. A process that is killed lets go."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection, connection.begin():
            yield bool(connection.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar())
        return
    path = Path(settings.data_dir) / "alerts.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
