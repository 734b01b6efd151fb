"""What needs a person: each alert for those it is for, and what is late, silent or about to end."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from cxserver import db, tables
from cxserver.accounts.roles import Member, Role, may_see
from cxserver.attention import now, promise
from cxserver.catalog import directory, kiosks, placements
from cxserver.catalog.pairings import Pairing
from cxserver.comments import acknowledging, cases
from cxserver.response_id import ResponseId
from cxserver.results.reading import Reading
from tests.comments.test_alerts import SAID, rows, say, send
from tests.comments.test_escalation import ESCALATING, escalating, key_of
from tests.support.closed_batches import release, release_anew
from tests.support.comment_factory import MONDAY, THURSDAY, add_alerts, add_comments
from tests.support.house import CATALOGUE
from tests.support.optional import present

__all__ = ["escalating"]  # a fixture

FIRST_TEAM, SECOND_TEAM, LAST_TEAM = (
    "night@example.gov",
    "region@example.gov",
    "duty@example.gov",
)
ALONE = "somebody@example.gov"


def member(role, email=ALONE, office=None, service=None):
    if role is Role.OFFICE_MANAGER:
        office = office or "riverside"
    if role is Role.SERVICE_LEAD:
        service = service or "permits"
    return Member("1", email, "", role, office, service)


@contextmanager
def reading_of(house, who):
    with db.read(house.engine) as connection:
        known = directory.load(connection)
        yield Reading(connection, known, may_see(who, known), house.clock())


def look(house, who):
    with reading_of(house, who) as reading:
        return now.look(reading, who, now.count(reading, who))


def promised(days, text=CATALOGUE):
    zone = 'timezone = "America/New_York"\ncontact_url'
    return text.replace(zone, f"reads_within_days = {days}\n{zone}", 1)


# ---- whose an alert is


@pytest.mark.parametrize(
    ("who", "sees", "reads"),
    [
        (member(Role.OFFICE_MANAGER), True, True),
        (member(Role.OFFICE_MANAGER, office="lakeside"), False, False),
        (member(Role.OFFICE_MANAGER, office="center"), False, False),
        (member(Role.SERVICE_LEAD), True, True),
        (member(Role.SERVICE_LEAD, service="hearings"), False, False),
        (member(Role.SERVICE_LEAD, service="gone"), False, False),
        (member(Role.ANALYST), True, True),
        (member(Role.RECORDS_OFFICER), True, True),
        (member(Role.ADMINISTRATOR), False, False),
        (member(Role.SECURITY_OFFICER), False, False),
        (member(Role.OFFICE_MANAGER, FIRST_TEAM, "lakeside"), True, True),
        (member(Role.SERVICE_LEAD, FIRST_TEAM, service="calls"), True, True),
        (member(Role.ADMINISTRATOR, FIRST_TEAM), True, False),
        (member(Role.SECURITY_OFFICER, FIRST_TEAM), True, False),
    ],
    ids=lambda value: (
        f"{value.role}-{value.office or value.service}-{value.email}"
        if isinstance(value, Member)
        else ""
    ),
)
def test_an_alert_is_for_its_office_service_and_team_and_for_nobody_else(
    escalating, who, sees, reads
):
    say(escalating, SAID)
    send(escalating)
    seen = look(escalating, who)
    assert (seen.counts.alerts, len(seen.alarms)) == ((1, 1) if sees else (0, 0))
    if not sees:
        assert seen.is_quiet
        return
    [alarm] = seen.alarms
    assert any("I want to die" in words for _, words in alarm.said) == reads
    assert alarm.reads == reads and alarm.next_steps == ("Call the duty officer now.",)
    # The comment's own page opens to those alone who may read that office.
    own = who.role in (Role.ANALYST, Role.RECORDS_OFFICER) or who.email == ALONE
    assert alarm.opens == own


@pytest.mark.parametrize(("email", "step"), [(SECOND_TEAM, 1), (LAST_TEAM, 2)])
def test_a_further_team_sees_it_when_it_was_told_and_not_before(escalating, email, step):
    who = member(Role.OFFICE_MANAGER, email, "lakeside")
    say(escalating, SAID)
    for n in range(3):
        send(escalating)
        assert look(escalating, who).counts.alerts == (1 if n >= step else 0)
        escalating.clock.forward(minutes=20)


def test_an_address_in_capital_letters_is_the_same_person(escalating):
    escalating.apply(ESCALATING.replace('"night@example.gov"', '"Night@Example.gov"'))
    say(escalating, SAID)
    assert look(escalating, member(Role.OFFICE_MANAGER, FIRST_TEAM, "lakeside")).counts.alerts == 1


def test_a_manager_above_the_office_sees_it(escalating):
    above = '[[service.permits.office]]\nslug = "north"\nname = "North"\nserves = false\n\n'
    text = ESCALATING.replace(
        '[[service.permits.office]]\nslug = "lakeside"',
        f'{above}[[service.permits.office]]\nslug = "lakeside"\nparent = "north"',
        1,
    )
    escalating.apply(text)
    say(escalating, SAID, office="lakeside")
    assert look(escalating, member(Role.OFFICE_MANAGER, office="north")).counts.alerts == 1
    assert look(escalating, member(Role.OFFICE_MANAGER)).counts.alerts == 0


def test_who_was_told_and_who_is_next(escalating):
    who = member(Role.OFFICE_MANAGER)
    say(escalating, SAID)
    [alarm] = look(escalating, who).alarms
    assert (alarm.letters, alarm.turns) == ((), ())
    send(escalating)
    at = escalating.clock()
    escalating.clock.forward(minutes=20)
    send(escalating)
    [alarm] = look(escalating, who).alarms
    assert [(letter.team, letter.at) for letter in alarm.letters] == [
        ("Crisis team", at),
        ("Regional safety team", at + timedelta(minutes=20)),
    ]
    [turn] = alarm.turns
    assert (turn.team.name, turn.due) == ("Agency duty officer", at + timedelta(minutes=40))


def test_an_acknowledged_alert_stays_until_its_case_is_closed_or_two_weeks_are_over(escalating):
    who = member(Role.OFFICE_MANAGER)
    say(escalating, SAID)
    key = key_of(escalating)
    row = ResponseId(key.service, key.day, key.response)
    with db.write(escalating.engine) as connection:
        acknowledging.acknowledge(connection, key, ALONE, escalating.clock())
        cases.read(connection, row, "riverside", escalating.clock())
    seen = look(escalating, who)
    assert (seen.counts.alerts, seen.alarms) == (0, ())
    assert [alarm.acknowledged.who for alarm in seen.acknowledged] == [ALONE]
    escalating.clock.forward(days=14, seconds=1)
    assert look(escalating, who).acknowledged == ()
    escalating.clock.forward(days=-14)
    with db.write(escalating.engine) as connection:
        version = present(cases.find(connection, row)).version
        today = escalating.today()
        how = {"said": "", "did": "", "seen": version, "now": escalating.clock(), "today": today}
        cases.close(connection, row, **how)
    assert look(escalating, who).is_quiet


def test_the_words_of_a_deleted_answer_are_gone_and_the_alert_is_told(escalating):
    say(escalating, SAID)
    with db.write(escalating.engine) as connection:
        connection.execute(tables.responses.delete())
    [alarm] = look(escalating, member(Role.OFFICE_MANAGER)).alarms
    assert alarm.said == () and not alarm.opens


def test_a_list_that_left_the_catalog_still_has_its_alert(escalating):
    say(escalating, SAID)
    escalating.apply(CATALOGUE)
    [alarm] = look(escalating, member(Role.OFFICE_MANAGER)).alarms
    assert (alarm.name, alarm.next_steps) == ("crisis", ())
    assert "I want to die" in alarm.said[0][1]


# ---- comments past the promise


@pytest.fixture
def written(house):
    """Six comments of Thursday, October 29: on the pages since Friday. It is Wednesday."""
    add_comments(house, *["slow"] * 6, day=THURSDAY)
    release(house)
    return house


@pytest.mark.parametrize(("days", "late"), [(1, 6), (4, 6), (5, None), (90, None)])
def test_a_comment_is_late_when_its_days_are_over_since_it_appeared(written, days, late):
    written.apply(promised(days))
    counts = look(written, member(Role.OFFICE_MANAGER)).counts
    assert (counts.late.n if counts.late else None) == late
    if late:
        assert (counts.late.monday, counts.late.days) == (MONDAY, days)


def test_without_a_promise_nothing_is_late(written):
    assert look(written, member(Role.OFFICE_MANAGER)).counts.late is None


def test_an_office_has_its_own_promise(written):
    own = promised(1).replace('slug = "riverside"\n', 'slug = "riverside"\nreads_within_days = 9\n')
    written.apply(own)
    assert look(written, member(Role.OFFICE_MANAGER)).counts.late is None
    written.apply(own.replace("reads_within_days = 9", "reads_within_days = 3"))
    assert look(written, member(Role.OFFICE_MANAGER)).counts.late.days == 3


def test_what_somebody_has_opened_is_not_late(written):
    written.apply(promised(1))
    [first, *_] = [row for row in written.responses() if row["comment"]]
    with db.write(written.engine) as connection:
        row = ResponseId(first["service"], first["day"], first["id"])
        cases.read(connection, row, "riverside", written.clock())
    assert look(written, member(Role.OFFICE_MANAGER)).counts.late.n == 5


def test_what_a_low_score_opened_is_late_until_somebody_opens_it(written):
    written.apply(promised(1))
    add_comments(written, *["bad"] * 6, day=THURSDAY, trust=1)
    release_anew(written)
    assert look(written, member(Role.OFFICE_MANAGER)).counts.late.n == 12
    [first, *_] = [row for row in written.responses() if row["comment"] == "bad"]
    with db.write(written.engine) as connection:
        row = ResponseId(first["service"], first["day"], first["id"])
        assert present(cases.find(connection, row)).opened_for == "trust"
        cases.read(connection, row, "riverside", written.clock())
    assert look(written, member(Role.OFFICE_MANAGER)).counts.late.n == 11


def test_what_is_in_no_closed_batch_was_imported_or_excluded_is_not_counted(written):
    written.apply(promised(1))
    add_comments(written, *["waits"] * 4, day=THURSDAY + timedelta(days=1))
    add_comments(written, *["", "", ""], day=THURSDAY)
    ids = sorted(row["id"] for row in written.responses() if row["comment"] == "slow")
    table = tables.responses
    with db.write(written.engine) as connection:
        for id, change in ((ids[0], {"flags": "imported"}), (ids[1], {"excluded": "abc"})):
            connection.execute(table.update().where(table.c.id == id).values(**change))
    assert look(written, member(Role.OFFICE_MANAGER)).counts.late.n == 4


@pytest.mark.parametrize(
    ("who", "n"),
    [
        (member(Role.SERVICE_LEAD), 6),
        (member(Role.SERVICE_LEAD, service="calls"), None),
        (member(Role.OFFICE_MANAGER, office="lakeside"), None),
        (member(Role.ANALYST), None),
        (member(Role.ADMINISTRATOR), None),
    ],
    ids=lambda value: str(value.role) if isinstance(value, Member) else "",
)
def test_late_comments_are_for_those_who_answer_for_the_office_or_service(written, who, n):
    written.apply(promised(1))
    late = look(written, who).counts.late
    assert (late.n if late else None) == n


def test_of_many_offices_the_first_page_alone_counts_late_comments(written, monkeypatch):
    """On every page that would take too long."""
    written.apply(promised(1))
    monkeypatch.setattr(now, "FEW", 1)
    who = member(Role.SERVICE_LEAD)
    with reading_of(written, who) as reading:
        counts = now.count(reading, who)
        assert counts.late is None
        assert present(now.look(reading, who, counts).counts.late).n == 6


@pytest.mark.parametrize(
    ("most", "badge", "words"),
    [(7, "6", "6"), (6, "6", "6"), (5, "5+", "more than 5")],
)
def test_of_more_than_anybody_reads_it_is_said_that_there_are_more(
    written, monkeypatch, most, badge, words
):
    monkeypatch.setattr(promise, "MOST", most)
    written.apply(promised(1))
    late = present(look(written, member(Role.OFFICE_MANAGER)).counts.late)
    assert (late.badge, late.words) == (badge, words)
    assert late.sentence == f"{words.capitalize()} comments are past your 1-day promise."


# ---- what is silent or ends


def pair(house, office="riverside", **changes):
    with db.write(house.engine) as connection:
        door = Pairing("permits", office, f"Door of {office}", "")
        kiosks.pair(connection, house.roots, house.settings.base_url, door, house.clock())
        mine = tables.kiosks.c.office == office
        connection.execute(tables.kiosks.update().where(mine).values(**changes))


@pytest.mark.parametrize(("hours", "silent"), [(23, 0), (24, 0), (25, 1)])
def test_a_kiosk_is_silent_after_a_day(house, hours, silent):
    pair(house, seen=house.clock() - timedelta(hours=hours))
    assert len(look(house, member(Role.OFFICE_MANAGER)).silent) == silent


def test_a_kiosk_concerns_its_office_and_none_that_is_closed_or_revoked(house):
    long_ago = house.clock() - timedelta(days=3)
    pair(house, seen=long_ago)
    pair(house, "lakeside", seen=long_ago, withdrawn=house.today())
    assert len(look(house, member(Role.OFFICE_MANAGER)).silent) == 1
    assert len(look(house, member(Role.ADMINISTRATOR)).silent) == 1
    assert look(house, member(Role.OFFICE_MANAGER, office="lakeside")).silent == ()
    start = CATALOGUE.index('[[service.permits.office]]\nslug = "riverside"')
    end = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    house.apply(CATALOGUE[:start] + CATALOGUE[end:])
    assert look(house, member(Role.ADMINISTRATOR)).silent == ()


def kinds(house, who):
    return [(ending.kind, ending.days) for ending in look(house, who).endings]


@pytest.mark.parametrize(
    ("days", "manager", "analyst"),
    [(91, [], []), (90, [], [90]), (31, [], [31]), (30, [30], [30]), (-1, [-1], [-1])],
)
def test_an_approval_is_told_early_to_the_agency_and_later_to_its_offices(
    house, days, manager, analyst
):
    house.approved_until = (house.today() + timedelta(days=days)).isoformat()
    if days < 0:
        with db.write(house.engine) as connection:
            values = {"expires": date.fromisoformat(house.approved_until)}
            connection.execute(tables.clearances.update().values(**values))
    else:
        house.apply(CATALOGUE)
    for role, expected in ((Role.OFFICE_MANAGER, manager), (Role.ANALYST, analyst)):
        assert kinds(house, member(role)) == [("approval", n) for n in expected]


def test_answers_that_are_used_up_are_told(house):
    with db.write(house.engine) as connection:
        connection.execute(tables.clearances.update().values(approved_responses=1))
        used = {"clearance": "umbrella", "used": 1}
        connection.execute(tables.burden.insert().values(**used))
    assert kinds(house, member(Role.OFFICE_MANAGER)) == [("answers", 0)]


@pytest.mark.parametrize(("days", "listed"), [(31, False), (30, True), (-5, True), (-31, False)])
def test_the_link_of_a_place_is_told_a_month_before_its_end(house, days, listed):
    today = house.today()
    with db.write(house.engine) as connection:
        ends = today + timedelta(days=days)
        placements.note(connection, "permits", "riverside", "poster", "Door", ends, today)
    assert kinds(house, member(Role.OFFICE_MANAGER)) == ([("link", days)] if listed else [])
    assert kinds(house, member(Role.OFFICE_MANAGER, office="lakeside")) == []


def test_a_kiosk_that_does_not_renew_its_link_is_told(house):
    pair(house, expires=house.clock() + timedelta(days=20, hours=1))
    assert kinds(house, member(Role.OFFICE_MANAGER)) == [("kiosk", 20)]


def test_a_key_is_told_to_those_who_make_keys(house):
    house.clock.forward(days=340)
    for role, expected in (
        (Role.ADMINISTRATOR, 3),
        (Role.SECURITY_OFFICER, 3),
        (Role.SERVICE_LEAD, 1),
        (Role.OFFICE_MANAGER, 0),
        (Role.ANALYST, 0),
    ):
        endings = kinds(house, member(role))
        assert len([kind for kind, _ in endings if kind == "key"]) == expected, role
    house.revoke("permits", house.keys["permits"].kid)
    assert kinds(house, member(Role.SERVICE_LEAD)) == []


# ---- what it costs


def test_the_counts_take_two_selects_and_the_whole_four_more(escalating):
    escalating.apply(promised(1, ESCALATING))
    say(escalating, SAID)
    seen = []

    def execute(connection, cursor, statement, *rest):
        seen.append(statement)

    for who in map(member, Role):
        with reading_of(escalating, who) as reading:
            event.listen(escalating.engine, "before_cursor_execute", execute)
            counts = now.count(reading, who)
            counted = len(seen)
            now.look(reading, who, counts)
            event.remove(escalating.engine, "before_cursor_execute", execute)
        assert counted <= 2 and len(seen) - counted <= 4, who.role
        seen.clear()


def test_a_reading_of_nothing_is_quiet(house):
    seen = look(house, member(Role.OFFICE_MANAGER))
    assert seen.is_quiet and seen.counts == now.Counts()


def test_an_alert_alone_is_not_quiet(house):
    add_alerts(house, add_comments(house, "help", day=house.today()))
    seen = look(house, member(Role.OFFICE_MANAGER))
    assert not seen.is_quiet and rows(house)[0].acknowledged is None
    assert not replace(seen, alarms=(), acknowledged=seen.alarms).is_quiet
