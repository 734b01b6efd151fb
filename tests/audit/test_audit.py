"""The audit log: lines are only added, and whoever changes one is found out. `cx staff`, too."""

import csv
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError
from structlog.testing import capture_logs

from cxserver import db, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.audit import journal as audit
from cxserver.audit.journal import Journal
from cxserver.catalog.rootkey import RootKeys
from tests.support import fork_server
from tests.support.audit_log import tamper
from tests.support.comment_factory import MONDAY, add_comments
from tests.support.cx_process import cx, environment
from tests.support.record_rules import ANSWERS, LAST_DUE, dispose, set_rules
from tests.support.staff_accounts import invite, post, sign_in

WHO = Member("1" * 32, "ana@example.gov", "Ana", Role.ANALYST, None, None)
LOG = tables.audit


@pytest.fixture
def journal(house):
    return Journal(house.roots)


def write(house, journal, n=5):
    with db.write(house.engine) as connection:
        for number in range(n):
            journal.write(connection, WHO, "look", f"page {number}", "200", house.clock.now)


def verify(house, journal, holds=""):
    with db.read(house.engine) as connection:
        return journal.verify(connection, holds)


def lines(house):
    with db.read(house.engine) as connection:
        return audit.latest(connection)


def test_a_log_that_nobody_touched_is_whole(house, journal):
    assert (verify(house, journal).lines, verify(house, journal).broken) == (0, None)
    write(house, journal)
    verdict = verify(house, journal)
    assert (verdict.lines, verdict.broken) == (5, None)
    assert verdict.last == lines(house)[0].hash


@pytest.mark.parametrize(
    "statement",
    [
        update(LOG).values(about="another page"),
        update(LOG).where(LOG.c.n == 1).values(who="bea@example.gov"),
        delete(LOG).where(LOG.c.n == 1),
        delete(LOG),
    ],
)
def test_the_database_lets_nobody_change_or_delete_a_line(house, journal, statement):
    write(house, journal)
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        db.write(house.engine) as connection,
    ):
        connection.execute(statement)
    assert verify(house, journal).lines == 5


def test_postgresql_lets_nobody_empty_the_log(house, journal):
    write(house, journal)
    if house.engine.dialect.name == "postgresql":
        with (
            pytest.raises(DatabaseError, match="only ever added to"),
            db.write(house.engine) as connection,
        ):
            connection.execute(text("TRUNCATE audit"))
    assert verify(house, journal).lines == 5


