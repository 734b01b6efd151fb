"""What else in the database tells that something was written into the audit log, and when.

Who empties the log, or cuts off its end, leaves a chain that holds. But a member was made known, a
session began, somebody was shut out, in one transaction with a line of the same moment: where the
line is missing, the row still tells of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from cxserver import tables
from cxserver.staff import access


@dataclass(frozen=True, slots=True)
class Witness:
    """Something that was done, and the moments one of which its line must bear."""

    what: str
    moments: tuple[datetime, ...]

    @property
    def when(self) -> datetime:
        """When it was done, as far as is known."""
        return max(self.moments)


def everything(connection: Connection) -> list[Witness]:
    """All that must have a line."""
    staff, held = tables.staff_members.c, tables.staff_sessions.c
    known = connection.execute(select(staff.created, staff.revoked)).all()
    begun = connection.execute(select(held.begun)).scalars()
    ends = connection.execute(select(tables.staff_invites.c.expires)).scalars()
    return [
        *(Witness("somebody was invited", (row.created,)) for row in known),
        *(Witness("somebody was shut out", (row.revoked,)) for row in known if row.revoked),
        *(Witness("somebody signed in", (at,)) for at in begun),
        *(Witness("a link was printed", _printed(at)) for at in ends),
    ]


def unheard(witnesses: Iterable[Witness], moments: set[datetime]) -> list[Witness]:
    """Those who tell of a line that is not there, in the order of time."""
    missing = [one for one in witnesses if not moments.intersection(one.moments)]
    return sorted(missing, key=lambda one: one.when)


def _printed(ends: datetime) -> tuple[datetime, ...]:
    # A row does not say of which kind its link is.
    return ends - access.INVITE_LIVES, ends - access.BREAK_GLASS_LIVES
