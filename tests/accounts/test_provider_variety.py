"""What real identity providers do differently, and each is right to: people still sign in."""

import html
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from cxserver import db, oidc_client
from cxserver.audit import journal
from cxserver.errors import ServerError
from cxserver.settings import Settings
from cxserver.staff import site
from tests.accounts.test_oidc import ANA, _at_work, come, office, refused, sessions
from tests.support.identity_provider import CLIENT, SECRET
from tests.support.matches import first_match
from tests.support.staff_accounts import post

__all__ = ["office"]  # a fixture

EVERY_CHARACTER = "".join(chr(code) for code in range(32, 127)) + "é€"
UNCONFIRMED = "did not confirm this email address"
BASIC, POST = oidc_client.BASIC, oidc_client.POST


@pytest.fixture
def trusting(sqlite_house, serve):
    """As `office`, where the agency trusts the addresses of a provider that confirms none."""
    yield from _at_work(sqlite_house, serve, oidc_trust_email=True)


def known_as(client, secret):
    """The settings of an installation that a provider knows by this name and secret."""
    return {"oidc_client_id": client, "oidc_client_secret": SecretStr(secret)}


def journal_lines(house):
    with db.read(house.engine) as connection:
        return [(line.what, line.about) for line in journal.latest(connection)]


# ---- how we prove ourselves


@pytest.mark.parametrize("way", [BASIC, POST])
@pytest.mark.parametrize(
    ("client", "secret"),
    [
        (CLIENT, "a+b%2Fc:d&e=f"),
        ("urn:gov:example:cx", SECRET),
        (EVERY_CHARACTER, EVERY_CHARACTER),
    ],
)
def test_a_name_and_a_secret_of_any_characters_are_understood(
    sqlite_house, serve, way, client, secret
):
    for _, provider, browser in _at_work(sqlite_house, serve, **known_as(client, secret)):
        provider.client, provider.secret, provider.way = client, secret, way
        provider.document = {"token_endpoint_auth_methods_supported": [way]}
        assert come(browser).status_code == 303


@pytest.mark.parametrize(("sent", "way"), [("basic", BASIC), ("post", POST)])
def test_the_secret_is_sent_as_it_is_set_whatever_the_provider_says(sqlite_house, serve, sent, way):
    for _, provider, browser in _at_work(sqlite_house, serve, oidc_client_auth=sent):
        provider.way = way
        both = {"token_endpoint_auth_methods_supported": [BASIC, POST]}
        for document in ({}, both):
            provider.document = document
            assert come(browser).status_code == 303


def test_a_provider_that_does_not_know_us_is_named_as_the_reason(office):
    house, provider, client = office
    provider.secret = "another"
    says = "does not accept this server’s own credentials"
    assert refused(house, come(client), says.replace("’", "&#39;")) == "code: invalid_client"


def test_a_way_that_is_none_is_refused_at_the_start():
    with pytest.raises(ValueError, match="CX_OIDC_CLIENT_AUTH must be basic or post, not 'jwt'"):
        Settings(oidc_client_auth="jwt")
    alone = Settings(
        oidc_issuer="https://sso.agency.gov", oidc_client_id=CLIENT, oidc_client_auth="post"
    )
    with pytest.raises(ServerError, match="CX_OIDC_CLIENT_SECRET is not"):
        site.check(alone)


# ---- what it says of an address


@pytest.mark.parametrize(
    ("person", "doubt"),
    [
        ({"email_verified": None}, "email_verified is absent"),
        ({"email_verified": False}, "email_verified is false"),
        ({"email_verified": "true"}, "email_verified is not true or false"),
        ({"email": None}, "no email address"),
        ({"email": ""}, "no email address"),
    ],
    ids=str,
)
def test_an_address_that_the_provider_did_not_confirm_finds_no_invitation(office, person, doubt):
    house, provider, client = office
    provider.twist = person
    assert refused(house, come(client), UNCONFIRMED) == f"email not confirmed: {doubt}"


@pytest.mark.parametrize("said", [None, "true"])
def test_an_agency_may_trust_a_provider_that_confirms_nothing_and_the_log_says_so(trusting, said):
    house, provider, client = trusting
    provider.twist = {"email_verified": said}
    assert come(client).status_code == 303
    [about] = [about for what, about in journal_lines(house) if what == "trust email"]
    assert about.startswith("CX_OIDC_TRUST_EMAIL (email_verified is ")
    # From then on the person is known by the provider's own name for them.
    assert come(client).status_code == 303
    assert [what for what, _ in journal_lines(house)].count("trust email") == 1


