"""Retention with clock and hold: what is due goes, what is not stays, and so do all counts."""

import hashlib
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from cxserver import db, tables
from cxserver.audit.journal import COMMAND, Journal, latest
from cxserver.comments import cases, handovers
from cxserver.comments.striking import MARK
from cxserver.errors import Conflict, NotFound
from cxserver.intake import closing
from cxserver.records import due, holds
from cxserver.records.holds import Cover
from cxserver.response_id import ResponseId
from tests.support.api_reader import REGION
from tests.support.comment_factory import add_comments, directory_of
from tests.support.house import CATALOGUE, NOW, House
from tests.support.record_rules import (
    ANSWERS,
    COMMENTS,
    LAST_DUE,
    NOT_DUE,
    disagreements,
    dispose,
    listed,
    rows,
    set_rules,
)


def days(house: House) -> set[date]:
    return {row["day"] for row in house.responses()}


def counted(house: House) -> int:
    """How many answers the tallies count."""
    columns = tables.tallies.c
    with db.read(house.engine) as connection:
        query = select(func.sum(columns.answers)).where(columns.level == "office-day")
        return int(connection.execute(query).scalar_one())


def words(house: House) -> set[str]:
    return {row["comment"] for row in house.responses()}


def open_case(house: House, row: ResponseId) -> None:
    with db.write(house.engine) as connection:
        cases.read(connection, row, "riverside", NOW)
        cases.note(connection, row, "kim@example.gov", "Call back", NOW)
        Journal(house.roots).write(connection, COMMAND, "write a note", "", "done", NOW)


def place(house: House, cover: Cover) -> holds.Hold:
    with db.write(house.engine) as connection:
        return holds.place(connection, directory_of(house), cover, "Smith v. X", "Lee", NOW)


def test_without_a_rule_nothing_is_ever_deleted(house: House) -> None:
    add_comments(house, "Old", day=date(2001, 1, 1))
    assert listed(house) == [] and dispose(house) == []
    assert len(house.responses()) == 1


def test_answers_go_on_their_day_and_not_a_day_before(house: House) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", "Older", day=LAST_DUE)
    add_comments(house, "Young", day=NOT_DUE)
    assert [(item.day, item.office, item.n) for item in listed(house)] == [
        (LAST_DUE, "riverside", 2)
    ]
    assert [(item.day, item.n) for item in dispose(house)] == [(LAST_DUE, 2)]
    assert days(house) == {NOT_DUE}
    assert listed(house) == [] and dispose(house) == []


def test_the_day_is_the_offices_own(house: House) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "East", day=LAST_DUE + timedelta(days=1))
    add_comments(house, "West", day=LAST_DUE + timedelta(days=1), office="lakeside")
    # It is 1:00 in New York, and 22:00 of the day before in Los Angeles.
    now = NOW.replace(day=5, hour=6)
    with db.read(house.engine) as connection:
        items = due.due(connection, directory_of(house), now)
    assert [item.office for item in items] == ["riverside"]


def test_an_answer_takes_with_it_what_hangs_on_it_and_every_count_stays(house: House) -> None:
    set_rules(house, ANSWERS)
    old, *_ = add_comments(house, "Old", "Older", "", day=LAST_DUE)
    young, *_ = add_comments(house, "Young", day=NOT_DUE)
    for row in (old, young):
        open_case(house, row)
        with db.write(house.engine) as connection:
            handovers.note(connection, row, "0" * 32, "Ann", house.clock())
    before = counted(house)
    dispose(house)
    assert counted(house) == before == 4
    hanging = ("responses", "cases", "case_notes", "handovers")
    assert [rows(house, table) for table in hanging] == [1, 1, 1, 1]
    assert disagreements(house) == []


