"""GET /staff/quarter: what must be filed with OMB, when, and whether it is ready.

Nothing is held back here for small numbers: whoever may enter files every answer with OMB.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.catalog.directory import Filing, Service
from cxserver.comments import omb_review
from cxserver.comments.omb_review import Standing
from cxserver.errors import ServerError
from cxserver.quarter import check, due, filing, submissions
from cxserver.quarter.check import Reason
from cxserver.quarter.filing import Filed
from cxserver.quarter.formats import fits
from cxserver.quarter.reflections import Reflection
from cxserver.quarter.submissions import Submission
from cxserver.quarter.volumes import Volume
from cxserver.results import days, question
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.quarter import choosing, levels
from cxserver.staff.quarter.choosing import Chosen

FORMATS: Mapping[str, str] = {
    "v2": "v2: a row for each response (since fiscal year 2024)",
    "v1": "v1: a header and a detail file",
    "wide": "wide: one row (fiscal years 2021–23)",
}
STATES: Mapping[str, str] = {
    "draft": "Record a draft",
    "checked": "Record the check",
    "signed-off": "Sign off",
    "submitted": "Record that it was submitted",
    "published": "Record that OMB has published it",
}

_OPTION = re.compile(r" \(--[a-z-]+\)")


@dataclass(frozen=True, slots=True)
class Mend:
    """A reason as the page tells it: what to do, and where; `href` "" leads nowhere."""

    reason: Reason
    about: str
    cure: str
    href: str


@dataclass(frozen=True, slots=True)
class Reach:
    """A channel of a service: how many answered, and how many were served and offered."""

    channel: str
    words: str
    answers: int
    volume: Volume | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a service has to tell beside its counts."""

    service: Service
    reaches: tuple[Reach, ...]
    said: Reflection | None


@dataclass(frozen=True, slots=True)
class RejectedInput:
    """What was typed and could not be taken, and why."""

    status: int = 200
    why: str = ""
    service: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


def show(request: Request, visit: Visit) -> Response:
    """The page."""
    return drawn(visit, choosing.read(visit), RejectedInput())


def drawn(visit: Visit, chosen: Chosen, rejected: RejectedInput) -> Response:
    """The page as things stand, with what could not be taken."""
    with visit.read() as connection:
        filed = _glance(connection, visit, chosen)
        records = submissions.read(connection, chosen.quarter, chosen.form)
        tables = levels.read(connection, visit.directory, chosen.quarter)
    visit.end_reading()
    report = check.judge(filed.drawer, filed.entries)
    return guard.page(
        visit,
        "quarter.html",
        status=rejected.status,
        chosen=chosen,
        quarters=_quarters(visit, chosen),
        formats=[(form, FORMATS[form]) for form in reversed(fits.FORMATS)],
        filed=filed,
        report=report,
        rule=check.SOURCE,
        mends=[_mend(visit, chosen, reason) for reason in report.reasons],
        comments=_standing(filed),
        parts=parts(filed),
        levels=tables,
        records=records,
        next=following(records),
        states=STATES,
        rejected=rejected,
        said=choosing.said,
        cannot_sign="" if may_sign(visit) else not_the_official(visit),
        **_dates(visit, chosen),
    )


def parts(filed: Filed) -> list[Part]:
    """The services with something to file, and those that OMB waits for."""
    listed = []
    for service in filed.drawer.services:
        reaches = _reaches(filed, service)
        waited_for = service.definition.get("designated") and not service.closed
        if reaches or waited_for:
            said = filed.drawer.disclosed.reflections.get(service.slug)
            listed.append(Part(service, reaches, said))
    return listed


def following(records: list[Submission]) -> str:
    """The state that comes next; "" after the last."""
    if not records:
        return submissions.STATES[0]
    rest = submissions.STATES[submissions.STATES.index(records[-1].state) + 1 :]
    return rest[0] if rest else ""


def filing_of(visit: Visit) -> Filing:
    """What the catalog says of filing."""
    agency = visit.directory.agency
    return agency.filing if agency else Filing()


def may_sign(visit: Visit) -> bool:
    """Whether this is the official, where the catalog gives the address of that person."""
    mail = filing_of(visit).official_mail
    return not mail or visit.member.email.casefold() == mail.casefold()


def not_the_official(visit: Visit) -> str:
    """Who signs instead, and what to do."""
    named = filing_of(visit)
    return (
        f"Only {named.official or 'the official'} signs here, signed in as {named.official_mail} "
        "([agency.filing] official_mail in the catalog). Ask that person to sign in and sign. An "
        "administrator can invite them as an analyst, or put another address into the catalog."
    )


def plainly(error: ServerError) -> str:
    """A refusal without the names of options, which a page has none of."""
    return _OPTION.sub("", str(error))


def _glance(connection: Connection, visit: Visit, chosen: Chosen) -> Filed:
    try:
        return filing.glance(connection, choosing.order(chosen), visit.now)
    except ServerError as error:
        raise HTTPException(422, str(error)) from None


def _reaches(filed: Filed, service: Service) -> tuple[Reach, ...]:
    answers: dict[str, int] = {}
    for entry in filed.entries:
        if entry.set.service.slug == service.slug:
            channel = entry.set.channel.ours
            answers[channel] = answers.get(channel, 0) + entry.set.counts.n
    volumes = filed.drawer.disclosed.volumes
    return tuple(
        Reach(channel, question.CHANNELS[channel], n, volumes.get((service.slug, channel)))
        for channel, n in answers.items()
    )


def _standing(filed: Filed) -> Standing | None:
    seen = [entry.comments for entry in filed.entries if entry.comments]
    return omb_review.together(seen) if filed.drawer.form == "v2" else None


def _mend(visit: Visit, chosen: Chosen, reason: Reason) -> Mend:
    section = f"#service-{reason.about}"
    cure, href = {
        "catalog": (reason.cure, f"{visit.path}/catalog"),
        "answers": (reason.cure, f"{visit.path}/places"),
        "time": (reason.cure, ""),
        "comments": (
            "read each, then approve or withhold it",
            f"{visit.path}/quarter/comments{chosen.query()}",
        ),
        "texts": ("write it below", section),
        "volumes": ("fill them in below", section),
    }[reason.where]
    service = visit.directory.services.get(reason.about)
    return Mend(reason, service.name if service else reason.about, cure, href)


def _quarters(visit: Visit, chosen: Chosen) -> list[tuple[str, str]]:
    every = choosing.listed(visit)
    if chosen.quarter not in every:
        every.append(chosen.quarter)
    running, *_ = every
    return [
        (item.name, f"{item.name}, {days.in_words(item.span)}" + (", draft" * (item == running)))
        for item in every
    ]


def _dates(visit: Visit, chosen: Chosen) -> dict[str, Any]:
    wanted = due.of_quarter(chosen.quarter)
    return {
        "due": wanted,
        "left": (wanted.day - question.today_of(visit.directory, visit.now)).days,
        "day": lambda day: f"{day:%A, %B} {day.day}, {day.year}",
    }


ROUTES = (GuardedRoute("/quarter", show, roles.FILERS, label="Quarter", group="Reporting"),)
