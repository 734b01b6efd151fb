"""The stamp of a page: what was signed reads back, and no altered text does."""

import hashlib
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cxserver.intake import stamp
from cxserver.intake.stamp import StampInvalid

SECRET = bytes(range(32))
LINK = "EQABauXmUAABAgMEBQYH.uin_CJKJmD23xsQ5B1YGaw"
OPENED = datetime(2026, 11, 4, 15, 20, tzinfo=UTC)
STAMP = stamp.sign(SECRET, LINK, 7, OPENED)


def _proves_something(text: str, secret: bytes = SECRET, link: str = LINK) -> bool:
    try:
        stamp.read(secret, link, text, OPENED)
    except StampInvalid:
        return False
    return True


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 65535),
    st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1)),
)
def test_a_stamp_reads_back_as_signed_and_always_has_one_length(secret, survey, opened):
    opened = opened.replace(tzinfo=UTC)
    text = stamp.sign(secret, LINK, survey, opened)
    read = stamp.read(secret, LINK, text, opened)
    assert len(text) == 76
    assert (read.opened_at, read.survey) == (opened.replace(microsecond=0), survey)
    assert len(read.sid) == 18


def test_every_one_character_change_is_refused():
    alphabet = string.ascii_letters + string.digits + "-_.=~ \n"
    changed = {
        STAMP[:at] + other + STAMP[at + cut :]
        for at in range(len(STAMP) + 1)
        for other in ("", *alphabet)
        for cut in (0, 1)
    } - {STAMP}
    assert len(changed) > 9000
    assert [text for text in changed if _proves_something(text)] == []
    assert _proves_something(STAMP)


MALFORMED = {
    "empty": "",
    "a dot": ".",
    "padded": STAMP + "=",
    "padded twice": STAMP + "==",
    "a line": STAMP + "\n",
    "twice": STAMP * 2,
    "lone surrogates": "\ud800" * 76,
    "a lone surrogate at the end": STAMP[:-1] + "\udc80",
    "not ascii": "é" * 76,
    "huge": "A" * 10_000_000,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_has_not_the_form_of_a_stamp_is_refused_as_invalid(name):
    with pytest.raises(StampInvalid, match="form"):
        stamp.read(SECRET, LINK, MALFORMED[name], OPENED)


@given(st.text(max_size=100))
def test_no_text_that_was_not_signed_proves_anything(text):
    assume(text != STAMP)
    assert not _proves_something(text)


def test_a_stamp_is_bound_to_its_secret_and_its_link():
    assert not _proves_something(STAMP, secret=bytes(32))
    assert not _proves_something(STAMP, link=LINK[:-1] + "g")
    assert not _proves_something(STAMP, link="")


def test_a_stamp_from_the_future_proves_nothing():
    early = OPENED - timedelta(minutes=2)
    with pytest.raises(StampInvalid, match="future"):
        stamp.read(SECRET, LINK, STAMP, early)


@pytest.mark.parametrize("name", ["md5", "sha1", "blake2b", "blake2s"])
def test_a_stamp_needs_no_hash_that_is_not_approved(name, monkeypatch):
    """Some FIPS builds have no SHA-1, which is what itsdangerous takes where nothing is said."""

    def missing(*_args, **_kwargs):
        raise ValueError(f"{name} is not approved")

    monkeypatch.setattr(hashlib, name, missing)
    assert _proves_something(stamp.sign(SECRET, LINK, 7, OPENED))
