"""Stamps that prove nothing, and the versions they speak of."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest

from cxserver import db
from cxserver.intake import recount, stamp
from tests.public.test_bad_answers import GOOD, send, shows_words, street, until
from tests.support.house import CATALOGUE, NOW, answer, stamp_of
from tests.support.shared_house import row_counts

__all__ = ["street"]  # a fixture


# ---- 54, 55: stamps


def test_an_answer_is_checked_against_the_version_that_was_shown(house):
    with house.client() as client:
        link, later = house.mint(), house.mint()
        stamp_text = stamp_of(client.get(link).text)
        fewer = CATALOGUE.replace('"efficiency", "transparency", "humanity", ', "")
        house.apply(fewer.replace("designated = true", "designated = false"))
        until(lambda: "humanity" not in client.get(later).text)
        old = {"drivers": "humanity", "stamp": stamp_text}
        assert client.post(link, data=GOOD | old).status_code == 303
        new = {"drivers": "humanity", "stamp": stamp_of(client.get(later).text)}
        assert client.post(later, data=GOOD | new).status_code == 422
    (row,) = house.responses()
    assert (row["survey"], row["drivers"]) == (1, ["humanity"])
    assert recount.differences(db.source(house.engine)) == []


def test_a_stamp_that_proves_nothing_is_replaced_and_no_word_is_lost(street, client):
    link, other = street.mint(), street.mint()
    neighbour, elsewhere = street.mint("permits", "lakeside"), street.mint("calls", "center")
    own = stamp_of(client.get(link).text)
    bad = {
        "missing": "",
        "short": own[:-1],
        "long": own + "A",
        "padded": own[:-1] + "=",
        "not ascii": own[:-1] + "é",
        "lower": own.lower(),
        "zero": "A" * 32 + "." + "A" * 43,
        "of another link": stamp_of(client.get(other).text),
        "of another office": stamp_of(client.get(neighbour).text),
        "of another service": stamp_of(client.get(elsewhere).text),
        "sql": "' OR 1=1--",
        "huge": "A" * 10_000,
    }
    before = row_counts(street)
    for name, stamp_text in bad.items():
        page = send(client, link, urlencode(GOOD), quote(stamp_text))
        assert page.status_code == 422 and shows_words(page), name
        assert stamp_of(page.text) not in bad.values()
    assert row_counts(street) == before
    assert send(client, link, urlencode(GOOD), stamp_of(page.text)).status_code == 303


def test_no_single_changed_character_of_a_stamp_survives(street, client):
    link = street.mint()
    own = stamp_of(client.get(link).text)
    before = row_counts(street)
    for at, char in enumerate(own):
        changed = own[:at] + ("A" if char != "A" else "B") + own[at + 1 :]
        assert client.post(link, data=GOOD | {"stamp": changed}).status_code == 422
    assert row_counts(street) == before


@pytest.mark.parametrize(
    ("opened", "version", "status"),
    [
        (timedelta(0), 1, 303),
        (timedelta(seconds=50), 1, 303),  # two servers may disagree a little
        (timedelta(minutes=2), 1, 422),
        (timedelta(days=300), 1, 422),
        (-timedelta(hours=24), 1, 303),
        (-timedelta(hours=24, seconds=1), 1, 422),
        (timedelta(0), 2, 422),
        (timedelta(0), 65535, 422),
    ],
)
def test_a_sheet_of_a_place_lives_a_day_and_none_comes_from_the_future(
    street, client, opened, version, status
):
    link = street.mint(channel="poster")
    secret = street.roots.stamp_secret("permits", street.roots.newest)
    made = stamp.sign(secret, link.rpartition("/")[2], version, NOW + opened)
    page = send(client, link, urlencode(GOOD), made)
    assert page.status_code == status
    assert status == 303 or shows_words(page)


def test_a_stamp_signed_with_another_secret_proves_nothing(street, client):
    link = street.mint()
    for secret in (bytes(32), street.keys["permits"].secret, b""):
        made = stamp.sign(secret, link.rpartition("/")[2], 1, NOW)
        assert send(client, link, urlencode(GOOD), made).status_code == 422
    unsigned = urlsafe_b64encode(bytes(24)).decode() + "." + "A" * 43
    assert send(client, link, urlencode(GOOD), unsigned).status_code == 422


def test_no_stamp_moved_a_count(street, client):
    """Last in this file, as in `test_bad_answers`."""
    assert answer(client, street.mint()).status_code == 303
    assert recount.differences(db.source(street.engine)) == []
