"""The alerts that somebody has to act on, for those who may see them, and nobody else.

An alert is for whoever may read the comments of its service and office, and for everybody whose
email address is on its first team, or on a further one that was mailed about it. A role that reads
no comments gets no words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from cxserver import tables
from cxserver.accounts import members, roles
from cxserver.accounts.roles import Member
from cxserver.catalog.directory import Directory
from cxserver.comments import alert_letter, escalation
from cxserver.comments.acknowledging import Acknowledgment
from cxserver.comments.escalation import AlertKey, Mailed, Turn
from cxserver.errors import NotFound
from cxserver.response_id import ResponseId
from cxserver.results.reading import Reading

# So many are read for one page; how many there are is counted apart.
_MOST = 20
# An acknowledged alert stays in sight until its case is closed, and no longer than this.
_AFTERWARDS = timedelta(days=14)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alert: what was written, who was told, who is next. `said` are the questions answered in
    words, and the words: none where they are gone, or where the reader's role `reads` no comments.
    With `opens` the comment's own page opens to the reader.
    """

    key: AlertKey
    office: str
    name: str
    said: tuple[tuple[str, str], ...]
    language: str
    reads: bool
    opens: bool
    next_steps: tuple[str, ...]
    letters: tuple[Mailed, ...]
    turns: tuple[Turn, ...]
    acknowledged: Acknowledgment | None

    @property
    def monday(self) -> date:
        """The Monday of the comment's week: all that a page tells of its day."""
        return self.key.day - timedelta(days=self.key.day.weekday())


def count(reading: Reading, member: Member) -> int:
    """How many alerts wait for somebody to acknowledge them, of those this person may see."""
    query = select(func.count()).select_from(tables.alerts)
    query = query.where(tables.alerts.c.acknowledged.is_(None), _visible(reading, member))
    return int(reading.connection.execute(query).scalar_one())


def waiting(reading: Reading, member: Member) -> list[Alarm]:
    """The alerts to act on: those nobody has acknowledged, then those whose case is still open."""
    alerts = tables.alerts.c
    lately = and_(
        alerts.acknowledged >= reading.now - _AFTERWARDS,
        # Those of before there was a button are nobody's to act on.
        alerts.acknowledged_by != "",
        ~_is_done(),
    )
    chosen = (
        select(tables.alerts)
        .where(or_(alerts.acknowledged.is_(None), lately), _visible(reading, member))
        .order_by(alerts.acknowledged.is_not(None), alerts.day.desc(), alerts.response)
        .limit(_MOST)
    )
    rows = _with_letters(reading.connection, chosen)
    return sorted(_alarms(reading, member, rows), key=lambda alarm: bool(alarm.acknowledged))


def find(reading: Reading, member: Member, service: str, week: date, id: str, alert: str) -> Alarm:
    """One alert of the week of that day. Raises NotFound, also where it is not this person's to
    see.
    """
    alerts = tables.alerts.c
    monday = week - timedelta(days=week.weekday())
    days = [monday + timedelta(days=n) for n in range(_WEEK)]
    chosen = select(tables.alerts).where(
        alerts.service == service,
        alerts.day.in_(days),
        alerts.response == id,
        alerts.alert == alert,
        _visible(reading, member),
    )
    rows = _with_letters(reading.connection, chosen)
    for alarm in _alarms(reading, member, rows):
        return alarm
    raise NotFound("There is no such alert.")


def of_comment(reading: Reading, member: Member, response: ResponseId) -> list[Alarm]:
    """The alerts on one comment, by their lists."""
    alerts = tables.alerts.c
    chosen = select(tables.alerts).where(
        alerts.service == response.service,
        alerts.day == response.day,
        alerts.response == response.id,
        _visible(reading, member),
    )
    rows = _with_letters(reading.connection, chosen)
    return sorted(_alarms(reading, member, rows), key=lambda alarm: alarm.key.alert)


