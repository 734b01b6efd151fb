"""What else in the database tells that something was written into the audit log, and when.

Who empties the log, or cuts off its end, leaves a chain that holds. But a member was made known, a
session began, somebody was shut out, a note was written on a case, in one transaction with a line
of the same moment: where the line is missing, the row still tells of it. A program's key has a day
and no moment; its lines name it. So do those of a legal hold and of what retention deleted: after a
restore such an act has a line of a later moment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.accounts import api_keys, roles
from cxserver.audit.anchor import DISPOSE

# What a line is known by: its moment, or what was done and to what.
Sign = datetime | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Witness:
    """Something that was done, when as far as is known, and the signs one of which its line must
    bear.
    """

    what: str
    when: datetime
    signs: tuple[Sign, ...]


def everything(connection: Connection, since: datetime | None = None) -> list[Witness]:
    """All that must have a line; what is older than `since` lost it to retention."""
    return [item for item in _all(connection) if since is None or item.when >= since]


def _all(connection: Connection) -> list[Witness]:
    staff, sessions = tables.staff_members.c, tables.staff_sessions.c
    known = connection.execute(select(staff.created, staff.revoked)).all()
    begun = connection.execute(select(sessions.begun)).scalars()
    ends = connection.execute(select(tables.staff_invites.c.expires)).scalars()
    written = select(tables.case_notes.c.at)
    return [
        *(_at("somebody was invited", row.created) for row in known),
        *(_at("somebody was shut out", row.revoked) for row in known if row.revoked),
        *(_at("somebody signed in", at) for at in begun),
        *(_at("a link was printed", *_printed(at)) for at in ends),
        *(_at("a note was written", at) for at in connection.execute(written).scalars()),
        *_of_keys(connection),
        *_of_holds(connection),
        *_of_disposals(connection),
    ]


def signs(at: datetime, what: str, about: str) -> tuple[Sign, ...]:
    """What a line is known by. Behind the name of what it is about stands more of it."""
    return at, (what, about.partition(" (")[0])


def unheard(witnesses: Iterable[Witness], heard: set[Sign]) -> list[Witness]:
    """Those who tell of a line that is not there, in the order of time."""
    missing = [witness for witness in witnesses if not heard.intersection(witness.signs)]
    return sorted(missing, key=lambda item: item.when)


def _at(what: str, *moments: datetime) -> Witness:
    return Witness(what, max(moments), moments)


def _of_keys(connection: Connection) -> Iterator[Witness]:
    for key in api_keys.everything(connection):
        named = f"API key {key.id}"
        yield Witness("an API key was issued", _begin(key.issued), (("issue key", named),))
        if key.revoked is not None:
            gone = ("withdraw key", named)
            yield Witness("an API key was revoked", _begin(key.revoked), (gone,))


def _of_holds(connection: Connection) -> Iterator[Witness]:
    for hold in connection.execute(select(tables.legal_holds)):
        named = f"legal hold {hold.id}"
        placed = ("place a legal hold", named)
        yield Witness("a legal hold was placed", hold.at, (placed,))
        if hold.lifted_at:
            yield Witness(
                "a legal hold was lifted", hold.lifted_at, (("lift a legal hold", named),)
            )


def _of_disposals(connection: Connection) -> Iterator[Witness]:
    gone = tables.disposals.c
    query = select(gone.disposal, func.max(gone.day), func.max(gone.at)).group_by(gone.disposal)
    for id, day, at in connection.execute(query):
        what = f"records of {day} were deleted"
        # Rows of before migration 0015 do not say when it was done.
        yield Witness(what, at or _begin(day), ((DISPOSE, f"disposal {id}"),))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _printed(ends: datetime) -> tuple[datetime, ...]:
    # A row does not say of which kind its link is.
    return ends - roles.INVITE_LIVES, ends - roles.BREAK_GLASS_LIVES
