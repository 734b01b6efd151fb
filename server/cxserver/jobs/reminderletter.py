"""The letter of a reminder: what, by when, and the command or page that fixes it. Pure."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import singledispatch

from cxserver.accounts.roles import Member
from cxserver.catalog.directory import Agency, Clearance
from cxserver.intake.surges import Rush, Surge
from cxserver.jobs.notices import ClockInDoubt, Ending, Filing, Notice, Using, Yearly
from cxserver.mail import Letter

_WIDE = 76
_DAY = timedelta(days=1)
# What helps with each of the year's dates; the document itself is the agency's to write.
YEARLY: Mapping[tuple[int, int], tuple[str, ...]] = {
    (12, 31): (
        "Agree with OMB on at least two services.",
        "Put designated = true under each in the catalog, then: cx catalog apply FILE",
        "The services as they are now: {staff}/catalog",
    ),
    (2, 24): (
        "Send OMB the assessment of what your organization can do for its customers.",
        "What your numbers say: {staff}",
    ),
    (3, 31): (
        "Hold the deep dive with OMB about your designated services.",
        "What changed, and what to fix first: {staff}/drivers",
    ),
    (5, 31): (
        "Send OMB the action plan. It must cover your designated services.",
        "What to fix first: {staff}/drivers, or: cx fix-first",
    ),
}


@dataclass(frozen=True, slots=True)
class Middle:
    """The middle of a letter: what it is about, sentences, and what to do."""

    subject: str
    says: tuple[str, ...]
    cures: tuple[str, ...]


def write(notice: Notice, member: Member, agency: Agency | None, base_url: str) -> Letter:
    """The letter to one person."""
    middle = _told(notice.subject, notice, f"{base_url}/staff")
    # Lines to be typed or opened stay whole, however long.
    paragraphs = [textwrap.fill(say, _WIDE, break_long_words=False) for say in middle.says]
    cures = "\n".join(f"- {cure}" for cure in middle.cures)
    where = agency.name if agency else "your agency"
    why = (
        f"You get this as an {member.role.words.lower()} at {where}. "
        "We send each reminder once. Nobody reads replies to this address."
    )
    parts = [*paragraphs, f"What to do:\n{cures}", textwrap.fill(why, _WIDE)]
    return Letter(to=[member.email], subject=middle.subject, text="\n\n".join(parts) + "\n")


@singledispatch
def _told(subject: object, notice: Notice, staff: str) -> Middle:
    raise TypeError(f"no letter about {type(subject).__name__}")


@_told.register
def _(subject: Filing, notice: Notice, staff: str) -> Middle:
    name, due, last = subject.quarter.name, subject.due, subject.last
    first, end = subject.quarter.start, subject.quarter.end - _DAY
    when = f"by {_date(due.day)}, {_in(notice.days)}"
    says = [f"The feedback of {name} ({_date(first)} to {_date(end)}) is due to OMB {when}."]
    if due.published and due.published != due.rule:
        says.append(
            f"By the rule of A-11 {due.section} it is {_date(due.rule)}; OMB published "
            f"{_date(due.published)}. Use the earlier one."
        )
    log = f"the last record is “{last.state}” ({last.form})" if last else "there is no record"
    says.append(f"The log does not show that it was submitted: {log}.")
    cures = (
        f"See what is missing: cx quarter check {name}",
        f"Make the files: cx quarter write {name} -o {name}",
        f"When OMB has the files, record it: cx quarter record {name} submitted --who NAME",
    )
    return Middle(f"Due {_in(notice.days)}: feedback of {name}", tuple(says), cures)


@_told.register
def _(subject: Yearly, notice: Notice, staff: str) -> Middle:
    due = subject.due
    says = f"Due to OMB by {_date(due.day)}, {_in(notice.days)}: {due.what} (A-11 {due.section})."
    cures = tuple(item.format(staff=staff) for item in YEARLY[due.day.month, due.day.day])
    return Middle(
        f"Due {_in(notice.days)}: {due.what}", (says,), (*cures, "All dates: cx quarter due")
    )


@_told.register
def _(subject: Ending, notice: Notice, staff: str) -> Middle:
    clearance = subject.clearance
    named = f"OMB control number {clearance.omb_control_number}"
    if notice.days < 0:
        says = (
            f"{named} expired on {_date(clearance.expires)}. "
            f"Closed now: {_named(subject.services)}."
        )
        title = f"Expired: {named}"
    else:
        says = (
            f"{named} expires on {_date(clearance.expires)}, {_in(notice.days)}. After that day "
            f"you may not ask anybody. Its surveys close then: {_named(subject.services)}."
        )
        title = f"Expires {_in(notice.days)}: {named}"
    cures = (
        "Ask OMB to renew it. To write the request: cx pra request SERVICE -o FOLDER",
        f"Put the new date under [clearance.{clearance.slug}] in the catalog, then: "
        "cx catalog apply FILE",
        f"See it now: {staff}/catalog",
    )
    return Middle(title, (says,), cures)


@_told.register
def _(subject: Using, notice: Notice, staff: str) -> Middle:
    clearance = subject.clearance
    named, given = (
        f"OMB control number {clearance.omb_control_number}",
        _given(clearance, subject.used),
    )
    if subject.used >= clearance.approved_responses:
        title = f"No answers left: {named}"
        says = f"{given}. Closed now: {_named(subject.services)}."
    else:
        title = f"Few answers left: {named}"
        says = f"{given}. At the limit its surveys close: {_named(subject.services)}."
    cures = (
        "Ask OMB for more. To write the request: cx pra request SERVICE --responses N -o FOLDER",
        f"Raise approved_responses under [clearance.{clearance.slug}] in the catalog, then: "
        "cx catalog apply FILE",
        "How many are left: cx pra burden",
    )
    return Middle(title, (says,), cures)


@_told.register
def _(subject: ClockInDoubt, notice: Notice, staff: str) -> Middle:
    says = (
        f"The clock of the survey server has been in doubt for {subject.hours} hours: it is more "
        "than 26 hours ahead of everything the server has seen. Answers are taken and dated by "
        "the last time that is known. Nothing is deleted and no day is closed until you look.",
    )
    cures = (
        "Compare the server's clock with another one, for example: date -u",
        "If it is wrong: set it, and restart the server",
        "If it is right: cx jobs confirm-clock",
    )
    return Middle("The server's clock is in doubt", says, cures)


@_told.register
def _(subject: Surge, notice: Notice, staff: str) -> Middle:
    says = [
        f"{subject.service} got {subject.answers:,} answers so far today. On a usual day of the "
        f"last four weeks it gets {subject.usual:,}."
    ]
    if subject.marked:
        says.append(
            f"{subject.marked:,} of them came faster than people give answers. They are stored and "
            "not counted."
        )
    cures = (
        f"Look where they come from: {staff}/response",
        f"If they are not from people, take them out: {staff}/quarantine",
        "If they are: nothing. What was not counted can be put back on the same page.",
    )
    return Middle(f"Far more answers than usual: {subject.service}", tuple(says), cures)


@_told.register
def _(subject: Rush, notice: Notice, staff: str) -> Middle:
    named = f"OMB control number {subject.clearance.omb_control_number}"
    when = "today" if subject.days == 0 else f"in {subject.days} days"
    says = (
        f"{subject.today:,} answers came today under {named}, and {subject.left:,} are left. At "
        f"this pace they are used up {when}. Then its surveys close.",
    )
    cures = (
        f"If the answers are not from people, take them out: {staff}/quarantine. "
        "That gives them back to the approval.",
        "How many are left: cx pra burden",
        "If they are from people, ask OMB for more: cx pra request SERVICE --responses N -o FOLDER",
    )
    return Middle(f"Answers run out {when}: {named}", says, cures)


def _given(clearance: Clearance, used: int) -> str:
    return (
        f"Of the {clearance.approved_responses:,} answers approved under OMB control number "
        f"{clearance.omb_control_number}, {used:,} were given"
    )


def _named(services: tuple[str, ...]) -> str:
    head = ", ".join(services[:-1])
    return f"{head} and {services[-1]}" if head else services[-1]


def _in(days: int) -> str:
    if days == 0:
        return "today"
    return "tomorrow" if days == 1 else f"in {days} days"


def _date(day: date) -> str:
    return f"{day:%A}, {day:%B} {day.day}, {day.year}"
