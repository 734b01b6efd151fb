"""Kiosk devices: paired by a code, heard of each minute, renewed in time, withdrawn at once."""

import base64
import hashlib
import json
import re
import uuid
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from cxsdk import Issuer, token
from cxserver import db
from cxserver.catalog import kiosks, pairings
from cxserver.catalog.pairings import Pairing
from cxserver.cli import kioskwords
from tests.support.answer_service import notice_changes
from tests.support.house import CATALOGUE, NOW, House

DOOR = "East door"
SECRET = "5ec7" * 16
PROOF = hashlib.sha256(bytes.fromhex(SECRET)).hexdigest()


def offer(house: House, place: str = DOOR, office: str = "riverside", pin: str = "402615") -> str:
    wanted = Pairing("permits", office, place, pairings.hash_pin(pin))
    with db.write(house.engine) as connection:
        return pairings.offer(connection, house.roots, wanted, house.clock.now)


def pair(house: House, client: TestClient, place: str = DOOR) -> str:
    """Type a fresh code at /k, on a device with the secret `SECRET`; the device's link."""
    done = client.post("/k", data={"code": offer(house, place), "proof": PROOF})
    assert done.status_code == 303
    return house.settings.base_url + done.headers["location"]


def refresh(client) -> None:
    """What the server does once a second."""
    notice_changes(client.app)


def heartbeat(house: House, link: str, **more: object) -> dict:
    now = house.clock.now.isoformat()
    beat = {"link": link, "device_now": now, "waiting": 0, "aside": 0}
    return beat | {"release": "", "state": "open"} | more


def beat(house: House, client, link: str, **more: object):
    return client.post("/k/heartbeat", json=heartbeat(house, link, **more))


def answers(link: str, *at, **more) -> dict:
    fields = {"link": link, "trust": 4, "satisfaction": 5, "survey": "permits/1"} | more
    items = [
        fields | {"key": str(uuid.uuid4()), "answered_at": moment.isoformat()} for moment in at
    ]
    return {"items": items}


def send(house: House, client, link: str, *at) -> list[int]:
    batch = answers(link, *at) | {"device_now": house.clock.now.isoformat()}
    done = client.post("/api/v1/responses", json=batch)
    assert done.status_code == 200
    return [result["status"] for result in done.json()["results"]]


def nonce(link: str) -> str:
    return token.read(link.rpartition("/")[2]).nonce.hex()


def kid(link: str) -> int:
    return token.read(link.rpartition("/")[2]).kid


def devices(house: House) -> dict[str, kiosks.Device]:
    with db.read(house.engine) as connection:
        return {
            device.device: device for device in kiosks.known(connection, house.clock.now.date())
        }


# ---- the place


def test_pairing_a_place_anew_ends_the_device_before_it_and_no_other(house):
    with house.client() as client:
        old, other = pair(house, client), pair(house, client, "West door")
        assert beat(house, client, old, waiting=7).status_code == 200
        new = pair(house, client)
        refresh(client)
        assert [client.get(link).status_code for link in (old, new, other)] == [410, 200, 200]
        known = devices(house)
        assert known[nonce(old)].withdrawn == NOW.date() and known[nonce(old)].waiting == 0
        # It was another tablet, after all, and still holds them: staff see it.
        refused = beat(house, client, old, waiting=7)
        assert (refused.status_code, refused.json()["code"]) == (410, "revoked")
        assert devices(house)[nonce(old)].waiting == 7


def test_a_withdrawn_device_is_dead_under_every_key(house):
    with house.client() as client:
        old = pair(house, client)
        house.keys["permits"] = house.cut("permits")
        house.clock.forward(days=61)
        new = beat(house, client, old).json()["link"]
        assert kid(new) > kid(old) and nonce(new) == nonce(old)
        with db.write(house.engine) as connection:
            args = ("permits", "riverside", DOOR, house.clock.now.date())
            assert kiosks.withdraw(connection, *args) == 1
            assert kiosks.withdraw(connection, *args) == 0
        refresh(client)
        for link in (old, new):
            refused = beat(house, client, link)
            assert (refused.status_code, refused.json()["code"]) == (410, "revoked")
        page = client.get(new)
        assert page.status_code == 410 and 'href="/k?again=1"' in page.text


# ---- the heartbeat


