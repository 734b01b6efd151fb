"""What comes back from an identity provider and does not fit: nobody is let in."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from cxserver import db, oidc_discovery, tables
from cxserver.oidc_discovery import ProviderUnreachable
from tests.accounts.test_oidc import ANA, _at_work, come, leave, office, refused
from tests.support.identity_provider import CLIENT

__all__ = ["office"]  # a fixture


# ---- what does not fit


def test_a_token_of_a_minute_ago_is_taken_for_clocks_differ(office):
    house, provider, client = office
    now = int(house.clock.now.timestamp())
    provider.twist = {"exp": now - 30, "iat": now - 330}
    assert come(client).status_code == 303


@pytest.mark.parametrize(
    "twist",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"iat": None},
        {"nbf": 32503680000},
        {"at_hash": "of-another-access-token"},
        {"iat": "yesterday"},
        {"exp": "tomorrow"},
    ],
    ids=str,
)
def test_a_token_that_does_not_fit_is_refused(office, twist):
    house, provider, client = office
    provider.twist = twist
    assert refused(house, come(client)).startswith("id token")


def test_a_time_that_no_clock_shows_is_refused_and_fits_into_the_log(office):
    house, provider, client = office
    provider.twist = {"iat": 10**80}
    reason = refused(house, come(client), says="too far apart")
    assert reason.startswith("clock") and len(reason) <= 64  # what audit.result holds


@pytest.mark.parametrize("subject", ["", "a" * 256, "a\x00b", 7, ["7f3a"], {"a": 1}])
def test_a_name_that_is_none_is_refused(office, subject):
    house, provider, client = office
    provider.person = ANA | {"sub": subject}
    refused(house, come(client))


def test_a_persons_name_is_shown_as_text_without_its_tricks(office):
    _, provider, client = office
    provider.person = ANA | {"name": "Ana\x00\u202e <b>Ruiz</b>" + "z" * 500}
    assert come(client).status_code == 303
    page = client.get("/staff/audit").text
    assert "Ana &lt;b&gt;Ruiz" in page and "<b>Ruiz" not in page


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_signed_by_anybody_is_refused(office, algorithm):
    house, provider, client = office
    provider.sign = provider.by_hand(algorithm)
    assert refused(house, come(client)).startswith("id token")


def test_a_token_signed_with_a_key_that_was_never_offered_is_refused(office):
    house, provider, client = office
    provider.sign = provider.with_a_key_of_its_own
    assert refused(house, come(client)).startswith("id token")


@pytest.mark.parametrize("token", [None, "", "abc", "a.b.c", "....", 7, {"alg": "none"}])
def test_what_is_no_token_is_refused(office, token):
    house, provider, client = office
    provider.sign = lambda claims: token
    refused(house, come(client))


@pytest.mark.parametrize("state", ["", "guessed", "ö"])
def test_a_return_with_another_state_is_refused(office, state):
    house, _, client = office
    sent = parse_qs(urlsplit(leave(client)).query)
    query = {name: each[0] for name, each in sent.items()} | {"state": state}
    assert refused(house, client.get("/staff/sign-in/back", params=query)) == "state"


def test_a_return_in_another_browser_is_refused(office):
    """Somebody signs a victim in as himself: the victim never set out."""
    house, _, client = office
    back = leave(client)
    assert refused(house, httpx2.get(back)) == "no errand"


def test_a_return_is_good_once(office):
    house, _, client = office
    errand = {}
    back = leave(client)
    errand = dict(client.cookies)
    assert client.get(back).status_code == 303
    with db.write(house.engine) as connection:
        connection.execute(tables.staff_sessions.delete())
    assert refused(house, client.get(back)) == "no errand"
    again = httpx2.get(back, headers={"cookie": f"cx-errand={errand['cx-errand']}"})
    assert refused(house, again) == "code: invalid_grant"


def test_a_return_after_ten_minutes_is_refused(office):
    house, _, client = office
    back = leave(client)
    house.clock.forward(minutes=10, seconds=1)
    assert refused(house, client.get(back)) == "late"


def test_an_errand_that_was_tampered_with_is_refused(office):
    house, _, client = office
    back = leave(client)
    errand = client.cookies["cx-errand"]
    client.cookies.clear()
    changed = [
        errand[:at] + ("A" if errand[at] != "A" else "B") + errand[at + 1 :] for at in (0, -2)
    ]
    # Base64 leaves two bits of the last character unused, and "=" may follow it.
    alike = [errand[:-1] + chr(ord(errand[-1]) + 1), errand + "=", errand + "=="]
    for forged in (*changed, *alike, "", "a.b", "{}", "a" * 4000, "." * 4000):
        response = httpx2.get(back, headers={"cookie": f"cx-errand={forged}"})
        assert refused(house, response) == "no errand"


def test_a_return_in_the_name_of_another_provider_is_refused(office):
    house, provider, client = office
    back = leave(client).replace("localhost", "evil.example")
    assert refused(house, client.get(back)) == "issuer"


def test_the_providers_own_refusal_is_said_in_words(office):
    house, provider, client = office
    provider.refuses = "access_denied"
    says = "The identity provider did not let you in"
    assert refused(house, come(client), says) == "refused by the provider"


def test_a_weaker_sign_in_than_was_insisted_on_is_refused(sqlite_house, serve):
    strong = "http://idmanagement.gov/ns/assurance/aal/2"
    for house, provider, client in _at_work(sqlite_house, serve, oidc_acr=(strong, "urn:piv")):
        for weak in (None, "urn:password", ""):
            provider.twist = {"acr": weak}
            assert refused(house, come(client), "second factor") == "acr"
        assert provider.authorizations[0]["acr_values"] == f"{strong} urn:piv"
        provider.twist = {"acr": "urn:piv"}
        assert come(client).status_code == 303


def test_a_provider_that_leads_elsewhere_is_not_followed(serve):
    """What answers at another address need not be the provider (ASVS 15.3.2)."""
    reached = []

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        reached.append(scope["path"])
        head = [(b"location", b"/elsewhere"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 302, "headers": head})
        await send({"type": "http.response.body"})

    with pytest.raises(ProviderUnreachable, match="302"):
        asyncio.run(oidc_discovery.fetch(serve(app), False))
    assert reached == ["/.well-known/openid-configuration"]
