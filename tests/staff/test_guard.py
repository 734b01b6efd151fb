"""Who may enter which staff page: every room, every role, every unit that is somebody else's.

The table below is generated against the rooms themselves: a new room fails until it stands in it.
"""

from dataclasses import dataclass, field
from itertools import cycle

import pytest

from cxserver import db
from cxserver.accounts import roles as access
from cxserver.accounts.roles import Member, Role
from cxserver.audit import journal
from cxserver.catalog import directory
from cxserver.disclosure.audience import Audience
from cxserver.instrument.drivers import CODES
from cxserver.records import holds
from cxserver.records.holds import Cover
from cxserver.results.scopes import Scope
from cxserver.staff import refusals, site
from tests.support import readings
from tests.support.closed_batches import release
from tests.support.house import answer
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import post, sign_in

EVERYONE = set(Role)
FILERS = {Role.ANALYST, Role.RECORDS_OFFICER}
NOTE_WRITERS = {Role.OFFICE_MANAGER, Role.SERVICE_LEAD, Role.ANALYST}
GUARDS = {Role.SECURITY_OFFICER, Role.ADMINISTRATOR}


@dataclass(frozen=True)
class Room:
    """What is expected of a room: who may enter, and whether it shows answers, by filters."""

    roles: set[Role] = field(default_factory=lambda: EVERYONE)
    answers: bool = True


DRIVERS = cycle(CODES)
CASE = "/comments/{service}/{week}/{id}"
ACKNOWLEDGE = "/alerts/acknowledge"
ROOMS = {
    ("GET", "/"): Room(),
    ("POST", "/findings"): Room(EVERYONE - GUARDS, answers=False),
    ("GET", "/scores"): Room(),
    ("GET", "/notes"): Room(),
    ("POST", "/notes/write"): Room(NOTE_WRITERS, answers=False),
    # To those who may see it an alert is there, and to others it is not: test_now.py.
    ("POST", ACKNOWLEDGE): Room(answers=False),
    ("GET", "/offices"): Room(),
    ("GET", "/drivers"): Room(),
    ("GET", "/response"): Room(),
    ("GET", "/comments"): Room(EVERYONE - GUARDS),
    ("GET", CASE): Room(EVERYONE - GUARDS, answers=False),
    ("POST", f"{CASE}/act"): Room(EVERYONE - GUARDS, answers=False),
    ("POST", f"{CASE}/redact"): Room(EVERYONE - GUARDS, answers=False),
    ("GET", "/said-and-did"): Room(EVERYONE - GUARDS),
    ("GET", "/places"): Room(),
    ("GET", "/catalog"): Room(),
    ("GET", "/digest"): Room(answers=False),
    ("POST", "/digest"): Room(answers=False),
    ("GET", "/quarter"): Room(FILERS, answers=False),
    ("POST", "/quarter/tell"): Room(FILERS, answers=False),
    ("GET", "/quarter/comments"): Room(FILERS, answers=False),
    ("POST", "/quarter/comments"): Room(FILERS, answers=False),
    ("GET", "/quarter/comments/redact"): Room(FILERS, answers=False),
    ("POST", "/quarter/comments/redact"): Room(FILERS, answers=False),
    ("GET", "/quarter/files/{quarter}/{form}"): Room(FILERS, answers=False),
    ("POST", "/quarter/record"): Room(FILERS, answers=False),
    ("GET", "/quarantine"): Room(FILERS, answers=False),
    ("POST", "/quarantine"): Room(FILERS, answers=False),
    ("GET", "/records"): Room({Role.RECORDS_OFFICER, Role.ADMINISTRATOR}, answers=False),
    ("POST", "/records/hold"): Room({Role.RECORDS_OFFICER}, answers=False),
    ("POST", "/records/lift"): Room({Role.RECORDS_OFFICER}, answers=False),
    ("GET", "/audit"): Room(GUARDS, answers=False),
    ("GET", "/session"): Room(answers=False),
    ("POST", "/session"): Room(answers=False),
    ("GET", "/session/left"): Room(answers=False),
    ("POST", "/sign-out"): Room(answers=False),
}

