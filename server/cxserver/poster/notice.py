"""What one poster says: names, dates and the link, taken from the catalog."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cxserver.catalog.directory import Agency, Office, Service
from cxserver.pages import language as languages


@dataclass(frozen=True, slots=True)
class Notice:
    """The facts of one poster. `agency` and `service` are keyed by language, `languages` first."""

    languages: tuple[str, ...]
    agency: Mapping[str, str]
    service: Mapping[str, str]
    office: str
    link: str
    minutes: int
    control_number: str
    clearance_ends: date
    good_until: date
    reference: str

    @property
    def address(self) -> str:
        """The link as a person types it."""
        # Browsers try https by themselves, so those eight characters need not be typed.
        return self.link.partition("?")[0].removeprefix("https://")

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that came from outside."""
        return (*self.agency.values(), *self.service.values(), self.office, self.reference)


def make(
    agency: Agency,
    service: Service,
    office: Office,
    *,
    link: str,
    ends: datetime,
    place: str,
    speaking: tuple[str, ...],
) -> Notice:
    """The notice for one place. `ends` (aware) is the link's last moment."""
    clearance = service.clearance
    last_day = ends.astimezone(office.zone).date()
    names = {languages.SOURCE: agency.name, **agency.names}
    titles = {code: wording.service_name for code, wording in service.survey.wording.items()}
    return Notice(
        languages=speaking,
        agency={code: _plain(names.get(code, agency.name)) for code in speaking},
        service={code: _plain(titles.get(code, service.name)) for code in speaking},
        office=_plain(office.name),
        link=link,
        minutes=clearance.burden_minutes,
        control_number=clearance.omb_control_number,
        clearance_ends=clearance.expires,
        # When the clearance has ended the survey is closed, whatever the link says.
        good_until=min(last_day, clearance.expires),
        reference=_plain(" · ".join(part for part in (service.slug, office.slug, place) if part)),
    )


def longest_end(now: datetime, longest: timedelta, office: Office) -> datetime:
    """The last whole day, at the office, that a link made now may live: its last second."""
    last = (now + longest).astimezone(office.zone).date() - timedelta(days=1)
    return end_of(last, office)


def end_of(day: date, office: Office) -> datetime:
    """The last second of a day at the office."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=office.zone)


def _plain(text: str) -> str:
    """`text` as letters that stand on their own: composed, and free of what cannot be seen."""
    seen = (char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFC", "".join(seen)).split(" "))
