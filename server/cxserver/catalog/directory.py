"""What exists, held in memory: the server asks this, never the database, on a request's way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.instrument import phrases
from cxserver.instrument import survey as survey_text
from cxserver.instrument.phrases import Phrases
from cxserver.instrument.survey import Survey


@dataclass(frozen=True, slots=True)
class Team:
    """Who is mailed about an alert."""

    name: str
    mail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """Teams that are mailed when somebody's words hold a phrase of its list: the first at once,
    each further one when nobody has acknowledged the alert within that time of the mail before.
    """

    code: str
    name: str
    teams: tuple[Team, ...]
    next_steps: tuple[str, ...] = ()
    acknowledge_within: timedelta = timedelta(minutes=30)

    def team(self, step: int) -> Team | None:
        """Who is mailed at this step, the first being 0; None past the last."""
        return self.teams[step] if step < len(self.teams) else None


@dataclass(frozen=True, slots=True)
class Filing:
    """What a quarter's files say of the agency. With `official`, nobody else signs them off; with
    `official_mail`, only who is signed in by it. `reminders` None: as there is something to file.
    """

    official: str = ""
    official_mail: str = ""
    reminders: bool | None = None
    contact_name: str = ""
    contact_mail: str = ""
    federal_register_url: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many years a kind of record is kept, and the records schedule that says so."""

    years: int
    schedule: str


# A 1 or a 2 of 5: what a comment has to score to open a case, where the catalog says nothing.
OPEN_CASES_AT = 2


@dataclass(frozen=True, slots=True)
class Agency:
    """The organization behind every page. `urgent_help` and `names` are keyed by language.

    `phrases` are those of all `alerts`, by code, in every language. `omb_contact` says where OMB
    agreed that the quarters are open to everybody; "" keeps them closed. `placeholders` are the
    keys of what a sample catalog left to be written; a `demonstration` may have them. `records`
    are the rules of retention, by kind. Within `reads_within_days` an office reads what people
    write, unless it has a promise of its own; None is no promise. A comment with a score up to
    `open_cases_at` opens a case by itself; 0 is never.
    """

    slug: str
    name: str
    timezone: str
    contact_url: str
    privacy_url: str
    urgent_help: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    mask: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    omb_contact: str = ""
    filing: Filing = Filing()
    demonstration: bool = False
    placeholders: tuple[str, ...] = ()
    records: Mapping[str, Retention] = field(default_factory=dict)
    reads_within_days: int | None = None
    open_cases_at: int = OPEN_CASES_AT
    phrases: Phrases = field(default=phrases.NONE, compare=False)


@dataclass(frozen=True, slots=True)
class Clearance:
    """Approval to ask the public, under the Paperwork Reduction Act (A-11 §280.11).

    `used` are the answers given under it, as of when the directory was last read.
    """

    slug: str
    omb_control_number: str
    expires: date
    burden_minutes: int
    approved_responses: int
    used: int = field(default=0, compare=False)

    @property
    def is_spent(self) -> bool:
        """Whether every approved answer has been given. Known to all servers within a second."""
        return self.used >= self.approved_responses


@dataclass(frozen=True, slots=True)
class Office:
    """A unit where services are given."""

    slug: str
    name: str
    timezone: str
    parent: str | None
    serves: bool
    closed: bool
    closed_on: date | None = None
    reads_within_days: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The office's own time zone: its day is the day an answer is counted on."""
        return ZoneInfo(self.timezone)


