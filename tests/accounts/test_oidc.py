"""Sign-in at the agency's identity provider: what does not fit to the last letter opens nothing."""

import html
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import pytest
from joserfc import jwt
from sqlalchemy import select

from cxserver import db, oidc_client, tables
from cxserver.accounts import members
from cxserver.accounts.roles import Role
from cxserver.audit import journal
from cxserver.errors import ServerError
from cxserver.settings import Settings
from cxserver.staff import site
from tests.support.identity_provider import CLIENT, SECRET, Provider
from tests.support.matches import first_match
from tests.support.staff_accounts import invite, post

ANA = {"sub": "7f3a", "email": "ana@example.gov", "email_verified": True, "name": "Ana Ruiz"}


@pytest.fixture
def agency(house, serve):
    """A house and its provider, both served; Ana is invited as an administrator."""
    yield from _at_work(house, serve)


@pytest.fixture
def office(sqlite_house, serve):
    """As `agency`, on SQLite alone."""
    yield from _at_work(sqlite_house, serve)


def _at_work(house, serve, **settings):
    address, issuer = serve.reserve(), serve.reserve().replace("127.0.0.1", "localhost")
    provider = Provider(issuer, f"{address}/staff/sign-in/back", house.clock)
    provider.person = dict(ANA)
    serve(provider.app, at=issuer.replace("localhost", "127.0.0.1"))
    house.settings = house.settings.model_copy(
        update={
            "base_url": address,
            "oidc_issuer": issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": Settings(oidc_client_secret=SECRET).oidc_client_secret,
            **settings,
        }
    )
    invite(house, Role.ADMINISTRATOR, email="ana@example.gov")
    serve(house.app(), at=address)
    with httpx2.Client(base_url=address, follow_redirects=False) as client:
        yield house, provider, client


def leave(client, onward="/staff/audit"):
    """Set out for the provider; gives the address it sends the browser back to."""
    sent = client.get("/staff/sign-in/provider", params={"next": onward})
    assert sent.status_code == 303, sent.text
    returned = httpx2.get(sent.headers["location"], follow_redirects=False)
    assert returned.status_code == 303, returned.text
    return returned.headers["location"]


def come(client):
    """There and back."""
    return client.get(leave(client))


def sessions(house):
    with db.read(house.engine) as connection:
        return connection.execute(select(tables.staff_sessions)).all()


def refused(house, response, says="sign-in did not work"):
    """A 401 page, no session, no cookie but the errand taken back."""
    assert response.status_code == 401
    assert says in response.text and "staff.css" in response.text
    assert "cx-staff=" not in str(response.headers.get_list("set-cookie"))
    assert sessions(house) == []
    with db.read(house.engine) as connection:
        last = journal.latest(connection)[0]
    assert (last.who, last.what, last.about) == ("nobody", "sign in", "identity provider")
    return last.result


# ---- the way in


def test_an_invited_person_signs_in_and_is_led_to_the_page_asked_for(agency):
    house, provider, client = agency
    assert "Sign in with your agency account" in client.get("/staff/sign-in").text
    entered = come(client)
    assert (entered.status_code, entered.headers["location"]) == (303, "/staff/audit")
    page = client.get("/staff/audit")
    assert page.status_code == 200 and "Ana Ruiz" in page.text
    [authorization] = provider.authorizations
    assert authorization["code_challenge_method"] == "S256" and len(authorization["nonce"]) >= 32
    assert authorization["redirect_uri"] == f"{house.settings.base_url}/staff/sign-in/back"
    with db.read(house.engine) as connection:
        [row] = connection.execute(select(tables.staff_members)).all()
    assert (row.issuer, row.subject, row.name) == (provider.issuer, "7f3a", "Ana Ruiz")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_send_anybody_to_the_provider(office, site):
    _, _, client = office
    sent = client.get("/staff/sign-in/provider", headers={"sec-fetch-site": site})
    assert (sent.status_code, sent.headers["location"]) == (303, "/staff/sign-in")
    assert "set-cookie" not in sent.headers
    for ours in ("same-origin", "none"):
        sent = client.get("/staff/sign-in/provider", headers={"sec-fetch-site": ours})
        assert "/authorize?" in sent.headers["location"]


def test_setting_out_and_coming_back_wrongly_store_no_session(office):
    house, _, client = office
    leave(client)
    assert sessions(house) == []


def test_a_person_is_known_by_the_providers_name_for_them_and_not_by_an_address(agency):
    house, provider, client = agency
    assert come(client).status_code == 303
    # Married, and her old address given to somebody else.
    provider.person = ANA | {"email": "ana.lopez@example.gov"}
    assert come(client).status_code == 303
    client.cookies.clear()
    with db.write(house.engine) as connection:
        connection.execute(tables.staff_sessions.delete())
    provider.person = ANA | {"sub": "another"}
    assert refused(house, come(client), "Nobody has invited you") == "not invited"


@pytest.mark.parametrize(
    "person",
    [
        {"email": "somebody.else@example.gov"},
        {"email": "ana@example.gov.evil.example"},
        {"email": "аna@example.gov"},  # the first letter is Cyrillic
    ],
    ids=str,
)
def test_only_an_invited_address_binds(office, person):
    house, provider, client = office
    provider.twist = person
    assert refused(house, come(client), "Nobody has invited you") == "not invited"


def test_an_address_is_compared_without_regard_to_capitals(office):
    _, provider, client = office
    provider.person = ANA | {"email": "Ana@Example.GOV"}
    assert come(client).status_code == 303


def test_a_provider_that_tells_the_address_apart_is_asked_for_it(office):
    house, provider, client = office
    provider.where = "userinfo"
    provider.twist = {"sub": "somebody else"}
    assert refused(house, come(client)) == "userinfo of somebody else"
    provider.twist = {}
    assert come(client).status_code == 303


def test_who_is_shut_out_does_not_come_in_by_the_provider(office):
    house, _, client = office
    assert come(client).status_code == 303
    with db.write(house.engine) as connection:
        members.revoke(connection, "ana@example.gov", house.clock.now)
    assert client.get("/staff/audit").status_code == 303
    refused(house, come(client), "Nobody has invited you")


def test_a_session_of_before_ends_when_its_browser_signs_in_again(office):
    house, _, client = office
    come(client)
    first = client.cookies["cx-staff"]
    come(client)
    assert client.cookies["cx-staff"] != first and len(sessions(house)) == 1


# ---- the way out


def test_two_browsers_of_one_person_have_a_session_each(agency):
    house, _, office = agency
    with httpx2.Client(base_url=house.settings.base_url, follow_redirects=False) as home:
        assert [come(browser).status_code for browser in (office, home)] == [303, 303]
        assert [browser.get("/staff/audit").status_code for browser in (office, home)] == [200, 200]
        post(home, "/staff/sign-out")
        assert [browser.get("/staff/audit").status_code for browser in (office, home)] == [200, 303]


