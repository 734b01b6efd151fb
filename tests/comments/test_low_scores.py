"""A comment with a low score opens a case by itself when its batch closes."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.audit.journal import Journal
from cxserver.comments import cases
from cxserver.errors import AnswerUnstorable
from cxserver.intake import closing
from cxserver.jobs import due
from tests.support.closed_batches import release, take_back
from tests.support.comment_factory import ASKING, MONDAY, add_comments, directory_of
from tests.support.house import CATALOGUE
from tests.support.optional import present
from tests.support.staff_accounts import post, sign_in


def reasons(house, rows):
    """Why each case is there: "" where none opened, None where a person opened it."""
    with db.read(house.engine) as connection:
        states = cases.state_of(connection, rows)
    return [states[row].opened_for if row in states else "" for row in rows]


def test_a_low_score_opens_a_case_without_an_owner_when_its_batch_closes(house):
    rows = add_comments(house, "slow", trust=1, satisfaction=1)
    rows += add_comments(house, "rude", trust=3, satisfaction=2)
    rows += add_comments(house, "fine", trust=3, satisfaction=3)
    rows += add_comments(house, "", trust=1)
    release(house)
    assert reasons(house, rows) == [""] * 4
    add_comments(house, "fine")
    release(house)
    assert reasons(house, rows) == ["trust", "satisfaction", "", ""]
    with db.read(house.engine) as connection:
        case = present(cases.find(connection, rows[0]))
    assert (case.state, case.owner, case.office, case.version) == ("open", None, "riverside", "1")


def test_words_in_answer_to_other_questions_are_words(house):
    house.apply(ASKING)
    rows = add_comments(house, "", of="hearings", trust=1, questions={"missed": "a chair"})
    rows += add_comments(house, "", of="hearings", trust=1, questions={"purpose": "first"})
    add_comments(house, "", "", "", of="hearings")
    release(house)
    assert reasons(house, rows) == ["trust", ""]


@pytest.mark.parametrize(
    ("agency", "service", "opens"),
    [
        ("", "", ["trust", "trust", "", ""]),
        ("open_cases_at = 0", "", ["", "", "", ""]),
        ("open_cases_at = 3", "", ["trust", "trust", "trust", ""]),
        ("open_cases_at = 3", "open_cases_at = 1", ["trust", "", "", ""]),
        ("open_cases_at = 0", "open_cases_at = 2", ["trust", "trust", "", ""]),
        ("", "open_cases_at = 0", ["", "", "", ""]),
    ],
)
def test_the_catalog_says_which_score_is_low(house, agency, service, opens):
    catalog = CATALOGUE.replace("[agency]\n", f"[agency]\n{agency}\n", 1)
    house.apply(catalog.replace("[service.permits]\n", f"[service.permits]\n{service}\n", 1))
    rows = [add_comments(house, "x", trust=trust)[0] for trust in (1, 2, 3, 4)]
    add_comments(house, "")
    release(house)
    assert reasons(house, rows) == opens


def test_the_log_has_a_line_of_each_case_that_opened_by_itself(house):
    rows = add_comments(house, "slow", "rude", trust=1)
    rows += add_comments(house, "fine", "good", trust=5)
    # Somebody has this one in hand already: nothing opens it.
    [taken] = add_comments(house, "late", trust=1)
    with db.write(house.engine) as connection:
        cases.read(connection, taken, "riverside", house.clock.now)
        cases.take(connection, taken, "m" * 32, "1", house.clock.now)
    for _ in range(2):
        close_by_job(house)
    with db.read(house.engine) as connection:
        line = tables.audit.c
        lines = connection.execute(
            select(line.who, line.member, line.about, line.result).where(line.what == "open a case")
        ).all()
        assert Journal(house.roots).verify(connection).is_whole
    about = sorted(f"permits/{MONDAY}/{row.id}" for row in rows[:2])
    assert [tuple(item) for item in lines] == [("system", None, named, "done") for named in about]


def test_a_batch_that_does_not_close_after_all_has_no_line(house):
    add_comments(house, "slow", *[""] * 4, trust=1)

    def fails(connection, opened):
        assert len(opened) == 1
        Journal(house.roots).write(connection, "system", "open a case", "", "done", when)
        raise RuntimeError("the power went")

    when = house.clock.now + timedelta(days=2)
    with pytest.raises(AnswerUnstorable):
        closing.close_due(house.engine, directory_of(house), when, fails)
    with db.read(house.engine) as connection:
        for table in (tables.batches, tables.cases, tables.audit):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def close_by_job(house):
    when = house.clock.now + timedelta(days=2)
    jobs = [job for job in due.JOBS if job.name == "batches"]
    due.run_due(house.engine, house.settings, directory_of(house), when, jobs=jobs)
    house.clock.now += timedelta(hours=2)


def test_two_servers_that_close_a_batch_open_its_cases_once_and_undo_nothing(house):
    [row, *_] = add_comments(house, "slow", *[""] * 4, trust=1)
    known, when = directory_of(house), house.clock.now + timedelta(days=2)
    closing.close_due(house.engine, known, when)
    with db.write(house.engine) as connection:
        cases.take(connection, row, "m" * 32, "1", when)
        cases.close(connection, row, said="", did="", seen="2", now=when, today=when.date())
    closing.close_due(house.engine, known, when)
    take_back(house)
    closing.close_due(house.engine, known, when)
    with db.read(house.engine) as connection:
        case = present(cases.find(connection, row))
    assert (case.state, case.owner, case.version) == ("done", "m" * 32, "3")


def test_a_comment_that_somebody_has_only_read_opens_all_the_same(house):
    [row, *_] = add_comments(house, "slow", *[""] * 4, trust=1)
    with db.write(house.engine) as connection:
        assert cases.read(connection, row, "riverside", house.clock.now)
    release(house)
    with db.read(house.engine) as connection:
        case = present(cases.find(connection, row))
    assert (case.state, case.opened_for, case.version) == ("open", "trust", "2")


def test_the_page_says_why_it_is_there_and_reading_it_is_noticed_once(house):
    [row, *_] = add_comments(house, "slow", *[""] * 4, trust=1)
    release(house)
    at = f"/staff/comments/{row.service}/{MONDAY}/{row.id}"
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        for state in ("open", "unread"):
            assert ">slow</a>" in client.get(f"/staff/comments?state={state}").text
        page = client.get(at).text
        assert "Opened by itself: trust 1 of 5." in page
        assert "It has no owner." in re.sub(r"\s+", " ", page)
        with db.write(house.engine) as connection:
            assert not cases.read(connection, row, "riverside", house.clock.now)
        assert ">slow</a>" not in client.get("/staff/comments?state=unread").text
        assert post(client, f"{at}/act", act="take", seen="2").status_code == 303


def test_an_imported_comment_opens_none(house, tmp_path):
    from tests.support import import_files

    rows = [import_files.row(str(n), Said="slow", When="2026-09-01") for n in range(5)]
    import_files.run_import(house, import_files.batch(tmp_path, import_files.sheet(rows)))
    release(house)
    with db.read(house.engine) as connection:
        assert not connection.exec_driver_sql("SELECT count(*) FROM cases").scalar()