def date_in(timezone: str, moment: datetime) -> date:
    """The date in a time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def date_at(office: Office | None, moment: datetime) -> date:
    """The date at an office, by which its answers are counted; in UTC where nobody knows it."""
    return moment.astimezone(office.zone if office else UTC).date()


@dataclass(frozen=True, slots=True)
class Service:
    """The unit of observation (A-11 §280.3), with its survey versions by number.

    `offices` tells which of its offices are open, `closings` on which day the others were closed.
    """

    slug: str
    name: str
    names: Mapping[str, str]
    definition: Mapping[str, Any]
    clearance: Clearance
    current: int
    surveys: Mapping[int, Survey]
    offices: Mapping[str, bool]
    closed: bool
    closed_on: date | None = None
    closings: Mapping[str, date | None] = field(default_factory=dict)

    @property
    def survey(self) -> Survey:
        """The survey version in use."""
        return self.surveys[self.current]

    @property
    def embed_origins(self) -> tuple[str, ...]:
        """Who may frame the survey: exact origins."""
        return tuple(self.definition.get("embed_origins", ()))

    @property
    def replies(self) -> bool:
        """Whether its offices may reply to what people wrote, under a code."""
        return bool(self.definition.get("replies", False))

    @property
    def targets(self) -> Mapping[str, int]:
        """What it wants to reach, in percent: of `trust`, `satisfaction`, `response_rate`."""
        targets: Mapping[str, int] = self.definition.get("targets", {})
        return targets

    @property
    def records(self) -> Mapping[str, Retention]:
        """Its own rules of retention, by kind, in the place of the agency's."""
        return _retention(self.definition.get("records", {}))


@dataclass(frozen=True, slots=True)
class Revocations:
    """What was withdrawn, at three grains: a key, a key at an office, one link."""

    entries: frozenset[tuple[str, int, str, str]] = frozenset()

    def covers(self, service: str, kid: int, office: str, nonce: str) -> bool:
        """Whether a link with these codes was withdrawn."""
        grains = ((service, kid, "", ""), (service, kid, office, ""), (service, kid, office, nonce))
        return any(grain in self.entries for grain in grains)


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything that exists at one moment. `keys` maps (service, kid) to (epoch, office)."""

    agency: Agency | None
    services: Mapping[str, Service]
    offices: Mapping[str, Office]
    keys: Mapping[tuple[str, int], tuple[int, str | None]]
    revocations: Revocations
    counter: int

    @property
    def languages(self) -> frozenset[str]:
        """Every language that a survey was ever written in."""
        services = self.services.values()
        surveys = (survey for service in services for survey in service.surveys.values())
        return frozenset(language for survey in surveys for language in survey.languages)

    def alert(self, code: str) -> Alert | None:
        """The alert list of this code; None where the catalog no longer has it."""
        alerts = self.agency.alerts if self.agency else ()
        return next((alert for alert in alerts if alert.code == code), None)

    def serves(self, service: str, office: str) -> bool:
        """Whether this service is given at this office now."""
        given, place = self.services.get(service), self.offices.get(office)
        if given is None or place is None or given.closed or place.closed:
            return False
        return given.offices.get(office, False)

    def promise(self, office: str) -> int | None:
        """Within how many days the office reads what people write; None is no promise."""
        place = self.offices.get(office)
        if place is not None and place.reads_within_days:
            return place.reads_within_days
        return self.agency.reads_within_days if self.agency else None

    def opens_cases_at(self, service: str) -> int:
        """The score up to which a comment on this service opens a case by itself; 0 is never."""
        own = self.services[service].definition.get("open_cases_at")
        if own is not None:
            return int(own)
        return self.agency.open_cases_at if self.agency else OPEN_CASES_AT

    def today(self, now: datetime) -> date:
        """The agency's date, by which it keeps deadlines, fiscal years and what expires.

        In UTC before there is a catalog.
        """
        return date_in(self._timezone, now)

    def end_of(self, day: date) -> datetime:
        """When this date of the agency is over."""
        midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self._timezone))
        return midnight.astimezone(UTC)

    @property
    def _timezone(self) -> str:
        return self.agency.timezone if self.agency else "UTC"


def counter(connection: Connection) -> int:
    """A number that grows whenever the catalog, a key or a revocation changes."""
    result = connection.execute(
        select(tables.changes.c.counter).where(tables.changes.c.subject == "directory")
    ).scalar()
    return result or 0


def bump(connection: Connection) -> None:
    """Tell every server that what exists has changed."""
    changed = connection.execute(
        tables.changes.update()
        .where(tables.changes.c.subject == "directory")
        .values(counter=tables.changes.c.counter + 1)
    )
    if changed.rowcount == 0:
        connection.execute(tables.changes.insert().values(subject="directory", counter=1))


def load(connection: Connection) -> Directory:
    """Read everything that exists, in one transaction."""
    clearances = _clearances(connection)
    surveys = _surveys(connection)
    places = _offices_of_services(connection)
    return Directory(
        agency=agency(connection),
        services={
            row.slug: _service(row, clearances, surveys, places.get(row.slug, []))
            for row in connection.execute(select(tables.services))
        },
        offices={row.slug: Office(*row) for row in connection.execute(select(tables.offices))},
        keys={
            (row.service, row.kid): (row.epoch, row.office)
            for row in connection.execute(select(tables.link_keys))
        },
        revocations=Revocations(
            frozenset(
                (row.service, row.kid, row.office, row.nonce)
                for row in connection.execute(select(tables.revocations))
            )
        ),
        counter=counter(connection),
    )


def agency(connection: Connection) -> Agency | None:
    """The agency alone."""
    row = connection.execute(select(tables.agencies)).first()
    if row is None:
        return None
    definition = dict(row.definition)
    alerts = definition.pop("alerts", ())
    return Agency(
        slug=row.slug,
        mask=tuple(definition.pop("mask", ())),
        placeholders=tuple(definition.pop("placeholders", ())),
        filing=Filing(**definition.pop("filing", {})),
        records=_retention(definition.pop("records", {})),
        alerts=tuple(_alert(alert) for alert in alerts),
        phrases=Phrases({alert["code"]: (*alert["en"], *alert["es"]) for alert in alerts}),
        **definition,
    )


def today(connection: Connection, now: datetime) -> date:
    """The agency's date, where no directory is at hand; in UTC before there is a catalog."""
    definition = connection.execute(select(tables.agencies.c.definition)).scalar()
    return date_in(definition["timezone"] if definition else "UTC", now)


