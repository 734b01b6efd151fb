"""Links that stop to work while the server runs: withdrawn, closed, run out, too early."""

import time
from datetime import timedelta

from sqlalchemy import update

from cxsdk import Issuer
from cxserver import db, tables
from cxserver.catalog import directory
from tests.public.test_bad_links import SHOWN, forged, parts, post
from tests.support import http_server
from tests.support.house import CATALOGUE, NOW, stamp_of

# ---- 21, 29, 78: what changes while the server runs


def _close(house, table, **where):
    with db.write(house.engine) as connection:
        query = update(table).values(closed=True)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        connection.execute(query)
        directory.bump(connection)


def _within_seconds(look):
    until = time.monotonic() + http_server.PATIENCE  # it takes a second
    while not look():
        assert time.monotonic() < until, "nothing changed"
        time.sleep(0.05)


def test_what_is_withdrawn_or_closed_is_so_within_seconds_and_words_are_kept(house):
    """One link, a key at one office, a key, an office, a service: each while the server runs."""
    kid = house.keys["permits"].kid
    spare = house.cut("permits")
    issuer = Issuer(house.settings.base_url, spare.text, clock=house.clock)
    call_link = house.mint("calls", "center")
    at_office = house.mint("permits", "riverside")
    elsewhere = house.mint("permits", "lakeside")
    by_spare = issuer.issue_link("permits", "riverside")
    hearing = house.mint("hearings")
    links = [call_link, at_office, elsewhere, by_spare, hearing]
    with house.client() as client:
        stamps = {link: stamp_of(client.get(link).text) for link in links}

        def statuses():
            return [client.get(link).status_code for link in links]

        nonce = _nonce(call_link)
        house.revoke("calls", house.keys["calls"].kid, "center", nonce)
        house.revoke("permits", kid, "riverside")
        _close(house, tables.services, slug="hearings")
        _within_seconds(lambda: statuses() == [410, 410, 200, 200, 410])
        house.revoke("permits", kid)
        _close(house, tables.service_offices, service="permits", office="riverside")
        _within_seconds(lambda: statuses() == [410, 410, 410, 410, 410])

        pages = {link: post(client, link, stamp=stamps[link]) for link in links}
        assert {page.status_code for page in pages.values()} == {410}
        assert all(SHOWN in page.text for page in pages.values())
        assert "revoked" in pages[call_link].text and "revoked" in pages[elsewhere].text
        assert "no longer collect" in pages[hearing].text
        assert "no longer collect" in pages[by_spare].text
        for link in links:
            by_json = client.post(
                "/api/v1/responses", json={"link": link, "trust": 4, "satisfaction": 5}
            )
            assert by_json.status_code == 410
        # Withdrawn is what only a genuine link learns: a forged one still sees nothing at all.
        assert (
            client.get(call_link[:-1] + ("A" if call_link[-1] != "A" else "Q")).status_code == 404
        )
    assert house.count() == 0


def _nonce(link):
    from cxsdk import token

    return token.read(parts(link)[2]).nonce.hex()


def test_an_office_that_left_the_catalogue_is_closed_not_forgotten(sqlite_house):
    house = sqlite_house
    link = house.mint("permits", "lakeside")
    start = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    end = CATALOGUE.index("[service.hearings]")
    with house.client() as client:
        assert client.get(link).status_code == 200
        house.apply(CATALOGUE[:start] + CATALOGUE[end:])
        _within_seconds(lambda: client.get(link).status_code == 410)


def test_without_a_valid_control_number_nothing_is_asked(sqlite_house):
    """44 USC 3507. The clearance runs out while the server runs, at midnight of the agency."""
    house = sqlite_house
    with house.client() as client:
        house.clock.now = NOW.replace(year=2028, month=4, day=1, hour=3, minute=50)
        link = house.mint()  # 23:50 on 31 March in New York
        stamp = stamp_of(client.get(link).text)
        house.clock.forward(minutes=11)
        closed = client.get(link)
        assert closed.status_code == 410 and "no longer collect" in closed.text
        sent = post(client, link, stamp=stamp)
        assert sent.status_code == 410 and SHOWN in sent.text
    assert house.count() == 0


def test_an_early_link_says_when_to_come_back_and_the_operator_hears_of_it(street, client, capsys):
    early = client.get(forged(street, at=NOW + timedelta(minutes=40)))
    assert early.status_code == 404 and early.headers["retry-after"] == str(26 * 60)
    assert "26 minutes" in early.text
    assert "clock_ahead_at_agency" in capsys.readouterr().out