# Whoever is signed out already need not press these again.
NEVER_AGAIN = ("/sign-out", "/session")

# What belongs to others, by the member who asks: filters that name it, and names it goes by.
FOREIGN = {
    "manager": (
        {"role": Role.OFFICE_MANAGER, "office": "lakeside"},
        ("office=riverside", "office=center", "service=calls", "service=hearings"),
        ("Riverside", "Call Center", "Telephone help", "Hearing"),
    ),
    "lead": (
        {"role": Role.SERVICE_LEAD, "service": "permits"},
        ("office=center", "service=calls", "service=hearings"),
        ("Call Center", "Telephone help", "Hearing"),
    ),
}
# Answers of each place, numbers that differ so that none could stand for another: each is a batch.
ANSWERS = {("permits", "riverside"): 13, ("permits", "lakeside"): 11, ("calls", "center"): 17}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def agency(request):
    """A house with answers of last month, at work: for some pages a month must be over."""
    with shared_house(request, request.param) as house, house.client() as client:
        for (service, office), n in ANSWERS.items():
            for at in range(n):
                fields = {"drivers": "ease"} if service == "permits" else {}
                channel = "email" if service == "permits" else "phone"
                link = house.mint(service, office, channel=channel)
                comment = f"{office} said this"
                if at == 0:
                    # Nobody at a form is as quick as these tests: one answer without a flag.
                    sent = {"link": link, "trust": 4, "satisfaction": 5, "comment": comment}
                    reply = client.post("/api/v1/responses", json=sent)
                    assert reply.status_code == 201, reply.text
                    continue
                assert answer(client, link, comment=comment, **fields)
        house.clock.forward(days=27)
        release(house, house.clock.now)
        # And one that waits: it is there for nobody but those who hold the rows.
        link = house.mint("permits", "lakeside", channel="email")
        assert answer(client, link, comment="lakeside said this", drivers="ease")
        yield house, client


def enter(agency, **who):
    house, client = agency
    client.cookies.clear()
    sign_in(house, client, **who)
    return client


def knock(agency, client, method, path):
    """Ask for a room; one of a comment, for a comment of Riverside."""
    path = path.format(**a_comment(agency[0]), quarter="2027Q1", form="v2")
    if method == "POST":
        case = {
            "act": "note",
            "note": "Asked.",
            "words": "said this",
            "every": "month",
            "why": "A bot",
        }
        if path == "/staff/findings":
            # Each time another, for nobody takes what somebody else has.
            case = {"act": "take", "office": "riverside", "driver": next(DRIVERS)}
            case |= {"back": "/staff/drivers"}
        filing = {"quarter": "2027Q1", "service": "permits", "state": "draft"}
        if path.endswith("/lift"):
            filing["id"] = a_hold(agency[0])
        noted = {"day": "2026-11-02", "text": "New form live", "office": "riverside"}
        return post(client, path, **(noted | case | filing))
    return client.request(method, path)


def a_hold(house):
    with db.write(house.engine) as connection:
        known = directory.load(connection)
        return holds.place(connection, known, Cover(), "Smith v. X", "Lee", house.clock.now).id


def a_comment(house):
    response = next(row for row in house.responses() if row["office"] == "riverside")
    return {"service": response["service"], "week": response["day"], "id": response["id"]}


def test_every_room_stands_in_the_table():
    routes = {(method, room.path) for room in site.ROUTES for method in room.methods}
    assert routes == set(ROOMS), "say in ROOMS who may enter it, and whether it shows answers"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("door", ROOMS, ids=" ".join)
def test_a_room_opens_to_its_roles_alone(agency, door, role):
    client = enter(agency, role=role)
    method, path = door
    page = knock(agency, client, method, f"/staff{path}")
    if path == ACKNOWLEDGE:
        # The agency has no alert.
        assert page.status_code == 404
    elif role in ROOMS[door].roles:
        assert page.status_code in (200, 303), page.text
        assert page.headers.get("location") != "/staff/"
    else:
        assert page.status_code == 404
        # As if there were no such room.
        nothing = client.get("/staff/nothing")
        assert nothing.status_code == 404 and "There is no such page" in page.text


