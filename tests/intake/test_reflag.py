"""Flags of stored answers: they move with their counts, also beside other writers, and back."""

import asyncio
import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.errors import StoreUnavailable
from cxserver.instrument.flags import RUSH, SAME
from cxserver.instrument.levels import Level
from cxserver.intake import recount, reflag, store
from cxserver.intake.bursts import Seen
from cxserver.intake.lookout import Lookout, Noted
from cxserver.intake.writer import Writer
from cxserver.results import scopes
from cxserver.results.scopes import Scope
from tests.intake.test_store import make
from tests.support import readings
from tests.support.cx_process import cx
from tests.support.house import NOW, House
from tests.support.stored_answers import store_all

DEVICE = ("permits", "riverside", "a" * 16)


def known(house: House):
    with db.read(house.engine) as connection:
        return directory.load(connection)


def stored(house: House, count: int, **fields):
    entries = [make(house, **fields) for _ in range(count)]
    store.write(house.engine, entries)
    return [entry.row for entry in entries]


def flags(house: House) -> list[str]:
    return sorted(row["flags"] for row in house.responses())


def counted(house: House, *, flagged: bool) -> int:
    scope = Scope(flagged=None if flagged else scopes.WITHOUT_FLAGGED)
    rows = readings.rows(house.engine, "office", scope)
    return sum(row.n for row in rows)


# ---- moving


def test_a_flag_moves_the_answer_and_all_its_counts(house):
    rows = stored(house, 3, trust=5, drivers=("ease",), comment="fine")
    rest = stored(house, 2, trust=2)
    changes = reflag.mark(house.engine, known(house), dict.fromkeys(rows, RUSH))
    assert {(change.row, change.was_suspect, change.is_suspect) for change in changes} == {
        (row, False, True) for row in rows
    }
    assert flags(house) == ["", "", RUSH, RUSH, RUSH]
    assert (counted(house, flagged=True), counted(house, flagged=False)) == (5, 2)
    assert recount.differences(db.source(house.engine)) == []
    reflag.lift(house.engine, known(house), rows + rest)
    assert flags(house) == ["", "", *["lifted-rush"] * 3]
    assert counted(house, flagged=False) == 5
    assert recount.differences(db.source(house.engine)) == []
    reflag.put_back(house.engine, known(house), rows)
    assert flags(house) == ["", "", RUSH, RUSH, RUSH]
    assert recount.differences(db.source(house.engine)) == []


def test_the_same_mark_again_changes_nothing_and_no_look_is_overruled(house):
    rows = stored(house, 4)
    marks = dict.fromkeys(rows, RUSH)
    reflag.mark(house.engine, known(house), marks)
    assert reflag.mark(house.engine, known(house), marks) == []
    assert reflag.mark(house.engine, known(house), dict.fromkeys(rows, SAME)) == []
    reflag.lift(house.engine, known(house), rows[:2])
    assert reflag.mark(house.engine, known(house), marks) == []
    assert flags(house) == [RUSH, RUSH, "lifted-rush", "lifted-rush"]
    assert recount.differences(db.source(house.engine)) == []


def test_an_answer_that_is_suspect_already_keeps_its_place_among_the_counts(house):
    entry = make(house)
    object.__setattr__(entry, "response", {**entry.response, "flags": "clock;control"})
    late = {tally[:6] + (True,) + tally[7:] for tally in entry.tallies}
    object.__setattr__(entry, "tallies", tuple(late))
    store.write(house.engine, [entry])
    [change] = reflag.mark(house.engine, known(house), {entry.row: RUSH})
    assert change.was_suspect and change.is_suspect
    assert flags(house) == [f"{RUSH};clock;control"]
    assert recount.differences(db.source(house.engine)) == []
    reflag.lift(house.engine, known(house), [entry.row])
    assert flags(house) == ["clock;control;lifted-rush"]
    assert (counted(house, flagged=True), counted(house, flagged=False)) == (1, 0)


def test_a_count_that_came_down_to_nothing_is_gone(house):
    rows = stored(house, 2)
    reflag.mark(house.engine, known(house), dict.fromkeys(rows, SAME))
    assert readings.rows(house.engine, "office", Scope(flagged=scopes.WITHOUT_FLAGGED)) == []
    with db.read(house.engine) as connection:
        columns = tables.tallies.c
        left = connection.execute(select(columns.level, columns.flagged, columns.answers)).all()
    assert sorted(left) == sorted((level.value, True, 2) for level in Level)


def test_a_row_that_is_not_there_is_passed_over(house):
    [row] = stored(house, 1)
    gone = row._replace(id="0" * 32)
    assert len(reflag.mark(house.engine, known(house), {row: RUSH, gone: RUSH})) == 1
    assert reflag.mark(house.engine, known(house), {}) == []


