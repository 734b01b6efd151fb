"""What ends at a known day, and how early somebody has to hear of it: clearances, the links of
places and kiosks, the keys that make links. Pure.
"""

from collections.abc import Iterable
from datetime import timedelta

from cxserver.catalog.directory import Clearance, Directory
from cxserver.catalog.linkkeys import KeyRecord
from cxserver.catalog.placements import Placement

# Days before the end at which the tone gets more urgent.
CLEARANCE_STAGES = (90, 30, 7)
PLACE_STAGES = (60, 30, 7)
# A key should mint for a year; NIST SP 800-57 allows two. From day 300 on we remind.
KEY_YEAR = timedelta(days=365)
KEY_STAGES = (65, 30, 7)


def stages_passed(days: int, stages: tuple[int, ...]) -> int:
    """How many of the stages an end in `days` has passed; 0 when it is still far away."""
    return sum(days <= stage for stage in stages)


def clearances(directory: Directory, services: frozenset[str] | None = None) -> list[Clearance]:
    """The clearances that open services ask under (of these; None: of all), the first to end
    first.
    """
    used = {
        service.clearance.slug: service.clearance
        for service in directory.services.values()
        if not service.closed and (services is None or service.slug in services)
    }
    return sorted(used.values(), key=lambda item: (item.expires, item.slug))


def minting(directory: Directory, records: Iterable[KeyRecord]) -> list[KeyRecord]:
    """The keys that make links now, the oldest first: the newest sound one of each service and
    office that is open.
    """
    newest = {
        (record.service, record.office): record
        for record in sorted(records, key=lambda record: record.kid)
        if "" not in record.revoked
    }
    still = (record for record in newest.values() if is_open(directory, record))
    return sorted(still, key=lambda record: (record.issued, record.service, record.kid))


def is_open(directory: Directory, record: KeyRecord) -> bool:
    """Whether there is anybody to make links for with this key."""
    service = directory.services.get(record.service)
    if service is None or service.closed:
        return False
    return record.office is None or service.offices.get(record.office, False)


def is_revoked(directory: Directory, placement: Placement) -> bool:
    """Whether the key of a place's link is revoked, so that it opens nothing."""
    revoked, kid = directory.revocations, placement.kid
    return kid is not None and revoked.covers(placement.service, kid, placement.office, "")