@pytest.mark.parametrize("door", ROOMS, ids=" ".join)
def test_no_room_opens_without_a_session(agency, door):
    _, client = agency
    for cookie in ("", "guessed", "a" * 5000):
        client.cookies.clear()
        if cookie:
            client.cookies.set("cx-staff", cookie)
        sent = knock(agency, client, door[0], f"/staff{door[1]}")
        assert "riverside said this" not in sent.text
        if door[0] == "POST" and door[1] not in NEVER_AGAIN:
            assert sent.status_code == 401 and "Nothing was saved." in sent.text
            continue
        assert sent.status_code == 303
        assert sent.headers["location"].startswith("/staff/sign-in")


@pytest.mark.parametrize("whose", FOREIGN)
@pytest.mark.parametrize(
    "path", sorted(path for (method, path), room in ROOMS.items() if room.answers) or ["/audit"]
)
def test_another_unit_is_404_whatever_way_it_is_asked_for(agency, path, whose):
    who, filters, names = FOREIGN[whose]
    client = enter(agency, **who)
    for query in ("", "format=csv"):
        own = client.get(f"/staff{path}?{query}")
        if who["role"] in ROOMS["GET", path].roles:
            # The first page has no file of its own, and leads to that of the scores.
            leads_on = path == "/" and query and who["role"] is Role.SERVICE_LEAD
            assert own.status_code == (303 if leads_on else 200)
        for name in names:
            assert name not in own.text, (path, name)
    for query in filters:
        for more in ("", "&format=csv"):
            page = client.get(f"/staff{path}?{query}{more}")
            assert page.status_code == 404, query
            for name in names:
                assert name not in page.text, (query, name)
            # It cannot be told from what does not exist.
            column = query.partition("=")[0]
            nothing = client.get(f"/staff{path}?{column}=nowhere{more}")
            assert nothing.status_code == 404
            there, nowhere = (response.text for response in (page, nothing))
            slug = query.partition("=")[2]
            assert there.replace(slug, "") == nowhere.replace("nowhere", "")


def test_no_room_is_open_to_a_method_it_does_not_name(agency):
    client = enter(agency, role=Role.ADMINISTRATOR)
    for room in site.ROUTES:
        for method in {"POST", "PUT", "DELETE", "PATCH"} - set(room.methods):
            assert client.request(method, f"/staff{room.path}").status_code == 405


def test_an_unknown_staff_address_is_a_staff_page(agency):
    client = enter(agency, role=Role.ANALYST)
    page = client.get("/staff/nothing/at/all")
    assert page.status_code == 404
    assert "There is no such page" in page.text and "staff.css" in page.text


