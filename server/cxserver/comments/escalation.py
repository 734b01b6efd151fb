"""Which team is mailed next about an alert that nobody has acknowledged, and when. Pure, but for
the last part, which reads and writes down the letters.

The time for a team runs from the moment a mail server took its letter, or from the first try
where none has: a mailbox that does not exist must not keep the next team from hearing of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select, update

from cxserver import db, tables
from cxserver.catalog.directory import Alert, Directory, Team

# An alert that nobody acknowledged in so long is still on the pages; no further mail goes out.
_OLDEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AlertKey:
    """One alert: a comment, and the list that it has a phrase of."""

    service: str
    day: date
    response: str
    alert: str


@dataclass(frozen=True, slots=True)
class Mailed:
    """A letter to one team: first tried when, and taken by a mail server when, if it was."""

    step: int
    team: str
    tried: datetime
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn is next, and from when on."""

    step: int
    team: Team
    due: datetime


def turns(alert: Alert | None, letters: Sequence[Mailed]) -> tuple[Turn, ...]:
    """All who are still to be told, in order; a turn's time says when if nobody acknowledges.

    Nothing is known of the later ones before the first was tried.
    """
    if alert is None or not letters:
        return ()
    last = max(letters, key=lambda letter: letter.step)
    due, result = last.at or last.tried, []
    for step in range(last.step + 1, len(alert.teams)):
        due += alert.acknowledge_within
        result.append(Turn(step, alert.teams[step], due))
    return tuple(result)


def steps_due(alert: Alert | None, letters: Sequence[Mailed], now: datetime) -> tuple[int, ...]:
    """The steps after the first whose letters have to leave now: those that no mail server has
    taken yet, and the next one when its time has come.
    """
    if alert is None:
        return ()
    left = [letter.step for letter in letters if letter.step and letter.at is None]
    following = [turn.step for turn in turns(alert, letters)[:1] if turn.due <= now]
    return tuple(step for step in (*left, *following) if alert.team(step))


def cut(moment: datetime) -> datetime:
    """All that is kept of the time of a letter when it is needed no more: the hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def due(
    connection: Connection, directory: Directory, now: datetime
) -> dict[AlertKey, tuple[tuple[int, ...], tuple[Mailed, ...]]]:
    """The alerts of which a further team has to be mailed now: which steps, and the letters until
    now.
    """
    result = {}
    lately = tables.alert_letters.c.tried >= now - _OLDEST
    for key, letters in _open_letters(connection, lately).items():
        if steps := steps_due(directory.alert(key.alert), letters, now):
            result[key] = steps, letters
    return result


def letters_of(
    connection: Connection, keys: Iterable[AlertKey]
) -> Mapping[AlertKey, tuple[Mailed, ...]]:
    """The letters on these alerts, the first first."""
    wanted = set(keys)
    columns = tables.alert_letters.c
    named = columns.response.in_(sorted({key.response for key in wanted}))
    rows = connection.execute(select(tables.alert_letters).where(named).order_by(columns.step))
    return {key: letters for key, letters in _by_alert(rows).items() if key in wanted}


def note_try(connection: Connection, key: AlertKey, step: int, team: str, now: datetime) -> None:
    """A letter to the team of this step is being tried; the first try is remembered."""
    row = {"step": step, "team": team, "tried": _as_kept(connection, key, now), "at": None}
    add = db.upsert(connection, tables.alert_letters).values(**_columns(key), **row)
    connection.execute(add.on_conflict_do_nothing())


def note_sent(connection: Connection, key: AlertKey, step: int, now: datetime) -> None:
    """A mail server has taken the letter of this step."""
    table = tables.alert_letters
    mine = (*key_terms(table, key), table.c.step == step)
    connection.execute(update(table).where(*mine).values(at=_as_kept(connection, key, now)))


def cut_times(connection: Connection, key: AlertKey) -> None:
    """The times of these letters are needed no more: keep the hour, as of the response."""
    table = tables.alert_letters
    mine = key_terms(table, key)
    for row in connection.execute(select(table).where(*mine)).all():
        values = {"tried": cut(row.tried), "at": cut(row.at) if row.at else None}
        connection.execute(update(table).where(*mine, table.c.step == row.step).values(**values))


def outdated(connection: Connection, now: datetime) -> list[AlertKey]:
    """The alerts that nobody acknowledged and whose letters are so old that none follows, though
    their times are still kept.
    """
    open_letters = _open_letters(connection, tables.alert_letters.c.tried < now - _OLDEST)
    return [
        key
        for key, letters in open_letters.items()
        if any(letter.tried != cut(letter.tried) for letter in letters)
    ]


def key_terms(table: Any, key: AlertKey) -> tuple[Any, ...]:
    """What finds the rows of an alert in this table."""
    return tuple(table.c[name] == value for name, value in _columns(key).items())


def is_open(connection: Connection, key: AlertKey) -> bool:
    """Whether nobody has acknowledged it."""
    table = tables.alerts
    query = select(table.c.alert).where(*key_terms(table, key), table.c.acknowledged.is_(None))
    return connection.execute(query).first() is not None


def _as_kept(connection: Connection, key: AlertKey, now: datetime) -> datetime:
    """The time to write down: somebody may have acknowledged it while the letter was on its way."""
    table = tables.alerts
    # Locked, so that nobody acknowledges it between the look and the note.
    query = select(table.c.acknowledged).where(*key_terms(table, key)).with_for_update()
    return now if connection.execute(query).scalar() is None else cut(now)


def _open_letters(
    connection: Connection, when: ColumnElement[bool]
) -> dict[AlertKey, tuple[Mailed, ...]]:
    alerts, letters = tables.alerts.c, tables.alert_letters.c
    same = and_(*(letters[name] == alerts[name] for name in _columns(_ANY)))
    rows = connection.execute(
        select(tables.alert_letters)
        .select_from(tables.alerts.join(tables.alert_letters, same))
        .where(alerts.acknowledged.is_(None), when)
        .order_by(*(letters[name] for name in _columns(_ANY)), letters.step)
    )
    return _by_alert(rows)


def _by_alert(rows: Iterable[Any]) -> dict[AlertKey, tuple[Mailed, ...]]:
    result: dict[AlertKey, list[Mailed]] = defaultdict(list)
    for row in rows:
        key = AlertKey(row.service, row.day, row.response, row.alert)
        result[key].append(Mailed(row.step, row.team, row.tried, row.at))
    return {key: tuple(letters) for key, letters in result.items()}


def _columns(key: AlertKey) -> dict[str, Any]:
    return {
        "service": key.service,
        "day": key.day,
        "response": key.response,
        "alert": key.alert,
    }


_ANY = AlertKey("", date.min, "", "")
