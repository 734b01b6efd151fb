"""What staff are to be reminded of today: filings, yearly dates, approvals that end. Pure.

Of each thing there are stages: 30, 7 and 1 days before. Only the newest that has come is given, so
that a server that was off sends one reminder and not three.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cxserver.catalog.directory import Clearance, Directory
from cxserver.catalog.endings import CLEARANCE_STAGES
from cxserver.doctor import endings
from cxserver.intake.surges import Rush, Surge
from cxserver.periods import Period
from cxserver.quarter import due, fiscal
from cxserver.quarter.due import Due
from cxserver.quarter.submissions import Submission
from cxserver.timekeeping.evidence import LONG, Evidence

OVER = "over"
FEW_LEFT, NONE_LEFT = f"{endings.USE_WARNS:.0%}", "100%"
_SENT = frozenset({"submitted", "published"})


@dataclass(frozen=True, slots=True)
class Filing:
    """A quarter's feedback is due, and nothing says that OMB has it. `last` is its last record."""

    quarter: Period
    due: Due
    last: Submission | None


@dataclass(frozen=True, slots=True)
class Yearly:
    """One of the year's other dates comes."""

    due: Due


@dataclass(frozen=True, slots=True)
class Ending:
    """An approval under which the public is asked ends, or has ended."""

    clearance: Clearance
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Using:
    """Of an approval's answers few are left, or none."""

    clearance: Clearance
    services: tuple[str, ...]
    used: int


@dataclass(frozen=True, slots=True)
class ClockInDoubt:
    """Nothing is deleted and no day closed, because the server's clock is not believed."""

    hours: int


Subject = Filing | Yearly | Ending | Using | ClockInDoubt | Surge | Rush


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be reminded of. `about` and `stage` are what is remembered of its sending;
    `days` are left until the day, if it is about one.
    """

    about: str
    stage: str
    subject: Subject
    days: int = 0


def due_on(
    today: date, directory: Directory, log: Sequence[Submission], used: Mapping[str, int]
) -> list[Notice]:
    """Everything to be reminded of on a day, the nearest first."""
    notices = [*_approvals(today, directory, used)]
    if files(directory):
        notices += [*_filings(today, log), *_yearly(today)]
    return sorted(notices, key=lambda item: (item.days, item.about))


def of_the_clock(known: Evidence, clock: datetime) -> Iterator[Notice]:
    """A reminder when the clock has been in doubt for so long that somebody has to look."""
    paused = known.paused(clock)
    if known.doubted_since and paused >= LONG:
        about = f"clock {known.doubted_since:%Y-%m-%d %H:%M}"
        yield Notice(about, OVER, ClockInDoubt(round(paused / timedelta(hours=1))))


def of_crowds(surges: Iterable[Surge], rushes: Iterable[Rush], today: date) -> Iterator[Notice]:
    """A reminder on the day on which far more answers come than usual."""
    for surge in surges:
        yield Notice(f"surge {surge.service} {today}", OVER, surge)
    for rush in rushes:
        yield Notice(f"rush {rush.clearance.slug} {today}", OVER, rush)


def files(directory: Directory) -> bool:
    """Whether the agency files with OMB: those that do have designated services (§280.14). The
    catalog may say otherwise: `[agency.filing] reminders`.
    """
    switch = directory.agency.filing.reminders if directory.agency else None
    if switch is not None:
        return switch
    return any(
        service.definition.get("designated") and not service.closed
        for service in directory.services.values()
    )


def _filings(today: date, log: Sequence[Submission]) -> Iterator[Notice]:
    for year in _years(today):
        for quarter in fiscal.of_year(year):
            records = [item for item in log if item.quarter == quarter.name]
            if any(record.state in _SENT for record in records):
                continue
            when = due.of_quarter(quarter)
            last = records[-1] if records else None
            yield from _before(f"quarter {quarter.name}", Filing(quarter, when, last), when, today)


def _yearly(today: date) -> Iterator[Notice]:
    for year in _years(today):
        for when in due.of_the_agency(year):
            yield from _before(f"date {when.day.isoformat()}", Yearly(when), when, today)


def _years(today: date) -> tuple[int, int]:
    """The fiscal years that have something due soon: a last quarter is due after its year."""
    year = fiscal.year_of(today)
    return year - 1, year


def _before(about: str, subject: Subject, when: Due, today: date) -> Iterator[Notice]:
    days = (when.day - today).days
    stage = _stage(days, due.REMIND)
    if stage and days >= 0:
        yield Notice(about, stage, subject, days)


def _approvals(today: date, directory: Directory, used: Mapping[str, int]) -> Iterator[Notice]:
    open_ = [service for service in directory.services.values() if not service.closed]
    for clearance in {service.clearance.slug: service.clearance for service in open_}.values():
        named = tuple(sorted(item.name for item in open_ if item.clearance.slug == clearance.slug))
        yield from _ending(Ending(clearance, named), today)
        yield from _using(Using(clearance, named, used.get(clearance.slug, 0)))


def _ending(subject: Ending, today: date) -> Iterator[Notice]:
    clearance = subject.clearance
    days = (clearance.expires - today).days
    stage = OVER if days < 0 else _stage(days, CLEARANCE_STAGES)
    if stage:
        # With its date: who had it renewed is reminded again, years later.
        yield Notice(f"end {clearance.slug} {clearance.expires.isoformat()}", stage, subject, days)


def _using(subject: Using) -> Iterator[Notice]:
    clearance, used = subject.clearance, subject.used
    if used < endings.USE_WARNS * clearance.approved_responses:
        return
    stage = NONE_LEFT if used >= clearance.approved_responses else FEW_LEFT
    yield Notice(f"use {clearance.slug} {clearance.approved_responses}", stage, subject)


def _stage(days: int, stages: Collection[int]) -> str:
    """The newest stage that has come; "" for none."""
    reached = [stage for stage in stages if days <= stage]
    return str(min(reached)) if reached else ""
