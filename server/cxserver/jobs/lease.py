"""Who does a job: whoever holds its lease, a row of the database, until that ends.

Several servers and `cx jobs run-due` may come at once: one of them gets it. One that died in the
middle keeps nobody waiting longer than its lease.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from cxserver import db, tables

_LONGEST = 200
FAILED = "failed: "


@dataclass(frozen=True, slots=True)
class Record:
    """A job: who holds it and until when, when it was last done, and what came of it."""

    name: str
    holder: str
    until: datetime | None
    ran: datetime | None
    result: str

    @property
    def failed(self) -> bool:
        """Whether it failed the last time."""
        return self.result.startswith(FAILED)


def take(connection: Connection, name: str, holder: str, now: datetime, for_: timedelta) -> bool:
    """Hold a job that nobody holds; False when somebody does. Of several at once one gets it."""
    jobs = tables.jobs
    # One statement: the database itself puts those who come at once in a row.
    add = db.upsert(connection, jobs).values(name=name, holder=holder, until=now + for_, result="")
    free = or_(jobs.c.until.is_(None), jobs.c.until <= now)
    taking = add.on_conflict_do_update(
        index_elements=[jobs.c.name],
        set_={"holder": add.excluded.holder, "until": add.excluded.until},
        where=free,
    ).returning(jobs.c.name)
    return connection.execute(taking).first() is not None


def keep(connection: Connection, name: str, holder: str, now: datetime, for_: timedelta) -> bool:
    """Go on holding it; False when the lease has ended: then another may be at it by now."""
    jobs = tables.jobs
    mine = (jobs.c.name == name) & (jobs.c.holder == holder) & (jobs.c.until > now)
    renewal = update(jobs).where(mine).values(until=now + for_).returning(jobs.c.name)
    return connection.execute(renewal).first() is not None


def give_back(connection: Connection, name: str, holder: str, ran: datetime, result: str) -> None:
    """Let go, and write down what came of it; unless it is another's by now."""
    jobs = tables.jobs
    mine = (jobs.c.name == name) & (jobs.c.holder == holder)
    done = {"holder": "", "until": None, "ran": ran, "result": result[:_LONGEST]}
    connection.execute(update(jobs).where(mine).values(**done))


def records(connection: Connection) -> Mapping[str, Record]:
    """Every job that was ever begun, by its name."""
    rows = (Record(*row) for row in connection.execute(select(tables.jobs)))
    return {item.name: item for item in rows}
