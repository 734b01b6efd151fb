"""Mails that must not be forgotten: filings, yearly dates, approvals that end or run out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from cxserver import db, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.doctor import checkup
from cxserver.intake import store
from cxserver.jobs import due, notices, reminderletter
from cxserver.quarter import due as calendar
from cxserver.quarter import fiscal, submissions
from tests.intake.test_store import make
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE
from tests.support.staff_accounts import invite

ANALYST, ADMIN = "analyst@example.gov", "administrator@example.gov"
BOTH = [ADMIN, ANALYST]
JOB = [job for job in due.JOBS if job.name == "reminders"]
# 2027Q1 is due on Friday, January 29, 2027. It is ten in the morning in New York.
FRIDAY = datetime(2027, 1, 29, 15, tzinfo=UTC)


@pytest.fixture
def mailed(mailed):
    """A house with a mail server, an analyst, an administrator, and others."""
    return staffed(mailed)


@pytest.fixture
def quiet(quiet):
    """As `mailed`, on SQLite alone."""
    return staffed(quiet)


def staffed(house):
    for role in Role:
        invite(house, role)
    return house


def before(days: float) -> datetime:
    return FRIDAY - timedelta(days=days)


def run(house, at):
    """Look for reminders at this moment; what came of it."""
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    done = due.run_due(house.engine, house.settings, known, at, jobs=JOB)
    return [job.result for job in done]


def mails(house, box, at, about=""):
    """The letters the analyst gets `about` something at this moment, by subject."""
    box.letters.clear()
    run(house, at)
    mine = [
        letter for letter in box.letters if letter["To"] == ANALYST and about in letter["Subject"]
    ]
    return {str(letter["Subject"]): plain(letter) for letter in mine}


def plain(letter):
    return letter.get_content().replace("\r\n", "\n")


def approve(house, answers=500_000, until="2028-03-31"):
    text = CATALOGUE.replace("approved_responses = 500000", f"approved_responses = {answers}")
    house.apply(text.replace("expires = 2028-03-31", f"expires = {until}"))


def give(house, answers):
    store.write(house.engine, [make(house) for _ in range(answers)])


# ---- a quarter


def test_a_quarter_is_reminded_of_30_7_and_1_days_before_and_at_no_other_time(mailed, box):
    """Day by day, looked at twice a day: one letter to each of the two, at each stage."""
    got = []
    for days in range(40, -5, -1):
        for hour in (0, 9):
            box.letters.clear()
            run(mailed, before(days) + timedelta(hours=hour))
            mine = [letter for letter in box.letters if "2027Q1" in letter["Subject"]]
            assert [letter["To"] for letter in mine] in ([], BOTH)
            got += [(days, str(letter["Subject"])) for letter in mine[:1]]
    assert got == [
        (30, "Due in 30 days: feedback of 2027Q1"),
        (7, "Due in 7 days: feedback of 2027Q1"),
        (1, "Due tomorrow: feedback of 2027Q1"),
    ]


@pytest.mark.parametrize(
    ("designated", "key", "reminded"),
    [
        (True, "", True),
        (True, "reminders = false", False),
        (False, "", False),
        (False, "reminders = true", True),
    ],
)
def test_who_files_nothing_is_reminded_of_approvals_alone(sqlite_house, designated, key, reminded):
    text = CATALOGUE.replace("expires = 2028-03-31", "expires = 2027-02-20")
    text = text.replace("[clearance.umbrella]", f"[agency.filing]\n{key}\n[clearance.umbrella]")
    if not designated:
        text = text.replace("designated = true", "designated = false")
    sqlite_house.apply(text)
    with db.read(sqlite_house.engine) as connection:
        known = directory.load(connection)
    reminders = notices.due_on(date(2026, 12, 30), known, (), {})
    kinds = {type(reminder.subject) for reminder in reminders}
    assert kinds == (
        {notices.Ending, notices.Filing, notices.Yearly} if reminded else {notices.Ending}
    )


def test_a_server_that_was_off_sends_the_newest_only_and_says_how_much_is_left(quiet, box):
    assert list(mails(quiet, box, before(5))) == ["Due in 5 days: feedback of 2027Q1"]
    assert mails(quiet, box, before(2), "2027Q1") == {}
    assert list(mails(quiet, box, FRIDAY, "2027Q1")) == ["Due today: feedback of 2027Q1"]
    assert mails(quiet, box, before(-1), "2027Q1") == {}


def test_a_day_is_that_of_the_agency(quiet, box):
    midnight = datetime(2026, 12, 30, 5, tzinfo=UTC)
    assert mails(quiet, box, midnight - timedelta(minutes=1), "2027Q1") == {}
    assert list(mails(quiet, box, midnight + timedelta(minutes=9), "2027Q1")) == [
        "Due in 30 days: feedback of 2027Q1"
    ]


def test_the_letter_says_what_by_when_and_which_commands(quiet, box):
    [text] = mails(quiet, box, before(7)).values()
    one_line = " ".join(text.split())
    for words in (
        "The feedback of 2027Q1 (Thursday, October 1, 2026 to Thursday, December 31, 2026) is due "
        "to OMB by Friday, January 29, 2027, in 7 days.",
        "there is no record",
        "cx quarter check 2027Q1",
        "cx quarter write 2027Q1 -o 2027Q1",
        "cx quarter record 2027Q1 submitted --who NAME",
        "an analyst at Department of Everyday Affairs",
    ):
        assert words in one_line
    assert "None" not in text and "{" not in text


def test_the_earlier_of_the_rule_and_the_published_date_counts(quiet, box):
    # By the rule it is January 31, 2022; OMB published January 28.
    text = mails(quiet, box, datetime(2022, 1, 27, 15, tzinfo=UTC))[
        "Due tomorrow: feedback of 2022Q1"
    ]
    assert "January 31, 2022" in text and "January 28, 2022" in text


def record(house, *states):
    quarter = fiscal.named("2027Q1")
    for state in states:
        with db.write(house.engine) as connection:
            submissions.add(connection, quarter, "v2", state, "Ana", "d" * 64, FRIDAY)


def test_what_the_log_calls_submitted_is_reminded_of_no_more(quiet, box):
    record(quiet, "draft", "checked")
    [text] = mails(quiet, box, before(7)).values()
    assert "the last record is “checked” (v2)" in " ".join(text.split())
    record(quiet, "signed-off", "submitted")
    assert mails(quiet, box, before(1), "2027Q1") == {}


# ---- the year's dates


@pytest.mark.parametrize(
    ("day", "title", "advice"),
    [
        (date(2026, 12, 31), "Designate at least two services", "designated = true"),
        (date(2027, 2, 24), "CX capacity assessment", "what your organization can do"),
        (date(2027, 3, 31), "Deep dive with OMB", "designated services"),
        (date(2027, 5, 31), "CX action plan", "cx fix-first"),
    ],
)
def test_each_of_the_years_dates_is_reminded_of(quiet, box, day, title, advice):
    noon = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    subjects = []
    for days in (31, 30, 8, 7, 2, 1, 0, -1):
        got = mails(quiet, box, noon - timedelta(days=days))
        subjects += [subject for subject in got if title in subject]
        assert all(advice in text for subject, text in got.items() if title in subject)
    assert subjects == [f"Due {when}: {title}" for when in ("in 30 days", "in 7 days", "tomorrow")]


def test_every_date_of_a_year_has_its_advice():
    dates = calendar.of_the_agency(2031)
    assert len(dates) > 2
    for each in dates:
        assert reminderletter.YEARLY[each.day.month, each.day.day]


# ---- clearances


def test_a_clearance_is_reminded_of_90_30_and_7_days_before_its_end_and_after_it(quiet, box):
    approve(quiet, until="2027-08-15")
    end = datetime(2027, 8, 15, 15, tzinfo=UTC)
    subjects = []
    for days in range(95, -5, -1):
        got = mails(quiet, box, end - timedelta(days=days))
        subjects += [(days, subject) for subject in got if "1234-5678" in subject]
    assert subjects == [
        (90, "Expires in 90 days: OMB control number 1234-5678"),
        (30, "Expires in 30 days: OMB control number 1234-5678"),
        (7, "Expires in 7 days: OMB control number 1234-5678"),
        (-1, "Expired: OMB control number 1234-5678"),
    ]


def test_the_letter_names_the_services_that_close(quiet, box):
    approve(quiet, until="2026-12-01")
    [text] = mails(quiet, box, datetime(2026, 11, 25, 15, tzinfo=UTC)).values()
    one_line = " ".join(text.split())
    assert "Its surveys close then: Hearing, Permit renewal and Telephone help." in one_line
    assert "cx pra request SERVICE -o FOLDER" in text and "[clearance.umbrella]" in text


def test_a_renewed_clearance_is_reminded_of_again_when_it_ends(quiet, box):
    approve(quiet, until="2026-12-01")
    assert len(mails(quiet, box, datetime(2026, 11, 25, 15, tzinfo=UTC))) == 1
    approve(quiet, until="2027-02-10")
    assert mails(quiet, box, datetime(2026, 11, 25, 16, tzinfo=UTC)).keys() == {
        "Expires in 77 days: OMB control number 1234-5678"
    }


def test_who_comes_to_it_late_hears_that_it_expired_and_of_closed_services_nothing(quiet, box):
    approve(quiet, until="2026-11-20")
    noon = datetime(2026, 11, 25, 17, tzinfo=UTC)
    assert list(mails(quiet, box, noon)) == ["Expired: OMB control number 1234-5678"]
    with db.write(quiet.engine) as connection:
        connection.execute(update(tables.services).values(closed=True))
        connection.execute(tables.reminders.delete())
    assert mails(quiet, box, noon + timedelta(hours=1)) == {}


def test_at_80_percent_and_at_the_last_answer_a_letter_goes_out_once(mailed, box):
    approve(mailed, answers=10)
    now = datetime(2026, 11, 10, 17, tzinfo=UTC)
    subjects = []
    for n, more in enumerate((7, 1, 1, 1, 0)):
        give(mailed, more)
        subjects.append(list(mails(mailed, box, now + timedelta(hours=n))))
    few = "Few answers left: OMB control number 1234-5678"
    none = "No answers left: OMB control number 1234-5678"
    assert subjects == [[], [few], [], [none], []]
    approve(mailed, answers=12)
    [text] = mails(mailed, box, now + timedelta(hours=9)).values()
    assert "Of the 12 answers approved" in " ".join(text.split())
    assert "10 were given" in " ".join(text.split()) and "approved_responses" in text


def test_a_server_that_read_its_catalogue_long_ago_knows_how_many_were_given(quiet, box):
    approve(quiet, answers=10)
    with db.read(quiet.engine) as connection:
        old = directory.load(connection)
    give(quiet, 8)
    now = datetime(2026, 11, 10, 17, tzinfo=UTC)
    [done] = due.run_due(quiet.engine, quiet.settings, old, now, jobs=JOB)
    assert done.result == "2 sent"


# ---- once each


def test_of_many_at_once_one_sends_and_each_person_gets_one(mailed, box):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: run(mailed, before(7)), range(8)))
    assert sorted(box.to) == BOTH
    assert run(mailed, before(6.9)) == ["nothing to send"]


def test_what_was_sent_before_the_mail_server_went_is_not_sent_again(mailed, box):
    """The second of two is refused for now: the next look sends that one alone."""
    box.refuses[ANALYST] = "451 later"
    assert run(mailed, before(7)) == ["1 sent, 1 left for later"]
    box.refuses.clear()
    assert run(mailed, before(6.9)) == ["1 sent"]
    assert box.to == [ADMIN, ANALYST]


def test_who_comes_later_is_told_and_who_left_is_not(quiet, box):
    run(quiet, before(20))
    with db.write(quiet.engine) as connection:
        members.revoke(connection, ADMIN, before(20))
    invite(quiet, Role.ANALYST, email="new@example.gov")
    box.letters.clear()
    run(quiet, before(19))
    assert box.to == ["new@example.gov"]
    box.letters.clear()
    run(quiet, before(7))
    assert sorted(box.to) == [ANALYST, "new@example.gov"]


def test_an_address_that_is_refused_is_asked_once_a_day_and_the_doctor_says_so(quiet, box):
    box.refuses[ANALYST] = "550 gone"
    assert run(quiet, before(7)) == ["1 sent, 1 refused"]
    assert run(quiet, before(6.9)) == ["nothing to send"]
    texts = [finding.text for finding in checkup.examine(quiet.settings, before(6.9))]
    assert "1 reminder was refused by the mail server" in texts
    assert run(quiet, before(6)) == ["1 refused"]
    box.refuses.clear()
    assert run(quiet, before(5)) == ["1 sent"]
    with db.read(quiet.engine) as connection:
        assert connection.execute(select(tables.reminders.c.refused)).scalars().all() == [None] * 2


def test_the_list_of_jobs_has_it(quiet):
    assert "days before something is due" in " ".join(cx(quiet, "jobs", "list").split())
