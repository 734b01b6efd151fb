"""POST /api/v1/links: systems that cannot sign a link get one, by the rules of `issue_link`."""

import json
from datetime import date, datetime, timedelta

import pytest
import structlog
from sqlalchemy import select

from cxsdk import Issuer
from cxsdk.testing import parse
from cxserver import db, tables
from tests.support.api_reader import add_region, bearer, new_key
from tests.support.house import CATALOGUE, NOW, House, answer

LINKS = "/api/v1/links"
ORDER = {"service": "permits", "office": "riverside"}


def order(client, key: str, **fields):
    return client.post(LINKS, json=ORDER | fields, headers=bearer(key))


def refusal(reply) -> tuple[int, str]:
    assert reply.headers["content-type"] == "application/problem+json"
    return reply.status_code, reply.json()["code"]


def test_a_link_is_made_opens_and_counts(house: House):
    key = new_key(house, "permits", links=True)
    with house.client() as client:
        reply = order(client, key, channel="sms", language="es")
        assert reply.status_code == 201
        made = reply.json()
        assert set(made) == {"url", "expires_at"}
        assert datetime.fromisoformat(made["expires_at"]) == NOW + timedelta(hours=48)
        said = parse(made["url"], key=house.keys["permits"])
        assert (said.channel, said.done_at, said.language) == ("sms", NOW, "es")
        assert answer(client, made["url"]).status_code == 303
    assert [(row["office"], row["channel"]) for row in house.responses()] == [("riverside", "sms")]


def test_the_newest_sound_key_signs_and_a_ref_stays_one_answer(house: House):
    key = new_key(house, "permits", links=True)
    case = {"ref": "case-7", "done_at": NOW.isoformat()}
    first = house.keys["permits"]
    own = Issuer(house.settings.base_url, first.text, clock=house.clock)
    with house.client() as client:
        mail = order(client, key, **case).json()["url"]
        assert mail == own.issue_link("permits", "riverside", ref="case-7", done_at=NOW)
        assert order(client, key, **case).json()["url"] == mail
    second = house.cut("permits")
    house.cut("permits", "riverside")  # an office's own signs nothing here
    with house.client() as client:
        reminder = order(client, key, **case).json()["url"]
        assert (parse(reminder).kid, parse(reminder).nonce) == (second.kid, parse(mail).nonce)
    house.revoke("permits", second.kid, office="riverside")
    with house.client() as client:
        assert parse(order(client, key).json()["url"]).kid == first.kid
        assert parse(order(client, key, office="lakeside").json()["url"]).kid == second.kid
    house.revoke("permits", first.kid)
    with house.client() as client:
        reply = order(client, key)
        assert refusal(reply) == (422, "no_key")
        assert "cx key issue permits" in reply.json()["detail"]


def test_a_wrong_office_is_refused_with_the_nearest_one(house: House):
    with house.client() as client:
        reply = order(client, new_key(house, "permits", links=True), office="riversde")
        assert refusal(reply) == (422, "unknown_office")
        assert "Did you mean 'riverside'?" in reply.json()["detail"]
        assert reply.json()["faults"] == [{"field": "office", "code": "unknown"}]
        reply = order(client, new_key(house, office="riverside", links=True), service="permit")
        assert refusal(reply) == (422, "unknown_service")
        assert "'permits'" in reply.json()["detail"]


def test_a_key_makes_links_for_its_own_service_and_offices(house: House):
    add_region(house)
    region = new_key(house, "permits", "north", links=True)
    with house.client() as client:
        assert order(client, region, office="hilltop").status_code == 201
        assert refusal(order(client, region, office="riverside")) == (403, "not_yours")
        assert refusal(order(client, region, service="calls")) == (403, "not_yours")
        reply = order(client, region, office="riversde")
        assert refusal(reply) == (422, "unknown_office")
        assert "riverside" not in reply.json()["detail"].replace("riversde", "")


def test_a_key_that_reads_makes_no_links_and_one_that_makes_links_reads_nothing(house: House):
    reads, links = new_key(house, rows=True, comments=True), new_key(house, "permits", links=True)
    with house.client() as client:
        assert refusal(order(client, reads)) == (403, "not_yours")
        for path in ("results", "responses", "comments"):
            reply = client.get(f"/api/v1/{path}?service=permits", headers=bearer(links))
            assert refusal(reply) == (403, "not_yours")
        assert client.get("/api/v1/quarters/2026Q1", headers=bearer(links)).status_code == 404


