"""What retention deleted lately, as the audit log has it: who, when, what, under which rule."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from cxserver import tables
from cxserver.records.disposal import DISPOSE
from cxserver.records.rules import Kind

# As `disposal` writes it; after a restore, without offices and rule.
_ABOUT = re.compile(
    r"disposal \w+ \((?P<kind>\w+)(?: of (?P<service>[a-z0-9-]+))?, (?P<day>\d{4}-\d\d-\d\d)[^)]*\)"
    r"(?:; anchor [^;]*)?(?:; rule: (?P<rule>.+))?"
)


@dataclass(frozen=True, slots=True)
class Deletion:
    """Records of one kind and day of a service were deleted; "" is the audit log, which is none's.

    `result` says how many.
    """

    at: datetime
    who: str
    service: str
    kind: Kind
    day: date
    rule: str
    result: str


def latest(connection: Connection, limit: int) -> list[Deletion]:
    """The last deletions, the newest first."""
    line = tables.audit.c
    query = select(tables.audit).where(line.what == DISPOSE).order_by(line.n.desc()).limit(limit)
    return [
        Deletion(
            row.at,
            row.who,
            match["service"] or "",
            Kind(match["kind"]),
            date.fromisoformat(match["day"]),
            match["rule"] or "",
            row.result,
        )
        for row in connection.execute(query)
        if (match := _ABOUT.match(row.about))
    ]
