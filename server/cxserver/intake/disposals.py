"""What retention deleted, as whoever counts again has to know it: counts stay, answers do not."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.disclosure.batches import Batch
from cxserver.intake.cut_tables import LIVE

_ANSWERS = "answers"


def offices(connection: Connection, service: str, day: date) -> frozenset[str]:
    """The offices whose answers of a day are deleted."""
    gone = tables.disposals.c
    query = select(gone.office).where(
        gone.service == service, gone.kind == _ANSWERS, gone.day == day
    )
    return frozenset(connection.execute(query).scalars())


def touched(connection: Connection, service: str) -> dict[str, set[Batch]]:
    """The batches of each office that may have lost answers: they cannot be rebuilt."""
    gone, batch = tables.disposals.c, tables.batches.c
    through = (
        select(gone.office, func.max(gone.counted_through).label("through"))
        .where(gone.service == service, gone.kind == _ANSWERS)
        .group_by(gone.office)
        .subquery()
    )
    query = (
        select(batch.office, batch.first, batch.through, batch.n)
        .join(through, batch.office == through.c.office)
        .where(batch.service == service, batch.source == LIVE, batch.first <= through.c.through)
    )
    result: dict[str, set[Batch]] = defaultdict(set)
    for office, *days in connection.execute(query):
        result[office].add(Batch(*days))
    return result


def last_through(batches: Iterable[Batch]) -> date | None:
    """The day that closed the last of these batches; None where there is none."""
    return max((batch.through for batch in batches), default=None)