def _retention(definition: Mapping[str, Any]) -> dict[str, Retention]:
    return {kind: Retention(**rule) for kind, rule in definition.items()}


def _alert(definition: Mapping[str, Any]) -> Alert:
    first = Team(definition.get("team") or f"{definition['name']} team", tuple(definition["mail"]))
    then = (Team(item["team"], tuple(item["mail"])) for item in definition.get("then", ()))
    steps = definition["next_steps"] or ()
    return Alert(
        definition["code"],
        definition["name"],
        (first, *then),
        # What was applied before there could be several is one text.
        (steps,) if isinstance(steps, str) else tuple(steps),
        timedelta(minutes=definition.get("acknowledge_within", 30)),
    )


def _clearances(connection: Connection) -> dict[str, Clearance]:
    clearances, used = tables.clearances, tables.burden
    query = select(clearances, func.coalesce(used.c.used, 0)).outerjoin(
        used, used.c.clearance == clearances.c.slug
    )
    return {row.slug: Clearance(*row) for row in connection.execute(query)}


def _surveys(connection: Connection) -> dict[str, dict[int, Survey]]:
    result: dict[str, dict[int, Survey]] = {}
    for row in connection.execute(select(tables.surveys)):
        version = survey_text.from_json(row.definition)
        result.setdefault(row.service, {})[row.n] = version
    return result


def _offices_of_services(connection: Connection) -> dict[str, list[Any]]:
    result: dict[str, list[Any]] = {}
    for row in connection.execute(select(tables.service_offices)):
        result.setdefault(row.service, []).append(row)
    return result


def _service(
    row: Any,
    clearances: Mapping[str, Clearance],
    surveys: Mapping[str, Mapping[int, Survey]],
    places: Iterable[Any],
) -> Service:
    return Service(
        slug=row.slug,
        name=row.definition["name"],
        names=row.definition.get("names", {}),
        definition=row.definition,
        clearance=clearances[row.clearance],
        current=row.survey,
        surveys=surveys[row.slug],
        offices={place.office: not place.closed for place in places},
        closed=row.closed,
        closed_on=row.closed_on,
        closings={place.office: place.closed_on for place in places if place.closed},
    )
