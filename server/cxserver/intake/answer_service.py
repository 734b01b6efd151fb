"""What a request needs to open a link and hand in an answer, as one service."""

import asyncio
import fcntl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cxserver import db
from cxserver.catalog import pairings, rootkey
from cxserver.catalog.directory import Directory
from cxserver.catalog.watch import Watch
from cxserver.clock import Clock
from cxserver.errors import AlreadyServing
from cxserver.instrument.answers import Answers
from cxserver.intake import entry, meter, stamp, store
from cxserver.intake.entry import Secrets, Sheet
from cxserver.intake.gate import GRACE, Gate, LinkNotOpen, Opened
from cxserver.intake.stamp import Stamp
from cxserver.intake.store import Outcome
from cxserver.intake.writer import Writer
from cxserver.reading_queue import ReadingQueue
from cxserver.settings import Settings

HOUSEKEEPING = 600.0

# Deletes what is over on a day of the agency, and says how many rows.
Forgetting = Callable[[Connection, date], int]


class AnswerService:
    """Opens links, signs and reads stamps, stores answers. One per process; `close` it."""

    def __init__(self, settings: Settings, clock: Clock):
        self.settings = settings
        self.clock = clock
        self._lock = _lock(settings)
        self.engine: Engine = db.open_engine(settings)
        db.check_migrated(self.engine)
        db.check_durable(self.engine)
        # Whoever reads results can use up these connections, and no others.
        self.staff_engine: Engine = db.open_engine(settings, db.staff_pool(settings))
        self.readers = ReadingQueue(settings.staff_connections)
        self.entrance_engine: Engine = db.open_engine(settings, db.ENTRANCE)
        self.arrivals = ReadingQueue(db.ENTRANCE.size)
        self._ledger = db.open_ledger(self.engine)
        self.roots = rootkey.read(settings.root_key_path)
        self._hidden = Secrets(self.roots)
        self._stamp_secret = cache(self.roots.stamp_secret)
        self._gate = Gate(self.roots)
        self._watch = Watch(self.engine)
        self.writer = Writer(self.engine, settings.queue_size)
        self.meter = meter.Meter()
        self._watch.start()
        self.writer.start()

    def close(self) -> None:
        """Write what waits and let go of everything."""
        self.writer.stop()
        self._watch.stop()
        with suppress(SQLAlchemyError):  # a meter is worth no fuss at the door
            self.meter.flush(self.engine)
        if self._ledger:
            self._ledger.close()
        self.entrance_engine.dispose()
        self.staff_engine.dispose()
        self.engine.dispose()
        if self._lock:
            self._lock.close()

    @property
    def directory(self) -> Directory:
        """What exists, as of at most a second or so ago."""
        return self._watch.directory

    async def open(
        self,
        service: str,
        office: str,
        text: str,
        now: datetime,
        *,
        kiosk: bool = False,
        answered_at: datetime | None = None,
    ) -> Opened:
        """The link, opened at `now`. Raises LinkNotOpen.

        `answered_at`, which only a kiosk may say, judges an answer by when it was given.
        """
        opened = await self.recognise(service, office, text, kiosk=kiosk)
        self._gate.admit(self.directory, opened, now, answered_at)
        return opened

    async def recognise(self, service: str, office: str, text: str, *, kiosk: bool) -> Opened:
        """The link's service and office, if it is genuine, whenever it was. Raises LinkNotOpen."""
        try:
            return self._gate.recognise(self.directory, service, office, text, kiosk=kiosk)
        except LinkNotOpen as refused:
            # The key may have been cut a moment ago. Every well-formed token looks again, so that
            # the time it takes does not tell what exists.
            if refused.reason == "malformed" or self._watch.looked_just_now():
                raise
        with suppress(SQLAlchemyError):
            await asyncio.to_thread(self._watch.refresh)
        return self._gate.recognise(self.directory, service, office, text, kiosk=kiosk)

    def admit(self, opened: Opened, now: datetime) -> None:
        """Raise LinkNotOpen unless the link may be opened at `now`."""
        self._gate.admit(self.directory, opened, now)

    async def reopen(
        self, service: str, office: str, text: str, stamped: str, now: datetime
    ) -> tuple[Opened, Stamp | None]:
        """The link of a page that comes back, and its stamp (None when that proves nothing).

        A page opened in time is taken up to 30 minutes after the link's end. Raises LinkNotOpen.
        """
        opened = await self.recognise(service, office, text, kiosk=False)
        proof = self._read_stamp(opened, stamped, now)
        try:
            self._gate.admit(self.directory, opened, now)
        except LinkNotOpen as refused:
            in_time = proof and refused.ends and proof.opened_at <= refused.ends
            if not in_time or refused.ends is None or now > refused.ends + GRACE:
                raise
        return opened, proof

    def stamp(self, opened: Opened, now: datetime) -> str:
        """A fresh stamp for a page of this link."""
        service = opened.service
        secret = self._stamp_secret(service.slug, opened.epoch)
        return stamp.sign(secret, opened.text, service.current, now)

    async def store(self, sheet: Sheet, answers: Answers) -> Outcome:
        """Mask, hash and store one answer; returns after its commit.

        Raises QueueFull, StoreUnavailable, AnswerUnstorable or ClearanceSpent.
        """
        agency = self.directory.agency
        if agency:
            sheet = replace(sheet, mask=agency.mask, phrases=agency.phrases)
        make = partial(entry.prepare, sheet, answers, self._hidden, self.clock())
        typed = answers.comment or answers.questions
        # Masking may take milliseconds: it must hold up neither the loop nor the writer.
        ready = await asyncio.to_thread(make) if typed else make()
        return await self.writer.store(ready)

    async def is_answered(self, opened: Opened) -> bool:
        """Whether this invite has been answered. A place never has."""
        if opened.token.kind.is_place:
            return False
        key = entry.use_key(opened, self._hidden)
        if self._ledger:
            with suppress(Exception):  # the other way says what is wrong, in a type all know
                return store.is_in_ledger(self._ledger, key)
        return await asyncio.to_thread(store.answered, self.engine, key)

    async def keep_house(self, *more: Forgetting) -> None:
        """Forget receipts of links that have ended, late codes and `more`, until cancelled."""
        with suppress(asyncio.CancelledError):
            while True:
                # In UTC, as the ends of receipts are noted.
                work: Callable[[], object] = partial(store.forget, self.engine, self.clock().date())
                self.writer.between(work)
                self.writer.between(self._forget_codes)
                for forgetting in more:
                    self.writer.between(partial(self._forget, forgetting))
                self.writer.between(partial(self.meter.flush, self.engine))
                # The write-ahead log holds what was erased. Where somebody reads, next time.
                self.writer.between(partial(db.fold_journal, self.engine))
                await asyncio.sleep(HOUSEKEEPING)

    def _forget_codes(self) -> None:
        with db.write(self.engine) as connection:
            pairings.forget(connection, self.clock())

    def _forget(self, forgetting: Forgetting) -> None:
        with db.write(self.engine) as connection:
            forgetting(connection, self.directory.today(self.clock()))

    def _read_stamp(self, opened: Opened, stamped: str, now: datetime) -> Stamp | None:
        secret = self._stamp_secret(opened.service.slug, opened.epoch)
        try:
            return stamp.read(secret, opened.text, stamped, now)
        except stamp.StampInvalid:
            return None


def _lock(settings: Settings) -> IO[str] | None:
    """Hold the data folder against a second server: SQLite wants one writing process."""
    if not settings.database.startswith("sqlite"):
        return None
    path = Path(settings.data_dir) / "server.lock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise AlreadyServing(
            f"Another server already works on {settings.data_dir}. Stop it, or use another --data."
        ) from None
    return file
