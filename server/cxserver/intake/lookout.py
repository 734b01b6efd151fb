"""The lookout: sees every answer of a place that was stored, and flags those of a burst afterwards.

It never stands in the way: an answer is confirmed whether it can be flagged just now or not. What
could not be written is kept in mind and tried again with the next answer.
"""

import asyncio
import hmac
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, Engine

from cxsdk.token import Kind
from cxserver.catalog import kiosks
from cxserver.catalog.directory import Directory
from cxserver.errors import StoreUnavailable
from cxserver.instrument.answers import Answers
from cxserver.instrument.flags import is_suspect
from cxserver.intake import bursts, reflag, store
from cxserver.intake.bursts import CROWD_RULES, Device, Runs, Seen
from cxserver.intake.entry import Sheet
from cxserver.intake.reflag import Change
from cxserver.intake.writer import Writer
from cxserver.log import logger
from cxserver.response_id import ResponseId

# Between the link and the network of somebody who is no kiosk.
_CROWD = " "
# Networks are known to this process alone, and as long as it lives.
_SALT = secrets.token_bytes(32)
# Marks that wait for a database which does not answer: more than a day of all answers.
OWED = 50_000


@dataclass(frozen=True, slots=True)
class Noted:
    """A stored answer as the lookout is told of it; `suspect` when it came with a flag already."""

    seen: Seen
    suspect: bool = False
    kiosk: bool = True


def noted(
    sheet: Sheet, given: Answers, at: datetime, row: ResponseId, network: str
) -> Noted | None:
    """What the lookout wants to know of an answer stored as `row`. An invite answers once: nothing.

    `at` is its moment by the second. A kiosk is one device; at a poster or on a site, people from
    one network stand for one.
    """
    opened = sheet.opened
    if not opened.token.kind.is_place:
        return None
    kiosk = opened.token.kind is Kind.KIOSK
    nonce = opened.token.nonce.hex()
    sender = nonce if kiosk else f"{nonce}{_CROWD}{_hash(network)}"
    device = opened.service.slug, opened.office.slug, sender
    seen = Seen(device, row, at, bursts.face(given))
    return Noted(seen, is_suspect(";".join(sheet.flags)), kiosk)


class Lookout:
    """One per process: it keeps the runs, and what is still to be written."""

    def __init__(self, engine: Engine, writer: Writer):
        self._engine = engine
        self._writer = writer
        self._runs = Runs()
        self._crowds = Runs(rules=CROWD_RULES)
        self._owed: dict[ResponseId, tuple[str, Device]] = {}
        self._today: Counter[tuple[Device, bool]] = Counter()
        # One writes for all who wait: under load a commit carries many.
        self._turn = asyncio.Lock()

    async def note(self, known: Directory, now: datetime, given: Sequence[Noted]) -> None:
        """Look at stored answers, in the order they were given. Returns when all is written.

        Never raises: the answers themselves are safe.
        """
        if not given:
            return
        for item in given:
            runs = self._runs if item.kiosk else self._crowds
            for row, flag in runs.judge(item.seen).items():
                if len(self._owed) < OWED:
                    self._owed.setdefault(row, (flag, item.seen.device))
            if item.kiosk and item.seen.row.day == _today(known, item.seen.device, now):
                self._today[item.seen.device, item.suspect] += 1
        async with self._turn:
            try:
                await self._write(known, now)
            except StoreUnavailable:
                logger.warning("flags_put_off", n=len(self._owed))
            except Exception as error:
                logger.error("lookout_failed", reason=type(error).__name__, n=len(self._owed))
                self._owed.clear()  # not the database's fault: it would fail for ever

    async def _write(self, known: Directory, now: datetime) -> None:
        marks = dict(self._owed)
        if marks:
            flags = {row: flag for row, (flag, _) in marks.items()}
            changes = await self._writer.do(partial(reflag.mark, self._engine, known, flags))
            for row in marks:
                del self._owed[row]
            self._suspect_now(known, now, changes, marks)
        if self._today:
            counts = self._today.copy()
            count = partial(_count, counts=counts, known=known, now=now)
            await self._writer.do(partial(store.run, self._engine, count))
            self._today.subtract(counts)
            self._today += Counter()

    def _suspect_now(
        self,
        known: Directory,
        now: datetime,
        changes: Sequence[Change],
        marks: dict[ResponseId, tuple[str, Device]],
    ) -> None:
        for change in changes:
            device = marks[change.row][1]
            newly = change.is_suspect and not change.was_suspect
            if newly and _is_kiosk(device) and change.row.day == _today(known, device, now):
                # Counted when it came, as an honest one.
                self._today[device, False] -= 1
                self._today[device, True] += 1


def _is_kiosk(device: Device) -> bool:
    return _CROWD not in device[2]


def _hash(network: str) -> str:
    return hmac.digest(_SALT, network.encode("utf-8", "replace"), "sha256")[:8].hex()


def _today(known: Directory, device: Device, now: datetime) -> date:
    return now.astimezone(known.offices[device[1]].zone).date()


def _count(
    connection: Connection, *, counts: Counter[tuple[Device, bool]], known: Directory, now: datetime
) -> None:
    for device in sorted({device for device, _ in counts}):
        service, office, nonce = device
        flagged = counts[device, True]
        kiosks.counted(
            connection,
            service,
            office,
            nonce,
            _today(known, device, now),
            counts[device, False] + flagged,
            flagged,
        )
