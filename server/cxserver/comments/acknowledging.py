"""Somebody of the staff says "I have this": from then on no further team is mailed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from cxserver import tables
from cxserver.comments import escalation
from cxserver.comments.escalation import AlertKey
from cxserver.errors import NotFound
from cxserver.response_id import ResponseId


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """Who acknowledged an alert, and when. `who` is "" where it was mailed before anybody could."""

    who: str
    at: datetime


def acknowledge(
    connection: Connection, key: AlertKey, who: str, now: datetime
) -> Acknowledgment | None:
    """Acknowledge an alert; None where this did it, else who was faster. Raises NotFound."""
    table = tables.alerts
    changed = connection.execute(
        update(table)
        .where(*escalation.key_terms(table, key), table.c.acknowledged.is_(None))
        .values(acknowledged=now, acknowledged_by=who)
    )
    if changed.rowcount:
        escalation.cut_times(connection, key)
        return None
    columns = (table.c.acknowledged_by, table.c.acknowledged)
    row = connection.execute(select(*columns).where(*escalation.key_terms(table, key))).first()
    if row is None:
        raise NotFound("There is no such alert.")
    return Acknowledgment(row.acknowledged_by or "", row.acknowledged)


def acknowledge_all(
    connection: Connection, response: ResponseId, who: str, now: datetime
) -> list[str]:
    """Acknowledge all alerts on a comment that are still open; the codes of their lists."""
    result = [key for key in of(connection, [response]) if escalation.is_open(connection, key)]
    for key in result:
        acknowledge(connection, key, who, now)
    return [key.alert for key in result]


def of(
    connection: Connection, responses: Iterable[ResponseId]
) -> dict[AlertKey, Acknowledgment | None]:
    """The alerts on these comments, and who has acknowledged each, if anybody has."""
    wanted = set(responses)
    columns = tables.alerts.c
    rows = connection.execute(
        select(tables.alerts)
        .where(columns.service.in_(sorted({item.service for item in wanted})))
        .where(columns.day.in_(sorted({item.day for item in wanted})))
        .where(columns.response.in_(sorted({item.id for item in wanted})))
        .order_by(columns.alert)
    )
    return {
        AlertKey(row.service, row.day, row.response, row.alert): (
            Acknowledgment(row.acknowledged_by or "", row.acknowledged)
            if row.acknowledged
            else None
        )
        for row in rows
        if ResponseId(row.service, row.day, row.response) in wanted
    }
