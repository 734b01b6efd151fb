"""How many answers there are, read from the tallies."""

from sqlalchemy import Connection

from cxserver.results import tally_query
from cxserver.results.scopes import Scope

_ANSWERS = frozenset({"response"})


def of_office(connection: Connection, office: str) -> int:
    """Answers counted for one office, over all services."""
    scope = Scope(offices=frozenset({office}))
    return sum(item.n for item in tally_query.read(connection, scope, only=_ANSWERS))
