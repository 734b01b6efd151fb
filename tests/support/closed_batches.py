"""What the hourly job does: batches close, and months that are over get their cut tables."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.intake import closing, cut_tables, store
from tests.support.house import House

# The morning on which the week of a house is over.
_MONDAY = datetime(2026, 11, 2, 11, tzinfo=UTC)


def release(house: House, now: datetime | None = None) -> None:
    """Close what is due two days from now, when yesterday and today are finished everywhere."""
    when = now or house.clock.now + timedelta(days=2)
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    closing.close_due(house.engine, known, when)
    cut_tables.draw_due(house.engine, known, when)


def release_anew(house: House) -> None:
    """Close everything from the start, as if all answers had come in on their days. Batches are a
    pure function of arrivals, so this is what a job that ran every night would have done.
    """
    take_back(house)
    release(house, max(house.clock.now, _MONDAY))


def take_back(house: House) -> None:
    """As if nothing had closed yet, so that what is stored now counts on its own day."""
    with db.write(house.engine) as connection:
        for table in (tables.batches, *store.RELEASED, tables.cut_tables):
            connection.execute(delete(table))
