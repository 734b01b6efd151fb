"""What the database knows about the time: the newest moment that is proven, in one row.

A server writes it every minute while nothing speaks against its clock. The clock of a server that
starts is believed if it is at most 26 hours ahead of that row: deleting what is over, and closing
days, can not be undone. PostgreSQL has a clock of its own, which is evidence too.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, func, select, update

from cxserver import db, tables

# A day, and what time zones and a late job may add to it.
AHEAD = timedelta(hours=26)
# So long may deleting be paused before somebody has to look.
LONG = timedelta(hours=72)
_THE_ROW = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """`at` is the newest moment proven. `doubted_since` is what the clock showed when it began to
    be doubted; nothing while it is not.
    """

    at: datetime | None = None
    doubted_since: datetime | None = None

    def paused(self, clock: datetime) -> timedelta:
        """For how long deleting and closing days have been paused, by the clock in doubt."""
        return clock - self.doubted_since if self.doubted_since else timedelta()

    def is_ahead(self, clock: datetime) -> bool:
        """Whether a clock is further ahead than can be believed."""
        return self.at is not None and clock - self.at > AHEAD


def read(connection: Connection) -> Evidence:
    """The row. Nothing is proven where no server ran yet."""
    row = connection.execute(
        select(tables.trusted_time.c.at, tables.trusted_time.c.doubted_since)
    ).first()
    return Evidence(*row) if row else Evidence()


def from_stored(connection: Connection) -> Evidence:
    """In a database from before the row: the newest hour of an answer, and day of a key."""
    hour = connection.execute(select(func.max(tables.responses.c.answered_hour))).scalar()
    day = connection.execute(select(func.max(tables.link_keys.c.issued))).scalar()
    return Evidence(max((moment for moment in (hour, _end(day)) if moment), default=None))


def present(connection: Connection, clock: datetime) -> datetime:
    """What time it is by `clock`, by the database's own clock, or else by what is proven.

    For a command, which is too short to watch its clock.
    """
    if connection.dialect.name == "postgresql":
        return database_time(connection)
    known = read(connection)
    return known.at if known.at and known.is_ahead(clock) else clock


def is_doubtful(connection: Connection, clock: datetime) -> bool:
    """Whether nothing may be deleted, and no day closed, by this clock."""
    return connection.dialect.name == "sqlite" and read(connection).is_ahead(clock)


def note(connection: Connection, at: datetime) -> None:
    """This moment is proven. An earlier one than is known changes nothing but ends the doubt."""
    table = tables.trusted_time
    minute = at.replace(second=0, microsecond=0)
    add = db.upsert(connection, table).values(id=_THE_ROW, at=minute)
    connection.execute(add.on_conflict_do_nothing())
    connection.execute(update(table).where(table.c.at < minute).values(at=minute))
    connection.execute(
        update(table).where(table.c.doubted_since.is_not(None)).values(doubted_since=None)
    )


def note_doubt(connection: Connection, known: datetime, clock: datetime) -> None:
    """The clock shows `clock`, which is not believed; since when, is written once."""
    table = tables.trusted_time
    minute = known.replace(second=0, microsecond=0)
    add = db.upsert(connection, table).values(id=_THE_ROW, at=minute)
    connection.execute(add.on_conflict_do_nothing())
    connection.execute(
        update(table).where(table.c.doubted_since.is_(None)).values(doubted_since=clock)
    )


def confirm(connection: Connection, clock: datetime) -> None:
    """Somebody looked: the clock is right, whatever was noted before."""
    table = tables.trusted_time
    values = {"at": clock.replace(second=0, microsecond=0), "doubted_since": None}
    add = db.upsert(connection, table).values(id=_THE_ROW, **values)
    connection.execute(add.on_conflict_do_update(index_elements=[table.c.id], set_=values))


def database_time(connection: Connection) -> datetime:
    """What time it is by PostgreSQL's clock."""
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def _end(day: date | None) -> datetime | None:
    # When on that day it was, and in which time zone, is not known: so it was the latest.
    return datetime.combine(day, time(), UTC) + timedelta(days=1) if day else None
