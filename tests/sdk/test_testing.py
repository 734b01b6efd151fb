"""What an agency's own tests use: throw-away keys, a fixture, and what a link says."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

import cxsdk
from cxsdk import testing
from cxsdk.testing import parse, throwaway_issuer, throwaway_key
from cxsdk.token import Kind

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
# An agency's project: its code, and its tests as the page about testing shows them.
CODE = """
from cxsdk import issue_link

def renew(number, ended):
    return issue_link("permits", "riverside", channel="web", done_at=ended, ref=f"permit-{number}")
"""
TEST = """
from datetime import UTC, datetime, timedelta

from cxsdk.testing import parse
from permits import renew

def test_who_renewed_a_permit_is_asked_about_it(cx_keys):
    cx_keys("permits")
    ended = datetime.now(UTC).replace(microsecond=0)
    link = parse(renew(7, ended))
    assert (link.service, link.office, link.channel) == ("permits", "riverside", "web")
    assert (link.done_at, link.expires_at) == (ended, ended + timedelta(hours=48))

def test_without_a_key_it_is_refused():
    import pytest, cxsdk
    with pytest.raises(cxsdk.CxError):
        renew(7, None)
"""


def test_the_channels_are_those_of_the_kinds():
    assert get_args(cxsdk.Channel) == tuple(kind.channel for kind in Kind)


def test_an_invite_says_what_it_is_for():
    minter = throwaway_issuer("permits", clock=lambda: NOW)
    done = NOW - timedelta(hours=2)
    link = minter.issue_link("permits", "riverside", channel="sms", done_at=done, language="es")
    said = parse(link)
    assert (said.base_url, said.service, said.office) == (testing.BASE_URL, "permits", "riverside")
    assert (said.channel, said.language, said.kid) == ("sms", "es", 1)
    assert (said.done_at, said.expires_at) == (done, link.expires_at)


def test_a_place_has_no_end_of_an_interaction():
    minter = throwaway_issuer("permits", base_url="https://agency.example/cx", clock=lambda: NOW)
    link = minter.issue_link("permits", "riverside", channel="kiosk", place="East door")
    said = parse(link)
    assert (said.base_url, said.channel) == ("https://agency.example/cx", "kiosk")
    assert (said.done_at, said.expires_at, said.language) == (None, link.expires_at, None)


def test_one_ref_has_one_nonce():
    minter = throwaway_issuer("permits", clock=lambda: NOW)
    links = [
        minter.issue_link("permits", "riverside", channel=channel, ref="case-1", done_at=NOW)
        for channel in ("email", "sms")
    ]
    assert parse(links[0]).nonce == parse(links[1]).nonce


def test_a_link_is_parsed_only_under_the_key_that_signed_it():
    key, office = throwaway_key("permits"), throwaway_key("permits", office="riverside", kid=2)
    link = cxsdk.Issuer("https://cx.example", key.text).issue_link("permits", "riverside")
    assert parse(link, key=key) == parse(link, key=key.text) == parse(link)
    with pytest.raises(cxsdk.TokenForged):
        parse(link, key=office)
    with pytest.raises(cxsdk.TokenForged):
        parse(link.replace("riverside", "lakeside"), key=key)


@pytest.mark.parametrize("link", ["", "https://cx.example", "https://cx.example/s/permits/x/abc"])
def test_what_is_no_link_says_so(link):
    with pytest.raises(cxsdk.TokenMalformed):
        parse(link)


def test_an_agency_tests_its_own_code_with_the_fixture(tmp_path: Path):
    (tmp_path / "permits.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "test_permits.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["cxsdk.testing"]\n', encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr
