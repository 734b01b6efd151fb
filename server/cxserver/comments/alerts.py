"""The mails to teams when somebody's words hold one of their phrases: crisis, threats.

What waits stands in the table `alerts`, written with the answer itself. It waits until a mail
server has taken the letter: a team may hear twice, never not at all. When nobody acknowledges an
alert in time, the next team is mailed. Nothing here is held back for small numbers, and no word of
the letter reaches the log.
"""

import fcntl
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, and_, select, update

from cxserver import db, mail, tables
from cxserver.catalog.directory import Directory
from cxserver.comments import alert_letter, escalation
from cxserver.comments.acknowledging import Acknowledgment
from cxserver.comments.alert_letter import Waiting
from cxserver.comments.escalation import AlertKey, Mailed
from cxserver.errors import MailFailed, MailRefused
from cxserver.log import logger
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
    alerts = tables.alerts.c
    rows = connection.execute(
        _with_words()
        .where(alerts.sent.is_(None))
        .order_by(alerts.tries, alerts.day, alerts.service, alerts.response, alerts.alert)
        .limit(ROUND)
    )
    return [_waiting(row) for row in rows]


def further(connection: Connection, directory: Directory, now: datetime) -> list[Waiting]:
    """The alerts that nobody has acknowledged in time, each for the team whose turn it is."""
    due = dict(list(escalation.due(connection, directory, now).items())[:ROUND])
    if not due:
        return []
    named = tables.alerts.c.response.in_(sorted({key.response for key in due}))
    result = []
    for row in connection.execute(_with_words().where(named)):
        steps, letters = due.get(_key(row), ((), ()))
        result += [_waiting(row, step, letters) for step in steps]
    return sorted(result, key=lambda item: item.step)


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
        outdated = escalation.outdated(connection, now)
        idle = not waiting(connection) and not further(connection, directory, now)
    if outdated:
        with db.write(engine) as connection:
            for key in outdated:
                escalation.cut_times(connection, key)
    if idle:
        return 0
    with _alone(engine, settings) as alone:
        if not alone:
            return 0
        with db.write(engine) as connection:
            # Together they are read where nobody else mails: a step that has left is no longer due.
            due = [*waiting(connection), *further(connection, directory, now)]
            _note_tries(connection, directory, due, now)
        return _Round(engine, settings, directory, now, go_on).send(due)


def bundles(due: Sequence[Waiting]) -> list[tuple[Waiting, ...]]:
    """What goes into which letter: a letter for each, unless a team gets many of one list."""
    by_team: dict[tuple[str, int], list[Waiting]] = defaultdict(list)
    for item in due:
        by_team[item.alert, item.step].append(item)
    letters: list[tuple[Waiting, ...]] = []
    for these in by_team.values():
        size = 1 if len(these) <= FEW else MANY
        letters += [tuple(these[at : at + size]) for at in range(0, len(these), size)]
    return letters


def _with_words() -> Select[Any]:
    """The alerts, with what was written."""
    alerts, responses = tables.alerts.c, tables.responses.c
    same = and_(
        responses.service == alerts.service,
        responses.day == alerts.day,
        responses.id == alerts.response,
    )
    words = (responses.survey, responses.comment, responses.questions)
    return select(tables.alerts, *words).select_from(
        tables.alerts.outerjoin(tables.responses, same)
    )


def _key(row: Any) -> AlertKey:
    return AlertKey(row.service, row.day, row.response, row.alert)


def _waiting(row: Any, step: int = 0, before: tuple[Mailed, ...] = ()) -> Waiting:
    acknowledged = None
    if row.acknowledged:
        acknowledged = Acknowledgment(row.acknowledged_by or "", row.acknowledged)
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
        step=step,
        before=before,
        acknowledged=acknowledged,
    )


@dataclass(slots=True)
class _Round:
    """One go through what waits."""

    engine: Engine
    settings: Settings
    directory: Directory
    now: datetime
    go_on: Callable[[], bool]
    broken: int = 0

    def send(self, due: Sequence[Waiting]) -> int:
        """Mail them; how many are told."""
        sent = 0
        left = deque(bundles(due))
        while left and self.broken < _PATIENCE and self.go_on():
            bundle = self._still_due(left.popleft())
            if not bundle:
                continue
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

    def _still_due(self, bundle: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
        """The first team hears of each. A further one is spared what somebody has acknowledged
        since this round began.
        """
        if not bundle[0].step:
            return bundle
        with db.read(self.engine) as connection:
            return tuple(item for item in bundle if escalation.is_open(connection, item.key))

    def _hand_over(self, bundle: tuple[Waiting, ...]) -> _Fate:
        letter = alert_letter.write(self.directory, self.settings.base_url, bundle, self.now)
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
        table, today = tables.alerts, self.directory.today(self.now)
        with db.write(self.engine) as connection:
            for item in bundle:
                if not item.step:
                    mine = escalation.key_terms(table, item.key)
                    connection.execute(update(table).where(*mine).values(sent=today))
                escalation.note_sent(connection, item.key, item.step, self.now)


def _note_tries(
    connection: Connection, directory: Directory, due: Sequence[Waiting], now: datetime
) -> None:
    table = tables.alerts
    for item in due:
        if not item.step:
            mine = escalation.key_terms(table, item.key)
            connection.execute(update(table).where(*mine).values(tries=table.c.tries + 1))
        alert = directory.alert(item.alert)
        team = alert.team(item.step) if alert else None
        if team is not None:
            escalation.note_try(connection, item.key, item.step, team.name, now)


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
