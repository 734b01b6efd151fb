"""Retention of the audit log: the oldest days go, and whoever touches what is left is found out."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.sql.base import Executable

from cxserver import clock, db, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.audit import anchor
from cxserver.audit.anchor import Anchor
from cxserver.audit.journal import Journal, Verdict, latest
from cxserver.backups import erasures, replay
from cxserver.backups.erasures import Entry
from cxserver.records import holds
from cxserver.records.holds import Cover
from tests.support.audit_log import tamper
from tests.support.cli_runner import invoke
from tests.support.comment_factory import add_comments, directory_of
from tests.support.house import NOW, House
from tests.support.optional import present
from tests.support.record_rules import ANSWERS, LAST_DUE, dispose, listed, set_rules
from tests.support.staff_accounts import sign_in

LOG = '[records]\naudit = { years = 3, schedule = "GRS 3.2 030" }\n'
# At noon in Washington it is that day everywhere else in the country too.
NOON = datetime(2023, 11, 4, 17, tzinfo=UTC)


def write(house: House, *moments: datetime) -> None:
    with db.write(house.engine) as connection:
        for number, at in enumerate(moments):
            Journal(house.roots).write(connection, "ana", "look", f"page {number}", "200", at)


def old_log(house: House) -> None:
    """Two lines of November 3, three of the last day that is due, two that stay."""
    set_rules(house, LOG)
    early, late = NOON - timedelta(days=1), NOON + timedelta(days=1)
    write(house, early, early, NOON, NOON, NOON, late, NOW)


def invite(house: House, email: str, at: datetime) -> None:
    """Make somebody known as of a moment, without a line of their own in the log."""
    with db.write(house.engine) as connection:
        members.know(connection, Member("", email, "", Role.ANALYST, None, None), at)


def verify(house: House, noted: str = "") -> Verdict:
    with db.read(house.engine) as connection:
        return Journal(house.roots).verify(connection, noted)


def numbers(house: House) -> list[int]:
    with db.read(house.engine) as connection:
        return [line.n for line in reversed(latest(connection))]


def start(house: House) -> Anchor:
    with db.read(house.engine) as connection:
        return present(anchor.read(connection))


def test_old_days_go_and_the_rest_of_the_chain_holds(house: House) -> None:
    old_log(house)
    noted = verify(house).last.hex()
    assert [(item.day, item.n) for item in listed(house)] == [(date(2023, 11, 3), 2), (LAST_DUE, 3)]
    assert [(item.day, item.n) for item in dispose(house)] == [
        (date(2023, 11, 3), 2),
        (LAST_DUE, 3),
    ]
    # Of what was there, and a line for each day that went.
    assert numbers(house) == [6, 7, 8, 9]
    verdict = verify(house, noted)
    assert verdict.is_whole and (verdict.lines, start(house).through) == (4, 5)
    assert dispose(house) == [] and listed(house) == []
    write(house, NOW)
    assert verify(house).is_whole and numbers(house)[-1] == 10


def test_the_log_says_what_was_deleted_and_where_it_goes_on(house: House) -> None:
    old_log(house)
    with db.read(house.engine) as connection:
        hashes = {line.n: line.hash.hex() for line in latest(connection)}
    dispose(house)
    with db.read(house.engine) as connection:
        line = latest(connection)[0]
    id = start(house).disposal
    assert line.about == (
        f"disposal {id} (audit, 2023-11-04, lines 3 to 5); anchor 5, 2023-11-05T04:00:00+00:00, "
        f"{hashes[5]}; rule: 3 years, GRS 3.2 030"
    )
    assert (line.what, line.result) == ("dispose of records", "3 deleted")


def test_a_day_ends_at_the_agencys_midnight(house: House) -> None:
    set_rules(house, LOG)
    midnight = datetime(2023, 11, 5, 4, tzinfo=UTC)
    write(house, midnight - timedelta(seconds=1), midnight)
    dispose(house)
    assert numbers(house) == [2, 3] and verify(house).is_whole


def test_a_log_of_which_all_is_due_goes_on_with_the_line_that_says_so(house: House) -> None:
    set_rules(house, LOG)
    write(house, NOON, NOON)
    dispose(house)
    assert numbers(house) == [3] and verify(house).is_whole


def test_what_a_clock_that_was_behind_wrote_leaves_no_gap(house: House) -> None:
    set_rules(house, LOG)
    write(house, NOON, NOW, NOON, NOW)
    dispose(house)
    assert numbers(house) == [2, 3, 4, 5] and verify(house).is_whole
    set_rules(house, LOG)
    write(house, NOON - timedelta(days=9))
    assert dispose(house) == []


@pytest.mark.parametrize(
    ("cover", "left"),
    [
        (Cover(), 7),
        (Cover("permits", "riverside", None, date(2020, 1, 1)), 7),
        (Cover(first=LAST_DUE), 6),
        (Cover(first=date(2023, 11, 5)), 4),
    ],
)
def test_a_hold_keeps_the_log_from_its_first_day_on(house: House, cover: Cover, left: int) -> None:
    old_log(house)
    with db.write(house.engine) as connection:
        hold = holds.place(connection, directory_of(house), cover, "Smith v. X", "Lee", NOW)
    held = [item for item in listed(house) if item.hold == hold.id]
    dispose(house)
    # Two days are due at most, and each that went has left a line.
    assert len(held) == {7: 2, 6: 1, 4: 0}[left] and len(numbers(house)) == left
    with db.write(house.engine) as connection:
        holds.lift(connection, hold.id, "Settled", "Lee", NOW)
    dispose(house)
    assert numbers(house)[0] == 6 and not listed(house)


@pytest.mark.parametrize(
    "statement",
    [
        delete(tables.audit).where(tables.audit.c.n == 6),
        delete(tables.audit),
        update(tables.audit).values(about="another page"),
    ],
)
def test_the_database_lets_go_of_no_line_that_is_left(house: House, statement: Executable) -> None:
    old_log(house)
    dispose(house)
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        db.write(house.engine) as connection,
    ):
        connection.execute(statement)
    assert verify(house).is_whole


def test_a_changed_or_missing_line_is_found_after_a_deletion_too(house: House) -> None:
    old_log(house)
    dispose(house)
    tamper(house, update(tables.audit).where(tables.audit.c.n == 7).values(who="bea"))
    verdict = verify(house)
    assert (verdict.lines, verdict.broken) == (1, 7)
    tamper(house, delete(tables.audit).where(tables.audit.c.n == 6))
    assert verify(house).broken == 6


ANCHORS = tables.audit_anchors


@pytest.mark.parametrize(
    "change",
    [
        {"hash": bytes(32)},
        {"through": 4},
        {"through": 6},
        {"disposal": "0" * 16},
        # With it, people and sign-ins of years would need no line.
        {"until": NOW},
    ],
    ids=str,
)
def test_a_moved_anchor_is_found(house: House, change: dict[str, object]) -> None:
    old_log(house)
    dispose(house)
    tamper(house, update(ANCHORS).values(**change))
    assert verify(house).broken is not None


def test_more_cut_off_the_start_is_found_though_the_anchor_fits(house: House) -> None:
    old_log(house)
    dispose(house)
    line, first = tables.audit.c, start(house)
    with db.read(house.engine) as connection:
        hash = connection.execute(select(line.hash).where(line.n == 6)).scalar_one()
    moved = update(ANCHORS).values(through=6, hash=hash)
    tamper(house, moved, delete(tables.audit).where(line.n <= 6))
    verdict = verify(house)
    # The chain itself holds from there: no line of the log says that it begins there.
    assert (verdict.lines, verdict.broken, first.through) == (3, 7, 5)


def test_a_log_without_its_anchor_or_without_any_line_is_found(house: House) -> None:
    old_log(house)
    dispose(house)
    tamper(house, delete(tables.audit).where(tables.audit.c.n >= 9))
    assert verify(house).broken == 6
    tamper(house, delete(tables.audit))
    assert verify(house).broken == 6
    tamper(house, delete(ANCHORS))
    write(house, NOW)
    tamper(house, update(tables.audit).values(n=6))
    assert verify(house).broken == 1


def test_who_was_invited_before_the_anchor_needs_no_line_and_later_ones_do(house: House) -> None:
    old_log(house)
    invite(house, "old@example.gov", NOON)
    assert verify(house).is_whole
    dispose(house)
    assert verify(house).is_whole
    invite(house, "new@example.gov", NOW + timedelta(minutes=1))
    assert [item.what for item in verify(house).missing] == ["somebody was invited"]


def test_a_deletion_of_today_is_missed_though_the_answers_were_older_than_the_log(
    house: House,
) -> None:
    set_rules(house, LOG + ANSWERS.removeprefix("[records]\n"))
    add_comments(house, "Old", day=LAST_DUE)
    write(house, NOON, NOW)
    dispose(house)
    assert verify(house).is_whole
    line = tables.audit.c
    with db.read(house.engine) as connection:
        about = {item.n: item.about for item in latest(connection)}
        last = connection.execute(select(func.max(line.n))).scalar_one()
    assert "(answers of permits" in about[3] and "(audit" in about[4] and last == 4
    tamper(house, update(tables.disposals).values(disposal="f" * 16))
    assert [item.what for item in verify(house).missing] == [f"records of {LAST_DUE} were deleted"]


def test_a_redaction_of_before_the_anchor_is_not_done_again_by_a_restore(house: House) -> None:
    old_log(house)
    [row] = add_comments(house, "Ask for Kim, please", day=LAST_DUE)
    dispose(house)
    monday = date(2023, 10, 30)
    entry = {"kind": erasures.Kind.REDACTION, "service": "permits", "id": row.id, "week": monday}
    old = Entry(**entry, at=NOON, audit="aa")
    new = Entry(**entry, at=NOW, audit="bb")
    for listed_entry, done in ((old, {}), (new, {erasures.Kind.REDACTION: 1})):
        with db.write(house.engine) as connection:
            result = replay.run(connection, house.roots, [listed_entry], NOW, NOW)
        assert result.done == done


def test_the_commands_show_it_first_then_do_it_and_the_chain_is_complete(house: House) -> None:
    set_rules(house, LOG)
    today = clock.now()
    write(house, NOON - timedelta(days=1), NOON, today, today)
    said, _ = invoke(house, "records", "due", "--json")
    assert json.loads(said)["due"][0] == {
        "service": None,
        "kind": "audit",
        "office": None,
        "day": "2023-11-03",
        "n": 1,
        "years": 3,
        "schedule": "GRS 3.2 030",
        "hold": None,
    }
    assert "GRS 3.2 030" in invoke(house, "records", "due")[0] and numbers(house)[0] == 1
    said, _ = invoke(house, "records", "dispose", "--confirm")
    assert said.strip() == "Deleted 2 lines of the audit log (3 years, GRS 3.2 030)."
    said, _ = invoke(house, "audit", "verify")
    assert "complete: 4 lines" in said and "Lines 1 to 2 were deleted by retention" in said
    assert json.loads(invoke(house, "audit", "verify", "--json")[0])["deleted_by_retention"] == 2


def test_the_page_shows_the_rule_what_is_due_and_what_was_deleted(house: House) -> None:
    old_log(house)
    # Or the server's own job would be quicker than the page.
    with db.write(house.engine) as connection:
        hold = holds.place(connection, directory_of(house), Cover(), "Smith v. X", "Lee", NOW)
    with house.client() as client:
        sign_in(house, client, Role.RECORDS_OFFICER)
        page = client.get("/staff/records").text
        assert "<td>Lines of the audit log</td><td>2023-11-03 to 2023-11-04</td>" in page
        with db.write(house.engine) as connection:
            holds.lift(connection, hold.id, "Settled", "Lee", NOW)
        dispose(house)
        page = client.get("/staff/records").text
    _, _, past = page.partition("Deleted last")
    assert past.count("<td>Lines of the audit log</td>") == 2
    assert "<td>3 deleted</td><td>3 years, GRS 3.2 030</td>" in past
