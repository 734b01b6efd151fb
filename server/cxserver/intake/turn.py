"""Whose turn it is: at a service one after the other closes batches, draws cut tables, excludes
answers or changes flags. What any of them read is then still so when they write.
"""

from zlib import crc32

from sqlalchemy import Connection, text

_LOCKS = 283


def take(connection: Connection, service: str) -> None:
    """Wait for our turn at a service; it ends with the transaction."""
    # On SQLite whoever writes has the database to himself already.
    if connection.dialect.name == "postgresql":
        # Two services that share a lock wait for each other, and that is all.
        key = crc32(service.encode()) - 2**31
        lock = text("SELECT pg_advisory_xact_lock(:locks, :key)")
        connection.execute(lock, {"locks": _LOCKS, "key": key})
