"""An identity provider that hangs: whoever signs in there is told so, and nobody else waits."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
from sqlalchemy import func, select

from cxserver import db, oidc_discovery, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Member, Role
from cxserver.settings import Settings
from tests.support.house import answer
from tests.support.identity_provider import CLIENT, SECRET, Provider
from tests.support.staff_accounts import invite, post

DISCOVERY = "/.well-known/openid-configuration"
PAGE = "/staff/offices"


class Hanging:
    """The provider's application, of which the `hung` paths never come to an end."""

    def __init__(self, app, drips):
        self.app, self.drips = app, drips
        self.hung, self.times = set(), 0
        self.reached, self.released = threading.Event(), threading.Event()

    async def __call__(self, scope, receive, send):
        if scope["path"] not in self.hung:
            await self.app(scope, receive, send)
            return
        self.times += 1
        self.reached.set()
        json = [(b"content-type", b"application/json")]
        if self.drips:
            await send({"type": "http.response.start", "status": 200, "headers": json})
        while not self.released.is_set():
            await asyncio.sleep(0.05)
            if self.drips:
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
        if not self.drips:
            await send({"type": "http.response.start", "status": 500, "headers": json})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture(params=["silent", "drips"])
def agency(request, sqlite_house, serve):
    """A house, its provider, and an administrator who is invited there, all served."""
    address, issuer = serve.reserve(), serve.reserve().replace("127.0.0.1", "localhost")
    provider = Provider(issuer, f"{address}/staff/sign-in/back", sqlite_house.clock)
    provider.person = {"sub": "7f3a", "email": "ana@example.gov", "email_verified": True}
    hanging = Hanging(provider.app, drips=request.param == "drips")
    serve(hanging, at=issuer.replace("localhost", "127.0.0.1"))
    update = {"base_url": address, "oidc_issuer": issuer, "oidc_client_id": CLIENT}
    update |= {"oidc_client_secret": Settings(oidc_client_secret=SECRET).oidc_client_secret}
    sqlite_house.settings = sqlite_house.settings.model_copy(update=update)
    sqlite_house.move(address)
    invite(sqlite_house, Role.ADMINISTRATOR, email="ana@example.gov")
    serve(sqlite_house.app(), at=address)
    yield sqlite_house, hanging
    hanging.released.set()


@contextmanager
def hung(hanging, path):
    """The provider hangs at `path`, and we have less patience than usual."""
    hanging.hung = {path}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oidc_discovery, "SECONDS", 0.5)
        yield
    hanging.hung = set()


def browser(house, **how):
    return httpx2.Client(base_url=house.settings.base_url, follow_redirects=False, **how)


def sign_in(client):
    """There and back; gives what comes of coming back."""
    sent = client.get("/staff/sign-in/provider")
    assert sent.status_code == 303, sent.text
    return client.get(httpx2.get(sent.headers["location"]).headers["location"])


def set_out(house):
    with browser(house, timeout=60) as client:
        return client.get("/staff/sign-in/provider")


def later(house, *clients):
    """Past the hour for which the provider's word about itself is kept; all stay signed in."""
    for _ in range(3):
        house.clock.forward(minutes=25)
        assert {client.get(PAGE).status_code for client in clients} == {200}


def break_glass(house):
    """The path of a link that leads past the provider."""
    wanted = Member("", "mo@example.gov", "", Role.ANALYST, None, None)
    with db.write(house.engine) as connection:
        member, _ = members.invite(connection, wanted, house.clock.now)
        secret = members.link(connection, member, house.clock.now, break_glass=True)
    return f"/staff/sign-in/{secret}"


def sessions(house):
    with db.read(house.engine) as connection:
        return connection.scalar(select(func.count()).select_from(tables.staff_sessions))


