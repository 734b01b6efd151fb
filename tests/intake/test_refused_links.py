"""Genuine links that do not open are counted, so that the agency hears of its own mistake."""

from datetime import timedelta

import pytest

from cxsdk import Issuer
from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.catalog import directory, linkkeys
from cxserver.doctor import refusals
from cxserver.intake import refused_links
from cxserver.intake.refused_links import MOST_OFFICES, RefusalCounter, RefusedLinks
from tests.support.house import NOW, answer
from tests.support.staff_accounts import sign_in


def counted(house):
    with db.read(house.engine) as connection:
        rows = refused_links.read(connection, house.today() - timedelta(days=30))
    return {(row.service, row.office, row.reason): row.n for row in rows}


def minted(house, office, **more):
    """A link as an agency's system makes it, which knows nothing of our catalog."""
    key = house.keys["permits"].text
    issuer = Issuer(house.settings.base_url, key, clock=house.clock)
    return issuer.issue_link("permits", office, **more)


def findings(house):
    with db.read(house.engine) as connection:
        known = directory.load(connection)
        rows = refused_links.read(connection, house.today() - timedelta(days=7))
    return refusals.links(known, rows)


def test_a_link_for_an_office_that_does_not_exist_is_counted_by_its_name(house):
    with house.client() as client:
        for _ in range(3):
            page = client.get(minted(house, "riversid"))
            assert page.status_code == 404
        assert page.text == client.get(house.mint()[:-1] + "!").text  # for everybody the same
    assert counted(house) == {("permits", "riversid", "unknown_office"): 3}
    [finding] = findings(house)
    assert finding.state == "problem" and "permits, office 'riversid': 3 times" in finding.text
    assert finding.cure.endswith("Did you mean 'riverside'?")


def test_a_forged_link_is_counted_nowhere(house):
    genuine = house.mint()
    wrong_office = minted(house, "atlantis")
    with house.client() as client:
        for link in (
            genuine[:-3] + "AAA",
            genuine.replace("riverside", "atlantis"),
            wrong_office.replace("atlantis", "eldorado"),
            wrong_office.replace("permits", "hearings"),
            wrong_office.replace("permits", "nothing"),
        ):
            assert client.get(link).status_code == 404
    assert counted(house) == {}


def test_every_reason_of_a_genuine_link_is_counted_and_has_words(house):
    late, early = house.mint(), minted(house, "riverside", done_at=NOW + timedelta(minutes=14))
    revoked = house.mint("calls", "center")
    with db.write(house.engine) as connection:
        linkkeys.revoke(connection, "calls", 1, house.today())
    with house.client() as client:
        client.get(revoked)
    house.clock.now -= timedelta(minutes=30)
    with house.client() as client:
        client.get(early)
    house.clock.now += timedelta(days=3)
    with house.client() as client:
        client.get(late)
        answer(client, house.mint())
    reasons = {reason: n for (_, _, reason), n in counted(house).items()}
    assert reasons == {"revoked": 1, "not_yet_valid": 1, "expired": 1}
    assert reasons.keys() <= refused_links.REASONS.keys()
    # People open old messages: no fault.
    assert not [finding for finding in findings(house) if "Opened after" in finding.cure]


def test_a_key_holder_who_makes_up_offices_fills_no_table(engine):
    counter = RefusalCounter()
    for n in range(3 * MOST_OFFICES):
        counter.count("permits", f"made-up-{n}", "unknown_office", NOW.date())
        counter.count("permits", f"made-up-{n}", "unknown_office", NOW.date())
    counter.flush(engine)
    counter.flush(engine)
    with db.read(engine) as connection:
        rows = refused_links.read(connection, NOW.date())
    assert len(rows) == MOST_OFFICES + 1 and sum(row.n for row in rows) == 6 * MOST_OFFICES
    assert rows[0] == RefusedLinks("permits", "", "unknown_office", 4 * MOST_OFFICES, NOW.date())


def test_two_servers_add_to_one_count_and_it_is_forgotten_after_90_days(engine):
    for _ in range(2):
        counter = RefusalCounter()
        counter.count("permits", "riverside", "revoked", NOW.date())
        counter.flush(engine)
    for days, left in ((90, 1), (91, 0)):
        with db.write(engine) as connection:
            refused_links.forget(connection, NOW.date() + timedelta(days=days))
            rows = refused_links.read(connection, NOW.date())
        assert [row.n for row in rows] == [2] * left


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.ANALYST, True), (Role.OFFICE_MANAGER, False), (Role.SERVICE_LEAD, True)],
)
def test_the_page_for_links_shows_them_to_who_sees_the_whole_service(house, role, sees):
    with house.client() as client:
        client.get(minted(house, "riversid"))
    with db.write(house.engine) as connection:
        row = {"service": "permits", "office": "riverside", "reason": "expired", "n": 4}
        connection.execute(tables.refused_links.insert().values(day=house.today(), **row))
    own = {Role.OFFICE_MANAGER: {"office": "riverside"}, Role.SERVICE_LEAD: {"service": "permits"}}
    with house.client() as client:
        sign_in(house, client, role, **own.get(role, {}))
        page = client.get("/staff/places").text
        assert ("riversid<" in page) == sees and "Opened after the link" in page
        rows = client.get("/staff/places?format=csv&list=refused").text
        assert ("riversid," in rows) == sees
