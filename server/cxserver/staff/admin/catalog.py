"""GET /staff/catalog: what is asked, where, in which words, and under which clearance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.catalog.directory import Clearance, Service
from cxserver.instrument.survey import Choice, Survey, Wording
from cxserver.intake import meter
from cxserver.intake.meter import TimeTaken
from cxserver.results import question, table
from cxserver.results.question import Filters
from cxserver.results.table import Cell, Table
from cxserver.staff import download, guard
from cxserver.staff.admin import places
from cxserver.staff.guard import GuardedRoute, Visit

# A renewal takes OMB 60 days of notice and 30 of review, and somebody has to write it.
_RENEW = timedelta(days=180)
# In percent of the approved answers.
_FEW_LEFT = 80
# Below this a half and nine tenths are chance.
_TIMED = 30
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Entry:
    """A service with all that is known of it."""

    service: Service
    clearance: str
    needs_care: bool
    offices: Table
    versions: tuple[Survey, ...]
    took: str
    takes_longer: bool

    @property
    def channels(self) -> str:
        """The ways it asks by, in words."""
        codes = self.service.definition.get("channels", ())
        return ", ".join(question.CHANNELS.get(code, code) for code in codes)


def show(request: Request, visit: Visit) -> Response:
    """The services with their offices and survey versions."""
    filters = Filters.read(request.query_params, visit.reading())
    services = filters.services_in(filters.of_office())
    if request.query_params.get("format") == "csv":
        return download.response("catalog", as_table(services, filters))
    with visit.read() as connection:
        times = meter.read(connection, since=filters.today - _YEAR)
    entries = [entry(service, filters, times.get(service.slug)) for service in services]
    return guard.page(
        visit,
        "catalog.html",
        filters=filters,
        entries=entries,
        lines=lines,
        used_up=used_up,
        language=question.language_name,
    )


def entry(service: Service, filters: Filters, time: TimeTaken | None) -> Entry:
    """One service."""
    approval, care = clearance(service.clearance, filters.today)
    versions = tuple(service.surveys[n] for n in sorted(service.surveys, reverse=True))
    took, longer = measured(time, service.clearance)
    return Entry(service, approval, care, _offices([service], filters), versions, took, longer)


def measured(time: TimeTaken | None, clearance: Clearance) -> tuple[str, bool]:
    """How long people took, beside what was approved; and whether half of them take longer.

    It does not tell of how many: that would give away what other pages hide.
    """
    if time is None or time.n < _TIMED:
        return f"Not measured yet: that takes {_TIMED} timed answers.", False
    half, most, approved = round(time.p50), round(time.p90), 60 * clearance.burden_minutes
    text = (
        f"Half of the people took at most {half} seconds from opening the survey to sending it, "
        f"nine of ten at most {most}. Approved are {approved}."
    )
    if half <= approved:
        return text, False
    return f"{text} Ask less, or ask OMB for more minutes.", True


def clearance(clearance: Clearance, today: date) -> tuple[str, bool]:
    """The approval in a sentence, and whether somebody has to renew it."""
    number = f"OMB control number {clearance.omb_control_number}"
    end = places.day(clearance.expires)
    if clearance.expires < today:
        return f"{number} expired on {end}. Renew it. Nobody has to answer without one.", True
    left = (clearance.expires - today).days
    if clearance.expires - today <= _RENEW:
        return f"{number} expires on {end}, in {left} days. Begin to renew it.", True
    if used_up(clearance) >= _FEW_LEFT:
        return f"{number}, good until {end}. Ask OMB for more answers: few are left.", True
    return f"{number}, good until {end}.", False


def used_up(clearance: Clearance) -> int:
    """How much of the approved answers was given, in whole percent: the page moves with nobody's
    single answer.
    """
    return min(100, 100 * clearance.used // clearance.approved_responses)


def lines(words: Wording) -> list[tuple[str, str]]:
    """The wording of a version: what each text is, and the text."""
    texts = [
        ("Satisfaction", words.satisfaction),
        ("Answers", " · ".join(words.satisfaction_labels)),
        ("Trust", words.trust),
        ("Answers", " · ".join(words.trust_labels)),
        ("What contributed", words.drivers_question),
        ("To the happy", words.drivers_question_positive),
        ("To the others", words.drivers_question_negative),
        ("Drivers", " · ".join(words.drivers.values())),
        ("Comment", words.comment),
    ]
    texts += [("Also asked", _question(extra.text, extra.choices)) for extra in words.questions]
    return [(what, text) for what, text in texts if text]


def as_table(services: Sequence[Service], filters: Filters) -> Table:
    """Every service at every office."""
    return _offices(services, filters)


def _question(text: str, choices: Sequence[Choice]) -> str:
    labels = [choice.label for choice in choices]
    return f"{text} ({', '.join(labels)})" if labels else text


def _offices(services: Sequence[Service], filters: Filters) -> Table:
    inside = {all_office.slug for all_office in filters.all_offices(filters.of_office())}
    rows = [
        _row(service, slug, filters)
        for service in services
        for slug in sorted(
            service.offices, key=lambda office: filters.directory.offices[office].name
        )
        if slug in inside
    ]
    head = ("Office", "Region", "Service", "Time zone", "State", "Survey", "OMB number", "Expires")
    named = " and ".join(service.name for service in services)
    return Table(f"Offices of {named}" if named else "Offices", head, tuple(rows))


def _row(service: Service, slug: str, filters: Filters) -> tuple[Cell, ...]:
    office = filters.directory.offices[slug]
    above = filters.directory.offices.get(office.parent or "")
    closed = office.closed or service.closed or not service.offices[slug]
    state = "closed" if closed else "open" if office.serves else "region"
    return (
        table.name(office.name),
        table.plain(above.name if above else "–"),
        table.plain(service.name),
        table.plain(office.timezone),
        table.plain(state),
        table.plain(service.survey.name),
        table.plain(service.clearance.omb_control_number),
        table.plain(service.clearance.expires.isoformat()),
    )


ROUTES = (GuardedRoute("/catalog", show, roles.EVERYONE, label="Catalog", group="Running"),)
