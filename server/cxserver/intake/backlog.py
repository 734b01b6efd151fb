"""What kiosks may send late: as many answers as they reported to be waiting, and no more.

A kiosk reports its queue once a minute, before it sends from it. After a weekend without a network
it sends thousands at once, and that is no flood. Whoever copied its link has no queue to report to
the staff's list of kiosks unseen, and cannot date answers back beyond it.
"""

import threading
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from cxserver import db
from cxserver.catalog import kiosks
from cxserver.catalog.kiosks import ShownLink
from cxserver.clock import Monotonic
from cxserver.intake.gate import Opened

# What a kiosk's queue holds.
MOST = 5_000
# In seconds: the row of a device is read again no more often.
_AGAIN = 5.0
_DEVICES = 10_000

Device = tuple[str, str, str]


@dataclass(slots=True)
class _Reported:
    """What is left of the last report, when that was, and when we looked for it."""

    left: int
    seen: datetime | None
    looked: float


class Backlogs:
    """The reports of all devices, as one process knows them."""

    def __init__(self, engine: Engine, monotonic: Monotonic):
        self._engine = engine
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._reported: dict[Device, _Reported] = {}

    def take(self, opened: Opened) -> bool:
        """Whether a device may send one more from its queue. Reads the database now and then."""
        shown = _shown(opened)
        name = shown.service, shown.office, shown.device
        # The answers of one batch ask at once: each of them must be counted.
        with self._lock:
            report = self._reported.get(name)
            if report is None or (report.left < 1 and self._monotonic() - report.looked >= _AGAIN):
                report = self._look(name, shown, report)
            report.left -= 1
            return report.left >= 0

    def _look(self, name: Device, shown: ShownLink, before: _Reported | None) -> _Reported:
        with db.read(self._engine) as connection:
            device = kiosks.find(connection, shown)
        seen = device.seen if device else None
        fresh = before is None or seen != before.seen
        left = min(device.waiting, MOST) if device and fresh else 0
        if len(self._reported) >= _DEVICES:
            del self._reported[next(iter(self._reported))]
        report = self._reported[name] = _Reported(left, seen, self._monotonic())
        return report


def _shown(opened: Opened) -> ShownLink:
    return ShownLink(
        service=opened.service.slug,
        office=opened.office.slug,
        device=opened.token.nonce.hex(),
        kid=opened.token.kid,
        expires=opened.token.ends,
    )
