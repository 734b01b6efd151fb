"""How many answers there are, read from the tallies."""

from sqlalchemy import Connection

from cxserver.insight import slices
from cxserver.insight.scopes import Scope

_ANSWERS = frozenset({"response"})


def of_office(connection: Connection, office: str) -> int:
    """Answers counted for one office, over all services."""
    asked = Scope(offices=frozenset({office}))
    return sum(one.n for one in slices.read(connection, asked, only=_ANSWERS))
