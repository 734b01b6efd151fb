"""The letters to colleagues whom a case was assigned to, kept until a mail server has taken them.

A row is written in the transaction of the assignment: a process that dies before it has mailed
leaves the letter to the next one that looks. Whoever tries a letter puts it off first, so that two
who look at once do not both mail it; one who dies while it tries has only put it off. So a
colleague may hear twice, never not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, select, update

from cxserver import db, mail, tables
from cxserver.accounts import members
from cxserver.catalog.directory import Directory
from cxserver.comments import cases, handover_letter
from cxserver.errors import MailFailed, MailRefused
from cxserver.log import logger
from cxserver.mail import Letter
from cxserver.response_id import ResponseId
from cxserver.settings import Settings

# After this many tries somebody should look: the third is a quarter of an hour after the first.
MANY = 3
# The last is 21 hours after the first. The case has its owner all the same.
_LAST = 9
# Doubled with each try; longer than any mail server is waited for.
_FIRST_WAIT = timedelta(minutes=5)
_OLDEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Handover:
    """A letter that waits: about which case, to which member, from whom and since when."""

    row: ResponseId
    member: str
    who: str
    at: datetime
    tries: int


def _always() -> bool:
    return True


def note(connection: Connection, row: ResponseId, member: str, who: str, now: datetime) -> None:
    """This member is to hear that `who` assigned them the case: at once, whatever came before."""
    values = {"who": who[:254], "at": now, "due": now, "tries": 0}
    add = db.upsert(connection, tables.handovers).values(
        service=row.service, day=row.day, response=row.id, member=member, **values
    )
    key = list(tables.handovers.primary_key.columns)
    connection.execute(add.on_conflict_do_update(index_elements=key, set_=values))


def send_due(
    engine: Engine,
    settings: Settings,
    known: Directory,
    now: datetime,
    go_on: Callable[[], bool] = _always,
    *,
    row: ResponseId | None = None,
) -> int:
    """Mail what is due, or only what is due about the case of `row`; returns how many left. What
    cannot leave is put off, and logged. `go_on` is asked before each letter.
    """
    with db.read(engine) as connection:
        waiting = _due(connection, now, row)
    return sum(_mail(engine, settings, known, item, now) for item in waiting if go_on())


def forget_old(engine: Engine, now: datetime) -> None:
    """Letters that nobody could deliver in 30 days say nothing new to anybody."""
    old = tables.handovers.c.at < now - _OLDEST
    with db.read(engine) as connection:
        if connection.execute(select(func.count()).where(old)).scalar_one() == 0:
            return
    with db.write(engine) as connection:
        connection.execute(delete(tables.handovers).where(old))


def stuck(connection: Connection) -> int:
    """How many letters were tried often and have not left."""
    query = select(func.count()).where(tables.handovers.c.tries >= MANY)
    return int(connection.execute(query).scalar_one())


def _due(connection: Connection, now: datetime, row: ResponseId | None) -> list[Handover]:
    columns = tables.handovers.c
    query = select(tables.handovers).where(columns.due <= now, columns.tries < _LAST)
    if row is not None:
        query = query.where(_about(row))
    rows = connection.execute(query.order_by(columns.due, columns.response, columns.member))
    return [_handover(item) for item in rows]


def _mail(
    engine: Engine, settings: Settings, known: Directory, handover: Handover, now: datetime
) -> bool:
    """Try one letter. Whether a mail server has taken it."""
    with db.write(engine) as connection:
        if not _claim(connection, handover, now):
            return False
        letter = _letter(connection, settings, known, handover)
        if letter is None:
            _forget(connection, handover)
            return False
    if not _sent(settings, letter):
        return False
    with db.write(engine) as connection:
        _forget(connection, handover)
    return True


def _claim(connection: Connection, handover: Handover, now: datetime) -> bool:
    """Put it off until it may be tried again. False where somebody else has."""
    table = tables.handovers
    tries = handover.tries + 1
    mine = and_(_same(handover), table.c.tries == handover.tries)
    due = now + _FIRST_WAIT * 2**handover.tries
    changed = connection.execute(update(table).where(mine).values(tries=tries, due=due))
    return changed.rowcount == 1


def _letter(
    connection: Connection, settings: Settings, known: Directory, handover: Handover
) -> Letter | None:
    """What it says now; None where the case is somebody else's, or done, or the member left."""
    case = cases.find(connection, handover.row)
    heir = members.find(connection, handover.member)
    if case is None or heir is None or case.owner != heir.id or case.state == "done":
        return None
    return handover_letter.write(
        handover.row, case.office, known, settings.base_url, to=heir.email, by=handover.who
    )


def _sent(settings: Settings, letter: Letter) -> bool:
    try:
        with mail.connected(settings) as session:
            mail.send(session, settings, letter)
    except (MailFailed, MailRefused) as error:
        logger.error("handover_not_mailed", reason=str(error))
        return False
    return True


def _forget(connection: Connection, handover: Handover) -> None:
    connection.execute(delete(tables.handovers).where(_same(handover)))


def _same(handover: Handover) -> Any:
    """This letter, and not a later one about the same case to the same colleague."""
    columns = tables.handovers.c
    mine = and_(columns.member == handover.member, columns.at == handover.at)
    return and_(_about(handover.row), mine)


def _about(row: ResponseId) -> Any:
    columns = tables.handovers.c
    return and_(columns.service == row.service, columns.day == row.day, columns.response == row.id)


def _handover(row: Any) -> Handover:
    key = ResponseId(row.service, row.day, row.response)
    return Handover(key, row.member, row.who, row.at, row.tries)
