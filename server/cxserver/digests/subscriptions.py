"""Who gets a digest, how often, and up to which day it was sent.

A digest tells of a day, a week or a month that is over, on the morning after it, the Monday after
it or the first of the month, at 6 in the morning of the agency. It goes out once: when a server was
away in between, the newest is sent, and not the ones before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from cxserver import db, periods, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.periods import Kind, Period

_MORNING = time(6)
_DAY = timedelta(days=1)


class Every(StrEnum):
    """How often somebody wants a digest."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    NEVER = "never"


_KINDS: Mapping[Every, Kind] = {Every.DAY: "day", Every.WEEK: "week", Every.MONTH: "month"}
# Those who run a place or a service. Others look for themselves, until they ask for it.
_WEEKLY = frozenset({Role.OFFICE_MANAGER, Role.SERVICE_LEAD})


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that somebody should have by now."""

    member: Member
    period: Period

    @property
    def through(self) -> date:
        """The last day it tells of."""
        return self.period.end - _DAY


def of(connection: Connection, member: Member) -> Every:
    """How often this person gets one."""
    row = _rows(connection, member.id).get(member.id)
    return _every(member, row)


def choose(
    connection: Connection, member: Member, every: Every, now: datetime, zone: ZoneInfo
) -> None:
    """Let this person have one so often from now on: the next is that of the time to come."""
    if of(connection, member) is every:
        return
    over = latest(every, now, zone)
    through = over.end - _DAY if over else None
    _put(connection, member, {"every": every.value, "through": through, "refused": None})


def due(connection: Connection, now: datetime, zone: ZoneInfo) -> list[Due]:
    """The digests that should have gone out by now and did not, by address."""
    rows = _rows(connection)
    today = now.astimezone(zone).date()
    dues = []
    for entry in members.everyone(connection):
        row = rows.get(entry.member.id)
        period = latest(_every(entry.member, row), now, zone)
        if entry.revoked or period is None or _is_told(row, period):
            continue
        # Nobody is told of a week that was over before they came.
        if entry.created >= moment(period, zone) or (row and row.refused == today):
            continue
        dues.append(Due(entry.member, period))
    return dues


def delivered(connection: Connection, digest: Due) -> None:
    """The mail server has taken it."""
    _put(connection, digest.member, {"through": digest.through, "refused": None})


def refused(connection: Connection, digest: Due, today: date) -> None:
    """The mail server will not take it. It is asked again tomorrow, not every few minutes."""
    _put(connection, digest.member, {"refused": today})


def latest(every: Every, now: datetime, zone: ZoneInfo) -> Period | None:
    """The newest day, week or month whose digest is due by `now`."""
    if every is Every.NEVER:
        return None
    kind = _KINDS[every]
    result = periods.previous(periods.of(kind, now.astimezone(zone).date()))
    return result if moment(result, zone) <= now else periods.previous(result)


def following(every: Every, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next one goes out."""
    result = latest(every, now, zone)
    return moment(periods.following(result), zone) if result else None


def moment(period: Period, zone: ZoneInfo) -> datetime:
    """When the digest of a period goes out."""
    return datetime.combine(period.end, _MORNING, zone)


def _every(member: Member, row: Row[Any] | None) -> Every:
    if row is not None:
        return Every(row.every)
    return Every.WEEK if member.role in _WEEKLY else Every.NEVER


def _is_told(row: Row[Any] | None, period: Period) -> bool:
    return row is not None and row.through is not None and row.through >= period.end - _DAY


def _rows(connection: Connection, member: str | None = None) -> dict[str, Row[Any]]:
    query = select(tables.digests)
    if member is not None:
        query = query.where(tables.digests.c.member == member)
    return {row.member: row for row in connection.execute(query)}


def _put(connection: Connection, member: Member, values: dict[str, Any]) -> None:
    digests = tables.digests
    known = of(connection, member).value
    add = db.upsert(connection, digests).values({"member": member.id, "every": known} | values)
    connection.execute(add.on_conflict_do_update(index_elements=[digests.c.member], set_=values))