def test_beside_other_writers_every_answer_is_flagged_once_and_counted_right(house):
    """Six at once: the same rows flagged in other orders, taken off, and new answers stored."""
    rows = stored(house, 40, drivers=("ease",))
    loaded = known(house)
    fresh = [[make(house, drivers=("ease",)) for _ in range(20)] for _ in range(2)]
    changes: list[reflag.Change] = []
    faults: list[Exception] = []

    def mark(order):
        for at in range(0, 40, 5):
            changes.extend(
                reflag.mark(house.engine, loaded, dict.fromkeys(order[at : at + 10], RUSH))
            )

    def add(entries):
        for entry in entries:
            [outcome] = store_all(house.engine, [entry])
            assert outcome.kind == "stored"

    def tried(work, what):
        try:
            work(what)
        except Exception as fault:
            faults.append(fault)

    jobs = [(mark, rows), (mark, rows[::-1]), (mark, rows[20:] + rows[:20])]
    jobs += [(add, entries) for entries in fresh]
    threads = [threading.Thread(target=tried, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(change.row for change in changes) == sorted(rows)
    assert flags(house) == [""] * 40 + [RUSH] * 40
    assert recount.differences(db.source(house.engine)) == []


# ---- the lookout


def test_a_mark_that_cannot_be_written_is_put_off_and_not_lost(house):
    rows = stored(house, 6)
    broken = [True]

    def fail(connection, cursor, statement, *rest):
        if broken[0] and statement.startswith("UPDATE responses"):
            raise OperationalError(statement, None, Exception("dead"))

    event.listen(house.engine, "before_cursor_execute", fail)

    async def work():
        writer = Writer(house.engine, 10)
        writer.start()
        lookout = Lookout(house.engine, writer)
        seen = [
            Noted(Seen(DEVICE, row, NOW + timedelta(seconds=n), None)) for n, row in enumerate(rows)
        ]
        await lookout.note(known(house), NOW, seen[:5])
        assert flags(house) == [""] * 6
        broken[0] = False
        await lookout.note(known(house), NOW, seen[5:])
        await asyncio.to_thread(writer.stop)
        with pytest.raises(StoreUnavailable):
            await writer.do(lambda: None)

    asyncio.run(work())
    assert flags(house) == [RUSH] * 6
    assert recount.differences(db.source(house.engine)) == []


# ---- what the tests of the API use too


def device(house: House) -> str:
    return house.kiosk()


def item(link: str, at, **changes):
    sound = {"link": link, "key": str(uuid4()), "trust": 5, "satisfaction": 5}
    return sound | {"answered_at": at.isoformat()} | changes


def post(client, sent):
    return client.post("/api/v1/responses", json=sent)


# ---- by hand


def test_a_school_class_is_unflagged_and_counts_everywhere(house):
    link, other = device(house), device(house)
    ten, noon = NOW - timedelta(minutes=19), NOW - timedelta(hours=3)  # 10:01 and 07:20 there
    items = [item(link, ten + timedelta(seconds=5 * n)) for n in range(7)]
    items += [item(other, noon + timedelta(seconds=5 * n), trust=2) for n in range(6)]
    items += [item(other, noon - timedelta(minutes=n)) for n in range(3, 6)]
    with house.client() as client:
        post(client, {"items": items})
    day = ("permits", "riverside", "--day", "2026-11-04")

    def total(*more: str) -> int:
        rows = json.loads(cx(house, "results", "--json", *more))["rows"]
        return sum(row["n"] for row in rows)

    assert (total(), total("--without-flagged")) == (16, 3)
    assert json.loads(cx(house, "kiosk", "unflag", *day, "--json", "--dry-run")) == {
        **{"service": "permits", "office": "riverside", "day": "2026-11-04", "hour": None},
        **{"again": False, "dry_run": True, "answers": 13},
    }
    assert counted(house, flagged=False) == 3
    assert "removed on 7 answers." in cx(house, "kiosk", "unflag", *day, "--hour", "10")
    assert (total(), total("--without-flagged")) == (16, 10)
    assert "put back on 7 answers." in cx(house, "kiosk", "unflag", *day, "--again")
    assert (counted(house, flagged=True), counted(house, flagged=False)) == (16, 3)
    cx(house, "recount", "--check")


def test_where_nothing_is_flagged_unflag_says_so(sqlite_house):
    day = ("--day", "2026-11-04")
    output = cx(sqlite_house, "kiosk", "unflag", "permits", "lakeside", *day)
    assert "no answers are flagged as a burst" in output
    output = cx(sqlite_house, "kiosk", "unflag", "permits", "nowhere", *day, fails=True)
    assert "Service 'permits' has no office 'nowhere'" in output


def test_the_hour_is_the_offices_own(sqlite_house):
    house = sqlite_house
    rows = stored(house, 2)
    reflag.mark(house.engine, known(house), dict.fromkeys(rows, RUSH))
    zone = known(house).offices["riverside"].zone
    arguments = (house.engine, "permits", "riverside", NOW.date(), zone)
    assert sorted(readings.flagged(*arguments)) == sorted(rows)
    assert sorted(readings.flagged(*arguments, 10)) == sorted(rows)  # 15:20 in London
    assert readings.flagged(*arguments, 15) == [] == readings.lifted(*arguments)
    assert readings.flagged(house.engine, "permits", "lakeside", NOW.date(), zone) == []
