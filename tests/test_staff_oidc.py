"""Sign-in at the agency's identity provider: what does not fit to the last letter opens nothing."""

import html
import json
import re
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import pytest
from sqlalchemy import select

from command import cx
from cxserver import db, relying, staff, tables
from cxserver.errors import ServerError
from cxserver.settings import Settings
from cxserver.staff import members
from cxserver.staff.access import Member, Role
from desks import invite, post
from provider import CLIENT, SECRET, Provider

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
        last = staff.audit.latest(connection)[0]
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
    [asked] = provider.asked
    assert asked["code_challenge_method"] == "S256" and len(asked["nonce"]) >= 32
    assert asked["redirect_uri"] == f"{house.settings.base_url}/staff/sign-in/back"
    with db.read(house.engine) as connection:
        [row] = connection.execute(select(tables.staff_members)).all()
    assert (row.issuer, row.subject, row.name) == (provider.issuer, "7f3a", "Ana Ruiz")


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
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"email": ""},
        {"email": "somebody.else@example.gov"},
        {"email": "ana@example.gov.evil.example"},
        {"email": "аna@example.gov"},  # the first letter is Cyrillic
    ],
    ids=str,
)
def test_only_an_invited_and_verified_address_binds(office, person):
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
        {"iat": 32503680000, "exp": 32503680300},
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
    # Not its last character: base64 leaves some bits of that one unused.
    changed = errand[:-2] + ("A" if errand[-2] != "A" else "B") + errand[-1]
    for forged in (changed, "", "a.b", "{}", "a" * 4000):
        found = httpx2.get(back, headers={"cookie": f"cx-errand={forged}"})
        assert refused(house, found) == "no errand"


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
        assert provider.asked[0]["acr_values"] == f"{strong} urn:piv"
        provider.twist = {"acr": "urn:piv"}
        assert come(client).status_code == 303


# ---- links, where a provider lets people in


def logged(house):
    with db.read(house.engine) as connection:
        lines = staff.audit.latest(connection)
    return [(line.who, line.what, line.about, line.result) for line in reversed(lines)]


def break_glass(house, email="ana@example.gov"):
    with db.write(house.engine) as connection:
        wanted = Member("", email, "", Role.ADMINISTRATOR, None, None)
        member = members.know(connection, wanted, house.clock.now)
        secret = members.link(connection, member, house.clock.now, break_glass=True)
    return f"/staff/sign-in/{secret}"


def test_a_link_of_before_opens_nothing_once_there_is_a_provider(agency):
    house, _, client = agency
    link = invite(house, Role.ADMINISTRATOR, email="old@example.gov")
    for found in (client.get(link), post(client, link)):
        assert found.status_code == 404 and "This link does not work" in found.text
        assert "set-cookie" not in found.headers
    assert sessions(house) == []
    assert logged(house)[-1] == ("nobody", "sign in", "one-time link", "not a good link")
    # Nor does it under the name of the other kind.
    forged = link.replace("/sign-in/", "/sign-in/break-glass.")
    assert post(client, forged).status_code == 404


def test_a_break_glass_link_signs_in_once_within_the_hour_and_is_marked_in_the_log(agency):
    house, _, client = agency
    link = break_glass(house)
    assert client.get(link).status_code == 200
    entered = post(client, link)
    assert (entered.status_code, entered.headers["location"]) == (303, "/staff/")
    assert client.get("/staff/audit").status_code == 200
    assert ("ana@example.gov", "sign in", "break-glass link", "done") in logged(house)
    client.cookies.clear()
    assert post(client, link).status_code == 404
    late = break_glass(house)
    house.clock.forward(hours=1)
    assert client.get(late).status_code == 404 and post(client, late).status_code == 404


def test_break_glass_works_while_the_provider_is_down_the_way_out_too(office):
    house, provider, client = office
    provider.document = {"issuer": None}
    assert client.get("/staff/sign-in/provider").status_code == 503
    assert post(client, break_glass(house)).status_code == 303
    out = post(client, "/staff/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/staff/sign-in")
    assert sessions(house) == []


def test_the_command_makes_known_and_prints_no_secret_where_there_is_a_provider(
    office, monkeypatch
):
    house, provider, client = office
    monkeypatch.setenv("CX_OIDC_ISSUER", provider.issuer)
    words = ("staff", "invite", "bea@example.gov", "--role", "analyst")
    assert cx(house, *words).strip() == f"{house.settings.base_url}/staff/sign-in"
    with db.read(house.engine) as connection:
        held = connection.execute(select(tables.staff_invites.c.member)).scalars().all()
        bea = [one.member.id for one in members.everyone(connection) if "bea" in one.member.email]
    assert not set(held) & set(bea)
    told = json.loads(cx(house, *words, "--json"))
    assert told["link"].endswith("/staff/sign-in") and told["valid_until"] is None
    provider.person = ANA | {"sub": "b", "email": "bea@example.gov"}
    assert come(client).status_code == 303
    link = cx(house, *words, "--break-glass").strip()
    assert "/staff/sign-in/break-glass." in link
    assert [line[1:3] for line in logged(house) if line[0] == "command line"] == [
        ("invite", "bea@example.gov analyst"),
        ("invite", "bea@example.gov analyst"),
        ("break-glass link", "bea@example.gov analyst"),
    ]
    assert link.rpartition(".")[2] not in str(logged(house))


def test_without_a_provider_there_is_no_glass_to_break(sqlite_house):
    words = ("staff", "invite", "a@example.gov", "--role", "analyst", "--break-glass")
    assert "no provider" in cx(sqlite_house, *words, fails=True)


# ---- the way out


def test_signing_out_goes_on_to_the_provider_with_nothing_secret(agency):
    house, provider, client = agency
    provider.document = {"end_session_endpoint": f"{provider.issuer}/logout"}
    assert come(client).status_code == 303
    cookie = client.cookies["cx-staff"]
    page = post(client, "/staff/sign-out")
    assert page.status_code == 200 and sessions(house) == []
    onward = html.unescape(re.search('http-equiv="refresh" content="0; url=([^"]+)"', page.text)[1])
    assert parse_qs(urlsplit(onward).query).keys() == {
        "client_id",
        "post_logout_redirect_uri",
        "state",
    }
    assert cookie not in onward and "ana@" not in unquote(onward)
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
        {"issuer": "https://evil.example"},
        {"issuer": None},
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
    found = client.get("/staff/sign-in/provider")
    assert found.status_code == 503 and "identity provider does not answer" in found.text
    provider.document = {}
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
    monkeypatch.setattr(relying, "find_spec", lambda name: None)
    with pytest.raises(ServerError, match=r"pip install 'cxsdk\[oidc\]'"):
        staff.check(Settings(oidc_issuer="https://sso.agency.gov"))
    staff.check(Settings())


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
