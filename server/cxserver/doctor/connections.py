"""Does the database have room for every connection that the server processes may open?"""

from sqlalchemy import Connection, text

from cxserver import db
from cxserver.doctor.finding import Finding
from cxserver.settings import Settings

_CHECK = "connections"
# The second of them came with PostgreSQL 16.
_RESERVED = ("superuser_reserved_connections", "reserved_connections")


def connections(connection: Connection, settings: Settings) -> Finding:
    """What one process may open, and for how many processes there is room.

    How many there are is no setting: each machine says so itself, by `cx serve --workers`.
    """
    pools = _in_words(settings)
    if connection.dialect.name != "postgresql":
        return Finding(_CHECK, "ok", f"{pools}. With SQLite there is one process, and no limit.")
    room = _room(connection)
    processes = room // per_process(settings)
    if not processes:
        short = f"{pools}. PostgreSQL allows {room}. That is too few for one process."
        return Finding(_CHECK, "problem", short, _cure(settings))
    many = "1 process" if processes == 1 else f"{processes} processes"
    enough = f"{pools}. PostgreSQL allows {room}: enough for {many} on all machines together."
    return Finding(_CHECK, "ok", enough)


def per_process(settings: Settings) -> int:
    """How many connections one server process may have open at once."""
    return sum(map(_most, _pools(settings).values()))


def _pools(settings: Settings) -> dict[str, db.Pool]:
    return {
        "answers and jobs": db.PUBLIC,
        "staff and API": db.staff_pool(settings),
        "signing in": db.ENTRANCE,
    }


def _most(pool: db.Pool) -> int:
    return pool.size + pool.overflow


def _in_words(settings: Settings) -> str:
    parts = ", ".join(f"{name} {_most(pool)}" for name, pool in _pools(settings).items())
    return f"Each server process opens up to {per_process(settings)} ({parts})"


def _room(connection: Connection) -> int:
    """What PostgreSQL lets in beside those that it keeps back for its administrators."""
    query = text("SELECT name, setting::int FROM pg_settings WHERE name = ANY(:names)")
    names = ["max_connections", *_RESERVED]
    rows = connection.execute(query, {"names": names})
    limits: dict[str, int] = {row.name: row.setting for row in rows}
    return limits["max_connections"] - sum(limits.get(name, 0) for name in _RESERVED)


def _cure(settings: Settings) -> str:
    return (
        f"Raise max_connections of PostgreSQL to at least {per_process(settings)} for each process "
        "of `cx serve`, and 10 more for commands and administrators. Or lower CX_STAFF_CONNECTIONS."
    )
