"""How new the numbers are that somebody without the rows sees."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.disclosure import settled
from cxserver.disclosure.settled import Unit
from cxserver.results.scopes import Scope

# Units are weighed by what they released in so many days.
WEIGHED = timedelta(weeks=13)
_LIVE = "live"


@dataclass(frozen=True, slots=True)
class Freshness:
    """`updated` is the last day that any office closed, `settled` that nearly all did: until
    then numbers can be compared. None where nothing was released in the last 13 weeks.
    """

    updated: date | None = None
    settled: date | None = None


def read(connection: Connection, scope: Scope, today: date) -> Freshness:
    """How new the released numbers of a scope are, as of the morning of `today`."""
    columns = tables.batches.c
    query = (
        select(func.max(columns.through), func.sum(columns.n))
        .where(columns.source == _LIVE, columns.through >= today - WEIGHED, columns.through < today)
        .group_by(columns.service, columns.office)
    )
    if scope.services is not None:
        query = query.where(columns.service.in_(sorted(scope.services)))
    if scope.offices is not None:
        query = query.where(columns.office.in_(sorted(scope.offices)))
    units = [Unit(through, int(n)) for through, n in connection.execute(query)]
    updated = max((unit.through for unit in units), default=None)
    return Freshness(updated, settled.settled_through(units))
