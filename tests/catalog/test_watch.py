"""The directory in memory: it follows the database while the server runs."""

import time

from tests.support import http_server
from tests.support.house import CATALOGUE


def test_a_key_cut_a_moment_ago_opens_at_once(house):
    with house.client() as client:
        assert client.get(house.mint()).status_code == 200
        house.keys["permits"] = house.cut("permits")
        assert client.get(house.mint()).status_code == 200


def test_a_revocation_bites_in_a_running_server(house):
    with house.client() as client:
        link = house.mint()
        assert client.get(link).status_code == 200
        house.revoke("permits", house.keys["permits"].kid, office="riverside")
        until = time.monotonic() + http_server.PATIENCE
        while client.get(link).status_code == 200 and time.monotonic() < until:
            time.sleep(0.05)
        assert client.get(link).status_code == 410
        assert client.get(house.mint("permits", "lakeside")).status_code == 200


def test_an_office_that_left_the_catalogue_is_closed_not_forgotten(house):
    lakeside = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    without = CATALOGUE[:lakeside] + CATALOGUE[CATALOGUE.index("[service.hearings]") :]
    with house.client() as client:
        link = house.mint("permits", "lakeside")
        assert client.get(link).status_code == 200
        house.apply(without)
        until = time.monotonic() + http_server.PATIENCE
        while client.get(link).status_code == 200 and time.monotonic() < until:
            time.sleep(0.05)
        closed = client.get(link)
        assert closed.status_code == 410 and "Permit renewal" in closed.text
        assert client.get(house.mint("permits", "riverside")).status_code == 200
