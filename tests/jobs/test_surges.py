"""Days with far more answers than usual: administrators hear of it, once."""

from datetime import date, timedelta

import pytest

from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.intake import ledger, surges
from cxserver.intake.entry import Tally
from cxserver.jobs import due
from tests.support.house import NOW, House
from tests.support.mail_server import Postbox
from tests.support.staff_accounts import invite
from tests.support.tally_factory import write_tallies

TODAY = NOW.date()


def fill(house: House, today: int, usual: int = 0) -> None:
    """So many answers today, and on each day of the weeks before."""
    days = {TODAY: today} | {TODAY - timedelta(days=back): usual for back in range(1, 29)}
    write_tallies(house.engine, {tally(day): n for day, n in days.items() if n})


def tally(day: date) -> Tally:
    return ("permits", day, "riverside", "poster", "en", 1, False, "response", "all")


def surge_rows(house: House) -> list[tuple[str, int, int]]:
    with db.read(house.engine) as connection:
        known = directory.load(connection)
        result = surges.surges(connection, known, TODAY)
    return [(surge.service, surge.answers, surge.usual) for surge in result]


@pytest.mark.parametrize(
    ("today", "usual", "is_surge"),
    [
        (499, 0, False),
        (500, 0, True),
        (500, 50, False),
        (501, 50, True),
        (4000, 400, False),
        (4001, 400, True),
    ],
)
def test_ten_times_the_usual_day_is_a_surge(
    house: House, today: int, usual: int, is_surge: bool
) -> None:
    fill(house, today, usual)
    assert surge_rows(house) == ([("permits", today, usual)] if is_surge else [])


def rushes(house: House, approved: int, used: int, today: int) -> list[int]:
    house.apply(
        house.catalog.replace("approved_responses = 500000", f"approved_responses = {approved}")
    )
    fill(house, today)
    with db.write(house.engine) as connection:
        known = directory.load(connection)
        clearance = known.services["permits"].clearance
        ledger.charge(connection, clearance, used)
        result = surges.rushes(connection, known, ledger.used(connection), TODAY)
    return [rush.days for rush in result]


@pytest.mark.parametrize(
    ("used", "today", "days"),
    [(6000, 1000, [4]), (2999, 1000, []), (3001, 1000, [6]), (9900, 499, []), (9500, 1000, [0])],
)
def test_an_approval_that_would_be_used_up_within_a_week_is_told(
    sqlite_house: House, used: int, today: int, days: list[int]
) -> None:
    assert rushes(sqlite_house, 10_000, used, today) == days


def test_administrators_get_one_mail_that_day(quiet: House, box: Postbox) -> None:
    house = quiet
    invite(house, Role.ADMINISTRATOR, email="admin@example.gov")
    invite(house, Role.ANALYST, email="analyst@example.gov")
    fill(house, 900, usual=20)
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    jobs = [job for job in due.JOBS if job.name == "reminders"]

    def run() -> list[str]:
        box.letters.clear()
        house.clock.forward(minutes=20)
        due.run_due(house.engine, house.settings, known, house.clock.now, jobs=jobs)
        return [str(item["subject"]) for item in box.letters]

    subject = "Far more answers than usual: permits"
    assert run().count(subject) == 2, "analysts can take them out"
    text = next(item for item in box.letters if item["subject"] == subject).get_content()
    assert "900 answers so far today" in text and "/staff/quarantine" in text
    assert subject not in run()