def test_a_heartbeat_is_noted_and_tells_what_a_device_needs(house):
    with house.client() as client:
        link = pair(house, client)
        slow = NOW - timedelta(days=3, hours=2)
        done = beat(
            house,
            client,
            link,
            device_now=slow.isoformat(),
            waiting=12,
            aside=1,
            state="full",
            secret=SECRET,
        )
        assert done.status_code == 200
        reply = done.json()
    assert set(reply) == {"now", "ends", "link", "release", "survey", "open", "pin", "place"}
    assert reply["now"] == NOW.isoformat() and reply["link"] is None and reply["open"] is True
    assert reply["ends"] == (NOW + timedelta(days=90)).isoformat()
    assert (reply["survey"], reply["place"]) == ("permits/1", DOOR)
    assert re.fullmatch("[0-9a-f]{16}", reply["release"])
    scheme, rounds, salt, stored = reply["pin"].split("$")
    assert (scheme, rounds, len(base64.b64decode(salt))) == ("pbkdf2-sha256", "600000", 16)
    again = hashlib.pbkdf2_hmac("sha256", b"402615", base64.b64decode(salt), int(rounds))
    assert base64.b64encode(again).decode() == stored
    [device] = devices(house).values()
    assert (device.seen, device.waiting, device.aside, device.state) == (NOW, 12, 1, "full")
    assert device.offset == 74 * 3600
    assert kioskwords.clock(device.offset) == "3 d 2 h slow"


@pytest.mark.parametrize("secret", ["", "0" * 64, SECRET[:-1] + "8", PROOF])
def test_the_link_alone_gets_no_pin(house, secret):
    """Whoever reads the address on the tablet could try all of a million PINs on its hash."""
    with house.client() as client:
        link = pair(house, client)
        done = beat(house, client, link, secret=secret)
        assert done.status_code == 200 and done.json()["pin"] is None
        # Nor a moment later, when nothing is news: the other way to the same reply.
        assert beat(house, client, link, secret=secret).json()["pin"] is None
        assert beat(house, client, link, secret=SECRET).json()["pin"]


def test_another_tablet_s_secret_gets_no_pin(house):
    other = "0123" * 16
    with house.client() as client:
        link = pair(house, client)
        proof = hashlib.sha256(bytes.fromhex(other)).hexdigest()
        door = {"code": offer(house, "West door"), "proof": proof}
        beside = house.settings.base_url + client.post("/k", data=door).headers["location"]
        assert beat(house, client, link, secret=other).json()["pin"] is None
        assert beat(house, client, beside, secret=other).json()["pin"]


@pytest.mark.parametrize("proof", ["", "x" * 64, PROOF.upper(), PROOF[:-2]])
def test_a_tablet_that_proves_nothing_is_paired_without_a_pin(sqlite_house, proof):
    """Those paired before there were secrets keep the hash that they have."""
    house = sqlite_house
    with house.client() as client:
        done = client.post("/k", data={"code": offer(house), "proof": proof})
        link = house.settings.base_url + done.headers["location"]
        assert beat(house, client, link).json()["pin"] is None
        assert beat(house, client, link, secret=SECRET).json()["pin"] is None


def test_what_is_no_secret_is_no_heartbeat(sqlite_house):
    with sqlite_house.client() as client:
        link = pair(sqlite_house, client)
        for secret in ("short", SECRET.upper(), SECRET + "00", 7, None):
            assert beat(sqlite_house, client, link, secret=secret).status_code == 422


def test_no_device_reports_more_answers_than_it_can_keep(house):
    with house.client() as client:
        link = pair(house, client)
        assert beat(house, client, link, waiting=1_000_000, aside=5_001).status_code == 200
        [device] = devices(house).values()
        assert (device.waiting, device.aside) == (5_000, 5_000)
        for field, count in (("waiting", 1_000_001), ("aside", -1), ("waiting", 2**70)):
            assert beat(house, client, link, **{field: count}).status_code == 422


def test_a_link_is_renewed_from_day_60_and_not_before(house):
    with house.client() as client:
        link = pair(house, client)
        house.clock.forward(days=60, seconds=-1)
        assert beat(house, client, link).json()["link"] is None
        house.clock.forward(seconds=1)
        done = beat(house, client, link).json()
        new = done["link"]
        ends = house.clock.now + timedelta(days=90)
        assert nonce(new) == nonce(link) and done["ends"] == ends.isoformat()
        assert token.read(new.rpartition("/")[2]).ends == ends
        # Both open, until each one's end.
        assert [client.get(address).status_code for address in (link, new)] == [200, 200]
        assert beat(house, client, new).json()["link"] is None
        house.clock.forward(days=31)
        assert [client.get(address).status_code for address in (link, new)] == [410, 200]
    [device] = devices(house).values()
    assert device.expires == ends


