"""Tokens: one office, one kind, one window; no other character opens anything."""

import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsdk import (
    TokenExpired,
    TokenForged,
    TokenMalformed,
    TokenRefused,
    TokenTooEarly,
    keys,
    token,
)
from cxsdk.token import Kind, LinkKey, Token
from tests.support import examples

ROOT = bytes(range(32))
SERVICE = keys.service_secret(ROOT, "vet-home", 1)
OFFICE = keys.office_secret(SERVICE, "tx042")
VECTOR = "EQABauXmUAABAgMEBQYH.uin_CJKJmD23xsQ5B1YGaw"
DONE = datetime.fromtimestamp(1793451600, UTC)

kinds = st.sampled_from(list(Kind))


def test_the_published_vector_holds():
    signed = LinkKey(OFFICE, Kind.EMAIL).sign(1, 1793451600, bytes(range(8)))
    assert signed == VECTOR
    assert token.read(VECTOR) == Token(Kind.EMAIL, 1, 1793451600, bytes(range(8)))


@examples.times(3)
@given(kinds, st.integers(0, 65535), st.integers(0, 2**32 - 1), st.binary(min_size=8, max_size=8))
def test_a_token_reads_back_as_signed(kind, kid, time, nonce):
    text = LinkKey(OFFICE, kind).sign(kid, time, nonce)
    assert len(text) == 43
    assert token.read(text) == Token(kind, kid, time, nonce)
    LinkKey(OFFICE, kind).check(text)


def _opens(text: str, office: bytes = OFFICE) -> bool:
    try:
        claimed = token.read(text)
        LinkKey(office, claimed.kind).check(text)
    except TokenRefused:
        return False
    return True


def test_every_one_character_change_is_refused():
    alphabet = string.ascii_letters + string.digits + "-_.=~ \n"
    changed = {
        VECTOR[:at] + other + VECTOR[at + cut :]
        for at in range(len(VECTOR) + 1)
        for other in ("", *alphabet)
        for cut in (0, 1)
    } - {VECTOR}
    assert len(changed) > 5000
    assert [text for text in changed if _opens(text)] == []
    assert _opens(VECTOR)


@pytest.mark.parametrize(
    "text", ["", VECTOR + "=", VECTOR.lower(), VECTOR + "\n", "\ud800" * 43, "é" * 43, VECTOR * 2]
)
def test_what_has_not_the_form_is_malformed(text):
    with pytest.raises(TokenMalformed):
        token.read(text)


def test_a_neighbours_key_opens_nothing():
    strangers = [
        keys.office_secret(SERVICE, "tx043"),
        keys.office_secret(keys.service_secret(ROOT, "vet-out", 1), "tx042"),
        keys.office_secret(keys.service_secret(ROOT, "vet-home", 2), "tx042"),
        keys.office_secret(keys.service_secret(bytes(32), "vet-home", 1), "tx042"),
        SERVICE,
        ROOT,
    ]
    assert not any(_opens(VECTOR, stranger) for stranger in strangers)


@examples.times(3)
@given(kinds, kinds)
def test_a_kind_is_bound_into_the_signature(minted, read_as):
    text = LinkKey(OFFICE, minted).sign(1, 1793451600, bytes(8))
    if minted is not read_as:
        with pytest.raises(TokenForged):
            LinkKey(OFFICE, read_as).check(text)


def test_reserved_kinds_do_not_open():
    for kind in (0, 5, 6, 7, 11, 15):
        reserved: Any = kind  # no `Kind` has this number
        text = LinkKey(OFFICE, reserved).sign(1, 1793451600, bytes(8))
        with pytest.raises(TokenMalformed):
            token.read(text)


@pytest.mark.parametrize(
    ("after_the_visit", "refusal"),
    [
        (timedelta(minutes=-15, seconds=-1), TokenTooEarly),
        (timedelta(minutes=-15), None),
        (timedelta(0), None),
        (timedelta(hours=47, minutes=59), None),
        (timedelta(hours=48), None),
        (timedelta(hours=48, seconds=1), TokenExpired),
        (timedelta(hours=48, minutes=1), TokenExpired),
        (timedelta(days=20_000), TokenExpired),
    ],
)
def test_an_invite_opens_for_48_hours(after_the_visit, refusal):
    invite = token.read(VECTOR)
    if refusal is None:
        token.check_window(invite, DONE + after_the_visit)
        return
    with pytest.raises(refusal):
        token.check_window(invite, DONE + after_the_visit)


def test_a_refusal_says_when():
    invite = token.read(VECTOR)
    with pytest.raises(TokenExpired) as late:
        token.check_window(invite, DONE + timedelta(days=3))
    assert late.value.ended == DONE + timedelta(hours=48)
    with pytest.raises(TokenTooEarly) as early:
        token.check_window(invite, DONE - timedelta(days=3))
    assert early.value.opens == DONE - timedelta(minutes=15)


@pytest.mark.parametrize(("kind", "days"), [(Kind.KIOSK, 90), (Kind.POSTER, 400), (Kind.SITE, 400)])
def test_a_place_opens_until_its_expiry_and_no_place_lives_longer_than_its_kind(kind, days):
    place = Token(kind, 1, 1793451600, bytes(8))
    token.check_window(place, DONE)
    token.check_window(place, DONE - timedelta(days=days))
    with pytest.raises(TokenExpired):
        token.check_window(place, DONE + timedelta(seconds=1))
    with pytest.raises(TokenTooEarly):
        token.check_window(place, DONE - timedelta(days=days, minutes=16))
