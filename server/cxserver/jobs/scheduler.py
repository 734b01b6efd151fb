"""The server does what is due by itself: every half minute or sooner, beside the answers, never
before them.

A plain loop, as the housekeeping of the answer service is, and not APScheduler: what is due is
asked of the database, where several servers agree on it, so a scheduler of its own would only be a
second clock.
"""

import asyncio
import threading
from contextlib import suppress

from cxserver.intake.answer_service import AnswerService
from cxserver.jobs import due
from cxserver.jobs.due import Job
from cxserver.log import logger

EVERY = 30.0
# A server that is told to stop does not wait for a mail server that says nothing.
_SECONDS_TO_FINISH = 5.0


async def keep_working(intake: AnswerService) -> None:
    """Do what is due, in threads, until cancelled. What fails is logged, and tried again."""
    # Each for itself: a thousand digests to a slow mail server must not keep one alert waiting.
    await asyncio.gather(*(_keep_at(intake, job) for job in due.JOBS))


async def _keep_at(intake: AnswerService, job: Job) -> None:
    stop = threading.Event()
    with suppress(asyncio.CancelledError):
        while True:
            work = asyncio.ensure_future(asyncio.to_thread(_work, intake, job, stop))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                stop.set()
                await asyncio.wait([work], timeout=_SECONDS_TO_FINISH)
                raise
            # An alert waits no longer than its own job says.
            await asyncio.sleep(min(EVERY, job.every.total_seconds()))


def _work(intake: AnswerService, job: Job, stop: threading.Event) -> None:
    time = intake.clock
    try:
        due.run_due(
            intake.engine,
            intake.settings,
            intake.directory,
            time(),
            jobs=(job,),
            stop=stop,
            wall=time.wall(),
            in_doubt=time.in_doubt,
        )
    except Exception as error:
        logger.error("job_failed", job=job.name, reason=type(error).__name__)
