"""What every response carries, who may frame what, and that looking changes nothing."""

import hashlib
import re

import pytest
from sqlalchemy import select
from starlette.routing import Route

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.demo import front
from cxserver.demo.front import Stage
from cxserver.staff import site
from tests.support.house import CATALOGUE, answer, stamp_of
from tests.support.matches import first_match
from tests.support.routes import served
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import invite, sign_in

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "require-trusted-types-for": "'script'",
}
AGENCY = "https://www.example.gov"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def client(street):
    async def fails(request):
        raise RuntimeError("our own fault")

    with street.client(more_routes=[Route("/fails", fails)]) as client:
        yield client


def policy(response):
    parts = response.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


# ---- on every response


def responses(house, client):
    """One of every kind of response there is."""
    invite, site = house.mint(), house.mint(channel="site")
    answered = house.mint()
    stamp = stamp_of(client.get(answered).text)
    yield "thanks", answer(client, answered)
    other = {"stamp": stamp, "trust": "1", "satisfaction": "1"}
    yield "conflict", client.post(answered, data=other)
    yield "answered", client.get(answered)
    for link in (invite, site):
        yield "survey", client.get(link)
        yield "survey es", client.get(f"{link}?lang=es&r=3")
        yield "head", client.head(link)
        yield "options", client.options(link)
        yield "faults", client.post(link, data={"stamp": stamp_of(client.get(link).text)})
        yield "stamp", client.post(link, data={})
        yield "redirect", client.get(f"{link})")
        yield "method", client.put(link)
        yield "media", client.post(link, json={})
        yield "length", client.post(link, content="a" * 70_000, headers=FORM)
        yield "bytes", client.post(link, content=b"\xff", headers=FORM)
        yield "not found", client.get(f"{link}x")
    for path in (
        *("/s/permits/riverside/thanks", "/favicon.ico", "/healthz", "/readyz", "/nothing"),
        *(
            "/api/v1/openapi.json",
            "/api/v1/responses",
            "/api/v1/results",
            "/api/v1/findings",
            "/api/v1/comments",
            "/api/v1/nothing",
            "/fails",
        ),
        *(
            "/s/permits/riverside/thanks",
            "/s/permits/riverside/thanks?code=shown",
            "/favicon.ico",
            "/healthz",
            "/readyz",
            "/nothing",
        ),
        *("/api/v1/openapi.json", "/api/v1/responses", "/api/v1/nothing", "/fails"),
        *re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get(invite).text),
        "/static/0/survey.css",
        "/" + "a" * 9000,
    ):
        yield path[:40], client.get(path)
    yield "host", client.get(invite, headers={"host": "evil.example"})
    yield "upgrade", client.get(invite, headers={"upgrade": "websocket"})
    yield "head too large", client.get(invite, headers={"x": "a" * 70_000})
    item = {"link": invite, "trust": 4, "satisfaction": 4}
    yield "json", client.post("/api/v1/responses", json=item)
    yield "json again", client.post("/api/v1/responses", json=item)
    yield "json other", client.post("/api/v1/responses", json=item | {"trust": 1})
    yield "json wrong", client.post("/api/v1/responses", json={})


def test_every_response_carries_the_safe_headers_and_no_cookie(street, client):
    seen = set()
    for name, response in responses(street, client):
        seen.add(response.status_code)
        for header, value in EVERYWHERE.items():
            assert response.headers[header] == value, (name, header)
        directives = policy(response)
        assert directives.pop("frame-ancestors"), name
        assert directives == POLICY, name
        assert "set-cookie" not in response.headers, name
        assert "camera=()" in response.headers["permissions-policy"], name
        assert "strict-transport-security" not in response.headers, name
        assert "server" not in response.headers, name
        for_ever = name.startswith("/static/") and response.status_code == 200
        if for_ever:
            assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        elif name != "/favicon.ico":
            assert response.headers["cache-control"] == "no-store", name
    assert seen >= {200, 201, 204, 303, 308, 400, 404, 405, 409, 413, 414, 415, 422, 426, 431, 500}


