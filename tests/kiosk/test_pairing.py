"""/k: a code makes a device the screen of one office, once, within ten minutes."""

import hashlib
import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from cxserver import db, tables
from cxserver.catalog import pairings
from tests.kiosk.test_devices import DOOR, devices, nonce, offer
from tests.support.house import NOW


def test_a_code_pairs_a_device_once_and_leads_to_its_own_page(house):
    code = offer(house)
    with house.client() as client:
        done = client.post("/k", data={"code": code})
        assert done.status_code == 303
        where = done.headers["location"]
        assert re.fullmatch(r"/k/permits/riverside/[\w-]{20}\.[\w-]{22}", where)
        assert client.get(where).status_code == 200
        again = client.post("/k", data={"code": code})
        assert again.status_code == 422 and code in again.text
    [device] = devices(house).values()
    assert (device.place, device.paired, device.seen) == (DOOR, NOW.date(), None)
    assert device.device == nonce(where)
    assert device.expires == NOW + timedelta(days=90)


def test_a_code_may_be_typed_in_any_case_with_spaces_and_hyphens(sqlite_house):
    house = sqlite_house
    with house.client() as client:
        for spelled in (
            lambda code: code.lower(),
            lambda code: code.replace("-", ""),
            lambda code: f"  {' '.join(code.replace('-', ''))}\t",
            lambda code: code.replace("-", "\u2013"),
        ):
            code = offer(house)
            assert re.fullmatch(f"[{pairings.ALPHABET}]{{4}}-[{pairings.ALPHABET}]{{4}}", code)
            assert client.post("/k", data={"code": spelled(code)}).status_code == 303
    assert not set("01OIL") & set(pairings.ALPHABET)


def test_of_two_who_type_a_code_at_the_same_time_one_pairs(house):
    code, taken = offer(house), []
    start = threading.Barrier(2)

    def type_it() -> None:
        start.wait()
        with db.write(house.engine) as connection:
            taken.append(pairings.take(connection, house.roots, code, NOW))

    both = [threading.Thread(target=type_it) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(pairing is not None for pairing in taken) == [False, True]


@pytest.mark.parametrize(("minutes", "status"), [(10, 303), (10.01, 422), (600, 422)])
def test_a_code_is_good_for_ten_minutes(sqlite_house, minutes, status):
    code = offer(sqlite_house)
    sqlite_house.clock.forward(minutes=minutes)
    with sqlite_house.client() as client:
        assert client.post("/k", data={"code": code}).status_code == status
    with db.read(sqlite_house.engine) as connection:
        assert connection.execute(select(tables.pairings)).all() == []


@pytest.mark.parametrize(("late", "pairs"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_a_code_that_nobody_has_cleared_away_is_good_to_its_last_moment(sqlite_house, late, pairs):
    code = offer(sqlite_house)
    now = sqlite_house.clock.now + pairings.LIVES + late
    with db.write(sqlite_house.engine) as connection:
        assert (pairings.take(connection, sqlite_house.roots, code, now) is not None) is pairs


def test_a_code_is_stored_as_a_hash_alone_and_a_new_one_replaces_it(sqlite_house):
    house = sqlite_house
    first, second = offer(house), offer(house)
    with db.read(house.engine) as connection:
        [row] = connection.execute(select(tables.pairings)).all()
    bare = pairings.bare(second).encode()
    assert bare not in row.code_hash and row.code_hash != hashlib.sha256(bare).digest()
    with house.client() as client:
        assert client.post("/k", data={"code": first}).status_code == 422
        assert client.post("/k", data={"code": second}).status_code == 303


@pytest.mark.parametrize(
    "typed", ["WRNG-CODE", "", " ", "x" * 500, "<script>alert(1)</script>", "áé\u202e\x00", "%00"]
)
def test_what_was_typed_wrongly_is_shown_back_as_text(sqlite_house, typed):
    with sqlite_house.client() as client:
        done = client.post("/k", data={"code": typed})
    assert done.status_code == 422
    assert 'aria-invalid="true"' in done.text and "code-rule code-error" in done.text
    assert "<script>alert" not in done.text
    if typed.strip() and typed.isascii() and typed.isalnum():
        assert f'value="{typed[:64]}"' in done.text


def test_a_scanned_code_fills_the_field_and_changes_nothing(sqlite_house):
    house = sqlite_house
    code = offer(house)
    with house.client() as client:
        page = client.get(f"/k?code={code}&lang=es")
        assert page.status_code == 200 and f'value="{code}"' in page.text
        assert 'lang="es"' in page.text and "aria-invalid" not in page.text
        # The other language keeps the code.
        assert f'href="/k?lang=en&amp;code={code}"' in page.text
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "worker-src 'self'" in policy
        assert devices(house) == {}
        assert client.post("/k", data={"code": code}).status_code == 303


def test_more_than_ten_wrong_codes_a_minute_must_wait_and_a_right_one_never(sqlite_house):
    house = sqlite_house
    code = offer(house)
    with house.client() as client:
        for _ in range(11):
            assert client.post("/k", data={"code": "WRNG-CODE"}).status_code == 422
        stopped = client.post("/k", data={"code": "WRNG-CODE"})
        assert stopped.status_code == 429 and "WRNG-CODE" in stopped.text
        assert stopped.headers["retry-after"] == "6"
        # Behind a proxy all may come from one address: whoever guesses must not stop the others.
        assert client.post("/k", data={"code": code}).status_code == 303
        house.clock.forward(seconds=6)
        assert client.post("/k", data={"code": "WRNG-CODE"}).status_code == 422


def test_a_device_stays_at_the_name_it_knows(sqlite_house):
    with sqlite_house.client() as client:
        client.headers["host"] = "127.0.0.1:9999"
        done = client.post("/k", data={"code": offer(sqlite_house)})
    assert done.headers["location"].startswith("/k/permits/")


@pytest.mark.parametrize("script", [True, False])
def test_a_person_pairs_with_one_large_field_and_one_large_button(open_house, open_page, script):
    code = offer(open_house)
    page = open_page(java_script_enabled=script, viewport={"width": 800, "height": 1280})
    page.goto(f"{open_house.settings.base_url}/k?code={code}")
    assert page.input_value("#code") == code
    controls = page.locator("#code, .send, .switch > *").all()
    assert len(controls) == 4
    for control in controls:
        assert control.bounding_box()["height"] >= 60
    page.fill("#code", code.lower().replace("-", " "))
    page.click(".send")
    page.wait_for_url("**/k/permits/riverside/*")
    assert [device.place for device in devices(open_house).values()] == [DOOR]