def _visible(reading: Reading, member: Member) -> ColumnElement[bool]:
    """Whose alerts these are."""
    named = list(_as_team(reading.directory, member))
    if not roles.sees_comments(member):
        return or_(False, *named)
    scope, alerts = reading.scope, tables.alerts.c
    terms: list[ColumnElement[bool]] = []
    if scope.services is not None:
        terms.append(alerts.service.in_(sorted(scope.services)))
    if scope.offices is not None:
        terms.append(alerts.office.in_(sorted(scope.offices)))
    return or_(and_(True, *terms), *named)


def _as_team(directory: Directory, member: Member) -> Iterator[ColumnElement[bool]]:
    """That it is the turn of a team which this person's email address is on. The first team's is
    at once, also where its mail has not left, or no mail server is set up.
    """
    alerts, letters = tables.alerts.c, tables.alert_letters.c
    same = and_(
        *(letters[name] == alerts[name] for name in ("service", "day", "response", "alert"))
    )
    for code, step in _steps_of(directory, members.address(member.email)):
        mailed = exists().where(same, letters.step == step, letters.at.is_not(None))
        yield and_(alerts.alert == code, mailed) if step else alerts.alert == code


def _steps_of(directory: Directory, email: str) -> Iterator[tuple[str, int]]:
    for alert in directory.agency.alerts if directory.agency else ():
        for step, team in enumerate(alert.teams):
            if email in map(members.address, team.mail):
                yield alert.code, step


def _is_done() -> ColumnElement[bool]:
    alerts, cases = tables.alerts.c, tables.cases.c
    return exists().where(
        cases.service == alerts.service,
        cases.day == alerts.day,
        cases.response == alerts.response,
        cases.state == "done",
    )


def _with_letters(connection: Connection, chosen: Any) -> list[Any]:
    """These alerts with what was written, a row for each letter, in the order of the letters."""
    alerts = chosen.subquery()
    responses, letters = tables.responses.c, tables.alert_letters.c
    written = and_(
        responses.service == alerts.c.service,
        responses.day == alerts.c.day,
        responses.id == alerts.c.response,
    )
    mailed = and_(
        *(letters[name] == alerts.c[name] for name in ("service", "day", "response", "alert"))
    )
    words = (responses.survey, responses.language, responses.comment, responses.questions)
    query = (
        select(alerts, *words, letters.step, letters.team, letters.tried, letters.at)
        .select_from(
            alerts.outerjoin(tables.responses, written).outerjoin(tables.alert_letters, mailed)
        )
        .order_by(alerts.c.day.desc(), alerts.c.response, alerts.c.alert, letters.step)
    )
    return list(connection.execute(query))


def _alarms(reading: Reading, member: Member, rows: Iterable[Any]) -> list[Alarm]:
    by_alert: dict[AlertKey, list[Any]] = {}
    for row in rows:
        key = AlertKey(row.service, row.day, row.response, row.alert)
        by_alert.setdefault(key, []).append(row)
    return [_alarm(reading, member, key, group) for key, group in by_alert.items()]


def _alarm(reading: Reading, member: Member, key: AlertKey, rows: list[Any]) -> Alarm:
    row, directory = rows[0], reading.directory
    alert = directory.alert(key.alert)
    letters = tuple(
        Mailed(item.step, item.team, item.tried, item.at) for item in rows if item.step is not None
    )
    acknowledged = None
    if row.acknowledged:
        acknowledged = Acknowledgment(row.acknowledged_by or "", row.acknowledged)
    reads = roles.sees_comments(member)
    said = alert_letter.said(
        directory.services.get(key.service), row.survey, row.comment, row.questions or {}
    )
    return Alarm(
        key=key,
        office=row.office,
        name=alert.name if alert else key.alert,
        said=tuple(said) if reads else (),
        language=row.language or "en",
        reads=reads,
        opens=reads and row.comment is not None and _in_scope(reading, key.service, row.office),
        next_steps=alert.next_steps if alert else (),
        letters=letters,
        turns=() if acknowledged else escalation.turns(alert, letters),
        acknowledged=acknowledged,
    )


def _in_scope(reading: Reading, service: str, office: str) -> bool:
    scope = reading.scope
    return (scope.services is None or service in scope.services) and (
        scope.offices is None or office in scope.offices
    )
