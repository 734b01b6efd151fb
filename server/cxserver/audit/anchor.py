"""Where the audit log begins once retention has deleted its oldest lines.

The anchor has the hash of the last line that went: the first line that is left covers it. Alone it
proves nothing, for whoever can write to the database can move it. So the line that tells of the
deletion has the anchor in its own words, and the key of the chain covers that line.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from cxserver import tables

# What the audit log calls a deletion under a rule of retention.
DISPOSE = "dispose of records"


@dataclass(frozen=True, slots=True)
class Anchor:
    """All lines up to `through` are gone, and all of them were older than `until`."""

    through: int
    hash: bytes = field(repr=False)
    until: datetime
    disposal: str

    def __str__(self) -> str:
        until = self.until.isoformat(timespec="seconds")
        return f"anchor {self.through}, {until}, {self.hash.hex()}"

    def is_named_by(self, what: str, about: str) -> bool:
        """Whether a line of the log tells of exactly this deletion."""
        return what == DISPOSE and f"disposal {self.disposal} (" in about and f"; {self};" in about


def read(connection: Connection) -> Anchor | None:
    """The anchor; None as long as the log begins with its first line."""
    table = tables.audit_anchors
    query = select(table.c.through, table.c.hash, table.c.until, table.c.disposal)
    row = connection.execute(query.order_by(table.c.through.desc()).limit(1)).first()
    return Anchor(*row) if row else None


def move(connection: Connection, anchor: Anchor) -> None:
    """Begin the log after this anchor: what is before it is deleted."""
    connection.execute(delete(tables.audit_anchors))
    values = {"hash": anchor.hash, "until": anchor.until, "disposal": anchor.disposal}
    connection.execute(insert(tables.audit_anchors).values(through=anchor.through, **values))
    connection.execute(delete(tables.audit).where(tables.audit.c.n <= anchor.through))
