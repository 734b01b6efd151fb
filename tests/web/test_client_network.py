"""Which network somebody comes from: told by a proxy that we trust, or by nobody."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from cxserver.web.app import CxApp, create_app
from cxserver.web.client_network import network
from tests.support.house import House, answer

REAL, OTHER = "198.51.100.7", "203.0.113.9"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.17", "192.0.2.17"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.17", "192.0.2.17"),
        ("", "unknown"),
        ("_hidden", "_hidden"),
        ("x" * 500, "x" * 64),
    ],
)
def test_one_household_is_one_network(address: str, expected: str) -> None:
    assert network(address) == expected


def networks(house: House, peer: str, *headers: str, proxies: tuple[str, ...] = ()) -> set[bytes]:
    """The networks that the ceilings know after one answer for each forwarded header."""
    settings = house.settings.model_copy(update={"trusted_proxies": proxies, "scheduler": False})
    house.confirm_clock()
    app = create_app(settings, clock=house.clock)
    with TestClient(app, base_url=settings.base_url, client=(peer, 1)) as client:
        poster = house.mint(channel="poster", expires_at=house.clock.now + timedelta(days=30))
        for header in headers:
            client.headers["x-forwarded-for"] = header
            assert answer(client, poster).status_code in (200, 303)
        return known(app)


def known(app: CxApp) -> set[bytes]:
    ceilings = app._app.state.services.intake.ceilings
    return {name for line in ceilings._links.values() for name in line.networks}


def test_behind_a_proxy_on_this_machine_everybody_is_who_they_are(sqlite_house: House) -> None:
    assert len(networks(sqlite_house, "127.0.0.1", REAL, OTHER)) == 2


def test_a_header_that_somebody_made_up_makes_no_networks(sqlite_house: House) -> None:
    assert len(networks(sqlite_house, REAL, "192.0.2.1", "192.0.2.2", "192.0.2.3")) == 1


def test_what_stands_before_the_proxys_own_word_is_nobodys(sqlite_house: House) -> None:
    forged = (f"192.0.2.{n}, {REAL}" for n in range(3))
    assert len(networks(sqlite_house, "127.0.0.1", *forged)) == 1


def test_a_proxy_elsewhere_has_to_be_named(sqlite_house: House) -> None:
    assert len(networks(sqlite_house, "10.0.0.5", REAL, OTHER)) == 1


def test_a_proxy_that_is_named_is_believed(sqlite_house: House) -> None:
    assert len(networks(sqlite_house, "10.0.0.5", REAL, OTHER, proxies=("10.0.0.0/24",))) == 2
