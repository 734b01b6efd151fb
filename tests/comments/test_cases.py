"""The case of a comment, from unread to done, and the page of what was done (A-11 §280.8)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.comments import cases
from cxserver.errors import Conflict
from cxserver.response_id import ResponseId
from tests.support.closed_batches import release
from tests.support.comment_factory import MONDAY, THURSDAY, add_alerts, add_comments
from tests.support.house import CATALOGUE, answer
from tests.support.matches import first_match
from tests.support.optional import present
from tests.support.staff_accounts import post, sign_in


@pytest.fixture
def row(house):
    first, *_ = add_comments(house, "slow", *["fine"] * 5)
    release(house)
    return first


def address(row):
    return f"/staff/comments/{row[0]}/{MONDAY}/{row[2]}"


def case_of(house, row):
    with db.read(house.engine) as connection:
        return cases.find(connection, row)


def log(house):
    with db.read(house.engine) as connection:
        columns = tables.audit.c
        return [tuple(line) for line in connection.execute(select(columns.what, columns.about))]


@pytest.fixture
def manager(house):
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER, email="ann@example.gov")
        yield client


def press(house, client, row, act, **fields):
    """Press a button of the page as it is now."""
    fields = {"seen": case_of(house, row).version, "reply-seen": "1"} | fields
    return post(client, f"{address(row)}/act", act=act, **fields)


# ---- the life of a case


def test_a_case_goes_from_unread_to_done_and_every_step_is_in_the_log(house, manager, row):
    assert case_of(house, row) is None
    assert manager.get("/staff/comments").text.count(">Unread</span>") == 6
    assert manager.get(address(row)).status_code == 200
    assert case_of(house, row).state == "read"
    assert press(house, manager, row, "take").status_code == 303
    taken = case_of(house, row)
    assert taken.state == "open" and taken.owner and taken.office == "riverside"
    assert "ann@example.gov" in manager.get(address(row)).text
    assert press(house, manager, row, "note", note="Asked the clerk.").status_code == 303
    assert "Asked the clerk." in manager.get(address(row)).text
    closed = press(house, manager, row, "close", said="It takes long.", did="A second counter.")
    assert closed.status_code == 303 and closed.headers["location"] == address(row)
    done = case_of(house, row)
    assert (done.state, done.said, done.did) == ("done", "It takes long.", "A second counter.")
    assert done.closed.isoformat() == "2026-11-04"
    about = address(row).removeprefix("/staff/comments/")
    steps = [what for what, target in log(house) if target == about]
    assert steps == ["take a case", "note on a case", "close a case"]
    logged = str(log(house))
    assert "2026-10-29" not in logged and "slow" not in logged and "clerk" not in logged
    assert press(house, manager, row, "open").status_code == 303
    assert case_of(house, row).state == "open" and case_of(house, row).closed is None


def test_what_nobody_has_looked_at_is_not_read(house, manager, row):
    assert manager.head(address(row)).status_code == 200
    ahead = {"sec-purpose": "prefetch;prerender"}
    assert manager.get(address(row), headers=ahead).status_code == 200
    assert case_of(house, row) is None


def test_the_list_finds_cases_by_what_became_of_them(house, manager, row):
    manager.get(address(row))
    press(house, manager, row, "take")
    counts = {}
    for query in ("state=unread", "state=read", "state=open", "state=done", "owner=me"):
        counts[query] = manager.get(f"/staff/comments?{query}").text.count('class="row-text"')
    assert list(counts.values()) == [5, 0, 1, 0, 1]
    press(house, manager, row, "leave")
    assert 'class="row-text"' not in manager.get("/staff/comments?owner=me").text


def test_two_who_change_a_case_at_once_are_told_and_lose_nothing(house, manager, row):
    manager.get(address(row))
    seen = case_of(house, row).version
    sign_in(house, manager, Role.ANALYST, email="ben@example.gov")
    assert press(house, manager, row, "close", said="One.", did="Two.").status_code == 303
    late = post(
        manager, f"{address(row)}/act", act="close", seen=seen, said="My own.", did="My deed."
    )
    assert late.status_code == 409
    assert "Somebody has changed this case" in late.text
    assert "My own." in late.text and "My deed." in late.text
    assert "State: <strong>Done" in late.text
    assert (case_of(house, row).said, case_of(house, row).did) == ("One.", "Two.")
    # A note is in nobody's way.
    for text in ("first", "second"):
        assert press(house, manager, row, "note", note=text, seen=seen).status_code == 303
    with db.read(house.engine) as connection:
        assert {note.text for note in cases.notes(connection, row)} == {"first", "second"}


def test_two_changes_in_one_tick_of_the_clock_are_two_states(house, row):
    now = house.clock.now
    with db.write(house.engine) as connection:
        cases.read(connection, row, "riverside", now)
        assert not cases.read(connection, row, "riverside", now)
    seen = case_of(house, row).version
    with db.write(house.engine) as connection:
        cases.take(connection, row, "m", seen, now)
    with pytest.raises(Conflict), db.write(house.engine) as connection:
        cases.take(connection, row, None, seen, now)
    assert case_of(house, row).owner == "m"


def test_a_note_must_say_something_and_a_button_must_be_one(house, manager, row):
    manager.get(address(row))
    assert press(house, manager, row, "note", note="  ").status_code == 422
    assert press(house, manager, row, "burn").status_code == 422


# ---- handed over


def know(house, email, role, office=None, service=None, name=""):
    """Somebody who may sign in; their id."""
    wanted = Member("", email, name, role, office, service)
    with db.write(house.engine) as connection:
        return members.know(connection, wanted, house.clock.now).id


def heirs(page):
    """Whom a page offers to hand the case to: who they are, by id."""
    return dict(re.findall(r'<option value="(\w+)">([^<]+)', page))


def test_a_case_is_handed_to_a_colleague_who_finds_it_and_the_log_says_to_whom(house, manager, row):
    ben = know(house, "ben@example.gov", Role.ANALYST, name="Ben Ode")
    assert heirs(manager.get(address(row)).text) == {ben: "Ben Ode (analyst)"}
    assert press(house, manager, row, "hand", member=ben).status_code == 303
    assert (case_of(house, row).owner, case_of(house, row).state) == (ben, "open")
    page = manager.get(address(row)).text
    assert "Owner: <strong>Ben Ode</strong>" in page and heirs(page) == {}
    about = address(row).removeprefix("/staff/comments/")
    assert ("hand over a case", f"{about} to ben@example.gov") in log(house)
    sign_in(house, manager, Role.ANALYST, email="ben@example.gov")
    assert manager.get("/staff/comments?owner=me").text.count('class="row-text"') == 1
    [ann] = heirs(manager.get(address(row)).text)
    assert press(house, manager, row, "hand", member=ann).status_code == 303
    assert case_of(house, row).owner == ann


def test_a_case_goes_to_nobody_who_may_not_read_it(house, manager, row):
    may = {
        know(house, "r@example.gov", Role.RECORDS_OFFICER): "r@example.gov (records officer)",
        know(house, "p@example.gov", Role.SERVICE_LEAD, service="permits"): (
            "p@example.gov (service lead)"
        ),
    }
    gone = know(house, "gone@example.gov", Role.ANALYST)
    with db.write(house.engine) as connection:
        members.revoke(connection, "gone@example.gov", house.clock.now)
    may_not = [
        gone,
        know(house, "l@example.gov", Role.OFFICE_MANAGER, office="lakeside"),
        know(house, "c@example.gov", Role.SERVICE_LEAD, service="calls"),
        know(house, "a@example.gov", Role.ADMINISTRATOR),
        know(house, "s@example.gov", Role.SECURITY_OFFICER),
        "0" * 32,
        "",
    ]
    assert heirs(manager.get(address(row)).text) == may
    for member in may_not:
        assert press(house, manager, row, "hand", member=member).status_code == 422
    assert case_of(house, row).owner is None
    assert not [what for what, _ in log(house) if what == "hand over a case"]
    # Nor does who may not read it hand it on, to anybody.
    seen = case_of(house, row).version
    sign_in(house, manager, Role.OFFICE_MANAGER, email="l@example.gov", office="lakeside")
    sent = post(manager, f"{address(row)}/act", act="hand", member=next(iter(may)), seen=seen)
    assert sent.status_code == 404 and case_of(house, row).owner is None


def test_a_comment_that_waits_is_handed_to_those_alone_who_hold_the_rows(sqlite_house):
    house = sqlite_house
    row = add_comments(house, *["About a permit."] * 4, day=house.clock.now.date())[0]
    at = f"/staff/comments/{row[0]}/{row[1]}/{row[2]}"
    officer = know(house, "r@example.gov", Role.RECORDS_OFFICER)
    lead = know(house, "p@example.gov", Role.SERVICE_LEAD, service="permits")
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        assert list(heirs(client.get(at).text)) == [officer]
        hand = {"act": "hand", "member": lead, "seen": case_of(house, row).version}
        assert post(client, f"{at}/act", **hand).status_code == 422
        add_alerts(house, [row])
        assert set(heirs(client.get(at).text)) == {officer, lead}
        assert post(client, f"{at}/act", **hand).status_code == 303


def test_who_hands_over_what_somebody_has_taken_meanwhile_is_told(sqlite_house):
    house = sqlite_house
    row = add_comments(house, "slow", *["fine"] * 5)[0]
    release(house)
    ben = know(house, "ben@example.gov", Role.ANALYST)
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        client.get(address(row))
        seen = case_of(house, row).version
        press(house, client, row, "take")
        late = press(house, client, row, "hand", member=ben, seen=seen)
    assert late.status_code == 409 and "Somebody has changed this case" in late.text
    assert case_of(house, row).owner != ben


# ---- whose it is


def test_another_offices_case_is_404_by_any_address(house, manager, row):
    there = add_comments(house, *["theirs"] * 6, office="lakeside")[0]
    release(house)
    waits = add_comments(house, "waits", day=MONDAY + timedelta(days=4))[0]
    texts = set()
    for comment in (there, waits, ResponseId("permits", THURSDAY, "0" * 32)):
        for service in ("permits", "calls", "nowhere"):
            for week in (MONDAY, comment[1], MONDAY - timedelta(days=7), "x", "0000-00-00"):
                at = f"/staff/comments/{service}/{week}/{comment[2]}"
                response = manager.get(at)
                assert response.status_code == 404 and "theirs" not in response.text
                texts.add(response.text)
                for more in ("/act", "/redact"):
                    sent = post(manager, at + more, act="take", words="theirs", confirm="yes")
                    assert sent.status_code == 404
    assert len(texts) == 1
    assert case_of(house, there) is None and case_of(house, waits) is None
    assert "theirs" in {stored["comment"] for stored in house.responses()}


def test_an_alerted_comment_opens_at_once(house, manager):
    row = add_comments(house, "I will end it", day=house.clock.now.date())[0]
    at = f"/staff/comments/{row[0]}/{row[1]}/{row[2]}"
    assert manager.get(at).status_code == 404
    add_alerts(house, [row])
    page = manager.get(at).text
    assert "Someone may be in danger." in page and "Why you see this now:" in page
    assert "Nobody was mailed: no mail server is set up." in page


def test_only_our_own_pages_change_a_case(house, manager, row):
    manager.get(address(row))
    seen = case_of(house, row).version
    for where in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        for more in ("/act", "/redact"):
            fields = {"act": "take", "seen": seen, "everything": "yes", "confirm": "yes"}
            sent = post(manager, address(row) + more, where, **fields)
            assert sent.status_code == 403
    assert case_of(house, row).version == seen
    assert "slow" in {stored["comment"] for stored in house.responses()}


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY_OFFICER])
def test_guards_of_keys_and_log_open_no_comment(house, manager, row, role):
    sign_in(house, manager, role)
    for path in ("/staff/comments", address(row), "/staff/said-and-did"):
        assert manager.get(path).status_code == 404
    assert post(manager, f"{address(row)}/act", act="take").status_code == 404


# ---- you said, we did


def done(house, row, said, did, days=0, office="riverside"):
    day = house.clock.now - timedelta(days=days)
    with db.write(house.engine) as connection:
        cases.read(connection, row, office, day)
        seen = present(cases.find(connection, row)).version
        cases.close(connection, row, said=said, did=did, seen=seen, now=day, today=day.date())


def test_what_was_done_is_printed_for_the_office_newest_first(house, manager):
    mine = add_comments(house, *["x"] * 4)
    theirs = add_comments(house, "x", office="lakeside")
    done(house, mine[0], "The queue is long.", "Two counters are open.", days=3)
    done(house, mine[1], "Nobody knew the form.", "It hangs at the door.")
    done(house, mine[2], "Said, and not printed.", "")
    done(house, mine[3], "Long ago.", "Done long ago.", days=200)
    done(house, theirs[0], "Their point.", "Their deed.", office="lakeside")
    page = manager.get("/staff/said-and-did").text
    assert re.findall(r"<dd[^>]*>([^<]+)", page) == [
        "Nobody knew the form.",
        "It hangs at the door.",
        "The queue is long.",
        "Two counters are open.",
    ]
    assert "Riverside Office" in page
    assert manager.get("/staff/said-and-did?office=lakeside").status_code == 404
    sign_in(house, manager, Role.ANALYST)
    offices = manager.get("/staff/said-and-did").text
    assert "Riverside Office</a>, 2 points" in offices and "1 point" in offices
    assert "Their deed." in manager.get("/staff/said-and-did?office=lakeside").text


def test_without_a_closed_case_the_page_says_what_to_do(manager):
    assert "Nothing to print yet" in manager.get("/staff/said-and-did").text


# ---- the reply to the person


@pytest.fixture
def coded(house):
    """A comment whose writer has a code."""
    rows = add_comments(house, *["fine"] * 4)
    house.apply(CATALOGUE.replace("designated = true", "designated = true\nreplies = true"))
    stood, house.clock.now = house.clock.now, house.clock.now - timedelta(days=6)
    with house.client() as client:
        thanks = answer(client, house.mint(), comment="slow").headers["location"]
        code = first_match(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", client.get(thanks).text)[0]
    house.clock.now = stood
    [response] = [stored for stored in house.responses() if stored["comment"] == "slow"]
    assert response["day"] == THURSDAY and len(rows) == 4
    release(house)
    return ResponseId(response["service"], response["day"], response["id"]), code


def test_an_office_replies_and_the_person_reads_it(house, coded, manager):
    row, code = coded
    page = manager.get(address(row)).text
    # 60 days from the Monday: the code's own last day would tell the day of the answer.
    assert "Reply to the person" in page and "at least until December 25, 2026" in page
    assert "December 28" not in page
    written = "We are sorry.\r\nCall us: (202) 555-0147 <b>"
    assert press(house, manager, row, "reply", reply=written).status_code == 303
    read = manager.get(f"/r/{code}").text
    assert "We are sorry.\nCall us: [phone] &lt;b&gt;" in read
    page = manager.get(address(row)).text
    assert "You replied on November 4, 2026." in page and "Replace the reply" in page
    assert ("reply to a comment", address(row).removeprefix("/staff/comments/")) in log(house)
    assert "sorry" not in str(log(house)) and code not in str(log(house))


def test_a_reply_that_is_empty_or_too_long_comes_back_with_its_words(house, coded, manager):
    row, code = coded
    manager.get(address(row))
    assert press(house, manager, row, "reply", reply=" ").status_code == 422
    long = press(house, manager, row, "reply", reply="sorry " * 400)
    assert long.status_code == 422 and "399 characters too many" in long.text
    assert "sorry sorry" in long.text
    assert "No reply yet" in manager.get(f"/r/{code}").text


def test_nobody_replies_where_there_is_no_code_or_its_days_are_over(house, coded, manager, row):
    assert "Reply to the person" not in manager.get(address(row)).text
    assert press(house, manager, row, "reply", reply="Hello.").status_code == 422
    mine, _ = coded
    house.clock.forward(days=52)  # the code has three days left
    sign_in(house, manager, Role.OFFICE_MANAGER, email="ann@example.gov")
    assert "Reply to the person" not in manager.get(address(mine)).text
    assert press(house, manager, mine, "reply", reply="Hello.").status_code == 422


def test_who_takes_a_closed_case_does_not_open_it(house, manager, row):
    assert manager.get(address(row)).status_code == 200
    assert press(house, manager, row, "close", said="", did="").status_code == 303
    assert press(house, manager, row, "take").status_code == 303
    taken = case_of(house, row)
    assert (taken.state, taken.closed) == ("done", house.clock.now.date()) and taken.owner