def wait_until(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def is_unreachable(response):
    return response.status_code == 503 and "identity provider does not answer" in response.text


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks"])
def test_setting_out_ends_with_a_page_that_says_why(agency, path):
    house, hanging = agency
    with browser(house) as client:
        with hung(hanging, path):
            assert is_unreachable(client.get("/staff/sign-in/provider"))
        house.clock.forward(minutes=1)
        assert sign_in(client).status_code == 303


def test_who_comes_within_a_minute_is_told_at_once_and_after_it_the_provider_is_asked(
    agency, monkeypatch
):
    house, hanging = agency
    with browser(house, timeout=10) as client, browser(house, timeout=10) as other:
        with hung(hanging, DISCOVERY):
            assert is_unreachable(client.get("/staff/sign-in/provider"))
            # Whoever waited for it now would wait longer than these browsers do.
            monkeypatch.setattr(oidc_discovery, "SECONDS", 60.0)
            house.clock.forward(seconds=59)
            assert is_unreachable(other.get("/staff/sign-in/provider"))
            assert hanging.times == 1
            monkeypatch.setattr(oidc_discovery, "SECONDS", 0.5)
            house.clock.forward(seconds=1)
            assert is_unreachable(other.get("/staff/sign-in/provider"))
            assert hanging.times == 2
        assert is_unreachable(client.get("/staff/sign-in/provider"))
        house.clock.forward(minutes=1)
        assert sign_in(client).status_code == 303
        assert sign_in(other).status_code == 303


def test_a_clock_that_was_put_back_makes_no_minute_longer(agency):
    house, hanging = agency
    with browser(house) as client:
        with hung(hanging, DISCOVERY):
            assert is_unreachable(client.get("/staff/sign-in/provider"))
        house.clock.forward(hours=-1)
        assert client.get("/staff/sign-in/provider").status_code == 303


def test_a_code_that_gets_no_answer_shuts_nobody_else_out(agency):
    house, hanging = agency
    with browser(house) as client, browser(house) as other:
        assert sign_in(other).status_code == 303
        later(house, other)
        assert client.get("/staff/sign-in/provider").status_code == 303
        house.clock.forward(minutes=2)
        with hung(hanging, "/token"):
            assert is_unreachable(sign_in(client))
        # But whoever sets out next asks whether the provider is there at all.
        with hung(hanging, DISCOVERY):
            assert is_unreachable(client.get("/staff/sign-in/provider"))
        house.clock.forward(minutes=1)
        assert sign_in(client).status_code == 303


def test_coming_back_ends_with_a_page_that_says_why(agency):
    house, hanging = agency
    with browser(house) as client, browser(house) as other:
        assert sign_in(other).status_code == 303
        with hung(hanging, "/token"):
            assert is_unreachable(sign_in(client))
        assert client.get(PAGE).headers["location"].startswith("/staff/sign-in")
        assert sign_in(client).status_code == 303


def test_signing_out_ends_the_session_here(agency):
    house, hanging = agency
    with browser(house) as client:
        assert sign_in(client).status_code == 303
        later(house, client)
        with hung(hanging, DISCOVERY):
            out = post(client, "/staff/sign-out")
        assert (out.status_code, out.headers["location"]) == (303, "/staff/sign-in")
        assert client.get(PAGE).status_code == 303


def test_people_who_wait_for_it_hold_up_no_page_and_no_answer(agency, monkeypatch):
    """More of them than there are threads, places of staff pages, or connections."""
    house, hanging = agency
    monkeypatch.setattr(oidc_discovery, "SECONDS", 60.0)
    with ExitStack() as stack:
        reader, visitor, *leavers = (
            stack.enter_context(browser(house, timeout=60)) for _ in range(7)
        )
        for client in (reader, *leavers):
            assert sign_in(client).status_code == 303
        later(house, reader, *leavers)
        hanging.hung = {DISCOVERY}
        crowd = stack.enter_context(ThreadPoolExecutor(50))
        stack.callback(hanging.released.set)
        leaving = [crowd.submit(post, client, "/staff/sign-out") for client in leavers]
        coming = [crowd.submit(set_out, house) for _ in range(45)]
        wait_until(lambda: hanging.reached.is_set() and sessions(house) == 1)
        assert reader.get(PAGE).status_code == 200
        assert answer(visitor, house.mint(), comment="All went well.").status_code == 303
        assert post(visitor, break_glass(house)).status_code == 303
        assert not any(future.done() for future in (*leaving, *coming))
        hanging.released.set()
        assert {future.result().status_code for future in leaving} == {303}
        assert all(is_unreachable(future.result()) for future in coming)
