"""Every part of the site says no in its own way: programs get problem details, people a page."""

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.routing import Route

import cxserver
from cxserver.accounts.roles import Role
from cxserver.api import endpoints
from cxserver.errors import TooManyReading
from cxserver.public.kiosk import heartbeat
from cxserver.staff import site
from tests.support.api_reader import new_key
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import sign_in

SERVER = Path(cxserver.__file__).parent
JSON = {"content-type": "application/json"}
POST = "/api/v1/responses"
BEAT = "/k/heartbeat"
SHAPE = {"type": str, "title": str, "status": int, "code": str, "detail": str, "faults": list}


@pytest.fixture(scope="module")
def client(street):
    with street.client() as client:
        yield client


def document(response):
    """The problem details, after a look at their form (RFC 9457)."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert {name: type(body[name]) for name in SHAPE} == SHAPE
    assert body["status"] == response.status_code
    assert body["type"] == "about:blank" and body["title"].endswith(".")
    assert body["code"].isidentifier() and body["code"].islower()
    assert all(set(fault) == {"field", "code"} for fault in body["faults"])
    return body


# ---- one shape

ADDRESSES = [
    ("GET", "/api/", {}, 404, "not_found"),
    ("GET", "/api/v1/nothing", {}, 404, "not_found"),
    ("GET", "/api/v1/results/", {}, 404, "not_found"),
    ("DELETE", "/api/v1/results", {}, 405, "method"),
    ("PUT", POST, {}, 405, "method"),
    ("GET", "/api/v1/results", {}, 401, "key_missing"),
    ("GET", "/api/v1/results", {"headers": {"authorization": "Bearer x"}}, 401, "key_refused"),
    ("GET", "/api/v1/comments?key=cxa1_x", {}, 400, "key_in_address"),
    ("GET", "/api/v1/quarters/2026Q1", {}, 404, "not_open"),
    ("GET", "/api/v1/quarters/2026%0AQ1", {}, 404, "not_open"),
    ("GET", "/api/v1/quarters/2026Q1%0A", {}, 404, "not_open"),
    ("POST", POST, {"data": {"trust": "4"}}, 415, "unsupported"),
    ("POST", POST, {"content": b"\xff", "headers": JSON}, 400, "bad_request"),
    ("POST", POST, {"content": "{", "headers": JSON}, 422, "invalid"),
    ("POST", POST, {"json": {}}, 422, "invalid"),
    ("POST", POST, {"json": {"link": "x" * 70_000}}, 413, "too_long"),
    ("POST", POST, {"json": {"link": "x" * 1_100_000}}, 413, "too_long"),
    ("POST", POST, {"json": {"items": [{}] * 101}}, 413, "too_many"),
    ("POST", POST, {"json": {"link": "http://x/s/a/b/c", "trust": 4}}, 404, "not_found"),
    ("GET", BEAT, {}, 405, "method"),
    ("POST", BEAT, {"data": {"link": "x"}}, 415, "unsupported"),
    ("POST", BEAT, {"content": b"\xff", "headers": JSON}, 400, "bad_request"),
    ("POST", BEAT, {"json": {"link": "x" * 5000}}, 413, "too_long"),
]


@pytest.mark.parametrize(("method", "path", "sent", "status", "code"), ADDRESSES)
def test_every_json_refusal_has_the_same_members(client, method, path, sent, status, code):
    refused = client.request(method, path, **sent)
    assert refused.status_code == status
    body = document(refused)
    assert body["code"] == code and set(body) == set(SHAPE)
    assert ("allow" in refused.headers) == (status == 405)


@pytest.mark.parametrize(
    ("link", "status", "code"),
    [("http://[", 404, "not_found"), (None, 410, "expired"), (5, 422, "invalid")],
)
def test_a_heartbeat_that_is_refused_also_learns_the_time(sqlite_house, link, status, code):
    house = sqlite_house
    kiosk = house.mint(channel="kiosk")
    house.clock.forward(days=365 if link is None else 0)
    now = house.clock.now.isoformat()
    beat = {"device_now": now, "waiting": 0, "aside": 0, "release": "", "state": "open"}
    with house.client() as client:
        refused = client.post(BEAT, json=beat | {"link": link or kiosk})
    body = document(refused)
    assert (refused.status_code, body["code"], body["now"]) == (status, code, now)
    assert set(body) == {*SHAPE, "now"}


def test_a_second_answer_and_a_key_that_does_not_read_are_refused_alike(sqlite_house):
    house = sqlite_house
    bearer = {"authorization": f"Bearer {new_key(house)}"}
    with house.client() as client:
        sent = {"link": house.mint(), "trust": 4, "satisfaction": 5}
        assert client.post(POST, json=sent).status_code == 201
        refused = [
            client.post(POST, json=sent | {"trust": 1}),
            client.get(POST, headers=bearer),
            client.get("/api/v1/results?by=nothing", headers=bearer),
            client.get("/api/v1/results?office=nothing", headers=bearer),
        ]
    assert [response.status_code for response in refused] == [409, 403, 422, 403]
    assert all(set(document(response)) == set(SHAPE) for response in refused)


def test_an_error_inside_a_batch_has_the_same_members(client):
    [result] = client.post(POST, json={"items": [{}]}).json()["results"]
    assert {name: type(result["error"][name]) for name in SHAPE} == SHAPE
    assert set(result["error"]) == set(SHAPE)


@pytest.mark.parametrize("words", ["application/problem+json", '"about:blank"'])
def test_one_module_builds_them_all(words):
    files = [file for file in SERVER.rglob("*.py") if words in file.read_text(encoding="utf-8")]
    assert files == [SERVER / "web" / "problem_details.py"]


# ---- each part answers for itself

WORDS = "the typed words of somebody"
FAULTS = [
    (HTTPException(415, WORDS), 415, None),
    (OperationalError(WORDS, {}, Exception(WORDS)), 503, "5"),
    (TooManyReading(), 503, "30"),
    (ValueError(WORDS), 500, None),
]


@pytest.fixture
def plant(sqlite_house, monkeypatch):
    """A client of a house in which a handler of each part raises `fault`."""

    def planted(fault):
        async def fails(request):
            raise fault

        below = [Route("/fails", fails, methods=["GET", "POST"])]
        monkeypatch.setattr(endpoints, "routes", lambda: below)
        monkeypatch.setattr(site, "routes", lambda: below)
        monkeypatch.setattr(heartbeat, "take", fails)
        return sqlite_house.client(more_routes=below)

    return planted


@pytest.mark.parametrize(("fault", "status", "retry"), FAULTS)
def test_a_fault_is_told_to_programs_as_problem_details(plant, fault, status, retry):
    with plant(fault) as client:
        refused = [client.get("/api/fails"), client.post("/api/fails"), client.post(BEAT)]
    for response in refused:
        assert response.status_code == status and WORDS not in response.text
        assert set(document(response)) == set(SHAPE)
        assert response.headers.get("retry-after") == retry


@pytest.mark.parametrize(("fault", "status", "retry"), FAULTS)
def test_a_fault_is_told_to_staff_on_a_staff_page(plant, fault, status, retry):
    with plant(fault) as client:
        page = client.get("/staff/fails")
    assert page.status_code == status and page.headers.get("retry-after") == retry
    assert is_staff_page(page)
    # An HTTP error brings the handler's own sentence; the others' words stay inside.
    assert (WORDS in page.text) == isinstance(fault, HTTPException)


@pytest.mark.parametrize(("fault", "status", "retry"), FAULTS)
def test_a_fault_is_told_to_the_public_on_a_public_page(plant, fault, status, retry):
    with plant(fault) as client:
        page = client.get("/fails")
    assert page.status_code == status and page.headers.get("retry-after") == retry
    assert is_public_page(page) and WORDS not in page.text


def is_staff_page(page):
    return page.headers["x-frame-options"] == "DENY" and "/staff.css" in page.text


def is_public_page(page):
    html = page.headers["content-type"] == "text/html; charset=utf-8"
    return html and "/survey.css" in page.text and "/staff.css" not in page.text


@pytest.mark.parametrize("path", ["/api/fails", "/staff/fails", "/fails"])
def test_a_fault_is_logged_once_by_its_kind_and_place(plant, capfd, path):
    with plant(ValueError(WORDS)) as client:
        assert client.get(path).status_code == 500
    [line] = failures(capfd)
    assert "ValueError" in line and "test_problem_details.py" in line and WORDS not in line


def test_a_fault_in_a_response_on_its_way_is_logged_by_its_own_kind(
    sqlite_house, monkeypatch, capfd
):
    async def pieces():
        yield b"beginning"
        raise ValueError(WORDS)

    async def streams(request):
        return StreamingResponse(pieces())

    monkeypatch.setattr(endpoints, "routes", lambda: [Route("/streams", streams)])
    with sqlite_house.client() as client:
        assert client.get("/api/streams").text == "beginning"
    [line] = failures(capfd)
    assert "ValueError" in line and "test_problem_details.py" in line and WORDS not in line


def failures(capfd):
    """The faults that stand for themselves. A summary may come late, from the test before."""
    return [line for line in log_of(capfd) if "request_failed" in line and "where=" in line]


def log_of(capfd):
    return "".join(capfd.readouterr()).splitlines()


# ---- which part an address belongs to


def test_an_unknown_address_is_refused_by_the_part_it_lies_in(street, client):
    for path in ("/api/x", "/api//", "/api/v1/results/x", "/api/a%0Ab", "/api/%0A"):
        assert document(client.get(path))["status"] == 404
    for path in ("/staff/x", "/staff//", "/staff/offices/", "/staff/a%0Ab"):
        page = client.get(path)
        assert page.status_code == 404 and is_staff_page(page)
    for path in ("/api", "/apix/y", "/staffx", "/x/api/v1/results", "/x/staff/"):
        page = client.get(path)
        assert page.status_code == 404 and is_public_page(page)


def test_a_method_is_refused_by_the_part_it_lies_in(client):
    page = client.put("/staff/offices")
    assert page.status_code == 405 and is_staff_page(page) and page.headers["allow"]
    for path in ("/staff", "/k", "/healthz"):
        page = client.delete(path)
        assert page.status_code == 405 and is_public_page(page) and page.headers["allow"]


def test_who_is_signed_in_keeps_the_navigation_on_an_error_page(sqlite_house):
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.ANALYST)
        page = client.get("/staff/?period=nothing")
    assert page.status_code == 422 and is_staff_page(page)
    assert 'href="/staff/offices?period=nothing"' in page.text


@pytest.mark.parametrize("front", ["", "/cx"])
def test_the_parts_lie_below_the_path_of_the_base_url(request, front):
    """Whether the proxy takes the path away or hands it over."""
    with (
        shared_house(request, base_url="http://127.0.0.1:8000/cx") as house,
        house.client() as client,
    ):
        at = f"http://127.0.0.1:8000{front}"
        assert document(client.get(f"{at}/api/v1/nothing"))["status"] == 404
        assert document(client.get(f"{at}{BEAT}"))["status"] == 405
        assert client.get(f"{at}/api/v1/openapi.json").status_code == 200
        page = client.get(f"{at}/staff/nothing")
        assert page.status_code == 404 and is_staff_page(page)
        assert client.get(f"{at}/staff").headers["location"] == "/cx/staff/"
        redirect = client.get(f"{at}/staff/offices")
        assert redirect.headers["location"] == "/cx/staff/sign-in?next=/staff/offices"
        assert is_public_page(client.get(f"{at}/nothing"))
