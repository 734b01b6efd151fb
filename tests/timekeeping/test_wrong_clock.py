"""A server whose clock is wrong for a while: answered links stay answered, days stay right, and
somebody hears of it.
"""

import json
import time
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.catalog import directory, placements
from cxserver.doctor import checkup
from cxserver.doctor.finding import Finding
from cxserver.jobs import due
from cxserver.timekeeping import evidence
from tests.support.cx_process import cx
from tests.support.house import NOW, Clock, House, answer
from tests.support.mail_server import Postbox
from tests.support.staff_accounts import invite

DAY = timedelta(days=1)
AHEAD = 40 * DAY


def newest(house: House, column: str) -> date | None:
    with db.read(house.engine) as connection:
        value: date | None = connection.execute(
            select(func.max(tables.responses.c[column]))
        ).scalar()
        return value


def test_links_answered_before_a_wrong_start_stay_answered_after_it(house: House) -> None:
    before = [house.mint() for _ in range(5)]
    with house.client() as client:
        assert [answer(client, link).status_code for link in before] == [303] * 5
    wrong = Clock(NOW + AHEAD)
    with house.client(clock_is_right=False, clock=wrong) as client:
        # Housekeeping has its first turn as the server starts.
        for minute in range(20):
            wrong.forward(seconds=30)
            house.clock.forward(seconds=30)
            assert answer(client, house.mint()).status_code == 303, minute
    with house.client() as client:
        assert ["already" in client.get(link).text.lower() for link in before] == [True] * 5
        sent = [
            client.post("/api/v1/responses", json={"link": link, "trust": 1, "satisfaction": 1})
            for link in before
        ]
        assert [response.status_code for response in sent] == [409] * 5
    assert house.count() == 25
    assert newest(house, "day") == NOW.date() == newest(house, "counted_day")


def test_no_day_is_closed_while_the_clock_is_in_doubt(house: House) -> None:
    with house.client() as client:
        for _ in range(6):
            assert answer(client, house.mint()).status_code == 303
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    later = NOW + AHEAD
    doubtful = due.run_due(house.engine, house.settings, known, later, in_doubt=True)
    # What was erased is listed all the same: that deletes nothing and closes nothing.
    assert [done.name for done in doubtful] == ["erasures"]
    work = {done.name: done for done in due.run_due(house.engine, house.settings, known, later)}
    assert "6 answers released" in work["batches"].result


def test_a_command_closes_no_day_either(sqlite_house: House) -> None:
    with sqlite_house.client():
        pass
    # The commands go by the machine's clock, which is weeks ahead of the house's.
    done = json.loads(cx(sqlite_house, "jobs", "run-due", "--json"))
    assert "batches" not in [item["name"] for item in done["done"]]
    output = cx(sqlite_house, "jobs", "run-due")
    assert "cx jobs confirm-clock" in output
    output = cx(sqlite_house, "jobs", "confirm-clock")
    assert output.startswith("Confirmed: it is ")
    done = json.loads(cx(sqlite_house, "jobs", "run-due", "--json"))
    assert "batches" in [item["name"] for item in done["done"]]
    with db.read(sqlite_house.engine) as connection:
        lines = connection.execute(select(tables.audit.c.what)).scalars().all()
    assert "confirm the clock" in lines


def test_a_wrong_clock_forgets_no_place(sqlite_house: House) -> None:
    house = sqlite_house
    with house.client():
        pass
    with db.write(house.engine) as connection:
        note(connection, "Front desk", NOW.date() + 30 * DAY, NOW.date())
        note(connection, "Exit", NOW.date() + 900 * DAY, NOW.date() + 800 * DAY)
        known = placements.known(connection, NOW.date())
    assert [item.place for item in known] == ["Front desk", "Exit"]


def note(connection: Connection, place: str, expires: date, today: date) -> None:
    placements.note(connection, "permits", "riverside", "poster", place, expires, today)


def clock_finding(house: House, now: datetime) -> Finding:
    findings = checkup.examine(house.settings, now, database_clock=lambda connection: now)
    [finding] = [item for item in findings if item.check == "clock"]
    return finding


@pytest.mark.parametrize(
    ("hours", "state"), [(1, "warning"), (71, "warning"), (72, "problem"), (200, "problem")]
)
def test_a_doubt_of_three_days_is_a_problem(sqlite_house: House, hours: int, state: str) -> None:
    house = sqlite_house
    with house.client():
        pass
    wrong = Clock(NOW + AHEAD)
    with house.client(clock_is_right=False, clock=wrong):
        pass
    finding = clock_finding(house, wrong.now + timedelta(hours=hours))
    assert finding.state == state and f"for {hours} hours now" in finding.text
    assert "2026-11-04 15:20 UTC" in finding.text and "confirm-clock" in finding.cure


def test_a_server_that_was_off_is_a_warning(sqlite_house: House) -> None:
    with sqlite_house.client():
        pass
    finding = clock_finding(sqlite_house, NOW + 4 * DAY)
    assert finding.state == "warning" and "the server was off: nothing" in finding.cure


def test_a_clock_behind_what_the_server_noted_is_a_problem(house: House) -> None:
    with house.client():
        pass
    finding = clock_finding(house, NOW - timedelta(hours=3))
    assert finding.state == "problem" and "noted 2026-11-04 15:20" in finding.text


@pytest.mark.parametrize(("minutes", "state"), [(4, "ok"), (-4, "ok"), (6, "problem")])
def test_on_postgresql_a_drift_of_five_minutes_is_a_problem(
    house: House, minutes: int, state: str
) -> None:
    if house.engine.dialect.name == "sqlite":
        state = "ok"  # it has no clock of its own
    now = NOW + timedelta(minutes=minutes)
    findings = checkup.examine(house.settings, now, database_clock=lambda connection: NOW)
    [finding] = [item for item in findings if item.check == "clock"]
    assert finding.state == state
    assert state == "ok" or "6 minutes ahead of the database's clock" in finding.text


def test_after_three_days_administrators_get_a_mail(quiet: House, box: Postbox) -> None:
    house = quiet
    invite(house, Role.ADMINISTRATOR, email="admin@example.gov")
    invite(house, Role.ANALYST, email="analyst@example.gov")
    since = NOW + AHEAD
    with db.write(house.engine) as connection:
        evidence.note_doubt(connection, NOW, since)
        known = directory.load(connection)
    jobs = [job for job in due.JOBS if job.name == "reminders"]

    def run(wall: datetime) -> list[str]:
        box.letters.clear()
        house.clock.forward(minutes=20)
        now = house.clock.now
        due.run_due(house.engine, house.settings, known, now, jobs=jobs, wall=wall, in_doubt=True)
        return [str(letter["subject"]) for letter in box.letters]

    subject = "The server's clock is in doubt"
    assert subject not in run(since + timedelta(hours=71))
    assert run(since + timedelta(hours=72)).count(subject) == 1
    assert "admin@example.gov" in box.to
    text = next(str(item) for item in box.letters if item["subject"] == subject)
    assert "cx jobs confirm-clock" in text and "72 hours" in text
    assert subject not in run(since + timedelta(hours=80)), "each mail is sent once"


def test_a_server_in_doubt_keeps_its_own_time(house: House) -> None:
    """With two clocks of its own: the wall clock jumps while it runs."""
    wall, began = Clock(NOW), time.monotonic()
    seconds = lambda: time.monotonic() - began  # noqa: E731  # the other clock
    with house.client(clock=wall, monotonic=seconds) as client:
        wall.forward(days=40)
        assert answer(client, house.mint()).status_code == 303
    assert newest(house, "day") == NOW.date()
