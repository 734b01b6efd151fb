"""The time that one server process goes by.

Between two looks, a minute apart, time runs by the monotonic clock, which nobody can set. At each
look the wall clock is believed and followed, unless it is more than 26 hours ahead of every
evidence: of what is in the database, of the links that people brought, of what ran here since.
While it is in doubt nothing is deleted and no day is closed, and answers get the last time that is
proven, plus what has passed since. On PostgreSQL its clock is followed, so that all servers agree.
It is weighed as any other where it is this machine's own; on another machine it is evidence.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cxserver import db
from cxserver.clock import Clock, Monotonic
from cxserver.log import logger
from cxserver.timekeeping import evidence
from cxserver.timekeeping.evidence import AHEAD, Evidence

# How often to look, in seconds.
EVERY = 60.0
# Clocks that differ by more than this are not the same clock.
DRIFT = timedelta(minutes=5)
# A clock that ran evenly for so long, with nothing against it, is right.
PROVEN = timedelta(hours=24)
# An invite that is older than this when it is opened speaks against the clock.
_LATE = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class _Mark:
    """What two clocks showed at one moment."""

    at: datetime
    seconds: float


class Timekeeper:
    """Call it for the time. `in_doubt` says whether its clock is believed."""

    def __init__(
        self,
        wall: Clock,
        monotonic: Monotonic,
        *,
        follows_database: bool,
        database_elsewhere: bool = False,
    ):
        self.wall = wall
        self._monotonic = monotonic
        self._follows_database = follows_database
        self._database_elsewhere = database_elsewhere
        self._lock = threading.Lock()
        self._anchor = _Mark(wall(), monotonic())
        self._was_believed = False
        # What the wall clock showed when the doubt began.
        self._doubted_since: datetime | None = None
        # And what both clocks showed when the day of proof began, or began anew.
        self._trial = self._anchor
        self._newest_link: datetime | None = None

    def __call__(self) -> datetime:
        """The present moment, aware, in UTC."""
        anchor = self._anchor
        return anchor.at + timedelta(seconds=self._monotonic() - anchor.seconds)

    @property
    def in_doubt(self) -> bool:
        """Whether deleting and closing days have to wait."""
        return self._doubted_since is not None

    def look(self, engine: Engine) -> None:
        """Compare the clocks, and note the time, or the doubt. Raises SQLAlchemyError when nothing
        can be read; what cannot be written is written at the next look.
        """
        with db.read(engine) as connection:
            known = evidence.read(connection)
            known = known if known.at else evidence.from_stored(connection)
            database = evidence.database_time(connection) if self._follows_database else None
        with self._lock:
            if database:
                self._note_drift(database)
            if database and self._database_elsewhere:
                self._believe(database)
            else:
                self._weigh(known, database or self.wall())
            since, now = self._doubted_since, self()
        try:
            with db.write(engine) as connection:
                if since:
                    evidence.note_doubt(connection, known.at or now, since)
                else:
                    evidence.note(connection, now)
        except DBAPIError as error:
            logger.warning("time_not_noted", reason=type(error.orig).__name__)

    def saw_link(self, done_at: datetime) -> None:
        """A genuine invite came: its interaction ended then, so it is no earlier now."""
        if self._newest_link is None or done_at > self._newest_link:
            self._newest_link = done_at
        if self.in_doubt:
            with self._lock:
                self._weigh_link(done_at, self.wall())

    def _note_drift(self, database: datetime) -> None:
        drift = self.wall() - database
        if abs(drift) > DRIFT:
            logger.warning("clock_drift", seconds=round(drift.total_seconds()))

    def _weigh(self, known: Evidence, wall: datetime) -> None:
        newest = self._newest(known, wall)
        if newest is None or wall - newest <= AHEAD or self._is_proven(wall):
            self._believe(wall)
        else:
            self._doubt(wall, newest)

    def _weigh_link(self, done_at: datetime, wall: datetime) -> None:
        if wall - done_at <= AHEAD:
            self._believe(wall)
            return
        if wall - done_at > _LATE:
            # By this clock the link is over: one more sign that the clock is wrong.
            self._trial = _Mark(wall, self._monotonic())
        self._advance(done_at)

    def _newest(self, known: Evidence, wall: datetime) -> datetime | None:
        # A link from the future, of an agency whose clock is ahead, says nothing about ours.
        link = min(self._newest_link, wall) if self._newest_link else None
        own = self() if self._was_believed else None
        return max((moment for moment in (known.at, link, own) if moment), default=None)

    def _is_proven(self, wall: datetime) -> bool:
        if not self.in_doubt:
            return False
        passed = timedelta(seconds=self._monotonic() - self._trial.seconds)
        if abs((wall - self._trial.at) - passed) > DRIFT:
            # Somebody set it, or it runs badly.
            self._trial = _Mark(wall, self._monotonic())
            return False
        return passed >= PROVEN

    def _believe(self, wall: datetime) -> None:
        if self.in_doubt:
            logger.warning("clock_believed", time=wall.isoformat(timespec="minutes"))
        self._doubted_since, self._was_believed = None, True
        self._anchor = _Mark(wall, self._monotonic())

    def _doubt(self, wall: datetime, newest: datetime) -> None:
        if not self.in_doubt:
            ahead = round((wall - newest) / timedelta(hours=1))
            logger.error("clock_in_doubt", hours_ahead=ahead)
            self._doubted_since = wall
            self._trial = _Mark(wall, self._monotonic())
            if not self._was_believed:
                self._anchor = _Mark(newest, self._monotonic())
        self._advance(newest)

    def _advance(self, moment: datetime) -> None:
        if moment > self():
            self._anchor = _Mark(moment, self._monotonic())
