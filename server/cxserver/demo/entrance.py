"""How somebody gets into the staff pages of the demonstration: nothing there has a password."""

from datetime import datetime

from sqlalchemy import Connection

from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.audit import journal
from cxserver.audit.journal import Journal
from cxserver.catalog.rootkey import RootKeys

EMAIL = "demo@localhost"


def link(connection: Connection, roots: RootKeys, now: datetime) -> str:
    """The secret of a fresh link that signs in the demonstration's analyst, once."""
    member = members.by_email(connection, EMAIL)
    if member is None:
        analyst = Member("", EMAIL, "Demo analyst", Role.ANALYST, None, None)
        member = members.know(connection, analyst, now)
    about = f"{member.email} {member.role}"
    Journal(roots).write(connection, journal.COMMAND, "invite", about, "done", now)
    return members.link(connection, member, now)
