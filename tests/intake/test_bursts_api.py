"""Kiosk answers through the API: bursts flagged however they come, clocks, twins, tests."""

from datetime import UTC, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from cxserver import db, tables
from cxserver.instrument.flags import RUSH, SAME
from cxserver.intake import recount
from cxserver.intake.bursts import Runs, Seen
from cxserver.response_id import ResponseId
from tests.intake.test_reflag import DEVICE, counted, device, flags, item, post
from tests.support import examples
from tests.support.house import NOW, House


def test_a_late_batch_of_a_burst_is_flagged_from_its_first_answer_on(house):
    rush, fives, honest = device(house), device(house), device(house)
    start = NOW - timedelta(hours=3)
    items = [item(rush, start + timedelta(seconds=4 * n), trust=1 + n % 5) for n in range(6)]
    items += [item(fives, start + timedelta(seconds=15 * n)) for n in range(9)]
    items += [item(honest, start + timedelta(seconds=30 * n)) for n in range(30)]
    with house.client() as client:
        results = post(client, {"device_now": NOW.isoformat(), "items": items}).json()["results"]
    assert [result["status"] for result in results] == [201] * 45
    assert flags(house) == [""] * 30 + [RUSH] * 6 + [SAME] * 9
    assert (counted(house, flagged=True), counted(house, flagged=False)) == (45, 30)
    assert recount.differences(db.source(house.engine)) == []
    with db.read(house.engine) as connection:
        today = connection.execute(select(tables.kiosks.c.answers, tables.kiosks.c.flagged)).all()
    assert sorted(map(tuple, today)) == [(6, 6), (9, 9), (30, 0)]


def test_answers_one_by_one_are_flagged_backwards_when_the_run_is_long_enough(sqlite_house):
    house = sqlite_house
    link = device(house)
    with house.client() as client:
        for n in range(6):
            assert flags(house) == ([""] * n if n < 5 else [RUSH] * n)
            assert post(client, item(link, NOW + timedelta(seconds=n))).status_code == 201
    assert flags(house) == [RUSH] * 6
    assert recount.differences(db.source(house.engine)) == []


def test_answers_sent_again_make_no_burst(sqlite_house):
    house = sqlite_house
    link = device(house)
    items = [item(link, NOW - timedelta(seconds=60 - n)) for n in range(4)]
    with house.client() as client:
        for _ in range(3):
            post(client, {"items": items})
        post(client, {"items": [items[0] | {"trust": 1}, *items]})
    assert flags(house) == [""] * 4


def test_twins_in_one_batch_are_judged_in_their_order(house):
    link = device(house)
    first = item(link, NOW - timedelta(minutes=5), comment="first")
    other = item(link, NOW - timedelta(minutes=9))
    items = []
    for _ in range(5):
        items += [first, first | {"trust": 1}, first | {"key": first["key"].upper()}]
        items += [other, other | {"comment": "again"}]
    with house.client() as client:
        results = post(client, {"items": items}).json()["results"]
    assert [result["status"] for result in results] == [
        *(201, 409, 200, 201, 409),
        *(200, 409, 200, 200, 409) * 4,
    ]
    stored = sorted((row["comment"], row["trust"]) for row in house.responses())
    assert stored == [("", 5), ("first", 5)]


def tables_of(house: House) -> dict[str, list[str]]:
    with db.read(house.engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in tables.metadata.sorted_tables
            if table is not tables.jobs  # the server does its jobs meanwhile
        }


def test_a_test_answer_is_checked_and_leaves_nothing(house):
    link = device(house)
    with house.client() as client:
        before = tables_of(house)
        tests = [item(link, NOW + timedelta(seconds=n), test=True) for n in range(12)]
        assert post(client, tests[0]).json() == {"status": "tested", "receipt": ""}
        results = post(client, {"items": tests}).json()["results"]
        assert [(result["status"], result["receipt"]) for result in results] == [(200, "")] * 12
        assert post(client, tests[0] | {"trust": 9}).status_code == 422
        assert post(client, tests[0] | {"link": "x"}).status_code == 404
        assert tables_of(house) == before
        # Its key was not used up, and it was no part of a run.
        assert post(client, tests[0] | {"test": False}).status_code == 201
    assert flags(house) == [""]


