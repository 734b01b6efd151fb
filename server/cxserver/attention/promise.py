"""Comments that wait longer than the office has promised.

The time runs from the morning on which a comment appeared on the pages: the day after its batch
ended. It is over when somebody of the staff has opened the comment. Imports are not counted:
nobody promised to read what was said years ago.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_, select

from cxserver import tables
from cxserver.accounts import roles
from cxserver.accounts.roles import Member
from cxserver.catalog.directory import date_at
from cxserver.results.reading import Reading

# Beyond so many it is "more than 500": nobody reads that far, and no page may take longer.
MOST = 500
# Older ones are looked for no longer.
_OLDEST = timedelta(weeks=26)
# A batch that ended yesterday is on the pages today.
_APPEARS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Late:
    """How many comments are past the promise, counted up to `MOST` and one more; the Monday of
    the oldest one's week; and the promise in days, where all these offices have the same.
    """

    n: int
    monday: date
    days: int | None

    @property
    def words(self) -> str:
        """How many there are, in a sentence: "12", or "more than 500"."""
        return f"more than {MOST}" if self.n > MOST else f"{self.n}"

    @property
    def badge(self) -> str:
        """The same where there is room for a number: "12", or "500+"."""
        return f"{MOST}+" if self.n > MOST else f"{self.n}"

    @property
    def sentence(self) -> str:
        """How many there are, and past which promise."""
        n = self.words[:1].upper() + self.words[1:]
        promise = f"your {self.days}-day promise" if self.days else "the promise of their offices"
        return f"{n} {'comment is' if self.n == 1 else 'comments are'} past {promise}."

    @property
    def fact(self) -> str:
        """Since when the oldest waits."""
        return f"The oldest is from the week of {self.monday:%B} {self.monday.day}."


def late(reading: Reading, member: Member, offices: int | None = None) -> Late | None:
    """The comments past the promise, for those who have an office or a service in their charge;
    None where there are none, and where more than so many `offices` would have to be looked
    through: a tenth of a millisecond each.
    """
    if not roles.sees_comments(member) or not is_in_charge(reading):
        return None
    promises = dict(_promises(reading))
    if not promises or (offices is not None and len(promises) > offices):
        return None
    groups = _groups(reading, promises)
    late_days = select(tables.responses.c.day).where(_is_late(reading, groups))
    rows = late_days.limit(MOST + 1).subquery()
    query = select(func.count(), func.min(rows.c.day))
    n, oldest = reading.connection.execute(query).one()
    if not n:
        return None
    days = set(promises.values())
    monday = oldest - timedelta(days=oldest.weekday())
    return Late(n, monday, days.pop() if len(days) == 1 else None)


def offices_in(reading: Reading) -> int:
    """Of how many offices somebody answers for the promise."""
    return len(dict(_promises(reading))) if is_in_charge(reading) else 0


def is_in_charge(reading: Reading) -> bool:
    """Whether this person answers for some offices or services, not for the whole agency."""
    return reading.scope.offices is not None or reading.scope.services is not None


def _promises(reading: Reading) -> Iterator[tuple[str, int]]:
    """The offices in scope that have a promise, and how many days it is."""
    scope, directory = reading.scope, reading.directory
    offices = scope.offices
    if offices is None:
        services = (directory.services.get(slug) for slug in scope.services or ())
        served = (service.offices for service in services if service)
        offices = frozenset(slug for places in served for slug in places)
    for office in sorted(offices):
        days = directory.promise(office)
        if days is not None:
            yield office, days


def _groups(reading: Reading, promises: dict[str, int]) -> dict[date, list[str]]:
    """The offices by the last day on which a batch may have ended to be past its promise now."""
    groups: dict[date, list[str]] = defaultdict(list)
    for office, days in promises.items():
        today = date_at(reading.directory.offices.get(office), reading.now)
        groups[today - _APPEARS - timedelta(days=days + 1)].append(office)
    return groups


def _is_late(reading: Reading, groups: dict[date, list[str]]) -> ColumnElement[bool]:
    responses, cases = tables.responses.c, tables.cases.c
    opened = exists().where(
        cases.service == responses.service,
        cases.day == responses.day,
        cases.response == responses.id,
        # What a low score opened has been read by nobody before its first change.
        or_(cases.opened_for.is_(None), cases.version > 1),
    )
    services = reading.scope.services
    return and_(
        responses.service.in_(sorted(reading.directory.services if services is None else services)),
        or_(
            *(
                and_(responses.office.in_(offices), responses.counted_day <= _closed(last))
                for last, offices in groups.items()
            )
        ),
        responses.day >= min(groups) - _OLDEST,
        literal_column(f"({tables.WORDED})"),
        tables.IS_COUNTED,
        tables.ASKED_BY_US,
        ~opened,
    )


def _closed(last: date) -> ColumnElement[date]:
    """The end of the newest batch of a response's unit that ended on `last` or before."""
    responses, batches = tables.responses.c, tables.batches.c
    return (
        select(func.max(batches.through))
        .where(
            batches.service == responses.service,
            batches.office == responses.office,
            batches.source == "live",
            batches.through <= last,
        )
        .scalar_subquery()
    )
