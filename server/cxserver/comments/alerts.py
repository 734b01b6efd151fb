"""The mail to a team when somebody's words hold one of its phrases: crisis, threats.

What waits stands in the table `alerts`, written with the answer itself. It waits until a mail
server has taken the letter: a team may hear twice, never not at all. Nothing here is held back
for small numbers, and no word of the letter reaches the log.
"""

import fcntl
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, and_, select, update

from cxserver import db, mail, tables
from cxserver.catalog.directory import Directory
from cxserver.comments import alert_letter
from cxserver.comments.alert_letter import Waiting
from cxserver.errors import MailFailed, MailRefused
from cxserver.log import logger
from cxserver.response_id import ResponseId
from cxserver.settings import Settings

# In one round. The rest goes in the next, half a minute later.
ROUND = 1000
# So many of one list are a letter each; of more, so many share a letter. Whoever floods a team
# with letters would keep it from the one that matters.
FEW, MANY = 5, 50
# A server that breaks off may not like one letter; after so many of them it is the server, and
# what comes in meanwhile must not wait until each of these has been tried.
_PATIENCE = 2

_Fate = Literal["sent", "refused", "broken", "unreachable"]


def _always() -> bool:
    return True


def waiting(connection: Connection) -> list[Waiting]:
    """The alerts that no mail server has taken yet, those that were tried least first."""
    alerts, responses = tables.alerts.c, tables.responses.c
    same = and_(
        responses.service == alerts.service,
        responses.day == alerts.day,
        responses.id == alerts.response,
    )
    rows = connection.execute(
        select(tables.alerts, responses.survey, responses.comment, responses.questions)
        .select_from(tables.alerts.outerjoin(tables.responses, same))
        .where(alerts.sent.is_(None))
        .order_by(alerts.tries, alerts.day, alerts.service, alerts.response, alerts.alert)
        .limit(ROUND)
    )
    return [_waiting(row) for row in rows]


def send_due(
    engine: Engine,
    settings: Settings,
    directory: Directory,
    now: datetime,
    go_on: Callable[[], bool] = _always,
) -> int:
    """Mail what waits; returns how many are told. What cannot leave waits on, and is logged.

    At any moment only one process does it: another returns 0 at once. `go_on` is asked before
    each letter.
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
        return _Round(engine, settings, directory, directory.today(now), go_on).send(due)


def is_told(connection: Connection, row: ResponseId) -> bool:
    """Whether every team has its letter on the alerts of this response."""
    columns = tables.alerts.c
    service, day, response = row
    waits = select(columns.alert).where(
        columns.service == service,
        columns.day == day,
        columns.response == response,
        columns.sent.is_(None),
    )
    return connection.execute(waits).first() is None


def bundles(due: Sequence[Waiting]) -> list[tuple[Waiting, ...]]:
    """What goes into which letter: a letter for each, unless there are many of one list."""
    by_list: dict[str, list[Waiting]] = defaultdict(list)
    for item in due:
        by_list[item.alert].append(item)
    letters: list[tuple[Waiting, ...]] = []
    for these in by_list.values():
        size = 1 if len(these) <= FEW else MANY
        letters += [tuple(these[at : at + size]) for at in range(0, len(these), size)]
    return letters


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


@dataclass(slots=True)
class _Round:
    """One go through what waits."""

    engine: Engine
    settings: Settings
    directory: Directory
    today: date
    go_on: Callable[[], bool]
    broken: int = 0

    def send(self, due: Sequence[Waiting]) -> int:
        """Mail them; how many are told."""
        sent = 0
        left = deque(bundles(due))
        while left and self.broken < _PATIENCE and self.go_on():
            bundle = left.popleft()
            fate = self._hand_over(bundle)
            if fate == "unreachable":
                # Each of the others would wait as long for the same server.
                break
            if fate == "sent":
                self._mark(bundle)
                sent += len(bundle)
            elif len(bundle) > 1:
                # It may be the words of one: they must not keep the others back.
                left.extendleft((item,) for item in reversed(bundle))
            self.broken += fate == "broken"
        return sent

    def _hand_over(self, bundle: tuple[Waiting, ...]) -> _Fate:
        letter = alert_letter.write(self.directory, self.settings.base_url, bundle)
        code = bundle[0].alert
        if letter is None:
            logger.error("alert_not_mailed", code=code, reason="not in the catalog")
            return "refused"
        reached = False
        try:
            # A session for each: a server that took offence at one letter may take the next.
            with mail.connected(self.settings) as session:
                reached = True
                mail.send(session, self.settings, letter)
        except MailFailed as error:
            logger.error("alert_not_mailed", code=code, reason=str(error))
            if isinstance(error, MailRefused):
                return "refused"
            return "broken" if reached else "unreachable"
        return "sent"

    def _mark(self, bundle: tuple[Waiting, ...]) -> None:
        with db.write(self.engine) as connection:
            for item in bundle:
                connection.execute(update(tables.alerts).where(*_is(item)).values(sent=self.today))


def _count_tries(connection: Connection, due: Sequence[Waiting]) -> None:
    for item in due:
        connection.execute(
            update(tables.alerts).where(*_is(item)).values(tries=tables.alerts.c.tries + 1)
        )


def _is(waiting: Waiting) -> tuple[Any, ...]:
    columns = tables.alerts.c
    return (
        columns.service == waiting.service,
        columns.day == waiting.day,
        columns.response == waiting.response,
        columns.alert == waiting.alert,
    )


@contextmanager
def _alone(engine: Engine, settings: Settings) -> Iterator[bool]:
    """Whether no other process mails alerts just now. A process that is killed lets go."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection, connection.begin():
            yield db.try_lock(connection, "alerts")
        return
    path = Path(settings.data_dir) / "alerts.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
