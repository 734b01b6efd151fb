"""JSON that is wrong, hostile or odd: refused in words for programs, never a 500, never stored."""

import json
import uuid
from datetime import timedelta

import pytest

from cxserver import db
from cxserver.intake import recount
from tests.support.house import NOW
from tests.support.shared_house import row_counts, shared_house

JSON = {"content-type": "application/json"}
DEEP = 100_000


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def street(request):
    with shared_house(request, request.param) as house:
        yield house


def post(client, body, **headers):
    """Post a raw body, or a value as JSON."""
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post("/api/v1/responses", content=raw, headers=JSON | headers)


def sound(street, **changes):
    return {"link": street.mint(), "trust": 4, "satisfaction": 5} | changes


def faults_of(response):
    """The faults of a refusal, after a look at its form (RFC 9457)."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code and body["title"] and body["code"]
    assert body["code"].isidentifier()
    return {(fault["field"], fault["code"]) for fault in body["faults"]}


# ---- 32, 34, 36, 37, 41: values

WRONG = [
    *(
        (32, f'"trust": {odd}', {("trust", "choice")})
        for odd in (
            *('"5"', "5.0", "true", "[5]", '{"$gt": 0}', "1e400", "-1e400", str(2**70), "0", "6"),
            *("-1", "99", "5e0", '"٣"', "9" * 4000),
        )
    ),
    (32, '"trust": null', {("trust", "required")}),
    (32, '"trust": ""', {("trust", "required")}),
    (35, '"comment": "only words"', {("trust", "required")}),
    (36, '"trust": 4, "nothing": 1', {("nothing", "extra_forbidden")}),
    (36, '"trust": 4, "__proto__": {}', {("__proto__", "extra_forbidden")}),
    (36, '"trust": 4, "service": "calls"', {("service", "extra_forbidden")}),
    (36, '"trust": 4, "day": "2020-01-01"', {("day", "extra_forbidden")}),
    (36, '"trust": 4, "stamp": "x"', {("stamp", "extra_forbidden")}),
    (37, '"trust": 4, "drivers": ["nothing"]', {("drivers", "choice")}),
    (37, '"trust": 4, "drivers": "ease"', {("drivers", "choice")}),
    (37, '"trust": 4, "drivers": [["ease"]]', {("drivers", "choice")}),
    (37, '"trust": 4, "drivers": {"ease": 5}', {("drivers", "choice")}),
    (37, '"trust": 4, "drivers": [null]', {("drivers", "choice")}),
    (37, f'"trust": 4, "drivers": {json.dumps(["d"] * 1000)}', {("drivers", "choice")}),
    (38, f'"trust": 4, "comment": "{"x" * 2001}"', {("comment", "long")}),
    (39, '"trust": 4, "questions": {"second": "text"}', {("questions", "unknown")}),
    (39, '"trust": 4, "questions": ["a"]', {("questions", "unknown")}),
    (41, '"trust": 4, "comment": "\\ud800"', {("comment", "text")}),
    (41, '"trust": 4, "comment": "\\udfff\\ud800"', {("comment", "text")}),
    (41, '"trust": 4, "drivers": ["\\ud800"]', {("drivers", "choice")}),
    (41, '"trust": 4, "questions": {"\\ud800": "a"}', {("questions", "unknown")}),
    (41, '"trust": 4, "language": "\\ud800"', {("language", "string_unicode")}),
    (41, '"trust": 4, "survey": "\\ud800"', {("survey", "string_unicode")}),
    (41, '"trust": 4, "\\ud800": 1', {("", "string_unicode")}),
    (46, '"trust": 4, "comment": ["a"]', {("comment", "text")}),
    (46, '"trust": 4, "comment": 5', {("comment", "text")}),
    (54, '"trust": 4, "survey": "permits/2"', {("survey", "unknown")}),
    (54, '"trust": 4, "survey": "calls/1"', {("survey", "unknown")}),
    (54, '"trust": 4, "survey": "permits/01"', {("survey", "unknown")}),
    (65, '"trust": 4, "answered_at": "2026-11-04T15:00:00Z"', {("answered_at", "unknown")}),
    (65, '"trust": 4, "answered_at": "soon"', {("answered_at", "datetime_from_date_parsing")}),
    (67, '"trust": 4, "key": "not a uuid"', {("key", "uuid_parsing")}),
    (67, f'"trust": 4, "key": "{"k" * 1000}"', {("key", "uuid_parsing")}),
    (67, '"trust": 4, "key": 5', {("key", "uuid_type")}),
    (67, '"trust": 4, "key": ""', {("key", "uuid_parsing")}),
]


@pytest.mark.parametrize(("row", "fields", "faults"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_item_tells_the_field_and_uses_no_link(street, client, row, fields, faults):
    link = street.mint()
    before = row_counts(street)
    refused = post(client, f'{{"link": "{link}", "satisfaction": 5, {fields}}}')
    assert refused.status_code == 422 and faults_of(refused) == faults
    assert row_counts(street) == before
    assert post(client, sound(street, link=link)).status_code == 201


# ---- 34, 42, 52, 53: bodies

BODIES = [
    (34, '{"link": "x", "trust": 1, "trust": 5}', 422),
    (34, '{"items": [], "items": []}', 422),
    (34, '{"items": [{"trust": 1, "trust": 5}]}', 422),
    (32, '{"trust": NaN}', 422),
    (32, '{"trust": Infinity}', 422),
    (32, '{"trust": -Infinity}', 422),
    (32, f'{{"trust": {"9" * 5000}}}', 422),
    (42, b'{"comment": "\xff"}', 400),
    (42, b"\xff\xfe{\x00}\x00", 400),
    (10, "{}".encode("utf-16"), 400),
    (10, "{}".encode("utf-16-le"), 422),
    (10, "\ufeff{}", 422),
    (52, "[" * DEEP, 422),
    (52, '{"a":' * DEEP, 422),
    (52, '{"items":' + "[" * DEEP, 422),
    (52, "[" * 400_000 + "]" * 400_000, 422),
    (52, json.dumps({f"k{n}": 1 for n in range(3000)}), 422),
    (52, json.dumps({f"k{n}": 1 for n in range(70_000)}), 413),
    (52, json.dumps({"items": [{f"k{n}": 1 for n in range(60_000)}]}), 200),
    (53, "[]", 422),
    (53, '"text"', 422),
    (53, "null", 422),
    (53, "5", 422),
    (53, "", 422),
    (53, "{", 422),
    (53, "{}", 422),
    (53, "{'link': 1}", 422),
    (53, "trust=5&satisfaction=5", 422),
    (1, '{"comment": "' + "x" * 70_000 + '"}', 413),
    (1, '{"items": [], "pad": "' + "x" * 1_100_000 + '"}', 413),
    (63, json.dumps({"items": [{}] * 101}), 413),
    (63, json.dumps({"items": [{}] * 10_000}), 413),
    (63, '{"items": null}', 422),
    (63, '{"items": {}}', 422),
    (63, '{"items": [], "nothing": 1}', 422),
    (65, '{"items": [], "device_now": "2026-11-04T15:00:00"}', 422),
    (65, '{"items": [], "device_now": "never"}', 422),
]


@pytest.mark.parametrize(("row", "body", "status"), BODIES, ids=lambda value: str(value)[:40])
def test_a_wrong_body_is_refused_whole(street, client, row, body, status):
    before = row_counts(street)
    refused = post(client, body)
    assert refused.status_code == status
    assert len(refused.content) < 10_000
    if status != 200:
        faults_of(refused)
    assert row_counts(street) == before


def test_depths_that_a_parser_still_takes_break_nothing_behind_it(street, client):
    link = street.mint()
    before = row_counts(street)
    for depth in range(900, 1000, 4):
        nested = "[" * depth + "]" * depth
        for body in (
            f'{{"items": [{{"key": {nested}}}]}}',
            f'{{"items": [{nested}]}}',
            f'{{"link": "{link}", "trust": 4, "satisfaction": 4, "comment": {nested}}}',
            f'{{"link": "{link}", "trust": 4, "satisfaction": 4, "drivers": {nested}}}',
            f'{{"link": {nested}}}',
        ):
            assert post(client, body).status_code in (200, 422)
    assert row_counts(street) == before


@pytest.mark.parametrize(
    "media_type",
    [
        *("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/json; charset=utf-16", "application/json; charset=utf-7", "text/json"),
        *("application/json, text/plain", "application/json; boundary=x", "application/jsonp"),
    ],
)
def test_another_media_type_is_not_read(street, client, media_type):
    before = row_counts(street)
    refused = client.post(
        "/api/v1/responses",
        content=json.dumps(sound(street)),
        headers={"content-type": media_type} if media_type else {},
    )
    assert refused.status_code == 415
    faults_of(refused)
    assert row_counts(street) == before


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, identity", "x-gzip"])
def test_compressed_bodies_are_never_inflated(street, client, coding):
    refused = post(client, sound(street), **{"content-encoding": coding})
    assert refused.status_code == 415


def test_utf8_by_name_is_read(street, client):
    for media_type in ("application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'):
        taken = client.post(
            "/api/v1/responses",
            content=json.dumps(sound(street)),
            headers={"content-type": media_type},
        )
        assert taken.status_code == 201


def test_an_unknown_address_of_the_api_answers_as_the_api(client):
    for method, path, status in (
        ("GET", "/api/v1/responses", 401),
        ("PUT", "/api/v1/responses", 405),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/", 404),
        ("POST", "/api/v1/openapi.json", 405),
    ):
        refused = client.request(method, path)
        assert refused.status_code == status
        faults_of(refused)


def test_no_other_site_may_read_or_ask(street, client):
    evil = {"origin": "https://evil.example"}
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "*"}
    preflight = client.options("/api/v1/responses", headers=evil | ask)
    assert preflight.status_code == 405
    taken = post(client, sound(street), **evil)
    for response in (preflight, taken):
        assert not [name for name in response.headers if name.startswith("access-control")]


# ---- 23, 24: again, and otherwise


def test_the_same_again_is_200_and_another_is_409(street, client):
    item = sound(street, comment="one")
    first, same = post(client, item), post(client, item)
    assert (first.status_code, same.status_code) == (201, 200)
    assert first.json()["receipt"] == same.json()["receipt"]
    other = post(client, item | {"comment": "two"})
    assert other.status_code == 409 and faults_of(other) == set()


def test_the_idempotency_header_must_be_the_key(street, client):
    key = str(uuid.uuid4())
    item = sound(street, key=key)
    for header in ("other", str(uuid.uuid4()), "", key[:-1]):
        refused = post(client, item, **{"idempotency-key": header})
        assert refused.status_code == 422 and faults_of(refused) == {("key", "header")}
    assert post(client, item, **{"idempotency-key": f'"{key}"'}).status_code == 201


# ---- 63 to 67: batches


def test_one_bad_item_keeps_none_back(street, client):
    good, twice = kiosk(street), str(uuid.uuid4())
    poster = kiosk(street, trust=1, satisfaction=1)
    del poster["key"]
    items = [
        good,
        None,
        5,
        "text",
        [],
        {},
        {"key": "\ud800", "link": "x"},
        {"key": ["a"], "link": "x"},
        kiosk(street, trust=9),
        kiosk(street, comment="\ud800"),
        good | {"link": "x"},
        poster,
        poster | {"key": twice},
        poster | {"key": twice, "trust": 2},
        poster | {"key": twice},
        kiosk(street),
        sound(street, key=str(uuid.uuid4())),
    ]
    before = len(street.responses())
    answered = post(client, {"items": items})
    assert answered.status_code == 200
    results = answered.json()["results"]
    assert [result["status"] for result in results] == [
        *(201, 422, 422, 422, 422, 422, 422, 422, 422, 422, 404, 422, 201, 409, 200, 201, 422)
    ]
    for item, result in zip(items, results, strict=True):
        assert set(result) == {"key", "status", "receipt" if result["status"] < 300 else "error"}
        if isinstance(item, dict) and item.get("key") not in ("\ud800", ["a"]):
            assert result["key"] == item.get("key")
    assert len(street.responses()) == before + 3


def test_a_batch_of_a_hundred_is_stored(street, client):
    items = [kiosk(street) for _ in range(100)]
    results = post(client, {"items": items}).json()["results"]
    assert {result["status"] for result in results} == {201}


def kiosk(street, **changes):
    link = street.kiosk()
    item = {"link": link, "trust": 3, "satisfaction": 3}
    return item | {"key": str(uuid.uuid4())} | changes


@pytest.mark.parametrize(
    ("answered_at", "device_now", "status", "flag"),
    [
        (NOW - timedelta(hours=3), None, 201, ""),
        (NOW - timedelta(days=14), None, 201, ""),
        (NOW - timedelta(days=14, seconds=1), None, 410, ""),
        (NOW - timedelta(days=15), None, 410, ""),
        (NOW + timedelta(minutes=14), None, 201, ""),
        (NOW + timedelta(minutes=16), None, 201, "clock"),
        (NOW + timedelta(days=4000), None, 201, "clock"),
        (NOW - timedelta(days=3), NOW - timedelta(days=3), 201, "clock"),
        (NOW + timedelta(hours=2), NOW + timedelta(hours=2), 201, "clock"),
        (NOW.replace(year=1970), NOW.replace(year=1970), 201, "clock"),
        (NOW.replace(year=2100), NOW.replace(year=2100), 201, "clock"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 422, ""),
        ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", 422, ""),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00", 201, "clock"),
        ("9999-12-31T23:59:59-14:00", None, 422, ""),
        ("2026-11-04T15:00:00", None, 422, ""),
        (1e400, None, 422, ""),
        (True, None, 422, ""),
        ([], None, 422, ""),
    ],
)
def test_a_kiosk_clock_is_corrected_flagged_or_refused(
    street, client, answered_at, device_now, status, flag
):
    def write(moment):
        return moment.isoformat() if hasattr(moment, "isoformat") else moment

    item = kiosk(street, answered_at=write(answered_at))
    batch = {"items": [item]} | ({"device_now": write(device_now)} if device_now else {})
    before = {row["id"] for row in street.responses()}
    answered = post(client, json.dumps(batch).replace("Infinity", "1e400"))
    assert answered.status_code == 200
    (result,) = answered.json()["results"]
    assert result["status"] == status and result["key"] == item["key"]
    new = [row for row in street.responses() if row["id"] not in before]
    assert [row["flags"] for row in new] == ([flag] if status == 201 else [])
    assert all(row["answered_hour"] <= NOW for row in new)


@pytest.mark.parametrize("channel", ["poster", "site", "email"])
def test_only_a_kiosk_says_when_it_was_answered(street, client, channel):
    """Whoever holds a poster's link must not be able to vote into last month."""
    item = kiosk(street, link=street.mint(channel=channel), answered_at=NOW.isoformat())
    refused = post(client, item)
    assert refused.status_code == 422 and faults_of(refused) == {("answered_at", "unknown")}