CHANGES = [
    {"at": None},
    {"member": None},
    {"member": "2" * 32},
    {"who": "bea@example.gov"},
    {"what": "looked"},
    {"about": "page 9"},
    {"about": "page 2 "},
    {"result": "404"},
    {"hash": bytes(32)},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_changed_line_is_where_the_chain_breaks(house, journal, change):
    write(house, journal)
    if "at" in change:
        change = {"at": house.clock.now.replace(microsecond=1)}
    tamper(house, update(LOG).where(LOG.c.n == 3).values(**change))
    verdict = verify(house, journal)
    assert (verdict.lines, verdict.broken) == (2, 3)


def test_a_line_taken_out_or_put_elsewhere_is_found(house, journal):
    write(house, journal)
    tamper(house, delete(LOG).where(LOG.c.n == 2))
    assert verify(house, journal).broken == 2
    # Closing the gap by other numbers mends nothing.
    for n in (3, 4, 5):
        tamper(house, update(LOG).where(LOG.c.n == n).values(n=n - 1))
    assert verify(house, journal).broken == 2


def test_a_line_slipped_in_or_added_without_the_key_is_found(house, journal):
    write(house, journal)
    forged = Journal(RootKeys((bytes(32),)))
    with db.write(house.engine) as connection:
        forged.write(connection, WHO, "look", "page 5", "200", house.clock.now)
    assert verify(house, journal).broken == 6


def test_lines_cut_off_the_end_are_missed_by_whoever_noted_a_hash(house, journal):
    write(house, journal)
    noted = verify(house, journal).last.hex()
    assert verify(house, journal, noted).broken is None
    write(house, journal, 1)
    assert verify(house, journal, noted).broken is None
    tamper(house, delete(LOG).where(LOG.c.n >= 5))
    assert verify(house, journal).broken is None
    assert verify(house, journal, noted).broken == 5


@pytest.fixture
def lived_in(house):
    """A house as it is lived in: three were invited, one has signed in, one was shut out."""
    cx(house, "staff", "invite", "ana@example.gov", "--role", "analyst")
    link = cx(house, "staff", "invite", "bea@example.gov", "--role", "administrator").strip()
    cx(house, "staff", "invite", "cyd@example.gov", "--role", "analyst")
    cx(house, "staff", "revoke", "cyd@example.gov")
    house.live_today()
    with house.client() as client:
        assert post(client, link).status_code == 303
        assert client.get("/staff/audit").status_code == 200
    return house


def test_a_log_that_is_lived_with_is_whole(lived_in, journal):
    verdict = verify(lived_in, journal)
    assert (verdict.lines, verdict.is_whole) == (6, True)
    # A new role, and the link of the day before gone.
    cx(lived_in, "staff", "invite", "bea@example.gov", "--role", "analyst")
    assert verify(lived_in, journal).is_whole
    assert "complete: 7 lines" in cx(lived_in, "audit", "verify")


def test_a_log_that_was_emptied_is_found_out(lived_in, journal):
    tamper(lived_in, delete(LOG))
    verdict = verify(lived_in, journal)
    assert (verdict.lines, verdict.broken, verdict.is_whole) == (0, None, False)
    output = cx(lived_in, "audit", "verify", fails=True)
    assert "Lines are missing" in output and "somebody was invited" in output
    # Going on as if nothing had been does not hide it.
    write(lived_in, journal)
    assert not verify(lived_in, journal).is_whole


@pytest.mark.parametrize(
    ("remaining", "missing"),
    [
        (4, ["somebody signed in"]),
        (3, ["somebody was shut out", "somebody signed in"]),
        (1, ["somebody was invited"] * 2 + ["somebody was shut out", "somebody signed in"]),
    ],
)
def test_lines_cut_off_the_end_are_told_of_by_what_they_were_about(
    lived_in, journal, remaining, missing
):
    tamper(lived_in, delete(LOG).where(LOG.c.n > remaining))
    verdict = verify(lived_in, journal)
    assert (verdict.lines, verdict.broken) == (remaining, None)
    assert [entry.what for entry in verdict.missing] == missing


def test_a_link_that_no_line_tells_of_is_found(lived_in, journal):
    with db.write(lived_in.engine) as connection:
        ana = members.everyone(connection)[0].member
        later = lived_in.clock.now + timedelta(minutes=5)
        members.link(connection, ana, later, break_glass=True)
    [entry] = verify(lived_in, journal).missing
    assert entry.what == "a link was printed"


def test_notes_on_cases_and_keys_of_programs_tell_of_their_lines(house, journal):
    service, _, id = add_comments(house, *["slow"] * 5)[0]
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        house.clock.forward(minutes=1)
        case = f"/staff/comments/{service}/{MONDAY}/{id}/act"
        assert post(client, case, act="note", note="Asked the clerk.").status_code == 303
    keys = [
        json.loads(cx(house, "api-key", "issue", name, "--json"))["id"]
        for name in ("Dashboard", "Agency (new)")
    ]
    cx(house, "api-key", "revoke", keys[0])
    assert (verify(house, journal).lines, verify(house, journal).is_whole) == (5, True)
    tamper(house, delete(LOG).where(LOG.c.n > 1))
    assert sorted(entry.what for entry in verify(house, journal).missing) == [
        "a note was written",
        "an API key was issued",
        "an API key was issued",
        "an API key was revoked",
    ]


def test_holds_and_deletions_tell_of_their_lines(house, journal):
    set_rules(house, ANSWERS)
    for office in ("riverside", "lakeside"):
        add_comments(house, "Old", day=LAST_DUE, office=office)
    cx(house, "records", "hold", "permits", "--office", "lakeside", "--why", "X", "--who", "Lee")
    dispose(house)
    [hold] = json.loads(cx(house, "records", "holds", "--json"))["holds"]
    cx(house, "records", "lift", hold["id"], "--why", "Settled", "--who", "Lee")
    dispose(house)
    assert verify(house, journal).is_whole
    last = lines(house)[0].n
    tamper(house, delete(LOG).where(LOG.c.n > last - 4))
    assert sorted(entry.what for entry in verify(house, journal).missing) == [
        "a legal hold was lifted",
        "a legal hold was placed",
        "records of 2023-11-04 were deleted",
        "records of 2023-11-04 were deleted",
    ]


def test_the_command_tells_programs_what_is_missing(lived_in):
    tamper(lived_in, delete(LOG).where(LOG.c.n > 4))
    done = fork_server.run(("audit", "verify", "--json"), environment(lived_in))
    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["lines"], verdict["broken"]) == (1, 4, None)
    assert [entry["what"] for entry in verdict["missing"]] == ["somebody signed in"]


