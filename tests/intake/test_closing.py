"""Batches close five answers at a time, once, and release just what their answers count."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select, update

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.instrument.flags import RUSH
from cxserver.intake import closing, recount, reflag
from cxserver.intake.closing import Closed
from cxserver.response_id import ResponseId
from tests.support.comment_factory import add_comments
from tests.support.house import House

MONDAY = date(2026, 11, 2)
TZ = timedelta(hours=5)


def morning(day: date, hour: int = 3) -> datetime:
    """A time of day in New York, in winter."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + TZ


def arrive(house: House, day: date, n: int, **fields: Any) -> list[ResponseId]:
    """Answers at one office; their rows."""
    return add_comments(house, *[""] * n, day=day, **fields) if n else []


def close(house: House, now: datetime) -> Closed:
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    return closing.close_due(house.engine, known, now)


def batches(house: House, office: str = "riverside") -> list[tuple[date, date, int]]:
    columns = tables.batches.c
    query = select(columns.first, columns.through, columns.n).where(columns.office == office)
    with db.read(house.engine) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(columns.through))]


def released(house: House) -> int:
    columns = tables.released.c
    query = select(func.sum(columns.answers)).where(columns.level == "office-day")
    with db.read(house.engine) as connection:
        return connection.execute(query).scalar() or 0


def test_a_day_closes_when_five_answers_wait_and_not_before_three_in_the_morning(house):
    arrive(house, MONDAY, 4)
    tuesday = MONDAY + timedelta(days=1)
    assert close(house, morning(tuesday, 4)) == Closed()
    arrive(house, tuesday, 3)
    wednesday = tuesday + timedelta(days=1)
    assert close(house, morning(wednesday, 2)) == Closed()
    assert close(house, morning(wednesday)) == Closed(1, 7)
    assert batches(house) == [(MONDAY, tuesday, 7)]
    assert released(house) == 7
    assert recount.differences(db.source(house.engine)) == []


def test_closing_again_changes_nothing(house):
    arrive(house, MONDAY, 6)
    now = morning(MONDAY + timedelta(days=1))
    assert close(house, now).batches == 1
    assert close(house, now) == Closed()
    assert released(house) == 6


def test_a_job_that_slept_for_weeks_closes_the_same_batches(house):
    chance = random.Random(280)
    days = [MONDAY - timedelta(days=60) + timedelta(days=n) for n in range(40)]
    for day in days:
        arrive(house, day, chance.randrange(5))
    assert close(house, morning(MONDAY)).batches > 1
    at_once = batches(house)
    with db.write(house.engine) as connection:
        for table in (tables.batches, tables.released, tables.released_choices):
            connection.execute(table.delete())
    for day in days:
        close(house, morning(day + timedelta(days=1)))
    assert batches(house) == at_once
    assert recount.differences(db.source(house.engine)) == []


def test_two_servers_that_close_at_once_release_every_answer_once(house):
    for back in range(6):
        arrive(house, MONDAY - timedelta(days=back), 5)
    start = Barrier(2)
    closed: list[Closed] = []

    def work() -> None:
        start.wait()
        closed.append(close(house, morning(MONDAY + timedelta(days=1))))

    servers = [Thread(target=work) for _ in range(2)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    assert sum(each.batches for each in closed) == 6
    assert released(house) == 30
    assert recount.differences(db.source(house.engine)) == []


def test_what_was_answered_late_is_released_when_it_arrived(house):
    """A kiosk sends last week's answers: their day is then, their batch is now."""
    rows = arrive(house, MONDAY, 5)
    table = tables.responses
    with db.write(house.engine) as connection:
        connection.execute(update(table).values(counted_day=MONDAY + timedelta(days=7)))
    assert {day for _, day, _ in rows} == {MONDAY}
    assert close(house, morning(MONDAY + timedelta(days=1))) == Closed()
    assert close(house, morning(MONDAY + timedelta(days=8))) == Closed(1, 5)
    assert batches(house)[0][1] == MONDAY + timedelta(days=7)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (tables.batches, {"n": 99}),
        (tables.released, {"trust_4": 99}),
        (tables.batches, {"first": date(2026, 10, 1)}),
    ],
)
def test_recount_finds_a_batch_or_a_released_count_that_lies(house, table, change):
    arrive(house, MONDAY, 5)
    close(house, morning(MONDAY + timedelta(days=1)))
    assert recount.differences(db.source(house.engine)) == []
    with db.write(house.engine) as connection:
        connection.execute(update(table).values(**change))
    assert recount.differences(db.source(house.engine)) != []


def test_a_later_flag_changes_no_released_total(house):
    rows = arrive(house, MONDAY, 5)
    close(house, morning(MONDAY + timedelta(days=1)))
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    reflag.mark(house.engine, known, dict.fromkeys(rows[:2], RUSH))
    assert released(house) == 5
    assert recount.differences(db.source(house.engine)) == []


def test_every_released_count_is_that_of_its_answers(house):
    arrive(house, MONDAY, 2, trust=1, drivers=("ease",))
    arrive(house, MONDAY, 4, trust=5)
    close(house, morning(MONDAY + timedelta(days=1)))
    counts: Counter[str] = Counter()
    with db.read(house.engine) as connection:
        query = select(tables.released).where(tables.released.c.level == "day")
        for row in connection.execute(query):
            counts.update(answers=row.answers, low=row.trust_1, high=row.trust_5)
            counts.update(ease=row.ease_negative)
    assert counts == {"answers": 6, "low": 2, "high": 4, "ease": 2}


def test_what_is_stored_late_counts_on_the_day_after_the_last_that_closed(house):
    tuesday = MONDAY + timedelta(days=1)
    arrive(house, MONDAY, 5)
    assert close(house, morning(tuesday)) == Closed(1, 5)
    arrive(house, MONDAY, 1)
    arrive(house, tuesday, 4)
    assert close(house, morning(tuesday + timedelta(days=1))) == Closed(1, 5)
    assert batches(house) == [(MONDAY, MONDAY, 5), (tuesday, tuesday, 5)]
    assert recount.differences(db.source(house.engine)) == []