def test_a_batch_that_lost_answers_does_not_disagree_and_later_ones_are_still_rebuilt(
    house: House,
) -> None:
    set_rules(house, ANSWERS)
    for at in range(-6, 7):
        add_comments(house, "", "", day=LAST_DUE + timedelta(days=at))
    closing.close_due(house.engine, directory_of(house), NOW)
    assert rows(house, "batches") > 2 and disagreements(house) == []
    released = rows(house, "released")
    dispose(house)
    assert rows(house, "released") == released and disagreements(house) == []
    with db.write(house.engine) as connection:
        last = connection.execute(select(tables.batches.c.through)).scalars().all()
        changed = tables.batches.update().where(tables.batches.c.through == max(last))
        connection.execute(changed.values(n=9))
    assert disagreements(house)


def test_the_sums_of_a_disposed_day_are_still_checked(house: House) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", day=LAST_DUE)
    dispose(house)
    columns = tables.tallies.c
    with db.write(house.engine) as connection:
        month = tables.tallies.update().where(columns.level == "office-month")
        connection.execute(month.values(answers=7))
    assert disagreements(house)


def test_of_comments_the_words_go_and_the_ratings_stay(house: House) -> None:
    set_rules(house, COMMENTS)
    add_comments(house, "Old", "", day=LAST_DUE)
    add_comments(house, "Young", day=NOT_DUE)
    assert [item.n for item in listed(house)] == [1]
    assert [item.n for item in dispose(house)] == [1]
    assert words(house) == {MARK, "", "Young"}
    assert listed(house) == [] and disagreements(house) == []


def test_answers_in_words_to_questions_go_with_the_comments(house: House) -> None:
    set_rules(house, COMMENTS)
    questions = {"purpose": "appeal", "missed": "The ramp"}
    add_comments(house, "", day=LAST_DUE, of="hearings", questions=questions)
    assert [item.n for item in dispose(house)] == [1]
    [row] = house.responses()
    assert row["questions"] == {"purpose": "appeal", "missed": MARK}
    assert listed(house) == []


def test_cases_go_by_their_own_rule(house: House) -> None:
    set_rules(house, '[records]\ncases = { years = 1, schedule = "GRS 6.5 020" }\n')
    old, young = (
        add_comments(house, "Words", day=day)[0] for day in (LAST_DUE, date(2026, 10, 29))
    )
    for row in (old, young):
        open_case(house, row)
    assert [item.n for item in dispose(house)] == [1]
    assert [rows(house, table) for table in ("responses", "cases", "case_notes")] == [2, 1, 1]
    assert listed(house) == []


def reply_to(house: House, row: ResponseId) -> None:
    service, day, response = row
    until = day + timedelta(days=60)
    values = {"service": service, "day": day, "response": response, "until": until}
    with db.write(house.engine) as connection:
        hashed = hashlib.sha256(response.encode()).digest()
        connection.execute(tables.replies.insert().values(code_hash=hashed, text="Sorry", **values))


def test_replies_go_by_their_own_rule(house: House) -> None:
    set_rules(house, '[records]\nreplies = { years = 1, schedule = "GRS 6.5 020" }\n')
    for day in (LAST_DUE, date(2026, 10, 29)):
        reply_to(house, add_comments(house, "Words", day=day)[0])
    assert [item.n for item in dispose(house)] == [1]
    assert [rows(house, table) for table in ("responses", "replies")] == [2, 1]
    assert words(house) == {"Words"} and listed(house) == []


def test_a_services_own_rule_goes_before_the_agencys(house: House) -> None:
    own = '[service.permits.records]\nanswers = { years = 5, schedule = "N1-1" }\n'
    set_rules(house, ANSWERS + own)
    add_comments(house, "Permit", day=LAST_DUE)
    add_comments(house, "Hearing", day=LAST_DUE, of="hearings")
    assert [item.rule.service for item in listed(house)] == ["hearings"]