def test_the_end_that_whoever_holds_a_key_has_chosen_stays(house):
    link = house.mint(channel="kiosk", expires_at=house.clock.now + timedelta(days=20))
    with house.client() as client:
        assert beat(house, client, link).json()["link"] is None


def test_what_is_refused_is_noted_and_never_renewed(house):
    with house.client() as client:
        link = pair(house, client)
        house.clock.forward(days=91)
        ended = beat(house, client, link, waiting=3)
        assert ended.headers["content-type"] == "application/problem+json"
        assert (ended.status_code, ended.json()["code"]) == (410, "expired")
        assert ended.json()["now"] == house.clock.now.isoformat()
        assert "link" not in ended.json()
        [device] = devices(house).values()
        assert (device.seen, device.waiting) == (house.clock.now, 3)


def test_a_link_that_was_never_paired_is_listed_from_its_first_heartbeat(house):
    link = house.mint(channel="kiosk", place="Lobby")
    with house.client() as client:
        done = beat(house, client, link).json()
        assert (done["pin"], done["place"]) == (None, "")
        assert beat(house, client, link, waiting=2).status_code == 200
    [device] = devices(house).values()
    assert (device.place, device.paired, device.waiting) == ("", NOW.date(), 2)


def test_a_stranger_s_heartbeat_leaves_nothing(house):
    kiosk = house.mint(channel="kiosk")
    forged = kiosk[:-1] + ("A" if kiosk[-1] != "A" else "Q")
    with house.client() as client:
        for link in (
            forged,
            kiosk.replace("riverside", "lakeside"),
            kiosk.replace("/k/", "/s/"),
            house.mint(channel="poster"),
            house.mint(channel="poster").replace("/s/", "/k/"),
            "http://[",
            "",
        ):
            refused = beat(house, client, link)
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), link
    assert devices(house) == {}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"waiting": -1}, "waiting"),
        ({"waiting": "3"}, "waiting"),
        ({"aside": 10**9}, "aside"),
        ({"state": "<b>"}, "state"),
        ({"release": "x" * 17}, "release"),
        ({"device_now": "2026-11-04T10:00:00"}, "device_now"),
        ({"device_now": 5}, "device_now"),
        ({"link": "x" * 1001}, "link"),
    ],
)
def test_a_heartbeat_that_does_not_fit_is_told_what(sqlite_house, more, field):
    house = sqlite_house
    with house.client() as client:
        sent = heartbeat(house, house.mint(channel="kiosk")) | more
        done = client.post("/k/heartbeat", json=sent)
    assert done.status_code == 422
    assert done.headers["content-type"] == "application/problem+json"
    assert [fault["field"] for fault in done.json()["faults"]] == [field]
    assert done.json()["now"] == NOW.isoformat()
    assert devices(house) == {}


def test_a_page_that_is_newer_than_this_server_may_say_more(sqlite_house):
    house = sqlite_house
    with house.client() as client:
        sent = heartbeat(house, house.mint(channel="kiosk")) | {"battery": 80}
        assert client.post("/k/heartbeat", json=sent).status_code == 200


def test_a_device_that_calls_all_the_time_is_written_down_now_and_then(sqlite_house):
    house = sqlite_house
    link = house.mint(channel="kiosk")
    with house.client() as client:
        beat(house, client, link)
        first = house.clock.now
        house.clock.forward(seconds=10)
        beat(house, client, link)
        assert [device.seen for device in devices(house).values()] == [first]
        beat(house, client, link, waiting=1)  # news
        assert [device.seen for device in devices(house).values()] == [house.clock.now]


@pytest.mark.parametrize("year", ["0001", "1970", "9999"])
def test_a_clock_that_is_an_age_off_is_noted_as_far_as_a_number_goes(house, year):
    with house.client() as client:
        link = house.mint(channel="kiosk")
        moment = f"{year}-01-01T00:00:00+14:00"
        assert beat(house, client, link, device_now=moment).status_code == 200
    [device] = devices(house).values()
    assert device.offset is not None and 0 < abs(device.offset) < 2**31
    assert kioskwords.clock(device.offset).endswith("fast" if year == "9999" else "slow")