def test_behind_https_browsers_are_told_to_stay_there(request):
    with (
        shared_house(request, base_url="https://cx.example.gov") as house,
        house.client() as client,
    ):
        for path in (house.mint(), "/nothing", "/healthz", "/api/v1/openapi.json"):
            header = client.get(path).headers["strict-transport-security"]
            assert header == "max-age=31536000"


def test_hosts_below_are_bound_to_https_where_the_operator_says_so(request):
    """Mounted at www.agency.gov/cx it would bind every host of the agency."""
    where = "https://cx.example.gov"
    with (
        shared_house(request, base_url=where, hsts_include_subdomains=True) as house,
        house.client() as client,
    ):
        header = client.get("/healthz").headers["strict-transport-security"]
        assert header == "max-age=31536000; includeSubDomains; preload"


def test_without_https_browsers_are_not_sent_where_nobody_answers(street, client):
    """A year long a browser would find nothing of this host, nor of those below it."""
    for path in (street.mint(), "/nothing", "/healthz"):
        assert "strict-transport-security" not in client.get(path).headers


def test_the_pages_of_replies_carry_the_same_and_open_from_a_sandbox(street, client):
    """Inside an agency's page the link to /r opens from a sandboxed frame."""
    for path in ("/r", "/r?code=nothing", "/r/0000-0000-0000-0000"):
        response = client.get(path)
        opened = {"cross-origin-opener-policy": "unsafe-none"}
        for header, value in (EVERYWHERE | opened).items():
            assert response.headers[header] == value, (path, header)
        assert (
            response.headers["cache-control"] == "no-store" and "set-cookie" not in response.headers
        )


def test_a_page_loads_nothing_and_posts_nowhere_but_here(street, client):
    for channel in ("email", "site"):
        page = client.get(street.mint(channel=channel)).text
        assert not re.findall(r'(?:src|action|formaction)="(?!/static/|\?lang=)', page)
        assert not re.findall(r"<(?:iframe|object|embed|base|img|style)\b", page)
        assert not re.findall(r'\son\w+="|style="|<script>', page)
        links = re.findall(r'<a href="(?:https?:)?//[^>]*>', page)
        assert len(links) >= 2
        for link in links:
            assert 'target="_blank"' in link and 'rel="noreferrer"' in link
        assert "og:" not in page and "canonical" not in page


# ---- who may frame


@pytest.mark.parametrize("channel", ["email", "sms", "web", "phone", "poster"])
def test_nobody_frames_an_invite(street, client, channel):
    link = street.mint(channel=channel)
    stamp = stamp_of(client.get(link).text)
    for response in (client.get(link), client.post(link, data={"stamp": stamp})):
        assert policy(response)["frame-ancestors"] == "'none'"
        assert response.headers["x-frame-options"] == "DENY"


def test_the_sites_of_the_catalogue_and_no_others_frame_a_site_link(street, client):
    link = street.mint(channel="site")
    stamp = stamp_of(client.get(link).text)
    for response in (
        client.get(link),
        client.get(link, headers={"origin": "https://evil.example"}),
        client.post(link, data={"stamp": stamp}),
        client.post(link, data={"stamp": ""}),
    ):
        assert policy(response)["frame-ancestors"] == AGENCY
        assert "x-frame-options" not in response.headers


def test_a_service_without_sites_is_never_framed(street, client):
    link = street.mint("calls", "center", channel="site")
    assert policy(client.get(link))["frame-ancestors"] == "'none'"


def test_thanks_and_refusals_show_inside_the_frame_of_their_service(street, client):
    gone = street.mint(channel="site")[:-1] + "!"
    assert client.get(gone).status_code == 404
    for path, ancestors in (
        ("/s/permits/riverside/thanks", AGENCY),
        ("/s/permits/nowhere/thanks", AGENCY),
        (gone, AGENCY),
        ("/s/hearings/riverside/thanks", "'none'"),
        ("/s/nothing/nowhere/thanks", "'none'"),
        ("/s/nothing/nowhere/short", "'none'"),
        ("/r", "'none'"),
        ("/r/0000-0000-0000-0000", "'none'"),
        ("/nothing", "'none'"),
        ("/api/v1/openapi.json", "'none'"),
    ):
        assert policy(client.get(path))["frame-ancestors"] == ancestors, path


def test_the_demonstration_is_framed_by_this_machine_alone(sqlite_house):
    house = sqlite_house
    with house.client(demo=True) as client:
        ancestors = policy(client.get(house.mint(channel="site")))["frame-ancestors"]
        assert ancestors == f"'self' http://localhost:* http://127.0.0.1:* {AGENCY}"
        assert policy(client.get(house.mint()))["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.0", None),
        ("identity", None),
        ("", None),
        ("notgzip", None),
        ("a" * 5000, None),
    ],
)
def test_only_who_reads_gzip_gets_it(street, client, accepts, coding):
    link = street.mint()
    style = re.findall(r'href="(/static/[^"]+)"', client.get(link).text)[0]
    for path in (link, style):
        response = client.get(path, headers={"accept-encoding": accepts})
        assert response.headers.get("content-encoding") == coding
        assert "accept-encoding" in response.headers["vary"]
        assert len(response.text) > 1000


def test_hosts_are_compared_whole_whatever_their_case_and_port(request):
    for base_url, good, bad in (
        ("https://cx.example.gov", ("cx.example.gov", "CX.Example.GOV:443"), ("cx.example.gov.",)),
        ("http://[::1]:8000", ("[::1]:8000", "[::1]"), ("::1:8000x", "[::2]:8000")),
        ("http://127.0.0.1:8000", ("127.0.0.1", "127.0.0.1:9"), ("127.0.0.1:x", "127.0.0.1 ")),
    ):
        with (
            shared_house(request, base_url=base_url, allowed_hosts="Other.Example.gov") as house,
            house.client() as client,
        ):
            link = house.mint()
            for host in (*good, "other.example.gov"):
                assert client.get(link, headers={"host": host}).status_code == 200, host
            for host in (*bad, "", "evil", "a/b", "localhost"):
                assert client.get(link, headers={"host": host}).status_code == 400, host
            # A probe comes by any name; an address that only ends like one does not.
            assert client.get("/healthz", headers={"host": "10.0.0.7"}).status_code == 200
            tail = "/s/permits/riverside/healthz"
            assert client.get(tail, headers={"host": "10.0.0.7"}).status_code == 400


def test_two_names_of_a_host_are_refused(street, client):
    """Who stands between may have read the other one."""
    named = [("host", "127.0.0.1:8000"), ("host", "evil.example")]
    for headers in (named, named[::-1], [named[0], named[0]]):
        assert client.get(street.mint(), headers=headers).status_code == 400


# ---- looking changes nothing


def everything(house):
    """A hash of every row of every table, but for what is noted beside the answers."""
    digest = hashlib.sha256()
    with db.read(house.engine) as connection:
        for table in tables.metadata.sorted_tables:
            if table.name in NOTED:
                continue
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            digest.update(repr((table.name, rows)).encode())
    return digest.hexdigest()


# Who of the staff looked, what time it is, how many genuine links did not open: never an answer,
# never a tally.
NOTED = ("staff_sessions", "audit", "trusted_time", "refused_links")


def staff_addresses(house, client):
    """Every staff address, for somebody who is signed in and may see all that there is."""
    sign_in(house, client, Role.ADMINISTRATOR)
    rooms = {f"/staff{room.path}": [f"/staff{room.path}"] for room in site.ROUTES}
    return rooms | {
        "/staff": ["/staff"],
        "/staff/sign-in": ["/staff/sign-in", "/staff/sign-in?next=/staff/audit"],
        "/staff/sign-in/provider": ["/staff/sign-in/provider"],
        "/staff/sign-in/back": ["/staff/sign-in/back?code=a&state=b"],
        "/staff/sign-in/{secret}": [invite(house, Role.ANALYST), "/staff/sign-in/nothing"],
    }