def test_without_a_good_key_nothing_is_made(house: House):
    ended = new_key(house, "permits", links=True, expires=date(2026, 11, 3))
    with house.client() as client:
        assert refusal(client.post(LINKS, json=ORDER)) == (401, "key_missing")
        assert refusal(order(client, ended)) == (401, "key_refused")
        assert refusal(order(client, house.keys["permits"].text)) == (401, "key_refused")
        good = new_key(house, "permits", links=True)
        assert refusal(client.post(f"{LINKS}?key={good}", json=ORDER)) == (400, "key_in_address")
        # Who shows no key is not told what they did wrong besides.
        assert refusal(client.post(LINKS, json={})) == (401, "key_missing")


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"done_at": "2026-11-04T10:00:00"}, "naive_time", "no time zone"),
        ({"done_at": "2026-11-02T15:19:59Z"}, "outside_window", "48 hours"),
        ({"done_at": "2026-11-04T15:36:00Z"}, "outside_window", "in the future"),
        ({"ref": "case-1"}, "wrong_arguments", "ref needs done_at"),
        ({"ref": "", "done_at": "2026-11-04T15:00:00Z"}, "wrong_arguments", "not empty"),
        ({"place": "East door"}, "wrong_arguments", "place cannot go with"),
        ({"channel": "poster", "ref": "a"}, "wrong_arguments", "ref cannot go with"),
        ({"channel": "kiosk", "expires_at": "2027-02-03T00:00:00Z"}, "outside_window", "90 days"),
        ({"language": "../"}, "wrong_arguments", "language must be a code"),
        ({"channel": "pigeon"}, "invalid", ""),
        ({"done_at": 1793451600}, "invalid", ""),
        ({"done_at": "1793451600"}, "invalid", ""),
        ({"ref": 7}, "invalid", ""),
        ({"more": 1}, "invalid", ""),
        ({"office": "Riverside Office"}, "unknown_office", "no office"),
        ({"office": None}, "invalid", ""),
    ],
)
def test_what_issue_link_refuses_is_refused(sqlite_house: House, fields, code, words):
    with sqlite_house.client() as client:
        reply = order(client, new_key(sqlite_house, "permits", links=True), **fields)
    assert refusal(reply) == (422, code)
    assert words in reply.json()["detail"]


def test_no_link_is_made_that_would_not_open(house: House):
    key = new_key(house, "permits", links=True)
    riverside = CATALOGUE.index('[[service.permits.office]]\nslug = "riverside"')
    lakeside = CATALOGUE.index('[[service.permits.office]]\nslug = "lakeside"')
    house.apply(CATALOGUE[:riverside] + CATALOGUE[lakeside:])
    with house.client() as client:
        assert refusal(order(client, key)) == (422, "survey_closed")
        assert order(client, key, office="lakeside").status_code == 201
    house.approved_until = "2026-11-04"
    house.apply(CATALOGUE)
    house.clock.forward(days=1)
    with house.client() as client:
        assert refusal(order(client, key)) == (422, "approval_ended")


def test_a_poster_is_noted_so_that_somebody_is_warned_before_it_ends(house: House):
    key = new_key(house, "permits", links=True)
    ends = NOW + timedelta(days=30)
    with house.client() as client:
        reply = order(client, key, channel="poster", place="Hall", expires_at=ends.isoformat())
        assert reply.status_code == 201
        assert order(client, key).status_code == 201
    with db.read(house.engine) as connection:
        [noted] = connection.execute(select(tables.placements)).all()
    assert (noted.kind, noted.place, noted.expires) == ("poster", "Hall", ends.date())


def test_neither_key_nor_address_is_logged(sqlite_house: House, caplog, capfd):
    key = new_key(sqlite_house, "permits", links=True)
    with structlog.testing.capture_logs() as events, sqlite_house.client() as client:
        made = order(client, key).json()["url"]
        order(client, key, office="nowhere")
        order(client, key[:-1])
    heard = "".join([json.dumps(events, default=str), caplog.text, *capfd.readouterr()])
    assert key[:20] not in heard and made.rpartition("/")[2] not in heard


def test_a_refused_key_is_in_the_log_by_its_reason_alone(sqlite_house: House):
    reader = new_key(sqlite_house, "permits")
    with structlog.testing.capture_logs() as events, sqlite_house.client() as client:
        for told in (order(client, "cxa1_nothing"), order(client, reader)):
            assert told.status_code in (401, 403)
        client.get("/api/v1/results", headers=bearer(reader[:-1]))
        client.get("/api/v1/results")
        client.post("/api/v1/links/check", json={"signed": "no.question"})
    noted = [event for event in events if event["event"] == "api_refused"]
    # The rest of this second is counted, and told at its end.
    assert [(event["log_level"], event["reason"]) for event in noted[:1]] == [
        ("warning", "key_refused")
    ]
    assert all(event.keys() <= {"event", "log_level", "reason", "n", "reasons"} for event in noted)
    assert reader[5:40] not in json.dumps(events, default=str)


def test_the_days_use_is_noted(sqlite_house: House):
    key = new_key(sqlite_house, "permits", links=True)
    with sqlite_house.client() as client:
        order(client, key)
    with db.read(sqlite_house.engine) as connection:
        assert connection.execute(select(tables.api_keys.c.used)).scalar() == NOW.date()
