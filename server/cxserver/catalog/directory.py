"""What exists, held in memory: the server asks this, never the database, on a request's way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.instrument import phrases
from cxserver.instrument import survey as survey_text
from cxserver.instrument.phrases import Phrases
from cxserver.instrument.survey import Survey


@dataclass(frozen=True, slots=True)
class Alert:
    """A team that is mailed when somebody's words hold one of its phrases."""

    code: str
    name: str
    mail: tuple[str, ...]
    next_steps: str = ""


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
class Agency:
    """The organization behind every page. `urgent_help` and `names` are keyed by language.

    `phrases` are those of all `alerts`, by code, in every language. `omb_contact` says where OMB
    agreed that the quarters are open to everybody; "" keeps them closed.
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

    def today(self, now: datetime) -> date:
        """The agency's date, by which it keeps deadlines, fiscal years and what expires.

        In UTC before there is a catalog.
        """
        return date_in(self.agency.timezone if self.agency else "UTC", now)


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
        filing=Filing(**definition.pop("filing", {})),
        alerts=tuple(_alert(alert) for alert in alerts),
        phrases=Phrases({alert["code"]: (*alert["en"], *alert["es"]) for alert in alerts}),
        **definition,
    )


def today(connection: Connection, now: datetime) -> date:
    """The agency's date, where no directory is at hand; in UTC before there is a catalog."""
    definition = connection.execute(select(tables.agencies.c.definition)).scalar()
    return date_in(definition["timezone"] if definition else "UTC", now)


def _alert(definition: Mapping[str, Any]) -> Alert:
    return Alert(
        definition["code"],
        definition["name"],
        tuple(definition["mail"]),
        definition["next_steps"] or "",
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