@pytest.mark.parametrize(
    ("slow", "offset", "flag"),
    [
        ({"days": 3}, 3 * 86_400, "clock"),
        ({"minutes": 15}, 900, ""),
        ({"minutes": 15, "seconds": 1}, 901, "clock"),
        ({"hours": -2}, -7200, "clock"),
        ({"seconds": 0}, 0, ""),
    ],
)
def test_the_offset_of_an_item_goes_before_that_of_its_batch(sqlite_house, slow, offset, flag):
    house = sqlite_house
    when = NOW - timedelta(hours=5)
    answer = item(device(house), when - timedelta(**slow), clock_offset=offset)
    with house.client() as client:
        batch = {"device_now": (NOW - timedelta(days=9)).isoformat(), "items": [answer]}
        assert post(client, batch).json()["results"][0]["status"] == 201
        assert post(client, answer).status_code == 200
    [row] = house.responses()
    assert row["answered_hour"] == when.replace(minute=0).astimezone(UTC)
    assert row["flags"] == flag


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"clock_offset": 1.5}, "clock_offset"),
        ({"clock_offset": "60"}, "clock_offset"),
        ({"clock_offset": True}, "clock_offset"),
        ({"clock_offset": 10**30}, "clock_offset"),
        ({"clock_offset": -3_162_240_001}, "clock_offset"),
        ({"test": "yes"}, "test"),
        ({"test": 1}, "test"),
        ({"test": None}, "test"),
    ],
)
def test_what_a_device_may_not_say(sqlite_house, changes, field):
    house = sqlite_house
    with house.client() as client:
        refused = post(client, item(device(house), NOW, **changes))
        assert refused.status_code == 422
        assert [fault["field"] for fault in refused.json()["faults"]] == [field]
        longest = item(device(house), NOW.replace(year=2100), clock_offset=-3_162_240_000)
        assert post(client, longest).status_code == 410
    assert house.count() == 0


@pytest.mark.parametrize("channel", ["poster", "site", "email"])
@pytest.mark.parametrize("said", [{"clock_offset": 5}, {"test": True}])
def test_only_a_kiosk_measures_its_clock_and_tests_itself(sqlite_house, channel, said):
    house = sqlite_house
    sent = {"link": house.mint(channel=channel), "key": str(uuid4()), "trust": 4, "satisfaction": 4}
    with house.client() as client:
        refused = post(client, sent | said)
    assert refused.status_code == 422
    assert refused.json()["faults"] == [{"field": next(iter(said)), "code": "unknown"}]


def test_a_burst_is_seen_through_a_clock_that_is_ahead(sqlite_house):
    """Answers of an hour that seem to lie ahead are all counted as of now; that is no burst."""
    house = sqlite_house
    calm, rush = device(house), device(house)
    ahead = NOW + timedelta(days=2)
    items = [item(calm, ahead + timedelta(seconds=30 * n)) for n in range(20)]
    items += [item(rush, ahead + timedelta(seconds=3 * n)) for n in range(5)]
    with house.client() as client:
        post(client, {"items": items})
    assert flags(house) == [*[f"{RUSH};clock"] * 5, *["clock"] * 20]


# ---- however they come


@examples.times(0.25)
@given(
    some.lists(
        some.tuples(
            some.sampled_from([2, 9, 11, 15, 25, -1, -60]),
            some.sampled_from([5, 5, 5, 4]),
            some.sampled_from([[], [], ["ease"]]),
            some.booleans(),
        ),
        max_size=30,
    )
)
def test_flags_do_not_depend_on_how_answers_were_batched_and_none_is_lost(street, client, steps):
    link, at, batch, runs = device(street), NOW - timedelta(hours=1), [], Runs()
    before = {row["id"] for row in street.responses()}
    expected: dict[str, str] = {}
    said: dict[str, tuple[int, bool]] = {}
    for gap, rating, drivers, send in steps:
        at += timedelta(seconds=gap)
        key = str(uuid4())
        batch.append(item(link, at, key=key, satisfaction=rating, drivers=drivers))
        face = None if drivers else (rating, 5)
        row = ResponseId("permits", NOW.date(), key)
        for (_, _, name), flag in runs.judge(Seen(DEVICE, row, at, face)).items():
            expected.setdefault(name, flag)
        said[key] = rating, bool(drivers)
        if send:
            assert post(client, {"items": batch}).status_code == 200
            batch = []
    assert post(client, {"items": batch}).status_code == 200
    new = [row for row in street.responses() if row["id"] not in before]
    assert len(new) == len(steps)
    assert sorted((row["satisfaction"], bool(row["drivers"]), row["flags"]) for row in new) == (
        sorted((*said[key], expected.get(key, "")) for key in said)
    )
    assert recount.differences(db.source(street.engine)) == []