def test_a_place_needs_a_key_and_the_key_counts_within_its_service_alone(street, client):
    key = str(uuid.uuid4())
    permits = kiosk(street, key=key)
    calls = permits | {"link": street.mint("calls", "center", channel="kiosk")}
    without = {name: value for name, value in permits.items() if name != "key"}
    assert faults_of(post(client, without)) == {("key", "required")}
    assert [post(client, item).status_code for item in (permits, calls, permits)] == [201, 201, 200]
    assert post(client, permits | {"key": key.upper()}).status_code == 200


def test_a_kiosk_link_is_one_of_k_and_an_invite_of_s(street, client):
    wrong = (
        street.mint(channel="kiosk").replace("/k/", "/s/"),
        street.mint().replace("/s/", "/k/"),
        street.mint(channel="poster").replace("/s/", "/k/"),
    )
    for link in wrong:
        assert post(client, kiosk(street, link=link)).status_code == 404


def test_a_revoked_device_is_told_it_is_over(sqlite_house):
    house = sqlite_house
    item = kiosk(house)
    house.revoke("permits", house.keys["permits"].kid)
    with house.client() as client:
        refused = post(client, item)
        assert refused.status_code == 410 and refused.json()["code"] == "revoked"
    assert house.count() == 0


def test_nothing_of_all_this_moved_a_count(street, client):
    """Last in this file: after every row above, tallies and responses agree."""
    assert post(client, sound(street)).status_code == 201
    assert recount.differences(db.source(street.engine)) == []
