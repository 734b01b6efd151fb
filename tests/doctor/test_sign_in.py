"""The doctor asks the identity provider whether staff would get in."""

import asyncio

import pytest
from pydantic import SecretStr

from cxserver import oidc_discovery
from cxserver.doctor import sign_in
from cxserver.settings import Settings
from tests.support import http_server
from tests.support.cli_runner import invoke
from tests.support.house import Clock
from tests.support.identity_provider import CLIENT, SECRET, Provider

BOTH = {"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]}


@pytest.fixture
def provider(serve):
    """An identity provider at work."""
    issuer = serve.reserve().replace("127.0.0.1", "localhost")
    provider = Provider(issuer, "http://127.0.0.1:1/staff/sign-in/back", Clock())
    serve(provider.app, at=issuer.replace("localhost", "127.0.0.1"))
    return provider


def looked_at(issuer, **settings):
    known = Settings(
        oidc_issuer=issuer, oidc_client_id=CLIENT, oidc_client_secret=SecretStr(SECRET)
    )
    return sign_in.sign_in(known.model_copy(update=settings))


def test_without_a_provider_nothing_is_said():
    assert looked_at("") == []


def test_a_provider_that_answers_as_expected_is_well(provider):
    [finding] = looked_at(provider.issuer)
    assert (finding.state, finding.check) == ("ok", "staff sign-in")
    assert provider.issuer in finding.text and "client_secret_basic" in finding.text


def test_the_issuer_is_compared_to_the_last_letter(provider):
    [finding] = looked_at(provider.issuer + "/")
    assert finding.state == "problem" and "to exactly that" in finding.cure
    assert finding.text.endswith(f"the provider there says {provider.issuer}")
    provider.document = {"issuer": "https://evil.example"}
    [finding] = looked_at(provider.issuer)
    assert finding.state == "problem" and "https://evil.example" in finding.text


def test_a_port_where_nobody_answers_is_a_problem():
    [finding] = looked_at(f"http://localhost:{http_server.free_port()}")
    assert finding.state == "problem" and "does not answer" in finding.text


def test_what_answers_and_is_no_provider_is_a_problem(serve):
    async def stranger(scope, receive, send):
        await send({"type": "http.response.start", "status": 404})
        await send({"type": "http.response.body", "body": b"not found"})

    [finding] = looked_at(serve(stranger).replace("127.0.0.1", "localhost"))
    assert finding.state == "problem" and "HTTP 404" in finding.text


def test_a_provider_that_drips_is_given_up(serve, monkeypatch):
    async def drips(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        while (await receive())["type"] != "http.disconnect":
            for _ in range(600):
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.sleep(0.1)

    monkeypatch.setattr(oidc_discovery, "SECONDS", 0.5)
    [finding] = looked_at(serve(drips).replace("127.0.0.1", "localhost"))
    assert finding.state == "problem" and "it takes too long" in finding.text


def test_a_missing_secret_is_a_problem_where_the_provider_wants_some_proof(provider):
    [finding] = looked_at(provider.issuer, oidc_client_secret=SecretStr(""))
    assert finding.state == "problem" and "CX_OIDC_CLIENT_SECRET" in finding.cure
    provider.document = {"token_endpoint_auth_methods_supported": ["none"]}
    [finding] = looked_at(provider.issuer, oidc_client_secret=SecretStr(""))
    assert finding.state == "ok"


def test_a_way_of_proof_that_the_provider_does_not_take_is_a_problem(provider):
    [finding] = looked_at(provider.issuer, oidc_client_auth="post")
    assert finding.state == "problem" and "does not take client_secret_post" in finding.text
    provider.document = BOTH
    [finding] = looked_at(provider.issuer, oidc_client_auth="post")
    assert finding.state == "ok"


def test_a_provider_that_confirms_no_address_is_told_of_unless_it_is_trusted(provider):
    provider.document = {"claims_supported": ["sub", "email"]}
    _, finding = looked_at(provider.issuer)
    assert finding.state == "warning" and "email_verified" in finding.text
    _, finding = looked_at(provider.issuer, oidc_trust_email=True)
    assert finding.state == "ok" and "CX_OIDC_TRUST_EMAIL" in finding.text


def test_the_command_says_it(house, provider, monkeypatch):
    house.live_today()
    monkeypatch.setenv("CX_OIDC_ISSUER", provider.issuer + "/")
    monkeypatch.setenv("CX_OIDC_CLIENT_ID", CLIENT)
    monkeypatch.setenv("CX_OIDC_CLIENT_SECRET", SECRET)
    printed, _ = invoke(house, "doctor", fails=True)
    assert f"the provider there says {provider.issuer}" in " ".join(printed.split())
