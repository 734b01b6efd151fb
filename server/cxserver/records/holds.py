"""Legal holds: what must not be deleted while a court, an inspector or a request may need it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cxserver import db, tables
from cxserver.catalog import names
from cxserver.catalog.directory import Directory
from cxserver.errors import Conflict, NotFound
from cxserver.results import scopes

# What the audit log calls it.
PLACE, LIFT = "place a legal hold", "lift a legal hold"
# Whoever deletes under a rule, or places a hold, waits for the other.
LOCK = "records"
_LONGEST_ABOUT = 400


@dataclass(frozen=True, slots=True)
class Cover:
    """What a hold is about. None is all: services, offices, from the start, without end."""

    service: str | None = None
    office: str | None = None
    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        what = self.service or "all services"
        where = f" at {self.office}" if self.office else ""
        since = f" from {self.first}" if self.first else ""
        until = f" through {self.last}" if self.last else ""
        return f"{what}{where}{since}{until}"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold, as it was placed; it stands until it is lifted, for a reason as well."""

    id: str
    cover: Cover
    reason: str
    who: str
    at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lifted_reason: str | None = None

    def about(self, who: str) -> str:
        """What the audit log says an act was about that `who` decided."""
        return f"legal hold {self.id} ({self.cover}) for {who}"[:_LONGEST_ABOUT]


class Standing:
    """The holds that stand now, ready to be asked about many days."""

    def __init__(self, known: Directory, holds: Sequence[Hold]):
        self._holds = [
            (hold, _offices(known, hold.cover.office)) for hold in holds if hold.lifted_at is None
        ]

    def over(self, service: str, office: str, day: date) -> str:
        """The id of a hold that covers this day of an office; "" if there is none."""
        for hold, offices in self._holds:
            cover = hold.cover
            if (
                cover.service in (None, service)
                and (offices is None or office in offices)
                and (cover.first or date.min) <= day <= (cover.last or date.max)
            ):
                return hold.id
        return ""

    def over_log(self, day: date) -> str:
        """The id of a hold that keeps the audit log from this day on; "" if there is none.

        A line may tell of what any hold covers, and is never older than that: so the service, the
        office and the last day of the hold do not matter.
        """
        for hold, _ in self._holds:
            if (hold.cover.first or date.min) <= day:
                return hold.id
        return ""


def read(connection: Connection) -> list[Hold]:
    """Every hold, lifted or not, the oldest first."""
    hold = tables.legal_holds.c
    query = select(tables.legal_holds).order_by(hold.at, hold.id)
    return [_hold(row) for row in connection.execute(query)]


def place(
    connection: Connection, known: Directory, cover: Cover, reason: str, who: str, now: datetime
) -> Hold:
    """Place a hold. Raises NotFound for a service or office that the catalog does not have, and for
    an office where neither it nor any below it gives the service.
    """
    _check(known, cover)
    db.lock(connection, LOCK)
    hold = Hold(secrets.token_hex(8), cover, reason, who, now)
    insert_hold(connection, hold)
    return hold


def insert_hold(connection: Connection, hold: Hold) -> None:
    """Store a hold as it is: a new one, or one that stood before a restore."""
    cover = hold.cover
    values = {
        "id": hold.id,
        "service": cover.service,
        "office": cover.office,
        "first": cover.first,
        "last": cover.last,
        "reason": hold.reason,
        "who": hold.who,
        "at": hold.at,
    }
    connection.execute(insert(tables.legal_holds).values(**values))


def lift(connection: Connection, id: str, reason: str, who: str, now: datetime) -> Hold:
    """Lift a hold: what it covers may be due at once. Raises NotFound, Conflict."""
    db.lock(connection, LOCK)
    hold = {hold.id: hold for hold in read(connection)}.get(id)
    if hold is None:
        raise NotFound(f"There is no legal hold '{id}'. To list them: cx records holds")
    if hold.lifted_at:
        raise Conflict(f"Legal hold '{id}' is lifted already, on {hold.lifted_at:%Y-%m-%d}.")
    table = tables.legal_holds
    query = update(table).where(table.c.id == id)
    connection.execute(query.values(lifted_by=who, lifted_at=now, lifted_reason=reason))
    return hold


def _check(known: Directory, cover: Cover) -> None:
    names.check_service(known, cover.service)
    names.check_office(known, cover.office)
    if cover.service is None or cover.office is None:
        return
    # A hold over nothing would look as if it kept something.
    if not scopes.subtree(known, cover.office) & known.services[cover.service].offices.keys():
        names.check_office(known, cover.office, cover.service)


def _offices(known: Directory, office: str | None) -> frozenset[str] | None:
    if office is None:
        return None
    # A restored catalog may be older than the office: the hold must stop no other deletion.
    return scopes.subtree(known, office) if office in known.offices else frozenset({office})


def _hold(row: Any) -> Hold:
    cover = Cover(row.service, row.office, row.first, row.last)
    lifted = (row.lifted_by, row.lifted_at, row.lifted_reason)
    return Hold(row.id, cover, row.reason, row.who, row.at, *lifted)