@pytest.mark.parametrize(
    "cover",
    [
        Cover(),
        Cover(service="permits"),
        Cover(office="riverside"),
        Cover("permits", "riverside", LAST_DUE, LAST_DUE),
    ],
    ids=str,
)
def test_a_hold_stops_a_due_deletion_until_it_is_lifted(house: House, cover: Cover) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", day=LAST_DUE)
    hold = place(house, cover)
    assert [item.hold for item in listed(house)] == [hold.id]
    assert dispose(house) == [] and len(house.responses()) == 1
    with db.write(house.engine) as connection:
        holds.lift(connection, hold.id, "Settled", "Lee", NOW)
    assert [item.n for item in dispose(house)] == [1] and not house.responses()


def test_a_hold_over_a_service_in_a_region_covers_the_offices_below_it(house: House) -> None:
    set_rules(house, ANSWERS, CATALOGUE + REGION)
    for office in ("hilltop", "riverside"):
        add_comments(house, "Old", day=LAST_DUE, office=office)
    hold = place(house, Cover("permits", "north"))
    assert [(item.office, item.hold) for item in listed(house)] == [
        ("hilltop", hold.id),
        ("riverside", ""),
    ]


def test_a_hold_over_nothing_is_refused(house: House) -> None:
    set_rules(house, ANSWERS, CATALOGUE + REGION)
    with pytest.raises(NotFound, match="Service 'hearings' has no office 'north'"):
        place(house, Cover("hearings", "north"))


@pytest.mark.parametrize(
    "cover",
    [
        Cover(service="hearings"),
        Cover(office="lakeside"),
        Cover(first=LAST_DUE + timedelta(days=1)),
        Cover(last=LAST_DUE - timedelta(days=1)),
    ],
    ids=str,
)
def test_a_hold_over_something_else_stops_nothing(house: House, cover: Cover) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", day=LAST_DUE)
    place(house, cover)
    assert [item.n for item in dispose(house)] == [1]


def test_a_day_that_a_hold_kept_in_part_goes_later_and_the_counts_agree(house: House) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "East", day=LAST_DUE)
    add_comments(house, "West", day=LAST_DUE, office="lakeside")
    hold = place(house, Cover(office="lakeside"))
    dispose(house)
    assert {row["office"] for row in house.responses()} == {"lakeside"}
    assert disagreements(house) == []
    with db.write(house.engine) as connection:
        holds.lift(connection, hold.id, "Settled", "Lee", NOW)
    dispose(house)
    assert not house.responses() and disagreements(house) == [] and counted(house) == 2


def test_a_hold_that_does_not_exist_or_was_lifted_cannot_be_lifted(house: House) -> None:
    hold = place(house, Cover())
    with db.write(house.engine) as connection:
        holds.lift(connection, hold.id, "Settled", "Lee", NOW)
        with pytest.raises(Conflict, match="lifted already"):
            holds.lift(connection, hold.id, "Settled", "Lee", NOW)
        with pytest.raises(NotFound, match="no legal hold 'abc'"):
            holds.lift(connection, "abc", "Settled", "Lee", NOW)


def test_the_audit_log_says_what_how_many_and_under_which_rule(house: House) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", "Older", day=LAST_DUE)
    dispose(house)
    with db.read(house.engine) as connection:
        [line] = [item for item in latest(connection) if item.what == "dispose of records"]
        assert Journal(house.roots).verify(connection).is_whole
    assert "(answers of permits, 2023-11-04, 1 office); rule: 3 years, GRS 6.5 010" in line.about
    assert line.result == "2 deleted"


def test_the_words_are_in_no_file_of_the_database(sqlite_house: House) -> None:
    set_rules(sqlite_house, ANSWERS)
    add_comments(sqlite_house, "Clementine Quartzbottom", day=LAST_DUE)
    dispose(sqlite_house)
    files = [file for file in sqlite_house.settings.data_dir.iterdir() if file.is_file()]
    assert files and not [file for file in files if b"Quartzbottom" in file.read_bytes()]
