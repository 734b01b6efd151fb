"""Which answers a quarantine takes out, and which it gives back: chosen by place, time and flag.

A quarantine is one action with an id (`exclusions.py`); restoring undoes whole actions. Only a
flood, which never counted, may be restored in part.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from cxserver import tables
from cxserver.catalog.directory import Directory
from cxserver.errors import ExclusionRefused, NotFound
from cxserver.instrument.flags import FLOOD
from cxserver.intake import exclusions
from cxserver.response_id import ResponseId


@dataclass(frozen=True, slots=True)
class Selection:
    """Answers of a service: at an office, by a channel, of these days (both included), with a flag.
    None is any.
    """

    service: str
    office: str | None = None
    channel: str | None = None
    first: date | None = None
    last: date | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A quarantine: who took how many answers out, why, and whether they were restored since."""

    service: str
    id: str
    reason: str
    who: str
    at: datetime
    restored_by: str | None
    restored_at: datetime | None
    answers: int


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: the ids of the actions, and how many answers they are about."""

    ids: tuple[str, ...]
    answers: int


def quarantine(
    connection: Connection,
    known: Directory,
    selection: Selection,
    reason: str,
    who: str,
    now: datetime,
) -> Done:
    """Take the selected answers out of every count, as one action.

    Raises NotFound when there are none, Conflict and ExclusionRefused as `exclusions.exclude`.
    """
    rows = counted(connection, selection)
    if not rows:
        raise NotFound("No counted answers match. Nothing was changed.")
    id = exclusions.exclude(connection, known, selection.service, rows, reason, who, now)
    return Done((id,), len(rows))


def restore(
    connection: Connection, known: Directory, selection: Selection, who: str, now: datetime
) -> Done:
    """Give the selected answers back to every count.

    Raises NotFound when there are none, and ExclusionRefused when an action also took out others.
    """
    chosen: dict[str, list[ResponseId]] = defaultdict(list)
    columns = tables.responses.c
    query = _matching(selection, columns.excluded).where(columns.excluded.is_not(None))
    for *row, id in connection.execute(query):
        chosen[id].append(ResponseId(*row))
    if not chosen:
        raise NotFound("No quarantined answers match. Nothing was changed.")
    ids = [_whole(connection, selection.service, id, rows, now) for id, rows in chosen.items()]
    for id in ids:
        exclusions.restore(connection, known, selection.service, id, who, now)
    return Done(tuple(ids), sum(map(len, chosen.values())))


def described(selection: Selection) -> str:
    """The selection in words, for the audit log."""
    parts = [
        selection.service,
        selection.office or "",
        selection.channel or "",
        f"from {selection.first}" if selection.first else "",
        f"to {selection.last}" if selection.last else "",
        f"flag {selection.flag}" if selection.flag else "",
    ]
    return " ".join(part for part in parts if part)


def counted(connection: Connection, selection: Selection) -> list[ResponseId]:
    """The selected answers that count now. What was imported is not among them."""
    query = _matching(selection).where(tables.IS_COUNTED, tables.ASKED_BY_US)
    return [ResponseId(*row) for row in connection.execute(query)]


def actions(connection: Connection, services: Sequence[str]) -> list[Action]:
    """Every quarantine of these services, the newest first."""
    action, answer = tables.exclusions.c, tables.responses.c
    n = (
        select(func.count())
        .where(answer.service == action.service, answer.excluded == action.id)
        .scalar_subquery()
    )
    query = (
        select(tables.exclusions, n)
        .where(action.service.in_(sorted(services)))
        .order_by(action.at.desc(), action.service, action.id)
    )
    return [Action(*row) for row in connection.execute(query)]


def _matching(selection: Selection, *more: Any) -> Select[Any]:
    columns = tables.responses.c
    query = select(columns.service, columns.day, columns.id, *more).where(
        columns.service == selection.service
    )
    if selection.office is not None:
        query = query.where(columns.office == selection.office)
    if selection.channel is not None:
        query = query.where(columns.channel == selection.channel)
    if selection.first is not None:
        query = query.where(columns.day >= selection.first)
    if selection.last is not None:
        query = query.where(columns.day <= selection.last)
    if selection.flag is not None:
        query = query.where((";" + columns.flags + ";").like(f"%;{selection.flag};%"))
    return query


def _whole(
    connection: Connection, service: str, id: str, rows: Sequence[ResponseId], now: datetime
) -> str:
    """The action to undo: this one if all of it is meant, or the meant part of a flood."""
    columns = tables.responses.c
    count = select(func.count()).where(columns.service == service, columns.excluded == id)
    total = int(connection.execute(count).scalar_one())
    if total == len(rows):
        return id
    if id.startswith(f"{FLOOD}-"):
        return exclusions.split(connection, service, id, rows, now)
    raise ExclusionRefused(
        f"Quarantine {id} took out {total:,} answers, and {total - len(rows):,} of them are not in "
        "your selection. Restore it as a whole: choose the same office, channel and days."
    )
