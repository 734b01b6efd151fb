"""The work that is due at its time: what there is, and doing what is due now.

It may be asked for from several places at once, and again at once: each job is done by whoever
holds its lease, and writes down what it did as it goes, so that nothing is sent a second time.
"""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from cxserver import db, mail
from cxserver.catalog.directory import Directory
from cxserver.errors import ServerError
from cxserver.jobs import (
    alarms,
    batches,
    digests,
    erasing,
    findings,
    handovers,
    lease,
    records,
    reminders,
)
from cxserver.jobs.errand import Errand
from cxserver.jobs.lease import FAILED, Record
from cxserver.log import logger
from cxserver.settings import Settings

_HOST = 40


@dataclass(frozen=True, slots=True)
class Job:
    """Some work: `when` it is done, in words, how often we look whether there is any, how long a
    lease lasts without a sign of life. `work` says what it did, or raises. What `mails` waits until
    a mail server is set up; what `needs_clock`, until the clock is not in doubt.
    """

    name: str
    when: str
    every: timedelta
    lasts: timedelta
    work: Callable[[Errand], str]
    mails: bool = True
    needs_clock: bool = False

    def upcoming(self, record: Record | None, now: datetime) -> datetime:
        """When to look at it next: at once when it never was done, or failed."""
        if record is None or record.ran is None or record.failed or record.ran > now:
            return now
        return max(now, record.ran + self.every)


JOBS: tuple[Job, ...] = (
    Job(
        "alerts",
        "at once",
        every=timedelta(seconds=20),
        lasts=timedelta(minutes=2),
        work=alarms.send_due,
    ),
    Job(
        "handovers",
        "every minute: letters about assigned cases that did not leave at once",
        every=timedelta(minutes=1),
        lasts=timedelta(minutes=5),
        work=handovers.send_due,
    ),
    Job(
        "digests",
        "the week's on Monday, the month's on the first, at 6:00",
        every=timedelta(minutes=5),
        lasts=timedelta(minutes=10),
        work=digests.send_due,
    ),
    Job(
        "reminders",
        "days before something is due or ends; when answers run out",
        every=timedelta(minutes=10),
        lasts=timedelta(minutes=10),
        work=reminders.send_due,
    ),
    Job(
        "batches",
        "every hour: an office's yesterday, after 3:00 there",
        every=timedelta(hours=1),
        lasts=timedelta(minutes=10),
        work=batches.close_due,
        mails=False,
        needs_clock=True,
    ),
    Job(
        "findings",
        "every 6 hours: what stands out, and since when",
        every=timedelta(hours=6),
        lasts=timedelta(minutes=10),
        work=findings.remember,
        mails=False,
        needs_clock=True,
    ),
    Job(
        "erasures",
        "every hour: what was erased, listed beside the backups",
        every=timedelta(hours=1),
        lasts=timedelta(minutes=10),
        work=erasing.list_new,
        mails=False,
    ),
    Job(
        "records",
        "every night: what is past its retention is deleted",
        every=timedelta(hours=24),
        lasts=timedelta(minutes=10),
        work=records.dispose_due,
        mails=False,
        needs_clock=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Done:
    """A job that was done, or failed."""

    name: str
    result: str
    failed: bool


def run_due(
    engine: Engine,
    settings: Settings,
    directory: Directory,
    now: datetime,
    *,
    jobs: Sequence[Job] = JOBS,
    stop: threading.Event | None = None,
    wall: datetime | None = None,
    in_doubt: bool = False,
) -> list[Done]:
    """Do what is due of `jobs`, and nothing that somebody else is doing. With `stop` set, end
    soon. With the clock `in_doubt`, what cannot be undone waits; `wall` is what it shows.
    """
    fit = [job for job in jobs if not job.mails or mail.is_set_up(settings)]
    fit = [job for job in fit if not (job.needs_clock and in_doubt)]
    if not fit:
        return []
    with db.read(engine) as connection:
        known = lease.records(connection)
    due = [job for job in fit if job.upcoming(known.get(job.name), now) <= now]
    tried = [_Turn(job, engine, now, stop, wall or now).take(settings, directory) for job in due]
    return [done for done in tried if done]


class _Turn:
    """One try at one job."""

    def __init__(
        self,
        job: Job,
        engine: Engine,
        now: datetime,
        stop: threading.Event | None,
        wall: datetime,
    ):
        self._job, self._engine, self._now, self._stop = job, engine, now, stop
        self._wall = wall
        self._holder = f"{socket.gethostname()[:_HOST]}-{secrets.token_hex(8)}"
        # How long it takes is measured; what time it is was said.
        self._began = time.monotonic()

    def take(self, settings: Settings, directory: Directory) -> Done | None:
        """Do it, unless another is at it."""
        job = self._job
        with db.write(self._engine) as connection:
            if not lease.take(connection, job.name, self._holder, self._now, job.lasts):
                return None
        errand = Errand(self._engine, settings, directory, self._now, self._go_on, self._wall)
        done = self._work(errand)
        with db.write(self._engine) as connection:
            lease.give_back(connection, job.name, self._holder, self._now, done.result)
        return done

    def _work(self, errand: Errand) -> Done:
        name = self._job.name
        try:
            return Done(name, self._job.work(errand), False)
        except ServerError as error:
            reason = str(error)
        except Exception as error:
            # Its own words might quote what somebody wrote.
            reason = type(error).__name__
        logger.error("job_failed", job=name, reason=reason)
        return Done(name, FAILED + reason, True)

    def _go_on(self) -> bool:
        if self._stop and self._stop.is_set():
            return False
        now = self._now + timedelta(seconds=time.monotonic() - self._began)
        with db.write(self._engine) as connection:
            return lease.keep(connection, self._job.name, self._holder, now, self._job.lasts)
