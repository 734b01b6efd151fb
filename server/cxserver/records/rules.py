"""The rules of retention. Pure: which kind of record is due on which day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cxserver.catalog.directory import Directory, Retention


class Kind(StrEnum):
    """What is deleted. An answer takes with it whatever hangs on it, so it comes first."""

    ANSWERS = "answers"
    COMMENTS = "comments"
    CASES = "cases"
    REPLIES = "replies"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a service keeps a kind of record. The audit log is no service's: `service` is ""."""

    service: str
    kind: Kind
    retention: Retention

    @property
    def of_what(self) -> str:
        """What is deleted, behind its number: "answers of permits"."""
        return f"{self.kind} of {self.service}" if self.service else "lines of the audit log"

    def __str__(self) -> str:
        years = self.retention.years
        return f"{years} {'year' if years == 1 else 'years'}, {self.retention.schedule}"


def all_rules(known: Directory) -> list[Rule]:
    """Every service's rules, answers first, then the audit log's. No rule: nothing is deleted."""
    rules = [rule for slug in known.services for rule in _of_service(known, slug)]
    log = known.agency.records.get(Kind.AUDIT) if known.agency else None
    return [*rules, Rule("", Kind.AUDIT, log)] if log else rules


def last_due(retention: Retention, today: date) -> date:
    """The last day whose records are due. A record of February 29 is due on March 1."""
    year = today.year - retention.years
    try:
        return today.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _of_service(known: Directory, slug: str) -> Iterator[Rule]:
    common = known.agency.records if known.agency else {}
    retention = {**common, **known.services[slug].records}
    for kind in Kind:
        if kind in retention and kind is not Kind.AUDIT:
            yield Rule(slug, kind, retention[kind])