def test_a_heartbeat_is_small_and_json(sqlite_house):
    house = sqlite_house
    with house.client() as client:
        link = house.mint(channel="kiosk")
        for content, kind, status in (
            (json.dumps(heartbeat(house, link)), "text/plain", 415),
            (json.dumps(heartbeat(house, link)) + " " * 4096, "application/json", 413),
            ("[" * 4000, "application/json", 422),
            ("nonsense", "application/json", 422),
            (b"\xff", "application/json", 400),
        ):
            done = client.post("/k/heartbeat", content=content, headers={"content-type": kind})
            assert done.status_code == status
            assert done.headers["content-type"] == "application/problem+json"
        assert client.get("/k/heartbeat").status_code == 405
    assert devices(house) == {}


def test_the_numbers_of_a_day_start_anew_with_the_next(house):
    where, today = ("permits", "riverside", "0123456789abcdef"), NOW.date()

    def count(day, answers, flagged):
        with db.write(house.engine) as connection:
            kiosks.counted(connection, *where, day, answers, flagged)
        return devices(house)[where[2]].answers_on(day)

    assert count(today, 5, 1) == (5, 1)
    assert count(today, 2, 0) == (7, 1)
    assert count(today, 0, 2) == (7, 3)
    tomorrow = today + timedelta(days=1)
    assert count(tomorrow, 1, 0) == (1, 0)
    assert devices(house)[where[2]].answers_on(today) == (0, 0)


# ---- answers that were given before


def test_a_device_paired_anew_sends_answers_older_than_its_link(house):
    with house.client() as client:
        old = pair(house, client)
        house.clock.forward(days=5)
        new = pair(house, client)
        refresh(client)
        times = [house.clock.now - timedelta(days=day) for day in (4, 3, 1)]
        assert send(house, client, old, *times) == [410] * 3
        assert send(house, client, new, *times) == [201] * 3
        # A link whose own beginning lies ahead opens nothing, whatever it says of its answers.
        issuer = Issuer(
            house.settings.base_url,
            house.keys["permits"].text,
            clock=lambda: house.clock.now + timedelta(days=1),
        )
        early = issuer.issue_link("permits", "riverside", channel="kiosk")
        assert send(house, client, early, *times) == [404] * 3
    assert house.count() == 3


def test_an_answer_given_before_the_end_is_taken_after_it(house):
    with house.client() as client:
        link = pair(house, client)
        house.clock.forward(days=95)
        ended = NOW + timedelta(days=90)
        times = (ended - timedelta(hours=1), ended + timedelta(hours=1))
        assert send(house, client, link, *times) == [201, 410]


WITHOUT = {
    "office": re.sub(
        r'\[\[service\.(permits|hearings)\.office\]\]\nslug = "riverside"\n.*\n.*\n', "", CATALOGUE
    ),
    "place": re.sub(
        r'\[\[service\.permits\.office\]\]\nslug = "riverside"\n.*\n.*\n', "", CATALOGUE
    ),
    "service": CATALOGUE[: CATALOGUE.index("[service.permits]")]
    + CATALOGUE[CATALOGUE.index("[service.hearings]") :],
}
# A service must be given somewhere.
WITHOUT["office"] += '\n[[service.hearings.office]]\nslug = "hill"\nname = "Hill Office"\n'


@pytest.mark.parametrize("gone", ["office", "place", "service"])
def test_what_was_given_before_a_closing_is_taken_and_all_else_refused_at_once(sqlite_house, gone):
    house = sqlite_house
    with house.client() as client:
        link = pair(house, client)
        poster = house.mint(channel="poster")
        house.clock.forward(days=3)
        house.apply(WITHOUT[gone])
        refresh(client)
        for address in (link, poster):
            assert client.get(address).status_code == 410
        refused = beat(house, client, link, waiting=2)
        assert (refused.status_code, refused.json()["code"]) == (410, "survey_closed")
        item = answers(poster, NOW)["items"][0]
        del item["answered_at"]
        assert client.post("/api/v1/responses", json=item).status_code == 410
        house.clock.forward(days=2)
        closed = house.clock.now - timedelta(days=2)
        times = (closed - timedelta(days=2), closed, closed + timedelta(days=1))
        assert send(house, client, link, *times) == [201, 201, 410]
        # Open again, it is as if it had never been closed.
        house.apply(CATALOGUE)
        refresh(client)
        assert client.get(link).status_code == 200
        assert send(house, client, link, times[2]) == [201]
        house.apply(WITHOUT[gone])
        refresh(client)
        assert send(house, client, link, house.clock.now - timedelta(hours=1)) == [201]
        house.clock.forward(days=20)
        assert send(house, client, link, closed) == [410]
