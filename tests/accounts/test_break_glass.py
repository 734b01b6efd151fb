"""Links to sign in with, where a provider lets people in: break-glass alone."""

import json

from sqlalchemy import select

from cxserver import db, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.audit import journal
from tests.accounts.test_oidc import ANA, agency, come, office, sessions
from tests.support.cx_process import cx
from tests.support.staff_accounts import invite, post

__all__ = ["agency", "office"]  # fixtures


# ---- links, where a provider lets people in


def logged(house):
    with db.read(house.engine) as connection:
        lines = journal.latest(connection)
    return [(line.who, line.what, line.about, line.result) for line in reversed(lines)]


def break_glass(house, email="ana@example.gov"):
    with db.write(house.engine) as connection:
        wanted = Member("", email, "", Role.ADMINISTRATOR, None, None)
        member = members.know(connection, wanted, house.clock.now)
        secret = members.link(connection, member, house.clock.now, break_glass=True)
    return f"/staff/sign-in/{secret}"


def test_a_link_of_before_opens_nothing_once_there_is_a_provider(agency):
    house, _, client = agency
    link = invite(house, Role.ADMINISTRATOR, email="old@example.gov")
    for response in (client.get(link), post(client, link)):
        assert response.status_code == 404 and "This link does not work" in response.text
        assert "set-cookie" not in response.headers
    assert sessions(house) == []
    assert logged(house)[-1] == ("nobody", "sign in", "one-time link", "not a good link")
    # Nor does it under the name of the other kind.
    forged = link.replace("/sign-in/", "/sign-in/break-glass.")
    assert post(client, forged).status_code == 404


def test_a_break_glass_link_signs_in_once_within_the_hour_and_is_marked_in_the_log(agency):
    house, _, client = agency
    link = break_glass(house)
    assert client.get(link).status_code == 200
    entered = post(client, link)
    assert (entered.status_code, entered.headers["location"]) == (303, "/staff/")
    assert client.get("/staff/audit").status_code == 200
    assert ("ana@example.gov", "sign in", "break-glass link", "done") in logged(house)
    client.cookies.clear()
    assert post(client, link).status_code == 404
    late = break_glass(house)
    house.clock.forward(hours=1)
    assert client.get(late).status_code == 404 and post(client, late).status_code == 404


def test_break_glass_works_while_the_provider_is_down_the_way_out_too(office):
    house, provider, client = office
    provider.document = {"issuer": None}
    assert client.get("/staff/sign-in/provider").status_code == 503
    assert post(client, break_glass(house)).status_code == 303
    out = post(client, "/staff/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/staff/sign-in")
    assert sessions(house) == []


def test_the_command_makes_known_and_prints_no_secret_where_there_is_a_provider(
    office, monkeypatch
):
    house, provider, client = office
    monkeypatch.setenv("CX_OIDC_ISSUER", provider.issuer)
    words = ("staff", "invite", "bea@example.gov", "--role", "analyst")
    assert cx(house, *words).strip() == f"{house.settings.base_url}/staff/sign-in"
    with db.read(house.engine) as connection:
        invited = connection.execute(select(tables.staff_invites.c.member)).scalars().all()
        bea = [
            entry.member.id for entry in members.everyone(connection) if "bea" in entry.member.email
        ]
    assert not set(invited) & set(bea)
    invitation = json.loads(cx(house, *words, "--json"))
    assert invitation["link"].endswith("/staff/sign-in") and invitation["valid_until"] is None
    provider.person = ANA | {"sub": "b", "email": "bea@example.gov"}
    assert come(client).status_code == 303
    link = cx(house, *words, "--break-glass").strip()
    assert "/staff/sign-in/break-glass." in link
    assert [line[1:3] for line in logged(house) if line[0] == "command line"] == [
        ("invite", "bea@example.gov analyst"),
        ("invite", "bea@example.gov analyst"),
        ("break-glass link", "bea@example.gov analyst"),
    ]
    assert link.rpartition(".")[2] not in str(logged(house))


def test_without_a_provider_there_is_no_glass_to_break(sqlite_house):
    words = ("staff", "invite", "a@example.gov", "--role", "analyst", "--break-glass")
    assert "no identity provider" in cx(sqlite_house, *words, fails=True)
