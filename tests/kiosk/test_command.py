"""`cx kiosk` and `cx kiosk list`: a code that pairs, devices in words; and what the doctor says."""

import base64
import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.catalog import directory, kiosks
from cxserver.cli import console, kioskwords
from cxserver.doctor import checkup
from tests.kiosk.test_devices import DOOR, PROOF, SECRET, WITHOUT, beat, nonce, pair, refresh, send
from tests.support.cli_runner import invoke
from tests.support.house import NOW, House


def test_cx_kiosk_pair_prints_a_code_that_pairs(sqlite_house):
    house = sqlite_house
    house.live_today()
    out, err = invoke(house, "kiosk", "pair", "permits", "lakeside", "--place", "Gate [2]")
    [code] = re.findall(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", out)
    [pin] = re.findall(r"staff PIN of this kiosk is   ([0-9]{6})\b", out)
    assert "http://127.0.0.1:8000/k\n" in out and "“Gate [2]”" in out and "█" in out
    assert re.search(r"works once, until \d\d:\d\d P[SD]T", out) and "CX_BASE_URL" in err
    with house.client() as client:
        done = client.post("/k", data={"code": code, "proof": PROOF})
        assert done.status_code == 303 and "/permits/lakeside/" in done.headers["location"]
        link = house.settings.base_url + done.headers["location"]
        reply = beat(house, client, link, secret=SECRET).json()
    _, rounds, salt, stored = reply["pin"].split("$")
    digest = hashlib.pbkdf2_hmac("sha256", pin.encode(), base64.b64decode(salt), int(rounds))
    assert base64.b64encode(digest).decode() == stored
    listed, _ = invoke(house, "kiosk", "list")
    [row] = [line for line in listed.splitlines() if "Gate [2]" in line]
    assert " ok " in row and "just now" in row
    with db.read(house.engine) as connection:
        rows = repr(connection.execute(select(tables.kiosks)).all())
    assert pin not in rows and code not in rows


def test_cx_kiosk_pair_speaks_json_and_takes_a_pin(sqlite_house):
    words = ("kiosk", "pair", "permits", "riverside", "--place", DOOR, "--pin", "012345", "--json")
    pairing = json.loads(invoke(sqlite_house, *words)[0])
    assert pairing["pin"] == "012345" and pairing["address"].endswith("/k")
    assert {"code", "valid_until", "service", "office", "place"} < set(pairing)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pair", "permits", "nowhere", "--place", "x"), "no office 'nowhere'"),
        (("pair", "nothing", "riverside", "--place", "x"), "no service 'nothing'"),
        (("pair", "permits", "riverside", "--place", " "), "1 to 200"),
        (("pair", "permits", "riverside", "--place", "x", "--pin", "12345"), "six digits"),
        (("pair", "permits", "riverside", "--place", "x", "--pin", "١٢٣٤٥٦"), "six digits"),
        (("pair", "permits", "riverside"), "--place"),
        (("revoke", "permits", "riverside", "--place", "x"), "No kiosk of permits"),
    ],
)
def test_a_mistake_at_pairing_is_told_in_a_sentence(sqlite_house, words, says):
    assert says in invoke(sqlite_house, "kiosk", *words, fails=True)[1]


def test_a_closed_office_gets_no_device(sqlite_house):
    sqlite_house.apply(WITHOUT["place"])
    words = ("kiosk", "pair", "permits", "riverside", "--place", DOOR)
    assert "closed at office" in invoke(sqlite_house, *words, fails=True)[1]


def test_cx_kiosk_revoke_ends_the_device_and_the_list_says_so(sqlite_house):
    house = sqlite_house
    house.live_today()
    with house.client() as client:
        link = pair(house, client)
        out, _ = invoke(house, "kiosk", "revoke", "permits", "riverside", "--place", DOOR)
        assert "is revoked" in out
        refresh(client)
        assert client.get(link).status_code == 410
    assert f"revoked on {house.today()}" in invoke(house, "kiosk", "list")[0]
    assert invoke(house, "kiosk", "revoke", "permits", "riverside", "--place", DOOR, fails=True)


def test_cx_kiosks_of_nobody_say_what_to_do_next(sqlite_house):
    assert "cx kiosk pair" in invoke(sqlite_house, "kiosk", "list")[0]
    assert json.loads(invoke(sqlite_house, "kiosk", "list", "--json")[0]) == []


def test_cx_kiosks_json_has_all_but_the_pin(sqlite_house):
    house = sqlite_house
    house.live_today()
    with house.client() as client:
        link = pair(house, client)
        beat(house, client, link, waiting=3)
        assert send(house, client, link, house.clock.now) == [201]
    [kiosk] = json.loads(invoke(house, "kiosk", "list", "--service", "permits", "--json")[0])
    assert (kiosk["state"], kiosk["waiting"], kiosk["answers_today"]) == ("ok", 3, 1)
    assert not {"pin", "proof"} & kiosk.keys() and kiosk["device"] == nonce(link)
    assert json.loads(invoke(house, "kiosk", "list", "--office", "lakeside", "--json")[0]) == []


