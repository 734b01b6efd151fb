"""What a request needs to open a link and hand in an answer, as one service."""

import asyncio
import fcntl
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cxsdk.token import Kind
from cxserver import clock as system_clock
from cxserver import db
from cxserver.catalog import fingerprints, pairings
from cxserver.catalog.directory import Directory
from cxserver.catalog.rootkey import RootKeys
from cxserver.catalog.watch import Watch
from cxserver.clock import Clock, Monotonic, monotonic_for
from cxserver.errors import AlreadyServing, DatabaseUnfit, FloodRefused, ServerError
from cxserver.instrument import flags
from cxserver.instrument.answers import Answers
from cxserver.intake import entry, meter, stamp, standing, store
from cxserver.intake.backlog import Backlogs
from cxserver.intake.ceilings import Ceilings, Fate, Knocks
from cxserver.intake.entry import Secrets, Sheet
from cxserver.intake.gate import GRACE, Gate, LinkNotOpen, Opened
from cxserver.intake.issuing import Issuing
from cxserver.intake.lookout import Lookout
from cxserver.intake.mask_pool import MaskPool
from cxserver.intake.observer import Observer
from cxserver.intake.refused_links import RefusalCounter
from cxserver.intake.stamp import Stamp
from cxserver.intake.standing import Standing
from cxserver.intake.store import Outcome
from cxserver.intake.writer import Writer
from cxserver.limits import Ceiling
from cxserver.log import BoundedLog
from cxserver.reading_queue import ReadingQueue
from cxserver.settings import Settings
from cxserver.timekeeping.timekeeper import EVERY, Timekeeper

HOUSEKEEPING = 600.0
# Wrong codes and sign-in links from one network: whoever reads them off a screen needs no more.
GUESSES = Ceiling(10, 11)
# How many answers of a flood are at work at once: what people send never waits behind them.
FLOOD_LANE = 2
# A kiosk that was without a network for longer than this sends from its queue.
LATE = timedelta(minutes=15)

# Deletes what is over on a day of the agency, and says how many rows.
Forgetting = Callable[[Connection, date], int]