def test_signing_out_goes_on_to_the_provider_with_its_own_token_and_nothing_of_ours(agency):
    house, provider, client = agency
    provider.document = {"end_session_endpoint": f"{provider.issuer}/logout"}
    assert come(client).status_code == 303
    cookie = client.cookies["cx-staff"]
    page = post(client, "/staff/sign-out")
    assert page.status_code == 200 and sessions(house) == []
    refresh = first_match('http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    onward = html.unescape(refresh[1])
    assert parse_qs(urlsplit(onward).query).keys() == {
        "client_id",
        "id_token_hint",
        "post_logout_redirect_uri",
        "state",
    }
    assert cookie not in onward and "ana@" not in unquote(onward)
    [hint] = parse_qs(urlsplit(onward).query)["id_token_hint"]
    assert jwt.decode(hint, provider.key).claims["sub"] == "7f3a"
    returned = httpx2.get(onward, follow_redirects=False).headers["location"]
    assert "signed out, here and at" in client.get(returned).text
    # Whoever is led there by somebody else is told nothing that is not so.
    assert "signed out" not in client.get("/staff/sign-in?state=guessed").text
    assert "signed out" not in httpx2.get(returned).text
    assert client.get("/staff/audit").status_code == 303


@pytest.mark.parametrize(
    "document",
    [{}, {"end_session_endpoint": "http://evil.example/out"}, {"end_session_endpoint": None}],
    ids=str,
)
def test_where_the_provider_has_no_way_out_it_ends_here(office, document):
    house, provider, client = office
    provider.document = document
    come(client)
    out = post(client, "/staff/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/staff/sign-in")
    assert sessions(house) == []


def test_a_provider_that_is_down_keeps_nobody_in(office):
    house, provider, client = office
    come(client)
    provider.document = {"issuer": None}
    # What the provider told about itself is kept for an hour.
    for _ in range(3):
        house.clock.forward(minutes=25)
        assert client.get("/staff/audit").status_code == 200
    out = post(client, "/staff/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/staff/sign-in")
    assert sessions(house) == []


# ---- the provider itself


def test_a_new_key_of_the_provider_is_fetched_once_a_minute_at_most(office):
    house, provider, client = office
    assert come(client).status_code == 303
    provider.rotate()
    house.clock.forward(minutes=2)
    assert come(client).status_code == 303
    with db.write(house.engine) as connection:
        connection.execute(tables.staff_sessions.delete())
    provider.rotate()
    refused(house, come(client))
    house.clock.forward(minutes=1)
    assert come(client).status_code == 303


@pytest.mark.parametrize(
    "document",
    [
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
        {"jwks_uri": "http://127.0.0.1:9/jwks"},
    ],
    ids=str,
)
def test_a_provider_that_does_not_answer_as_one_is_a_503_in_words(office, document):
    house, provider, client = office
    provider.document = document
    response = client.get("/staff/sign-in/provider")
    assert response.status_code == 503 and "identity provider does not answer" in response.text
    provider.document = {}
    house.clock.forward(minutes=1)
    assert come(client).status_code == 303


def test_without_a_provider_there_is_no_such_door(sqlite_house):
    with sqlite_house.client() as client:
        assert client.get("/staff/sign-in/provider").status_code == 404
        assert client.get("/staff/sign-in/back?code=a&state=b").status_code == 404
        assert "agency account" not in client.get("/staff/sign-in").text


@pytest.mark.parametrize(
    "issuer", ["http://sso.agency.gov", "sso.agency.gov", "javascript:alert(1)", "ftp://localhost"]
)
def test_a_provider_without_https_is_refused_at_the_start(issuer):
    with pytest.raises(ValueError, match="CX_OIDC_ISSUER must look like"):
        Settings(oidc_issuer=issuer)


def test_the_secret_is_never_printed():
    settings = Settings(oidc_client_secret=SECRET)
    assert SECRET not in repr(settings) and SECRET not in str(settings.model_dump_json())


def test_a_server_whose_software_for_it_is_missing_says_what_to_install(monkeypatch):
    monkeypatch.setattr(oidc_client, "find_spec", lambda name: None)
    with pytest.raises(ServerError, match=r"pip install 'cxsdk\[oidc\]'"):
        site.check(Settings(oidc_issuer="https://sso.agency.gov"))
    site.check(Settings())


# ---- in a real browser, where sites, cookies and policies count


def test_a_browser_goes_there_and_comes_back_signed_in(office, open_page):
    house, provider, client = office
    page = open_page()
    page.goto(f"{house.settings.base_url}/staff/audit")
    page.get_by_role("link", name="Sign in with your agency account").click()
    page.wait_for_url("**/staff/audit")
    assert page.get_by_role("heading", level=1).inner_text() == "Who did what?"
    assert "Ana Ruiz" in page.locator("header").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/staff/sign-in")
    page.goto(f"{house.settings.base_url}/staff/audit")
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in"


def test_a_browser_signs_out_here_and_there(office, open_page):
    """Our policy lets no form end on another site: a browser shows that this one gets there."""
    house, provider, _ = office
    provider.document = {"end_session_endpoint": f"{provider.issuer}/logout"}
    page = open_page()
    page.goto(f"{house.settings.base_url}/staff/sign-in/provider?next=/staff/audit")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/staff/sign-in?state=*")
    assert "signed out, here and at" in page.locator("main").inner_text()
    assert len(provider.left) == 1 and sessions(house) == []


def test_a_page_of_another_site_cannot_sign_anybody_out(office, open_page, serve, page_faults):
    """In the browser itself: a form of another site, posted by its own script."""
    house, provider, client = office
    target = f"{house.settings.base_url}/staff/sign-out"

    async def evil(scope, receive, send):
        body = f'<form method="post" action="{target}"><button>Win</button></form>'.encode()
        head = {"type": "http.response.start", "status": 200}
        await send(head | {"headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body})

    page = open_page()
    page.goto(f"{house.settings.base_url}/staff/sign-in/provider")
    assert len(sessions(house)) == 1
    page.goto(serve(evil).replace("127.0.0.1", "localhost"))
    page.get_by_role("button").click()
    page.wait_for_url(target)
    assert page.get_by_role("heading", level=1).inner_text() == "This cannot be done from here"
    assert len(sessions(house)) == 1
    page_faults.clear()
