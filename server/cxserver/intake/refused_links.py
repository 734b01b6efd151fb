"""Genuine links that did not open, counted by service, office and reason.

The key behind them is real, so somebody at the agency made them: for an office that the catalog
does not have, or with a key that was revoked. The person sees a page that tells nobody anything;
this count is how the agency learns of it. No link, person or time is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, delete, func, select

from cxserver import tables
from cxserver.catalog import names
from cxserver.catalog.directory import Directory
from cxserver.intake.counter import Counter

# Of one service, on one day: whoever holds its key could make up offices without end.
MOST_OFFICES = 100
OTHERS = ""
KEPT_DAYS = 90

# What happened, and what to do about it, in the words of `cx doctor` and of the staff page.
REASONS: Mapping[str, str] = {
    "unknown_office": "The catalog has no such office. Correct the name where the links are made.",
    "revoked": "The key or the link was revoked. Give the system that makes them a new key.",
    "expired": "Opened after the link's end. Send links sooner after the visit.",
    "not_yet_valid": "Made by a computer whose clock is ahead. Correct its clock.",
    "survey_closed": "The survey is closed there. Stop making links, or open it again.",
    "unapproved": "The OMB approval has ended. Renew it.",
    "spent": "All answers that OMB approved have been given. Ask for more.",
}
# People open old messages: that alone is no fault in anybody's set-up.
EXPECTED = frozenset({"expired"})


@dataclass(frozen=True, slots=True)
class RefusedLinks:
    """How often links of one office did not open, and why. `last` is the day of the newest."""

    service: str
    office: str
    reason: str
    n: int
    last: date

    def text(self, directory: Directory) -> str:
        """What happened, and what to do, with the offices that were perhaps meant."""
        said = REASONS.get(self.reason, self.reason)
        service = directory.services.get(self.service)
        if self.reason != "unknown_office" or service is None or self.office == OTHERS:
            return said
        return f"{said} {names.hint(self.office, service.offices)}"

    @property
    def is_fault(self) -> bool:
        """Whether somebody has something to correct."""
        return self.reason not in EXPECTED


class RefusalCounter(Counter):
    """Counts until `flush` writes. Of many made-up offices it names the first."""

    def __init__(self) -> None:
        super().__init__(tables.refused_links)
        self._day = date.min
        self._named: dict[str, set[str]] = {}

    def count(self, service: str, office: str, reason: str, day: date) -> None:
        """A link of `office` did not open on `day` (the agency's)."""
        if day != self._day:
            self._day, self._named = day, {}
        named = self._named.setdefault(service, set())
        if office not in named and len(named) >= MOST_OFFICES:
            office = OTHERS
        named.add(office)
        self.add(service, day, office, reason)


def read(connection: Connection, since: date) -> list[RefusedLinks]:
    """What was counted from `since` on, the most first."""
    columns = tables.refused_links.c
    group = columns.service, columns.office, columns.reason
    n, last = func.sum(columns.n), func.max(columns.day)
    query = select(*group, n, last).where(columns.day >= since).group_by(*group)
    rows = [
        RefusedLinks(row[0], row[1], row[2], int(row[3]), row[4])
        for row in connection.execute(query)
    ]
    return sorted(rows, key=lambda row: (-row.n, row.service, row.office, row.reason))


def forget(connection: Connection, today: date) -> int:
    """Delete what is older than 90 days; how many rows that were."""
    before = today - timedelta(days=KEPT_DAYS)
    old = delete(tables.refused_links).where(tables.refused_links.c.day < before)
    return connection.execute(old).rowcount