class AnswerService:
    """Opens links, signs and reads stamps, stores answers. One per process; `close` it."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        monotonic: Monotonic | None = None,
        observer: Observer | None = None,
    ):
        self.settings = settings
        self._observer = observer or Observer()
        # What strangers can cause at will is logged here, a line a second.
        self.log = BoundedLog()
        self._wall, self._monotonic = clock, monotonic or monotonic_for(clock)
        with ExitStack() as opened:
            self._open(opened)
            # What failed to open lets go of all that had been opened before it.
            self._opened = opened.pop_all()

    def _open(self, opened: ExitStack) -> None:
        settings = self.settings
        lock = hold_folder(settings)
        if lock:
            opened.callback(lock.close)
        self.engine: Engine = db.open_engine(settings, db.PUBLIC)
        opened.callback(self.engine.dispose)
        db.check_migrated(self.engine)
        db.check_durable(self.engine)
        self.roots = self._read_roots()
        # Before anything is written or deleted: is this clock to be believed?
        self.clock = self._keep_time()
        # Whoever reads results can use up these connections, and no others.
        self.staff_engine: Engine = db.open_engine(settings, db.staff_pool(settings))
        opened.callback(self.staff_engine.dispose)
        self.readers = ReadingQueue(settings.staff_connections)
        self.entrance_engine: Engine = db.open_engine(settings, db.ENTRANCE)
        opened.callback(self.entrance_engine.dispose)
        self.arrivals = ReadingQueue(db.ENTRANCE.size)
        self._ledger = db.open_ledger(self.engine)
        if self._ledger:
            opened.callback(self._ledger.close)
        self._hidden = Secrets(self.roots)
        self._gate = Gate(self.roots)
        self._watch = Watch(self.engine)
        self.writer = Writer(self.engine, settings.queue_size, self._observer)
        self.lookout = Lookout(self.engine, self.writer)
        self.meter = meter.Meter()
        self.refusals = RefusalCounter()
        self._masks = MaskPool()
        opened.callback(self._masks.close)
        self.ceilings = Ceilings(settings.limits, self._monotonic)
        self.knocks = Knocks(GUESSES, self._monotonic)
        self._flood_lane = asyncio.Semaphore(FLOOD_LANE)
        self._backlogs = Backlogs(self.engine, self._monotonic)
        self._watch.start()
        opened.callback(self._watch.stop)
        self.writer.start()

    def close(self) -> None:
        """Write what waits and let go of everything."""
        self.writer.stop()
        with suppress(SQLAlchemyError):  # a meter is worth no fuss at the door
            self.meter.flush(self.engine)
            self.refusals.flush(self.engine)
        self._opened.close()

    @property
    def directory(self) -> Directory:
        """What exists, as of at most a second or so ago."""
        return self._watch.directory

    async def open(self, service: str, office: str, text: str, *, kiosk: bool = False) -> Opened:
        """The link, opened now. Raises LinkNotOpen.

        Ask for the time afterward: a link may end the doubt about our clock.
        """
        opened = await self.recognise(service, office, text, kiosk=kiosk)
        self.admit(opened, self.clock())
        return opened

    async def recognise(self, service: str, office: str, text: str, *, kiosk: bool) -> Opened:
        """The link's service and office, if it is genuine, whenever it was. Raises LinkNotOpen."""
        try:
            return self._recognise(service, office, text, kiosk=kiosk)
        except LinkNotOpen as refused:
            # The key may have been created a moment ago. Every well-formed token looks again, so
            # that the time it takes does not tell what exists.
            if refused.reason == "malformed":
                raise
        await self._watch.see_what_is_new()
        if self._gate.lacks_epoch(self.directory, service, text):
            await asyncio.to_thread(self._reread_roots)
        return self._recognise(service, office, text, kiosk=kiosk)

    async def look_again(self) -> None:
        """See the keys and offices that were added a moment ago. Raises LinkNotOpen (503)."""
        await self._watch.see_what_is_new()
        newest = max((epoch for epoch, _ in self.directory.keys.values()), default=0)
        if newest > self.roots.newest:
            await asyncio.to_thread(self._reread_roots)

    def standings(self, signed: str, now: datetime) -> list[Standing]:
        """What links would meet, to who holds the key that makes them. Raises LinkKeyUnknown."""
        directory = self.directory
        claimed = standing.prove(directory, self.roots, signed)
        return standing.of_offices(self._gate, directory, claimed, now)

    def issuing(self) -> Issuing:
        """What makes links with this server's own keys, as of now."""
        base_url = self.settings.base_url
        return Issuing(self.directory, self._gate, self.roots, base_url, self.clock())

    def _recognise(self, service: str, office: str, text: str, *, kiosk: bool) -> Opened:
        opened = self._gate.recognise(self.directory, service, office, text, kiosk=kiosk)
        if not opened.token.kind.is_place:
            self.clock.saw_link(opened.token.moment)
        return opened

    def note_refused(self, refused: LinkNotOpen) -> None:
        """Write down that a link did not open, and why; never the token."""
        name = refused.service.slug if refused.service else None
        self._observer.link_refused(refused.reason, refused.genuine is not None)
        self.log.note("info", "link_refused", refused.reason, code=refused.code, service=name)
        if refused.genuine:
            today = self.directory.today(self.clock())
            self.refusals.count(*refused.genuine, refused.reason, today)
        if refused.minutes:
            # The signature is genuine, so the clocks differ: somebody should look.
            event, minutes = "clock_ahead_at_agency", refused.minutes
            self.log.note("warning", event, name or "", service=name, minutes=minutes)

    def admit(self, opened: Opened, now: datetime, answered_at: datetime | None = None) -> None:
        """Raise LinkNotOpen unless the link may be opened at `now`.

        `answered_at`, which only a kiosk may say, judges an answer by when it was given.
        """
        self._gate.admit(self.directory, opened, now, answered_at)

    async def reopen(
        self, service: str, office: str, text: str, stamped: str
    ) -> tuple[Opened, Stamp | None]:
        """The link of a page that comes back, and its stamp (None when that proves nothing).

        A page opened in time is taken up to 30 minutes after the link's end. Raises LinkNotOpen.
        """
        opened = await self.recognise(service, office, text, kiosk=False)
        now = self.clock()
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
        secret = self._gate.stamp_secret(service.slug, opened.epoch)
        return stamp.sign(secret, opened.text, service.current, now)

    async def store(self, sheet: Sheet, answers: Answers, network: str = "") -> Outcome:
        """Mask, hash and store one answer; returns after its commit.

        `network` is where it comes from; it enters ceilings in memory and nothing else. Raises
        FloodRefused, QueueFull, StoreUnavailable, AnswerUnstorable or ClearanceSpent.
        """
        try:
            outcome = await self._store(sheet, answers, network)
        except ServerError as error:
            self._observer.answer_refused(type(error).__name__)
            raise
        self._observer.answer(outcome.kind, sheet.opened.channel)
        return outcome

    async def _store(self, sheet: Sheet, answers: Answers, network: str) -> Outcome:
        sheet = await self._through_ceilings(sheet, network)
        if not sheet.flooded:
            return await self._write_down(sheet, answers)
        async with self._flood_lane:
            return await self._write_down(sheet, answers)

    async def _write_down(self, sheet: Sheet, answers: Answers) -> Outcome:
        agency = self.directory.agency
        if agency:
            sheet = replace(sheet, mask=agency.mask, phrases=agency.phrases)
        # Masking may take milliseconds: it must hold up neither the loop nor the writer.
        typed = entry.words(sheet, answers)
        masked = dict(zip(typed, await self._masks.mask(typed, sheet.mask), strict=True))
        ready = entry.prepare(sheet, answers, self._hidden, self.clock(), masked)
        return await self.writer.store(ready)

    async def _through_ceilings(self, sheet: Sheet, network: str) -> Sheet:
        """The sheet, marked if it is part of a flood. Raises FloodRefused.

        An invite answers once: there can be no flood of them.
        """
        opened = sheet.opened
        if not opened.token.kind.is_place:
            return sheet
        if opened.token.kind is Kind.KIOSK:
            if await self._was_reported(sheet):
                return sheet
            if self._is_late(sheet):
                sheet = replace(sheet, flags=(*sheet.flags, flags.BACKDATED))
        link = opened.service.slug, opened.office.slug, opened.token.nonce
        verdict = self.ceilings.judge(opened.service.slug, link, network)
        if verdict.fate is Fate.REFUSED:
            raise FloodRefused(verdict.wait)
        return replace(sheet, flooded=verdict.fate is Fate.MARKED)

    def _is_late(self, sheet: Sheet) -> bool:
        return self.clock() - sheet.answered_at > LATE

    async def _was_reported(self, sheet: Sheet) -> bool:
        """Whether a kiosk had reported that it waits. What is given just now needs no report."""
        if not self._is_late(sheet):
            return False
        return await asyncio.to_thread(self._backlogs.take, sheet.opened)

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
                if not self.clock.in_doubt:
                    self._forget_what_is_over(more)
                self.writer.between(partial(self.meter.flush, self.engine))
                self.writer.between(partial(self.refusals.flush, self.engine))
                # The write-ahead log holds what was erased. Where somebody reads, next time.
                self.writer.between(partial(db.fold_journal, self.engine))
                await asyncio.sleep(HOUSEKEEPING)

    def _forget_what_is_over(self, more: Iterable[Forgetting]) -> None:
        # In UTC, as the ends of receipts are noted.
        self.writer.between(partial(store.forget, self.engine, self.clock().date()))
        self.writer.between(self._forget_codes)
        for forgetting in more:
            self.writer.between(partial(self._forget, forgetting))

    async def keep_time(self) -> None:
        """Look at the clocks once a minute, until cancelled."""
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(EVERY)
                self.writer.between(self._look)

    def _keep_time(self) -> Timekeeper:
        follows = self.engine.dialect.name == "postgresql" and self._wall is system_clock.now
        keeper = Timekeeper(
            self._wall,
            self._monotonic,
            follows_database=follows,
            database_elsewhere=db.is_elsewhere(self.engine),
        )
        keeper.look(self.engine)
        return keeper

    def _look(self) -> None:
        self.clock.look(self.engine)

    def _read_roots(self) -> RootKeys:
        with db.read(self.engine) as connection:
            return fingerprints.read(connection, self.settings.root_key_path)

    def _reread_roots(self) -> None:
        """The root key was rotated since. Raises LinkNotOpen (503) with the old file."""
        try:
            self.roots = self._read_roots()
        except DatabaseUnfit as error:
            self.log.note("error", "root_key_behind", "old_file", says=str(error))
            raise LinkNotOpen("unavailable", "root_key_behind") from None
        self._gate = Gate(self.roots)

    def _forget_codes(self) -> None:
        with db.write(self.engine) as connection:
            pairings.forget(connection, self.clock())

    def _forget(self, forgetting: Forgetting) -> None:
        with db.write(self.engine) as connection:
            forgetting(connection, self.directory.today(self.clock()))

    def _read_stamp(self, opened: Opened, stamped: str, now: datetime) -> Stamp | None:
        secret = self._gate.stamp_secret(opened.service.slug, opened.epoch)
        try:
            return stamp.read(secret, opened.text, stamped, now)
        except stamp.StampInvalid:
            return None


def hold_folder(settings: Settings) -> IO[str] | None:
    """Hold the data folder against a second server: SQLite wants one writing process.

    Until the file is closed; on PostgreSQL there is nothing to hold. Raises AlreadyServing.
    """
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