@pytest.mark.parametrize("said", [False, "false", 0, "no"])
def test_trust_does_not_go_against_what_the_provider_says(trusting, said):
    house, provider, client = trusting
    provider.twist = {"email_verified": said}
    assert refused(house, come(client), UNCONFIRMED).startswith("email not confirmed")


def test_trust_is_not_needed_where_the_provider_confirms(trusting):
    house, _, client = trusting
    assert come(client).status_code == 303
    assert "trust email" not in dict(journal_lines(house))


# ---- signed userinfo


def test_userinfo_that_the_provider_signed_is_read(office):
    _, provider, client = office
    provider.where, provider.signs_userinfo = "userinfo", True
    assert come(client).status_code == 303


@pytest.mark.parametrize(
    "twist",
    [{"iss": "https://evil.example"}, {"aud": "another client"}, {"exp": 1}],
    ids=str,
)
def test_signed_userinfo_of_somebody_else_or_of_long_ago_is_refused(office, twist):
    house, provider, client = office
    provider.where, provider.signs_userinfo, provider.twist = "userinfo", True, twist
    assert refused(house, come(client)).startswith("userinfo: ")


def test_userinfo_signed_with_a_key_that_was_never_offered_is_refused(office):
    house, provider, client = office
    provider.where, provider.signs_userinfo = "userinfo", True
    provider.sign = signs_userinfo_with_another_key(provider)
    assert refused(house, come(client)).startswith("userinfo: ")


def signs_userinfo_with_another_key(provider):
    """Sign the ID token as it should be, and what has no nonce with a key of one's own."""
    honest = provider.sign

    def sign(claims):
        return honest(claims) if "nonce" in claims else provider.with_a_key_of_its_own(claims)

    return sign


# ---- clocks, names


@pytest.mark.parametrize("seconds", [-90, 90])
def test_clocks_that_are_ninety_seconds_apart_hinder_nobody(office, seconds):
    _, provider, client = office
    provider.ahead = timedelta(seconds=seconds)
    provider.signs_userinfo, provider.where = True, "userinfo"
    assert come(client).status_code == 303


@pytest.mark.parametrize(("minutes", "side"), [(10, "ahead"), (-10, "behind")])
def test_clocks_that_are_far_apart_are_named_on_the_page_and_in_the_log(office, minutes, side):
    house, provider, client = office
    provider.ahead = timedelta(minutes=minutes)
    reason = refused(house, come(client), "identity provider are too far apart")
    assert reason == f"clock: the provider's is 600 s {side}"


@pytest.mark.parametrize("given", ["https://evil.example", None, "", ["https://evil.example"]])
def test_a_provider_of_another_name_is_a_503_and_the_log_has_both_names(office, capfd, given):
    house, provider, client = office
    provider.document = {"issuer": given}
    response = client.get("/staff/sign-in/provider")
    assert response.status_code == 503 and "check CX_OIDC_ISSUER" in response.text
    logged = "".join(capfd.readouterr())
    assert f"expected={provider.issuer}" in logged
    assert f"given={given if given and isinstance(given, str) else 'none'}" in logged
    provider.document = {}
    house.clock.forward(minutes=1)
    assert come(client).status_code == 303


def test_an_issuer_with_a_slash_too_many_is_another_name(office, capfd):
    _, provider, client = office
    provider.document = {"issuer": provider.issuer + "/"}
    assert client.get("/staff/sign-in/provider").status_code == 503
    assert f"given={provider.issuer}/" in "".join(capfd.readouterr())


# ---- the way out


def test_an_id_token_too_long_for_an_address_is_left_out_at_sign_out(office):
    house, provider, client = office
    provider.document = {"end_session_endpoint": f"{provider.issuer}/logout"}
    provider.person = ANA | {"groups": ["a group of the agency"] * 300}
    assert come(client).status_code == 303
    page = post(client, "/staff/sign-out")
    refresh = first_match('http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    query = parse_qs(urlsplit(html.unescape(refresh[1])).query)
    assert "id_token_hint" not in query and query["client_id"] == [CLIENT]
    assert sessions(house) == []
