"""The weekly mail: who gets it, when, and once."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.jobs import due
from tests.digests.test_digest import (
    ANALYST,
    DIGESTS,
    DUE,
    LEAD,
    LONG_BEFORE,
    MANAGER,
    both,
    choose,
    html,
    mailed,
    quiet,
    run,
)
from tests.support import http_server, mail_server
from tests.support.answer_factory import add_answers
from tests.support.comment_factory import add_alerts, add_comments
from tests.support.staff_accounts import invite

__all__ = ["mailed", "quiet"]  # fixtures


# ---- who gets it, and when


def test_managers_get_it_each_week_and_others_only_when_they_ask(mailed, box):
    house = mailed
    for role in Role:
        invite(house, role)
    assert run(house) == "2 sent"
    assert sorted(box.to) == [MANAGER, LEAD]
    choose(house, Role.ANALYST, "week")
    choose(house, Role.SERVICE_LEAD, "never")
    choose(house, Role.OFFICE_MANAGER, "month")
    assert run(house, days=1) == "nothing to send"
    box.letters.clear()
    assert run(house, days=7) == "1 sent"
    assert box.to == [ANALYST]
    # Six in the morning on the first of December.
    first = datetime(2026, 12, 1, 11, tzinfo=UTC)
    run(house, first - timedelta(days=1))
    box.letters.clear()
    assert run(house, first - timedelta(minutes=6)) == "nothing to send"
    assert run(house, first) == "1 sent"
    [letter] = box.letters
    assert letter["To"] == MANAGER


def test_it_goes_out_at_six_in_the_morning_of_the_agency(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    run(quiet, days=-7)
    box.letters.clear()
    assert run(quiet, minutes=-6) == "nothing to send" and not box.letters
    assert run(quiet) == "1 sent"


def test_after_a_pause_of_weeks_only_the_newest_is_sent(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    assert run(quiet, weeks=3, days=2) == "1 sent"
    [letter] = box.letters
    assert letter["Subject"] == "Riverside Office: what people said, until Nov 22, 2026"


def test_it_tells_of_its_own_week_however_late_it_goes_out(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    # Monday again, at five: that week's is not due yet, and the one before never went out.
    assert run(quiet, days=7, hours=-1) == "1 sent"
    assert run(quiet, days=7) == "1 sent"
    untils = [str(letter["Subject"]).partition("until ")[2] for letter in box.letters]
    assert untils == ["Nov 1, 2026", "Nov 8, 2026"]


def test_a_months_digest_tells_of_that_month_alone_and_leads_to_it(quiet, box):
    house = quiet
    invite(house, Role.OFFICE_MANAGER)
    house.clock.now = DUE - timedelta(days=18)
    choose(house, Role.OFFICE_MANAGER, "month")
    add_answers(house, "riverside", 200, 100, days=range(33, 63))  # September
    add_answers(house, "riverside", 300, 10, days=range(2, 33))  # October
    add_answers(house, "riverside", 50, 0, days=range(1, 2))  # the first of November
    assert run(house, days=-1, minutes=-6) == "nothing to send"
    assert run(house, days=-1) == "1 sent"
    [letter] = box.letters
    assert letter["Subject"] == "Riverside Office: what people said, Oct 1 – Oct 31, 2026"
    for said in both(letter):
        assert "310 people answered in these days. In Sep 1 – Sep 30, 2026 it was 300." in said
        assert "last 7 days" not in said and "on the first of each month" in said
    for address in ("", "drivers"):
        assert f'/staff/{address}?period=2026-10"' in html(letter)


def test_nobody_is_told_of_a_week_that_was_over_before_they_came(quiet, box):
    quiet.clock.now = DUE + timedelta(hours=1)
    invite(quiet, Role.OFFICE_MANAGER)
    assert run(quiet, hours=2) == "nothing to send"
    assert run(quiet, days=7) == "1 sent"


def test_who_is_shut_out_gets_none(mailed, box):
    invite(mailed, Role.OFFICE_MANAGER)
    with db.write(mailed.engine) as connection:
        members.revoke(connection, MANAGER, LONG_BEFORE)
    assert run(mailed) == "nothing to send"
    assert run(mailed, days=7) == "nothing to send" and not box.letters


def test_who_gets_another_role_or_none_while_the_mails_go_out_is_asked_again(quiet, box):
    house = quiet
    for n in range(3):
        invite(house, Role.OFFICE_MANAGER, email=f"m{n}@example.gov")
    add_answers(house, "riverside", 450, 50, days=range(1, 29))
    add_answers(house, "lakeside", 45, 5, days=range(1, 29))
    box.stalls = True
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run, house)
        while not box.begun and not done.done():
            time.sleep(0.01)
        with db.write(house.engine) as connection:
            members.revoke(connection, "m1@example.gov", LONG_BEFORE)
        house.clock.now = LONG_BEFORE
        invite(house, Role.OFFICE_MANAGER, email="m2@example.gov", office="lakeside")
        box.stalls = False
        assert done.result() == "1 sent, 2 left for later"
    assert box.to == ["m0@example.gov"]
    run(house, hours=1)
    assert box.to == ["m0@example.gov", "m2@example.gov"]
    assert "Lakeside" in box.letters[-1]["Subject"]


def test_who_has_nothing_to_see_gets_none(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER, office="gone")
    assert run(quiet) == "1 without anything to tell" and not box.letters


# ---- once


def test_twice_in_a_row_sends_nothing_twice(mailed, box):
    invite(mailed, Role.OFFICE_MANAGER)
    assert run(mailed) == "1 sent"
    for minutes in (0, 1, 6, 60, 600):
        assert run(mailed, minutes=minutes) in ("", "nothing to send")
    assert box.to == [MANAGER]


def test_of_many_who_come_at_once_one_sends(mailed, box):
    house = mailed
    for n in range(5):
        invite(house, Role.OFFICE_MANAGER, email=f"m{n}@example.gov")
    with db.read(house.engine) as connection:
        known = directory.load(connection)

    def at_once(_):
        return due.run_due(house.engine, house.settings, known, DUE, jobs=DIGESTS)

    with ThreadPoolExecutor(6) as pool:
        done = [job for jobs in pool.map(at_once, range(6)) for job in jobs]
    # Who comes when the first is done finds nothing left.
    assert {job.result for job in done} <= {"5 sent", "nothing to send"}
    assert sorted(box.to) == [f"m{n}@example.gov" for n in range(5)]


def test_one_refused_address_does_not_keep_it_from_the_others(mailed, box):
    house = mailed
    for name in ("a", "b", "c"):
        invite(house, Role.OFFICE_MANAGER, email=f"{name}@example.gov")
    box.refuses["a@example.gov"] = "550 no such user"
    assert run(house) == "1 refused, 2 sent"
    assert box.to == ["b@example.gov", "c@example.gov"]
    # It is not asked again all day; the next day it is, and then all is well.
    assert run(house, minutes=10) == "nothing to send"
    assert run(house, days=1) == "1 refused"
    box.refuses.clear()
    assert run(house, days=2) == "1 sent"
    assert box.to[2:] == ["a@example.gov"]
    rows = digest_rows(house)
    assert rows and all(row.refused is None and row.through for row in rows)


def test_not_now_is_tried_again_within_minutes(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    box.refuses[MANAGER] = "451 try later"
    assert run(quiet) == "1 left for later" and not digest_rows(quiet)
    box.refuses.clear()
    assert run(quiet, minutes=6) == "1 sent"


def test_a_mail_server_that_is_down_loses_nothing(mailed, box):
    house, up = mailed, mailed.settings
    invite(house, Role.OFFICE_MANAGER)
    house.settings = mail_server.Postbox(http_server.free_port()).settings(up)
    assert run(house).startswith("failed: The mail server failed: ConnectionRefusedError")
    assert not digest_rows(house)
    house.settings = up
    assert run(house, seconds=30) == "1 sent"


def digest_rows(house):
    with db.read(house.engine) as connection:
        return connection.execute(select(tables.digests)).all()


def test_a_daily_digest_goes_out_each_morning_and_says_first_what_waits(quiet, box):
    invite(quiet, Role.OFFICE_MANAGER)
    choose(quiet, Role.OFFICE_MANAGER, "day")
    add_answers(quiet, "riverside", 80, 20)
    run(quiet)
    [row] = add_comments(quiet, "It is over for me.", day=date(2026, 10, 29))
    add_alerts(quiet, [row])
    run(quiet, days=1)
    run(quiet, days=1, hours=3)
    assert len(box.letters) == 2
    today, next_day = (letter.get_body(("plain",)).get_content() for letter in box.letters)
    assert "NOW" not in today.splitlines()
    assert "1 alert waits to be acknowledged." in next_day
    assert next_day.splitlines().index("NOW") < next_day.splitlines().index("DO FIRST")
    assert "It is over for me" not in next_day
