"""What needs a person now, for one reader: the first thing on the first page.

The two counts are cheap enough for every page; the whole takes four more SELECTs.
"""

from dataclasses import dataclass, replace

from cxserver.accounts.roles import Member
from cxserver.attention import alarms, endings, promise
from cxserver.attention.alarms import Alarm
from cxserver.attention.endings import Ending
from cxserver.attention.promise import Late
from cxserver.catalog import kiosks
from cxserver.catalog.kiosks import Device
from cxserver.results.reading import Reading

# Of more offices than these, late comments are counted for the first page alone.
FEW = 100


@dataclass(frozen=True, slots=True)
class Counts:
    """What the navigation says on every page: alerts nobody has acknowledged, comments past the
    office's promise.
    """

    alerts: int = 0
    late: Late | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """All that needs a person. `alarms` are the first of `counts.alerts`; `acknowledged` are those
    whose case is still open.
    """

    counts: Counts
    alarms: tuple[Alarm, ...]
    acknowledged: tuple[Alarm, ...]
    silent: tuple[Device, ...]
    endings: tuple[Ending, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is urgent."""
        parts = (self.alarms, self.acknowledged, self.silent, self.endings, self.counts.late)
        return not any(parts)


def count(reading: Reading, member: Member) -> Counts:
    """The counts for the navigation."""
    return Counts(alarms.count(reading, member), promise.late(reading, member, FEW))


def look(reading: Reading, member: Member, counts: Counts) -> Now:
    """All that needs this person, from the same snapshot as `counts`."""
    if counts.late is None and promise.offices_in(reading) > FEW:
        counts = replace(counts, late=promise.late(reading, member))
    waiting = alarms.waiting(reading, member)
    devices = _devices(reading)
    return Now(
        counts=counts,
        alarms=tuple(alarm for alarm in waiting if alarm.acknowledged is None),
        acknowledged=tuple(alarm for alarm in waiting if alarm.acknowledged),
        silent=tuple(device for device in devices if device.is_silent(reading.now)),
        endings=tuple(endings.soon(reading, member, devices)),
    )


def _devices(reading: Reading) -> list[Device]:
    """The devices in trouble, of what is open."""
    scope = reading.scope
    found = kiosks.in_trouble(reading.connection, reading.now, scope.services, scope.offices)
    return [device for device in found if reading.directory.serves(device.service, device.office)]
