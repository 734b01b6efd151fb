"""Who on the staff may see what: six roles on the tree of offices, and this one place decides."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cxserver.catalog.directory import Directory
from cxserver.disclosure.audience import audience
from cxserver.errors import NotFound
from cxserver.results import scopes
from cxserver.results.scopes import Scope


class Role(StrEnum):
    """What somebody does here."""

    OFFICE_MANAGER = "office-manager"
    SERVICE_LEAD = "service-lead"
    ANALYST = "analyst"
    RECORDS_OFFICER = "records-officer"
    SECURITY_OFFICER = "security-officer"
    ADMINISTRATOR = "administrator"

    @property
    def words(self) -> str:
        """The role as people say it."""
        return self.value.replace("-", " ").capitalize()


EVERYONE = frozenset(Role)
# Whoever guards the keys and the log reads numbers, and never what people wrote.
_WITHOUT_COMMENTS = frozenset({Role.SECURITY_OFFICER, Role.ADMINISTRATOR})
READERS = EVERYONE - _WITHOUT_COMMENTS
GUARDS = frozenset({Role.SECURITY_OFFICER, Role.ADMINISTRATOR})
# Whoever files for OMB reads every comment of a quarter before it leaves, and every count.
FILERS = frozenset({Role.ANALYST, Role.RECORDS_OFFICER})
# Whoever answers for the records places legal holds and lifts them.
RECORD_KEEPERS = frozenset({Role.RECORDS_OFFICER})
RECORD_READERS = RECORD_KEEPERS | {Role.ADMINISTRATOR}
# Whoever exports the rows can count them: nothing is hidden from these.
ROW_HOLDERS = FILERS
# Whoever runs a service or an office, or reads all results, writes what happened on the charts.
NOTE_WRITERS = frozenset({Role.OFFICE_MANAGER, Role.SERVICE_LEAD, Role.ANALYST})
NOTHING = Scope(services=frozenset(), offices=frozenset())

# How long a link that lets somebody in the first time may be used.
INVITE_LIVES = timedelta(hours=24)
BREAK_GLASS_LIVES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may sign in. `office` or `service` is set for the two roles that have one."""

    id: str
    email: str
    name: str
    role: Role
    office: str | None
    service: str | None


def may_see(member: Member, directory: Directory) -> Scope:
    """All the answers this person's role may see: every question is narrowed by it.

    An office manager sees the office and what is below it; a service lead the service, and the
    steps of a journey; everybody else all. What is not in the catalog shows nothing. Roles that
    do not export rows see closed batches.
    """
    whose = Scope(audience=audience(member.role in ROW_HOLDERS))
    return whose.narrowed(_offered_to(member, directory))


def _offered_to(member: Member, directory: Directory) -> Scope:
    if member.role is Role.OFFICE_MANAGER:
        try:
            return scopes.unit(directory, member.office or "")
        except NotFound:
            return NOTHING
    if member.role is Role.SERVICE_LEAD:
        return Scope(services=scopes.with_parts(directory, member.service or ""))
    return Scope()


def holds_rows(member: Member) -> bool:
    """Whether this person may export answers row by row."""
    return member.role in ROW_HOLDERS


def writes_notes(member: Member) -> bool:
    """Whether this person may put a dated note on the charts of what they lead."""
    return member.role in NOTE_WRITERS


def sees_comments(member: Member) -> bool:
    """Whether this person may read what people wrote."""
    return member.role not in _WITHOUT_COMMENTS
