"""Which responses are in a closed batch, as SQL: the comments of those can be read by everybody."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, true, tuple_

from cxserver import tables
from cxserver.catalog.directory import Directory


def released(known: Directory, services: Iterable[str]) -> ColumnElement[bool]:
    """Whether a response is in a closed batch: of its unit, or of the import it came with."""
    responses, closed = tables.responses.c, tables.batches.c
    mine = and_(closed.service == responses.service, closed.office == responses.office)
    last = select(func.max(closed.through)).where(mine, closed.source == "live")
    imported = [
        (service, n, survey.batch)
        for service in sorted(services)
        for n, survey in known.services[service].surveys.items()
        if survey.origin
    ]
    versions = [(service, n) for service, n, _ in imported]
    return or_(
        and_(
            not_(tuple_(responses.service, responses.survey).in_(versions)) if versions else true(),
            # What is excluded is in no batch, or was taken out of one.
            responses.excluded.is_(None),
            responses.counted_day <= last.scalar_subquery(),
        ),
        *(
            and_(
                responses.service == service,
                responses.survey == n,
                exists().where(mine, closed.source == batch),
            )
            for service, n, batch in imported
        ),
    )
