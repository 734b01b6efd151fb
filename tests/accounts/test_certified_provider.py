"""Sign-in at a provider that others wrote and the OpenID Foundation certified, beside our own."""

import html
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from cxserver.accounts.roles import Role
from cxserver.doctor import sign_in as doctor
from tests.accounts.test_oidc import ANA, refused, sessions
from tests.support import certified_provider
from tests.support.matches import first_match
from tests.support.staff_accounts import invite, post

EVERY_CHARACTER = "".join(chr(code) for code in range(32, 127))
NAME = "urn:gov:example:cx"
PLAIN = {"client_id": NAME, "client_secret": "a+b%2Fc:d&e=f"}


@contextmanager
def at_work(house, serve, client, person=ANA, **settings):
    """A house that lives today, the provider that knows it as `client`, and a browser."""
    house.clock.now = datetime.now(UTC)
    house.live_today()
    home = serve.reserve()
    with certified_provider.running(client, person, home) as provider:
        known = {"oidc_issuer": provider.issuer, "oidc_client_id": client["client_id"]}
        known["oidc_client_secret"] = SecretStr(client.get("client_secret", ""))
        update = {"base_url": home, **known, **settings}
        house.settings = house.settings.model_copy(update=update)
        invite(house, Role.ADMINISTRATOR, email="ana@example.gov")
        serve(house.app(), at=home)
        with httpx2.Client(base_url=home, follow_redirects=False) as browser:
            yield provider, browser


def come(provider, browser):
    """There and back."""
    sent = browser.get("/staff/sign-in/provider", params={"next": "/staff/audit"})
    assert sent.status_code == 303, sent.text
    return browser.get(provider.sign_in(sent.headers["location"]))


@pytest.mark.parametrize("way", ["basic", "post"])
@pytest.mark.parametrize(
    ("name", "secret"), [(NAME, "a+b%2Fc:d&e=f"), (EVERY_CHARACTER, EVERY_CHARACTER)]
)
def test_a_name_and_a_secret_of_any_characters_sign_in(sqlite_house, serve, way, name, secret):
    client = {"client_id": name, "client_secret": secret}
    client["token_endpoint_auth_method"] = f"client_secret_{way}"
    with at_work(sqlite_house, serve, client, oidc_client_auth=way) as (provider, browser):
        assert come(provider, browser).headers["location"] == "/staff/audit"
        assert "Ana Ruiz" in browser.get("/staff/audit").text


def test_a_key_signs_in_without_a_secret(sqlite_house, serve):
    key = RSAKey.generate_key(2048)
    file = sqlite_house.settings.data_dir / "client.pem"
    file.write_bytes(key.as_pem(private=True))
    file.chmod(0o600)
    client = {
        "client_id": NAME,
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    with at_work(sqlite_house, serve, client, oidc_private_key_file=file) as (provider, browser):
        assert come(provider, browser).status_code == 303


def test_signed_userinfo_is_read(sqlite_house, serve):
    client = PLAIN | {"userinfo_signed_response_alg": "RS256"}
    with at_work(sqlite_house, serve, client) as (provider, browser):
        assert come(provider, browser).status_code == 303


@pytest.mark.parametrize("said", [None, False, "true"])
def test_an_address_that_is_not_confirmed_finds_no_invitation(sqlite_house, serve, said):
    person = {name: value for name, value in ANA.items() if name != "email_verified"}
    person |= {} if said is None else {"email_verified": said}
    with at_work(sqlite_house, serve, PLAIN, person) as (provider, browser):
        page = come(provider, browser)
        says = "did not confirm this email address"
        assert refused(sqlite_house, page, says).startswith("email not confirmed")


def test_an_agency_may_trust_a_provider_that_confirms_nothing(sqlite_house, serve):
    person = {name: value for name, value in ANA.items() if name != "email_verified"}
    with at_work(sqlite_house, serve, PLAIN, person, oidc_trust_email=True) as (provider, browser):
        assert come(provider, browser).status_code == 303


@pytest.mark.parametrize("seconds", [-90, 90])
def test_clocks_that_are_ninety_seconds_apart_hinder_nobody(sqlite_house, serve, seconds):
    with at_work(sqlite_house, serve, PLAIN) as (provider, browser):
        sqlite_house.clock.now = datetime.now(UTC) + timedelta(seconds=seconds)
        assert come(provider, browser).status_code == 303


def test_signing_out_ends_the_session_there_by_its_own_token(sqlite_house, serve):
    with at_work(sqlite_house, serve, PLAIN) as (provider, browser):
        assert come(provider, browser).status_code == 303
        page = post(browser, "/staff/sign-out")
        assert sessions(sqlite_house) == []
        refresh = first_match('http-equiv="refresh" content="0; url=([^"]+)"', page.text)
        address = html.unescape(refresh[1])
        assert "id_token_hint" in parse_qs(urlsplit(address).query)
        returned = browser.get(provider.sign_out(address))
        assert "signed out, here and at" in returned.text


def test_the_doctor_finds_it_well_and_a_slash_too_many(sqlite_house, serve):
    with at_work(sqlite_house, serve, PLAIN) as (provider, _):
        [finding] = doctor.sign_in(sqlite_house.settings)
        assert finding.state == "ok"
        update = {"oidc_issuer": provider.issuer + "/"}
        [finding] = doctor.sign_in(sqlite_house.settings.model_copy(update=update))
        assert finding.state == "problem" and provider.issuer in finding.text
