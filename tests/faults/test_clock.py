"""A real server whose machine has the wrong time for a while, and then the right one again."""

import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, select

from cxserver import db, tables
from tests.faults import controls, proof
from tests.faults.crowd import Crowd
from tests.faults.site import Site
from tests.support import cx_process

pytestmark = pytest.mark.slow

# Every table with days of answers in it, and its column.
_DAYS = (
    tables.responses.c.day,
    tables.responses.c.counted_day,
    tables.tallies.c.day,
    tables.released.c.day,
    tables.batches.c.through,
)


def days(site: Site) -> list[date]:
    """The first and the last day of all that is stored."""
    with db.read(site.house.engine) as connection:
        ends = [
            connection.execute(select(func.min(column), func.max(column))).one() for column in _DAYS
        ]
    return [day for pair in ends for day in pair if day is not None]


def set_clock(site: Site, moved_clock: Path, shift: timedelta, *, everywhere: bool) -> None:
    """Start the server on a machine whose clock is so far off; 0: right. `everywhere`: PostgreSQL
    is on that machine. Else it is on one of its own and has the right time.
    """
    seconds = str(int(shift.total_seconds()))
    wrong = {"LD_PRELOAD": str(moved_clock), "CX_TEST_CLOCK_SHIFT": seconds}
    site.node.kill()
    if everywhere and site.cluster:
        site.cluster.environment = wrong if shift else {}
        site.cluster.restart()
    site.node.environment = wrong if shift else {}
    site.node.start()
    site.node.wait()


@pytest.mark.parametrize(
    ("ahead", "everywhere"),
    [(40, False), (40, True), (-40, False)],
    ids=["ahead", "machine", "behind"],
)
def test_a_wrong_clock_for_a_while_unlocks_no_link_and_makes_no_day(
    standing: Site, moved_clock: Path, ahead: int, everywhere: bool
) -> None:
    site = standing
    today = datetime.now(UTC).date()
    with site.crowd() as crowd:
        crowd.more(20)
    old = sorted(crowd.acknowledged)[:5]
    set_clock(site, moved_clock, timedelta(days=ahead), everywhere=everywhere)
    wrong = [crowd.invite() for _ in range(20)]
    replies = [one_try(crowd, word) for word in wrong]
    time.sleep(5)
    set_clock(site, moved_clock, timedelta(0), everywhere=everywhere)
    changed = {"trust": 1, "satisfaction": 1}
    for word in old:
        body = {"link": crowd.attempted[word]} | changed
        assert httpx2.post(f"{site.node.address}/api/v1/responses", json=body).status_code == 409
    day = timedelta(days=1)
    assert all(today - day <= stored <= today + day for stored in days(site) if stored.day != 1)
    assert max(days(site)) <= today + day
    name = "F19-machine" if everywhere else "F19-ahead" if ahead > 0 else "F19-behind"
    taken = sum(status == 201 for status in replies)
    result = proof.conclude(name, crowd)
    note = f"{taken} of 20 answers taken meanwhile; 5 of 5 old links refused a change"
    control = controls.counted_twice(crowd) if ahead < 0 else opened_again(site, crowd, moved_clock)
    proof.noted(result, f"{note}; {control}").save()


def opened_again(site: Site, crowd: Crowd, moved_clock: Path) -> str:
    """The control: somebody confirms the wrong clock, and what it says is over is deleted."""
    set_clock(site, moved_clock, timedelta(days=40), everywhere=True)
    words = [sys.executable, "-m", "cxserver", "jobs", "confirm-clock"]
    environment = cx_process.environment(site.house) | site.node.environment
    subprocess.run(words, env=environment, check=True, capture_output=True)
    site.node.restart()
    time.sleep(5)
    set_clock(site, moved_clock, timedelta(0), everywhere=True)
    before = proof.stored(crowd).total()
    crowd.retry()
    after = proof.stored(crowd)
    doubles = after.total() - len(after)
    assert doubles > 0, "a wrong clock that is believed must do harm, or this proves nothing"
    return f"wrong clock confirmed by hand: {doubles} of {before} links counted twice"


def one_try(crowd: Crowd, word: str) -> int:
    with httpx2.Client(timeout=30) as client:
        return crowd.send(client, word)