def test_every_staff_page_is_framed_by_nobody_and_kept_by_nobody(agency):
    client = enter(agency, role=Role.ADMINISTRATOR)
    for path in ("/staff/audit", "/staff/nothing", "/staff/sign-in"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"


def test_a_member_cannot_fill_the_log_with_what_is_refused(sqlite_house):
    house = sqlite_house

    def results(who="analyst"):
        with db.read(house.engine) as connection:
            lines = journal.latest(connection, limit=1000)
        return [line.result for line in reversed(lines) if line.who == f"{who}@example.gov"]

    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        for at in range(refusals.HOURLY // 2 + 5):
            assert client.get("/staff/audit").status_code == 404
            assert client.get(f"/staff/comments?office=x{at}").status_code == 404
        assert results() == ["done", *["404"] * refusals.HOURLY, "not written down"]
        # What is not refused is written down all the same, and so are others' refusals.
        client.get("/staff/catalog?format=csv")
        assert results()[-1] == "200"
        sign_in(house, client, Role.RECORDS_OFFICER)
        client.get("/staff/audit")
        assert results("records-officer") == ["done", "404"]
        # Another hour.
        house.clock.forward(hours=1)
        sign_in(house, client, Role.ANALYST)
        client.get("/staff/audit")
        assert results()[-2:] == ["done", "404"]


# ---- what a role may see at all


@pytest.fixture(scope="module")
def known(agency):
    with db.read(agency[0].engine) as connection:
        return directory.load(connection)


def member(role, office=None, service=None):
    return Member("1", "a@example.gov", "A", role, office, service)


@pytest.mark.parametrize(
    ("who", "scope"),
    [
        (
            member(Role.OFFICE_MANAGER, office="lakeside"),
            Scope(
                services=frozenset({"permits"}),
                offices=frozenset({"lakeside"}),
                audience=Audience.RELEASED,
            ),
        ),
        (member(Role.OFFICE_MANAGER, office="gone"), access.NOTHING.released),
        (member(Role.OFFICE_MANAGER), access.NOTHING.released),
        (
            member(Role.SERVICE_LEAD, service="calls"),
            Scope(services=frozenset({"calls"}), audience=Audience.RELEASED),
        ),
        (member(Role.ANALYST), Scope(audience=Audience.ROWS)),
        (member(Role.RECORDS_OFFICER), Scope(audience=Audience.ROWS)),
        (member(Role.SECURITY_OFFICER), Scope(audience=Audience.RELEASED)),
        (member(Role.ADMINISTRATOR), Scope(audience=Audience.RELEASED)),
    ],
    ids=lambda value: value.role if isinstance(value, Member) else "",
)
def test_a_role_sees_its_own_part_of_the_tree(known, who, scope):
    assert access.may_see(who, known) == scope


@pytest.mark.parametrize(
    ("who", "n"),
    [
        (member(Role.OFFICE_MANAGER, office="lakeside"), 11),
        (member(Role.OFFICE_MANAGER, office="riverside"), 13),
        (member(Role.SERVICE_LEAD, service="permits"), 24),
        (member(Role.SERVICE_LEAD, service="hearings"), 0),
        (member(Role.OFFICE_MANAGER, office="gone"), 0),
        (member(Role.SERVICE_LEAD), 0),
        (member(Role.ADMINISTRATOR), 41),
        (member(Role.SECURITY_OFFICER), 41),
        # One waits.
        (member(Role.ANALYST), 42),
        (member(Role.RECORDS_OFFICER), 42),
    ],
    ids=lambda value: value.role if isinstance(value, Member) else "",
)
def test_the_database_gives_a_role_its_own_answers_and_no_others(agency, known, who, n):
    tallies = readings.counted(agency[0].engine, access.may_see(who, known))
    assert sum(tally.n for tally in tallies) == n
    everything = Scope(offices=frozenset({"riverside", "lakeside", "center"}))
    narrowed = everything.narrowed(access.may_see(who, known))
    assert sum(tally.n for tally in readings.counted(agency[0].engine, narrowed)) == n


def test_guards_of_keys_and_log_never_read_comments():
    seen = {role for role in Role if access.sees_comments(member(role))}
    assert seen == EVERYONE - GUARDS


def test_who_may_see_all_finds_the_names_that_others_must_not(agency):
    """The control of the test above: pages do name what there is."""
    client = enter(agency, role=Role.ANALYST)
    pages = [client.get(f"/staff{path}").text for (_, path), room in ROOMS.items() if room.answers]
    for _, _, names in FOREIGN.values():
        for name in names:
            assert any(name in page for page in pages), name


@pytest.mark.parametrize(
    "path",
    [
        "/staff/comments/permits/2026-10-26/%00",
        "/staff/comments/%00/2026-10-26/a",
        "/staff/comments/permits/2026-10-26/%00/act",
        "/staff%00",
    ],
)
def test_no_address_with_a_nul_reaches_the_database(house, path):
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        # 405 where there is a room, but none that is looked at or written to.
        assert client.get(path).status_code in (404, 405)
        assert post(client, path, act="take").status_code in (404, 405)