def test_the_servers_own_log_holds_the_hash_that_tells_of_a_cut(lived_in, journal):
    """What docs/operate/sign-in.md says to do: the newest `after` of the log, kept elsewhere."""
    with capture_logs() as logged, lived_in.client() as client:
        link = cx(lived_in, "staff", "invite", "dan@example.gov", "--role", "administrator")
        post(client, link.strip())
        client.get("/staff/audit")
    newest = max(
        (event for event in logged if event["event"] == "audit"), key=lambda event: event["n"]
    )
    assert newest["n"] == 9
    assert "complete" in cx(lived_in, "audit", "verify", "--holds", newest["after"])
    tamper(lived_in, delete(LOG).where(LOG.c.n >= 8))
    assert "damaged" in cx(lived_in, "audit", "verify", "--holds", newest["after"], fails=True)


def test_many_who_write_at_once_make_one_chain(house, journal):
    threads = [threading.Thread(target=write, args=(house, journal, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify(house, journal)
    assert (verdict.lines, verdict.broken) == (40, None)


# ---- what is written down


def test_every_sign_in_and_every_refusal_is_a_line_and_no_secret_is_in_it(house):
    with house.client() as client:
        link = invite(house, Role.ANALYST)
        post(client, link)
        cookie = client.cookies["cx-staff"]
        client.get("/staff/audit?office=riverside&q=somebody+said")
        post(client, "/staff/sign-out")
        post(client, link)
        sign_in(house, client, Role.SECURITY_OFFICER)
        client.get("/staff/audit?office=riverside&q=somebody+said")
        client.get("/staff/audit?before=x")
    entries = [(line.who, line.what, line.about, line.result) for line in reversed(lines(house))]
    guard = "security-officer@example.gov"
    assert entries == [
        ("analyst@example.gov", "sign in", "one-time link", "done"),
        ("analyst@example.gov", "refused", "/staff/audit", "404"),
        ("analyst@example.gov", "sign out", "", "done"),
        ("nobody", "sign in", "one-time link", "not a good link"),
        (guard, "sign in", "one-time link", "done"),
        (guard, "read the audit log", "/staff/audit?office=riverside", "200"),
        (guard, "read the audit log", "/staff/audit", "422"),
    ]
    for secret in (link.rpartition("/")[2], cookie, "somebody"):
        assert secret not in str(entries)


def test_the_page_shows_the_newest_lines_first_and_leads_to_the_older(house, journal):
    write(house, journal, 150)
    with house.client() as client:
        sign_in(house, client, Role.SECURITY_OFFICER)
        page = client.get("/staff/audit").text
        assert page.index(">page 149<") < page.index(">page 148<")
        assert ">page 51<" in page and ">page 50<" not in page
        older = client.get("/staff/audit?before=52").text
        assert ">page 50<" in older and ">page 0<" in older and ">page 51<" not in older
        assert "/staff/audit?before=" in page
        saved = list(
            csv.DictReader(client.get("/staff/audit?before=52&format=csv").text.split("\n"))
        )
        assert [row["About"] for row in saved[:2]] == ["page 50", "page 49"]
        for odd in ("0x1", "-1", "9" * 40, "٣"):
            assert client.get("/staff/audit", params={"before": odd}).status_code == 422


# ---- the commands


def test_the_command_line_invites_lists_and_shuts_out(house):
    link = cx(house, "staff", "invite", "Ana@Example.gov", "--role", "analyst").strip()
    assert link.startswith("http://127.0.0.1:8000/staff/sign-in/") and "\n" not in link
    manager = ("bea@example.gov", "--role", "office-manager", "--office", "lakeside")
    invitation = json.loads(cx(house, "staff", "invite", *manager, "--json"))
    assert invitation["office"] == "lakeside" and invitation["link"].startswith("http")
    shown = {person["email"]: person for person in json.loads(cx(house, "staff", "list", "--json"))}
    assert set(shown) == {"ana@example.gov", "bea@example.gov"}
    assert shown["bea@example.gov"]["role"] == "office-manager"
    assert "ana@example.gov" in cx(house, "staff", "list")
    assert "can no longer sign in" in cx(house, "staff", "revoke", "ana@example.gov")
    listed = {
        person["email"]: person for person in json.loads(cx(house, "staff", "list", "--json"))
    }
    assert listed["ana@example.gov"]["revoked"] and not listed["bea@example.gov"]["revoked"]
    assert [line.what for line in reversed(lines(house))] == ["invite", "invite", "revoke"]
    assert all(line.who == "command line" for line in lines(house))
    assert link.rpartition("/")[2] not in str(lines(house))


def test_a_printed_link_signs_in(sqlite_house):
    house = sqlite_house
    house.live_today()
    link = cx(house, "staff", "invite", "ana@example.gov", "--role", "administrator").strip()
    with house.client() as client:
        assert post(client, link).status_code == 303
        assert "ana@example.gov" in client.get("/staff/audit").text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ana", "--role", "analyst"), "an email address"),
        (("ana@example.gov", "--role", "boss"), "boss"),
        (("ana@example.gov", "--role", "office-manager"), "needs one"),
        (("ana@example.gov", "--role", "analyst", "--office", "lakeside"), "only"),
        (("ana@example.gov", "--role", "service-lead", "--office", "lakeside"), "only"),
        (("a@example.gov", "--role", "office-manager", "--office", "nowhere"), "no office"),
        (("a@example.gov", "--role", "service-lead", "--service", "nothing"), "no service"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(sqlite_house, words, says):
    assert says in cx(sqlite_house, "staff", "invite", *words, fails=True)
    with db.read(sqlite_house.engine) as connection:
        count = select(func.count()).select_from(tables.staff_members)
        assert connection.execute(count).scalar_one() == 0


def test_shutting_out_who_is_not_there_says_so(sqlite_house):
    assert "Nobody with the address" in cx(
        sqlite_house, "staff", "revoke", "ana@example.gov", fails=True
    )


def test_the_command_line_tells_whether_the_log_is_whole(house, journal):
    write(house, journal)
    assert "complete: 5 lines" in cx(house, "audit", "verify")
    verdict = json.loads(cx(house, "audit", "verify", "--json"))
    assert (verdict["lines"], verdict["broken"]) == (5, None)
    assert "complete" in cx(house, "audit", "verify", "--holds", verdict["last"])
    tamper(house, update(LOG).where(LOG.c.n == 4).values(about="nothing"))
    assert "damaged at line 4" in cx(house, "audit", "verify", fails=True)


def test_strangers_cannot_fill_the_log(sqlite_house):
    house = sqlite_house
    with house.client() as client:
        tries = [post(client, f"/staff/sign-in/x{n}").status_code for n in range(30)]
        assert tries == [404] * 11 + [429] * 19
        assert len(lines(house)) == 10
        house.clock.forward(minutes=2)
        post(client, "/staff/sign-in/y")
        assert len(lines(house)) == 11


def test_a_look_at_what_is_not_ones_own_and_a_saved_file_are_lines(sqlite_house):
    house = sqlite_house
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        assert client.get("/staff/offices?office=nowhere").status_code == 404
        assert (
            client.get("/staff/catalog?format=csv").headers["content-type"].startswith("text/csv")
        )
    entries = [(line.what, line.about.partition("?")[0]) for line in lines(house)]
    assert ("look", "/staff/offices") in entries and ("save", "/staff/catalog") in entries
