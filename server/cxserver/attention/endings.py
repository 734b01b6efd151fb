"""What ends soon, for those who can do something about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from cxserver.accounts import roles
from cxserver.accounts.roles import Member, Role
from cxserver.catalog import endings, linkkeys, placements
from cxserver.catalog.directory import Clearance, date_at
from cxserver.catalog.kiosks import Device
from cxserver.results.reading import Reading

Kind = Literal["approval", "answers", "link", "kiosk", "key"]
# Keys are made by those who guard them, and for a service by whoever leads it.
_KEY_HOLDERS = roles.GUARDS | {Role.SERVICE_LEAD}
# From the second stage on it is the business of everybody whom it concerns.
_CONCERNS_ALL = 2


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends in so many `days`, or ended (below 0). `name` is what the place is
    called, or the approval's control number; "answers" are used up on no known day.
    """

    kind: Kind
    name: str
    service: str
    office: str
    day: date
    days: int


def soon(reading: Reading, member: Member, devices: list[Device]) -> list[Ending]:
    """What ends soon, the first to end first."""
    result = [
        *_approvals(reading),
        *_links(reading),
        *_kiosks(reading, devices),
        *_keys(reading, member),
    ]
    return sorted(result, key=lambda ending: (ending.day, ending.kind, ending.name))


def _approvals(reading: Reading) -> Iterator[Ending]:
    """A renewal takes OMB months: whoever has more than an office hears of it early."""
    stage = 1 if reading.scope.offices is None else _CONCERNS_ALL
    today = reading.directory.today(reading.now)
    for clearance in endings.clearances(reading.directory, reading.scope.services):
        days = (clearance.expires - today).days
        if endings.stages_passed(days, endings.CLEARANCE_STAGES) >= stage:
            yield _approval("approval", clearance, days)
        elif clearance.is_spent:
            yield _approval("answers", clearance, 0)


def _approval(kind: Kind, clearance: Clearance, days: int) -> Ending:
    return Ending(kind, clearance.omb_control_number, "", "", clearance.expires, days)


def _links(reading: Reading) -> Iterator[Ending]:
    today, scope = reading.directory.today(reading.now), reading.scope
    within = timedelta(days=endings.PLACE_STAGES[_CONCERNS_ALL - 1])
    noted = placements.ending(reading.connection, today, within, scope.services, scope.offices)
    for link in noted:
        if reading.directory.serves(link.service, link.office):
            days = (link.expires - today).days
            yield Ending(
                "link", link.place or link.kind, link.service, link.office, link.expires, days
            )


def _kiosks(reading: Reading, devices: list[Device]) -> Iterator[Ending]:
    for device in devices:
        if device.expires is not None and device.is_unrenewed(reading.now):
            day = date_at(reading.directory.offices.get(device.office), device.expires)
            days = (device.expires - reading.now).days
            yield Ending("kiosk", device.place, device.service, device.office, day, days)


def _keys(reading: Reading, member: Member) -> Iterator[Ending]:
    if member.role not in _KEY_HOLDERS:
        return
    today, scope = reading.directory.today(reading.now), reading.scope
    records = linkkeys.of_services(reading.connection, reading.directory, scope.services)
    for record in endings.minting(reading.directory, records):
        day = record.issued + endings.KEY_YEAR
        days = (day - today).days
        if endings.stages_passed(days, endings.KEY_STAGES) >= _CONCERNS_ALL:
            yield Ending("key", str(record.kid), record.service, record.office or "", day, days)
