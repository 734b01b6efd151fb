"""A catalog file becomes a valid catalog, or the list of every fault it has."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cxserver.catalog import consistency, placeholders, shape
from cxserver.catalog.directory import OPEN_CASES_AT, Clearance, Office
from cxserver.catalog.drafts import draft_of, named, unsound_of
from cxserver.catalog.fault import Fault
from cxserver.catalog.file import File, Records, Targets
from cxserver.catalog.model import Agency, Catalog, Service
from cxserver.catalog.shape import Shape
from cxserver.instrument import composition
from cxserver.instrument.compose import compose
from cxserver.instrument.finding import Finding

# Far above the largest agency: 2,338 offices take 300 kB.
MOST_BYTES = 32 * 1024 * 1024

__all__ = ["Fault", "Report", "read", "text", "text_at"]


@dataclass(frozen=True, slots=True)
class Report:
    """The catalog, or None and the faults. Warnings do not stand in the way."""

    catalog: Catalog | None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def read(path: Path, now: datetime) -> Report:
    """The catalog in the file at `path`, or every fault it has on the agency's day of `now`."""
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        # A byte-order mark is what some editors leave; TOML itself would refuse it.
        written = content.decode("utf-8-sig")
    except OSError as error:
        return _refused(path.name, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return _refused(path.name, f"is not UTF-8 text (byte {error.start + 1})")
    if len(content) > MOST_BYTES:
        return _refused(path.name, f"is larger than {MOST_BYTES} bytes")
    return text_at(written, path.name, now)


def text_at(written: str, name: str, now: datetime) -> Report:
    """As `text`, on the agency's day of `now`: the catalog says where that is."""
    try:
        raw = shape.parse(written)
    except shape.CatalogUnreadable as error:
        return _refused(name, str(error))
    return tables(raw, name, now.astimezone(_zone(raw)).date(), written)


def text(written: str, name: str, today: date) -> Report:
    """The catalog in `written`, or every fault it has. `name` stands before each fault."""
    try:
        raw = shape.parse(written)
    except shape.CatalogUnreadable as error:
        return _refused(name, str(error))
    return tables(raw, name, today, written)


def tables(raw: dict[str, Any], name: str, today: date, written: str = "") -> Report:
    """The catalog in tables that were read from TOML, or every fault it has.

    The text that was `written` also says which samples are still marked as such.
    """
    read_in = shape.shape(raw, name)
    samples = list(placeholders.check(read_in.file, written))
    result = [*_findings(read_in, today), *samples]
    faults = (*read_in.faults, *(_fault(name, item) for item in result if not item.warning))
    warnings = tuple(_fault(name, item) for item in result if item.warning)
    if faults:
        return Report(None, faults, warnings)
    keys = tuple(finding.key for finding in samples)
    return Report(_catalog(read_in.file, today, keys), (), warnings)


def _zone(raw: dict[str, Any]) -> tzinfo:
    # Not checked yet. What is no time zone is a fault of the catalog, and `shape` tells of it.
    try:
        return ZoneInfo(raw["agency"]["timezone"])
    except (KeyError, TypeError, ValueError, OSError):
        return UTC


def _refused(name: str, rule: str) -> Report:
    return Report(None, (Fault(name, "", rule),))


def _findings(read_in: Shape, today: date) -> Iterator[Finding]:
    yield from consistency.check(read_in)
    for slug in read_in.file.service:
        if not read_in.sound("service", slug, "survey"):
            continue
        draft = draft_of(read_in, slug, today)
        for finding in composition.check(draft, unsound_of(read_in, slug)):
            yield Finding(
                f"service.{slug}.{finding.key}", finding.text, finding.subsection, finding.warning
            )


def _fault(name: str, finding: Finding) -> Fault:
    return Fault(name, finding.key, finding.text, finding.subsection)


def _catalog(file: File, today: date, samples: tuple[str, ...]) -> Catalog:
    return Catalog(
        agency=_agency(file, samples),
        clearances=tuple(
            Clearance(
                slug,
                item.omb_control_number,
                item.expires,
                item.burden_minutes,
                item.approved_responses,
            )
            for slug, item in file.clearance.items()
        ),
        offices=tuple(_offices(file).values()),
        services=tuple(_service(file, slug, today) for slug in file.service),
    )


def _agency(file: File, samples: tuple[str, ...]) -> Agency:
    agency = file.agency
    filing = agency.filing.model_dump(exclude_none=True)
    definition: dict[str, Any] = {
        "name": agency.name,
        "timezone": agency.timezone,
        "contact_url": agency.contact_url,
        "privacy_url": agency.privacy_url,
        "urgent_help": dict(agency.urgent_help),
        "names": named(agency.name, agency.es),
        "mask": list(agency.mask),
        "alerts": [item.model_dump(mode="json") for item in agency.alert],
        **({"reads_within_days": agency.reads_within_days} if agency.reads_within_days else {}),
        **_opening(agency.open_cases_at, OPEN_CASES_AT),
        **({"omb_contact": agency.publish.omb_contact} if agency.publish else {}),
        **({"filing": filing} if filing else {}),
        **_records(file.records),
        **({"demonstration": True} if agency.demonstration else {}),
        **({"placeholders": list(samples)} if samples else {}),
    }
    return Agency(agency.slug, definition)


def _records(records: Records) -> dict[str, Any]:
    rules = {kind: rule.model_dump() for kind, rule in records.rules().items()}
    return {"records": rules} if rules else {}


def _opening(score: int | None, usual: int | None) -> dict[str, Any]:
    return {} if score == usual else {"open_cases_at": score}


def _targets(targets: Targets) -> dict[str, Any]:
    wanted = {measure: percent for measure, percent in targets.model_dump().items() if percent}
    return {"targets": wanted} if wanted else {}


def _offices(file: File) -> dict[str, Office]:
    return {
        office.slug: Office(
            slug=office.slug,
            name=office.name,
            timezone=office.timezone or file.agency.timezone,
            parent=office.parent,
            serves=office.serves,
            closed=False,
            reads_within_days=office.reads_within_days,
        )
        for service in file.service.values()
        for office in service.office
    }


def _service(file: File, slug: str, today: date) -> Service:
    service = file.service[slug]
    definition: dict[str, Any] = {
        "name": service.name,
        "names": named(service.name, service.es),
        "description": service.description,
        "descriptions": {"en": service.description}
        | ({"es": service.es.description} if service.es.description else {}),
        "type": service.type,
        "owner": service.owner,
        "channels": list(service.channels),
        "designated": service.designated,
        "embed_origins": list(service.embed_origins),
        "sample": service.sample,
        "rest_days": service.rest_days,
        "replies": service.replies,
        "part_of": service.part_of,
        "stage": service.stage,
        "drivers_not_applicable": dict(service.survey.drivers_not_applicable),
        "omb_reference": service.survey.omb_reference,
        **_records(service.records),
        **_targets(service.targets),
        **_opening(service.open_cases_at, None),
    }
    survey = compose(draft_of(Shape(file, {}), slug, today), 0)
    offices = tuple(office.slug for office in service.office if office.serves)
    return Service(slug, definition, service.survey.clearance, survey, offices)
