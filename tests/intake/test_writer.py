"""The writer: it gathers what waits, answers after the commit, and says when it cannot."""

import asyncio
import threading
from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from cxserver.errors import AnswerUnstorable, QueueFull, StoreUnavailable
from cxserver.intake.writer import Writer
from tests.intake.test_store import make, poisoned
from tests.support.house import House


def run(house: House, work, size: int = 1000):
    """Run `work(writer)` with a writer that stops afterwards."""

    async def with_writer():
        writer = Writer(house.engine, size)
        writer.start()
        try:
            return await work(writer)
        finally:
            await asyncio.to_thread(writer.stop)

    return asyncio.run(with_writer())


def test_a_burst_is_stored_in_few_commits_and_each_is_answered(house):
    commits = []
    event.listen(house.engine, "commit", lambda connection: commits.append(1))
    burst = [make(house) for _ in range(200)]
    commits.clear()

    async def work(writer):
        return await asyncio.gather(*(writer.store(entry) for entry in burst))

    outcomes = run(house, work)
    assert [outcome.kind for outcome in outcomes] == ["stored"] * 200
    assert house.count() == 200
    assert len(commits) < 100


def test_in_a_batch_of_fifty_only_the_poisoned_one_is_refused(house):
    burst = [make(house) for _ in range(50)]
    burst[31] = poisoned(burst[31])

    async def work(writer):
        return await asyncio.gather(
            *(writer.store(entry) for entry in burst), return_exceptions=True
        )

    results = run(house, work)
    refused = [at for at, result in enumerate(results) if isinstance(result, Exception)]
    assert refused == [31] and isinstance(results[31], AnswerUnstorable)
    assert house.count() == 49


def test_a_full_queue_refuses_at_once_and_loses_nothing(sqlite_house):
    house = sqlite_house
    burst = [make(house) for _ in range(40)]

    async def work(writer):
        # All are put before the loop lets the writer's answers in.
        return await asyncio.gather(
            *(writer.store(entry) for entry in burst), return_exceptions=True
        )

    async def unstarted():
        writer = Writer(house.engine, 10)
        waiting = [asyncio.ensure_future(writer.store(entry)) for entry in burst]
        await asyncio.sleep(0)
        full = [future for future in waiting if future.done()]
        writer.start()
        stored = await asyncio.gather(*(future for future in waiting if future not in full))
        await asyncio.to_thread(writer.stop)
        return full, stored

    full, stored = asyncio.run(unstarted())
    assert len(full) == 30 and all(isinstance(future.exception(), QueueFull) for future in full)
    assert [outcome.kind for outcome in stored] == ["stored"] * 10
    # The refused come again, as people do; now all are there once.
    again = run(house, work)
    assert sorted(outcome.kind for outcome in again) == ["same"] * 10 + ["stored"] * 30
    assert house.count() == 40


def test_after_an_unknown_commit_it_is_not_ready_until_a_commit_works(house):
    first, second = make(house), make(house)
    broken = [True]

    def fail(connection):
        if broken[0]:
            raise OperationalError("COMMIT", None, Exception("dead"))

    event.listen(house.engine, "commit", fail)

    async def work(writer):
        with pytest.raises(StoreUnavailable):
            await writer.store(first)
        assert writer.ready is False
        broken[0] = False
        assert (await writer.store(second)).kind == "stored"
        assert writer.ready is True
        return (await writer.store(first)).kind

    assert run(house, work) in ("stored", "same")
    assert house.count() == 2


def test_stopping_writes_what_waits(house):
    burst = [make(house) for _ in range(30)]

    async def work():
        writer = Writer(house.engine, 100)
        writer.start()
        waiting = [asyncio.ensure_future(writer.store(entry)) for entry in burst]
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.stop)
        return await asyncio.gather(*waiting)

    assert len(asyncio.run(work())) == 30
    assert house.count() == 30


def test_housekeeping_that_fails_does_not_stop_the_writer(house):
    async def work(writer):
        writer.between(lambda: 1 / 0)
        return await writer.store(make(house))

    assert run(house, work).kind == "stored"


def test_a_receipt_is_not_on_the_response(house):
    entry = make(house)

    async def work(writer):
        return await writer.store(replace(entry))

    receipt = run(house, work).receipt
    assert receipt == entry.receipt
    assert receipt not in str(house.responses())


def test_work_that_must_not_be_lost_waits_for_a_place_in_a_full_queue(house):
    busy, free = threading.Event(), threading.Event()

    def hold():
        busy.set()
        free.wait()

    async def work(writer):
        writer.between(hold)
        await asyncio.to_thread(busy.wait)
        burst = [asyncio.ensure_future(writer.store(make(house))) for _ in range(2)]
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(writer.do(house.count)) for _ in range(20)]
        await asyncio.sleep(0.05)
        assert not any(future.done() for future in waiting)
        free.set()
        await asyncio.gather(*burst)
        return await asyncio.gather(*waiting)

    assert run(house, work, size=2) == [2] * 20


def test_a_writer_that_has_stopped_says_so(house):
    with pytest.raises(StoreUnavailable):
        asyncio.run(Writer(house.engine, 2).do(house.count))


def test_what_goes_wrong_in_such_work_is_told_to_whoever_gave_it(house):
    async def work(writer):
        with pytest.raises(ZeroDivisionError):
            await writer.do(lambda: 1 / 0)
        return await writer.do(house.count), await writer.store(make(house))

    count, outcome = run(house, work)
    assert count == 0 and outcome.kind == "stored"
