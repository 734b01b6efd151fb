"""One-time links, sessions, and that nobody else's page acts for whoever is signed in."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts import members, roles, sessions
from cxserver.accounts.roles import Role
from cxserver.staff import context, site
from tests.support import fork_server, http_server
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import OURS, invite, post, sign_in

HTTPS = "https://cx.example.gov"


def rows(house, table):
    with db.read(house.engine) as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def cookie_of(response):
    """The session that a response gives."""
    return response.headers["set-cookie"].partition("=")[2].partition(";")[0]


def carry(client, cookie):
    """Let the browser carry this cookie over http, and no other."""
    client.cookies.clear()
    client.cookies.set("cx-staff", cookie)


@pytest.fixture
def client(house):
    with house.client() as client:
        yield client


@pytest.fixture
def quick(sqlite_house):
    with sqlite_house.client() as client:
        yield client


# ---- the link


def test_a_link_signs_in_once(house, client):
    link = invite(house, Role.ADMINISTRATOR)
    page = client.get(link)
    assert page.status_code == 200 and "administrator@example.gov" in page.text
    entered = post(client, link)
    assert (entered.status_code, entered.headers["location"]) == (303, "/staff/")
    assert client.get("/staff/audit").status_code == 200
    client.cookies.clear()
    again = post(client, link)
    assert again.status_code == 404 and "This link does not work" in again.text
    assert "set-cookie" not in again.headers
    assert client.get("/staff/audit").status_code == 303


def test_the_agencys_notice_stands_above_the_button_as_plain_text(request):
    said = "U.S. Government system. <b>Use</b> may be monitored."
    with shared_house(request, sign_in_notice=said) as house, house.client() as client:
        for path in ("/staff/sign-in", invite(house, Role.ANALYST)):
            page = client.get(path).text
            shown = page.index("&lt;b&gt;Use&lt;/b&gt; may be monitored.")
            assert "<b>Use" not in page and shown < page.index("</main>")
            assert "<form" not in page[page.index("<main") : shown]


def test_looking_at_a_link_uses_nothing_up_and_signs_nobody_in(house, client):
    link = invite(house, Role.ADMINISTRATOR)
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert "set-cookie" not in client.request(method, link).headers
    assert len(rows(house, tables.staff_invites)) == 1
    assert rows(house, tables.staff_sessions) == []
    assert post(client, link).status_code == 303


def test_a_link_lives_24_hours(sqlite_house, quick):
    link = invite(sqlite_house, Role.ANALYST)
    sqlite_house.clock.forward(hours=23, minutes=59)
    assert quick.get(link).status_code == 200
    sqlite_house.clock.forward(minutes=1)
    assert quick.get(link).status_code == 404
    assert post(quick, link).status_code == 404
    assert rows(sqlite_house, tables.staff_sessions) == []


@pytest.mark.parametrize(("left", "opens"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_a_link_that_nobody_has_cleared_away_signs_in_to_its_last_second(sqlite_house, left, opens):
    secret = invite(sqlite_house, Role.ANALYST).rpartition("/")[2]
    late = sqlite_house.clock.now + roles.INVITE_LIVES - left
    with db.write(sqlite_house.engine) as connection:
        assert (members.take(connection, secret, late) is not None) is opens


def test_a_newer_link_ends_the_older_one(sqlite_house, quick):
    first, second = (invite(sqlite_house, Role.ANALYST) for _ in range(2))
    assert post(quick, first).status_code == 404
    assert post(quick, second).status_code == 303


def test_neither_links_nor_sessions_can_be_read_from_the_database(sqlite_house, quick):
    link = invite(sqlite_house, Role.ANALYST)
    secret = link.rpartition("/")[2]
    [row] = rows(sqlite_house, tables.staff_invites)
    assert secret.encode() not in row["secret_hash"] and len(row["secret_hash"]) == 32
    cookie = cookie_of(post(quick, link))
    [row] = rows(sqlite_house, tables.staff_sessions)
    assert cookie not in str(row) and len(row["id_hash"]) == 32


def test_of_many_who_use_one_link_at_once_one_gets_in(house):
    secret = invite(house, Role.ANALYST).rpartition("/")[2]

    def take(_):
        with db.write(house.engine) as connection:
            return members.take(connection, secret, house.clock.now)

    with ThreadPoolExecutor(8) as pool:
        taken = [member for member in pool.map(take, range(8)) if member]
    assert [member.role for member in taken] == [Role.ANALYST]


def test_the_demonstration_prints_a_link_that_signs_in(tmp_path):
    port, printed = http_server.free_port(), tmp_path / "printed.txt"
    words = ("demo", "--port", str(port), "--data", tmp_path / "demo", "--answers", "0")
    with printed.open("w") as file:
        demo = fork_server.start(words, {**os.environ, "COLUMNS": "160"}, file, file)
    try:
        link, until = "", time.monotonic() + http_server.PATIENCE
        while not link and time.monotonic() < until:
            time.sleep(0.1)
            links = re.findall(r"http://\S+/staff/sign-in/\S+", printed.read_text())
            link = links[0] if links else ""
        assert link, printed.read_text()
        with httpx2.Client() as client:
            assert post(client, link).headers["location"] == "/staff/"
            assert "Demo analyst" in client.get(f"http://127.0.0.1:{port}/staff/").text
        assert link.rpartition("/")[2] not in printed.read_text().replace(link, "")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(http_server.PATIENCE)


# ---- the session


def test_a_session_ends_half_an_hour_after_its_last_page(sqlite_house, quick):
    sign_in(sqlite_house, quick, Role.ADMINISTRATOR)
    for _ in range(3):
        sqlite_house.clock.forward(minutes=28)
        assert quick.get("/staff/audit").status_code == 200
    sqlite_house.clock.forward(minutes=30)
    gone = quick.get("/staff/audit")
    assert (gone.status_code, gone.headers["location"]) == (303, "/staff/sign-in?next=/staff/audit")


def test_a_session_ends_twelve_hours_after_it_began(sqlite_house, quick):
    sign_in(sqlite_house, quick, Role.ADMINISTRATOR)
    for _ in range(35):
        sqlite_house.clock.forward(minutes=20)
        assert quick.get("/staff/audit").status_code == 200
    sqlite_house.clock.forward(minutes=20)
    assert quick.get("/staff/audit").status_code == 303


def test_signing_in_again_gives_another_session_and_ends_the_one_before(sqlite_house, quick):
    carry(quick, "planted-by-somebody-else")
    first = cookie_of(sign_in(sqlite_house, quick, Role.ADMINISTRATOR))
    assert first != "planted-by-somebody-else"
    carry(quick, first)
    second = cookie_of(sign_in(sqlite_house, quick, Role.ADMINISTRATOR))
    assert first != second
    carry(quick, first)
    assert quick.get("/staff/audit").status_code == 303


def test_another_role_ends_every_session_of_the_member(house, client):
    sign_in(house, client, Role.ADMINISTRATOR)
    assert client.get("/staff/audit").status_code == 200
    invite(house, Role.ANALYST, email="administrator@example.gov")
    assert client.get("/staff/audit").status_code == 303
    assert rows(house, tables.staff_sessions) == []


def test_who_is_shut_out_has_neither_session_nor_link(house, client):
    sign_in(house, client, Role.ADMINISTRATOR)
    link = invite(house, Role.ADMINISTRATOR)
    with db.write(house.engine) as connection:
        members.revoke(connection, "Administrator@Example.GOV", house.clock.now)
    assert client.get("/staff/audit").status_code == 303
    assert client.get(link).status_code == 404
    assert post(client, link).status_code == 404


def test_signing_out_ends_the_session_for_good(house, client):
    cookie = cookie_of(sign_in(house, client, Role.ANALYST))
    left = post(client, "/staff/sign-out", OURS)
    assert (left.status_code, left.headers["location"]) == (303, "/staff/sign-in")
    assert "Max-Age=0" in left.headers["set-cookie"]
    carry(client, cookie)
    assert post(client, "/staff/sign-out", OURS).status_code == 303
    assert rows(house, tables.staff_sessions) == []


def test_over_https_the_cookie_is_bound_to_this_host_and_hidden_from_scripts(sqlite_house):
    sqlite_house.move(HTTPS)
    with sqlite_house.client() as client:
        entered = sign_in(sqlite_house, client, Role.ADMINISTRATOR)
        parts = entered.headers["set-cookie"].split("; ")
        assert parts[0].startswith("__Host-cx-staff=")
        assert set(parts[1:]) == {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}
        assert client.get("/staff/audit").status_code == 200
        carry(client, cookie_of(entered))
        assert client.get("/staff/audit").status_code == 303


def test_on_this_very_machine_the_cookie_needs_no_https(sqlite_house, quick):
    entered = sign_in(sqlite_house, quick, Role.ADMINISTRATOR)
    assert set(entered.headers["set-cookie"].split("; ")[1:]) == {
        "HttpOnly",
        "Path=/",
        "SameSite=lax",
    }


def test_without_https_nobody_signs_in_from_elsewhere(sqlite_house):
    sqlite_house.move("http://cx.example.gov")
    link = invite(sqlite_house, Role.ANALYST)
    with sqlite_house.client() as far:
        for response in (far.get("/staff/audit"), far.get("/staff/sign-in"), far.get(link)):
            assert response.status_code == 403
            assert "https" in response.text
        origin = {"origin": "http://cx.example.gov"}
        assert far.post(link, headers=origin).status_code == 403
    assert rows(sqlite_house, tables.staff_sessions) == []
    assert len(rows(sqlite_house, tables.staff_invites)) == 1


def test_a_session_is_written_at_most_once_a_minute(sqlite_house, quick):
    sign_in(sqlite_house, quick, Role.ANALYST)
    begun = sqlite_house.clock.now
    sqlite_house.clock.forward(seconds=59)
    quick.get("/staff/audit")
    assert rows(sqlite_house, tables.staff_sessions)[0]["seen"] == begun
    sqlite_house.clock.forward(seconds=1)
    quick.get("/staff/audit")
    assert rows(sqlite_house, tables.staff_sessions)[0]["seen"] == begun + timedelta(minutes=1)


def test_sessions_and_links_that_are_over_are_deleted(sqlite_house, quick):
    sign_in(sqlite_house, quick, Role.ANALYST)
    invite(sqlite_house, Role.RECORDS_OFFICER)
    sqlite_house.clock.forward(hours=25)
    sign_in(sqlite_house, quick, Role.ADMINISTRATOR)
    assert len(rows(sqlite_house, tables.staff_sessions)) == 1
    assert rows(sqlite_house, tables.staff_invites) == []


# ---- the way back to the page that was asked for


@pytest.mark.parametrize(
    ("page", "onward"),
    [
        ("/staff/audit?before=7", "/staff/audit?before=7"),
        ("//evil.example/staff/", "/staff/"),
        ("https://evil.example/staff/", "/staff/"),
        ("/staff/\\evil.example", "/staff/"),
        ("/staff/../../evil", "/staff/"),
        ("/staff/\r\nset-cookie:x", "/staff/"),
        ("/staff/" + "a" * 2000, "/staff/"),
        ("/s/permits/riverside/thanks", "/staff/"),
        ("", "/staff/"),
    ],
)
def test_only_a_staff_page_is_ever_led_back_to(page, onward):
    assert context.safe_page(page) == onward


def test_a_page_without_a_session_leads_to_the_sign_in_and_back(quick):
    sent = quick.get("/staff/audit?before=7")
    assert sent.headers["location"] == "/staff/sign-in?next=/staff/audit%3Fbefore%3D7"
    assert quick.get(sent.headers["location"]).status_code == 200


def test_below_a_path_everything_stays_below_it(sqlite_house):
    sqlite_house.move(f"{HTTPS}/feedback")
    with sqlite_house.client() as client:
        link = f"/feedback{invite(sqlite_house, Role.ADMINISTRATOR)}"
        assert client.get(f"{HTTPS}/feedback/staff").headers["location"] == "/feedback/staff/"
        entered = post(client, HTTPS + link, {"origin": HTTPS})
        assert entered.headers["location"] == "/feedback/staff/"
        assert "Path=/;" in entered.headers["set-cookie"]
        page = client.get(f"{HTTPS}/feedback/staff/audit")
        assert 'href="/feedback/staff/audit" aria-current="page"' in page.text
        client.cookies.clear()
        sent = client.get(f"{HTTPS}/feedback/staff/audit").headers["location"]
        assert sent == "/feedback/staff/sign-in?next=/staff/audit"


# ---- requests from elsewhere

FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
    {"sec-fetch-site": ""},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8001"},
    {"origin": "http://127.0.0.1:8000.evil.example"},
    {"referer": "http://127.0.0.1:8000/staff/"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_other_page_posts_here(sqlite_house, quick, headers):
    link = invite(sqlite_house, Role.ADMINISTRATOR)
    assert quick.post(link, headers=headers).status_code == 403
    sign_in(sqlite_house, quick, Role.ANALYST)
    refused = quick.post("/staff/sign-out", headers=headers, data={})
    assert refused.status_code == 403 and "press the button there" in refused.text
    assert len(rows(sqlite_house, tables.staff_sessions)) == 1
    assert post(quick, link).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, OURS],
)
def test_our_own_pages_post_here(sqlite_house, quick, headers):
    assert post(quick, invite(sqlite_house, Role.ANALYST), headers).status_code == 303


def test_every_room_that_changes_something_refuses_other_pages(sqlite_house, quick):
    sign_in(sqlite_house, quick, Role.ADMINISTRATOR)
    posts = [room for room in site.ROUTES if set(room.methods) - {"GET"}]
    assert posts
    for room in posts:
        path = "/staff" + room.path.replace("{", "").replace("}", "")
        for method in set(room.methods) - {"GET"}:
            assert quick.request(method, path).status_code == 403


def test_the_end_of_a_session_is_what_it_says():
    assert sessions.IDLE == timedelta(minutes=30)
    assert sessions.ABSOLUTE == timedelta(hours=12)
    assert roles.INVITE_LIVES == timedelta(hours=24)
