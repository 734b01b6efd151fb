"""A catalog without faults: what `apply` writes to the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cxserver.catalog.directory import Clearance, Office, date_in
from cxserver.instrument.survey import Survey


@dataclass(frozen=True, slots=True)
class Agency:
    """The organization, as it is stored."""

    slug: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """A service, as it is stored. The number of `survey` is decided when it is applied."""

    slug: str
    definition: Mapping[str, Any]
    clearance: str
    survey: Survey
    offices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything a file declares. `offices` holds each office once, whoever serves there."""

    agency: Agency
    clearances: tuple[Clearance, ...]
    offices: tuple[Office, ...]
    services: tuple[Service, ...]

    def today(self, now: datetime) -> date:
        """The agency's date."""
        return date_in(self.agency.definition["timezone"], now)