def test_looking_three_times_at_every_address_changes_nothing(house):
    """GET, HEAD and OPTIONS, as scanners and previews do. A new route must be listed here."""
    data = house.settings.data_dir
    stage = Stage(house.keys["permits"].text, data, data, "http://127.0.0.1:8000")
    more = front.routes(stage)
    house.apply(CATALOGUE.replace("designated = true", "designated = true\nreplies = true"))
    # Else its own work, which is due whoever looks, may end while this looks.
    house.settings = house.settings.model_copy(update={"scheduler": False})
    with house.client(demo=True, more_routes=more) as client:
        answered = house.mint()
        thanks = answer(client, answered, comment="Words.").headers["location"]
        code = first_match(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", client.get(thanks).text)[0]
        page = client.get(house.mint()).text
        addresses = {
            "/s/{service}/{office}/thanks": ["/s/permits/riverside/thanks?lang=es", thanks],
            "/s/{service}/{office}/{token}": [
                *(house.mint(channel=kind) for kind in ("email", "sms", "poster", "site")),
                house.mint("hearings"),
                house.mint("calls", "center"),
                answered,
                house.mint()[:-1] + "!",
                f"{house.mint()}?r=4&lang=es",
            ],
            "/r": ["/r", "/r?code=nothing&lang=es", f"/r?code={code}"],
            "/r/{code}": [f"/r/{code}", "/r/0000-0000-0000-0000?lang=es"],
            "/k": ["/k", "/k?code=ABCD-2345&lang=es"],
            "/k/heartbeat": ["/k/heartbeat"],
            "/k/sw.js": ["/k/sw.js"],
            "/k/manifest.webmanifest": ["/k/manifest.webmanifest"],
            "/k/{service}/{office}/{token}": [
                house.mint(channel="kiosk"),
                house.mint().replace("/s/", "/k/"),
            ],
            "/embed/{version}/cx.js": ["/embed/1/cx.js", "/embed/1.0.0/cx.js", "/embed/9/cx.js"],
            "/static/{version}/{name:path}": re.findall(r'(?:href|src)="(/static/[^"]+)"', page),
            "/api/v1/responses": ["/api/v1/responses?trust=4&satisfaction=4"],
            "/api/v1/links": ["/api/v1/links"],
            "/api/v1/links/check": ["/api/v1/links/check"],
            "/api/v1/results": ["/api/v1/results", "/api/v1/results?by=month"],
            "/api/v1/findings": ["/api/v1/findings"],
            "/api/v1/comments": ["/api/v1/comments"],
            "/api/v1/quarters/{quarter}": ["/api/v1/quarters/2026Q1", "/api/v1/quarters/x"],
            "/api/v1/openapi.json": ["/api/v1/openapi.json"],
            **staff_addresses(house, client),
            "/.well-known/security.txt": ["/.well-known/security.txt"],
            "/metrics": ["/metrics"],
            "/favicon.ico": ["/favicon.ico"],
            "/healthz": ["/healthz"],
            "/readyz": ["/readyz"],
            "/": ["/"],
            "/demo/counts": ["/demo/counts"],
            "/demo/agency": ["/demo/agency"],
            "/demo/staff": ["/demo/staff"],
            "/demo/quarter/{form}": ["/demo/quarter/v2", "/demo/quarter/nothing"],
        }
        known = {route.path for route in (*served(), *served(more))}
        assert known == set(addresses)
        before = everything(house)
        prefetch = {"sec-purpose": "prefetch;prerender", "purpose": "prefetch"}
        for path in (path for paths in addresses.values() for path in paths):
            for method in ("GET", "HEAD", "OPTIONS"):
                for headers in ({}, prefetch, {"x-http-method-override": "POST"}):
                    looked = client.request(method, path, headers=headers)
                    assert looked.status_code < 500
        assert everything(house) == before
        # The hash does see a change: the control of this test.
        assert answer(client, house.mint()).status_code == 303
        assert everything(house) != before