def device(**more) -> kiosks.Device:
    fields: dict[str, Any] = {
        "service": "permits",
        "office": "riverside",
        "device": "0" * 16,
        "place": DOOR,
        "kid": 1,
        "expires": NOW + timedelta(days=80),
        "paired": NOW.date(),
        "pin": None,
        "proof": None,
        "seen": NOW - timedelta(seconds=40),
        "waiting": 0,
        "aside": 0,
        "offset": 0,
        "release": "",
        "state": "open",
        "day": None,
        "answers": 0,
        "flagged": 0,
        "withdrawn": None,
    }
    return kiosks.Device(**(fields | more))


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "ok"),
        ({"seen": None}, "no contact yet"),
        ({"seen": NOW - timedelta(hours=20)}, "no contact since 2026-11-03 14:20"),
        ({"state": "full"}, "out of service: 5,000 answers waiting"),
        ({"state": "storage"}, "out of service: it can't store answers"),
        ({"state": "closed"}, "closed"),
        ({"expires": NOW + timedelta(days=9, hours=1)}, "link ends in 9 days"),
        ({"expires": NOW + timedelta(days=1, hours=1)}, "link ends in 1 day"),
        ({"expires": NOW}, "its link ended"),
        ({"withdrawn": NOW.date(), "state": "full"}, "revoked on 2026-11-04"),
    ],
)
def test_how_a_device_is_is_said_in_words(sqlite_house, more, state):
    with db.read(sqlite_house.engine) as connection:
        office = directory.load(connection).offices["riverside"]
    assert kioskwords.state(device(**more), office, NOW) == state


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (None, ""),
        (0, "right"),
        (-59, "right"),
        (61, "1 min slow"),
        (-3 * 86_400 - 5, "3 d fast"),
        (266_400, "3 d 2 h slow"),
        (90_061, "1 d 1 h slow"),
    ],
)
def test_how_a_clock_goes_is_said_in_words(offset, words):
    assert kioskwords.clock(offset) == words


def kiosk_findings(house: House) -> list[tuple[str, str]]:
    findings = checkup.examine(house.settings, house.clock.now)
    return [(finding.state, finding.text) for finding in findings if finding.check == "kiosks"]


def test_the_doctor_tells_of_devices_that_need_somebody(house):
    assert kiosk_findings(house) == [("ok", "none is paired here")]
    with house.client() as client:
        link = pair(house, client)
        beat(house, client, link, waiting=4)
        assert kiosk_findings(house) == [("ok", "1; answers waiting on them: 4")]
        beat(house, client, link, waiting=4, aside=2)
        [(state, text)] = kiosk_findings(house)
        assert state == "warning" and "has 2 answers that the server did not take" in text
        beat(house, client, link, waiting=4)
        house.clock.forward(days=1, seconds=1)
        [(state, text)] = kiosk_findings(house)
        assert state == "warning" and f"no contact since {NOW:%Y-%m-%d %H:%M} UTC" in text
        assert "4 answers waited" in text
        house.clock.forward(days=70)
        assert "was not renewed" in kiosk_findings(house)[0][1]
        house.clock.forward(days=20)
        assert kiosk_findings(house)[0][0] == "problem"


def test_a_withdrawn_device_that_holds_answers_is_not_forgotten_until_its_place_is_paired(house):
    with house.client() as client:
        link = pair(house, client)
        with db.write(house.engine) as connection:
            kiosks.withdraw(connection, "permits", "riverside", DOOR, NOW.date())
        beat(house, client, link, aside=3)
        [(state, text)] = kiosk_findings(house)
        assert state == "warning" and "was revoked on 2026-11-04 and still has 3 answers" in text
        pair(house, client)
        [(state, text)] = kiosk_findings(house)
        assert state == "ok"


def test_on_a_narrow_screen_each_device_has_two_whole_lines(sqlite_house, monkeypatch):
    monkeypatch.setattr(console.out, "_width", 80)
    with sqlite_house.client() as client:
        beat(sqlite_house, client, pair(sqlite_house, client), waiting=2)
    listing, _ = invoke(sqlite_house, "kiosk", "list")
    first, second = listing.splitlines()
    assert first == f"{DOOR} · riverside · permits"
    assert "waiting 2 · set aside 0" in second and "…" not in listing


def test_a_place_is_known_by_its_name_and_a_near_one_is_pointed_out(sqlite_house):
    with sqlite_house.client() as client:
        pair(sqlite_house, client)
    _, message = invoke(
        sqlite_house, "kiosk", "pair", "permits", "riverside", "--place", "east  DOOR"
    )
    assert f"“{DOOR}” is also paired" in message
    _, message = invoke(
        sqlite_house, "kiosk", "revoke", "permits", "riverside", "--place", "Exit", fails=True
    )
    assert f"Paired: “{DOOR}”." in message
    _, message = invoke(
        sqlite_house, "kiosk", "pair", "permits", "riverside", "--place", "a\nb", fails=True
    )
    assert "printable characters" in message
