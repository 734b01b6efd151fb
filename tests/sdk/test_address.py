"""The server's public address: the SDK, the commands and the server take and refuse the same."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import cxsdk
from cxsdk import Issuer, Key
from cxsdk.address import check_address
from cxserver.settings import Settings
from tests.support import fork_server

KEY = Key("permits", 1, bytes(range(32)))
EXAMPLE = "https://cx.agency.gov"
GOOD = {
    EXAMPLE: EXAMPLE,
    f"{EXAMPLE}/": EXAMPLE,
    f"  {EXAMPLE}/cx/\n": f"{EXAMPLE}/cx",
    f"{EXAMPLE}\r": EXAMPLE,
    f"\t{EXAMPLE}:8443/a-b_c/~d": f"{EXAMPLE}:8443/a-b_c/~d",
    "HTTPS://cx.agency.gov": EXAMPLE,
    "http://127.0.0.1:8000": "http://127.0.0.1:8000",
    "http://localhost:8000/": "http://localhost:8000",
    "http://cx_server:8000": "http://cx_server:8000",
    "http://[::1]:8000": "http://[::1]:8000",
}
BAD = {
    "cx.agency.gov": "https://",
    "": "https://",
    "ftp://cx.agency.gov": "https://",
    "https://": "host",
    "https://:8000": "host",
    "https://cx.agency.gov:99999": "host",
    "https://cx.agency.gov:80a": "host",
    "https://cx agency.gov": "space",
    "https://cx.agency.gov #prod": "space",
    "https://cx.agency.gov/c\tx": "space",
    "https://cx.agency.gov\r\nSet-Cookie:a": "space",
    "https://cx.\u200bagency.gov": "space",
    "https://cx.agency.gov\u00a0/cx": "space",
    "https://cx.agency.g\u043ev": "space",
    "https://cx.agency.gov?a=b": "query",
    "https://cx.agency.gov/?": "query",
    "https://cx.agency.gov#prod": "fragment",
    "https://name:word@cx.agency.gov": "password",
    "https://cx.agency.gov\\@evil.example": "password",
    "https://cx.agency.gov/<b>": "character",
    '"https://cx.agency.gov"': "https://",
}


def by_sdk(address: str) -> str:
    link = Issuer(address, KEY.text).issue_link("permits", "riverside")
    return link.partition("/s/")[0]


def by_environment(address: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_BASE_URL", address)
        patch.setenv("CX_KEY", f"  {KEY.text}\r\n")
        return cxsdk.issue_link("permits", "riverside").partition("/s/")[0]


def by_server(address: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_BASE_URL", address)
        return Settings().base_url


WAYS = [by_sdk, by_environment, by_server]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("typed", "address"), GOOD.items())
def test_an_address_is_trimmed_and_goes_before_every_link(way, typed, address):
    assert way(typed) == address


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("typed", "reason"), BAD.items())
def test_what_is_no_address_is_refused_by_all_and_shown_as_typed(way, typed, reason):
    with pytest.raises((cxsdk.WrongArguments, ValidationError)) as refused:
        way(typed)
    text = str(refused.value)
    assert EXAMPLE in text
    if typed:
        assert repr(typed) in text and reason in text


@given(st.text())
def test_what_is_taken_is_an_address_and_nothing_else(typed):
    for text in (typed, f"https://cx.agency.gov{typed}", f"https://{typed}.gov"):
        try:
            address = check_address("base_url", text)
        except cxsdk.WrongArguments:
            continue
        assert re.fullmatch(r"https?://[!-~]+", address)
        assert not set(' "#<>?\\^`{|}') & set(address) and not address.endswith("/")
        assert "@" not in address.split("/")[2]


# ---- the commands


def cx(*words: str, **variables: str) -> str:
    done = fork_server.run(words, {**os.environ, "COLUMNS": "200", **variables})
    assert done.returncode == 1, done.stdout
    return done.stderr


@pytest.mark.parametrize("typed", ["cx.agency.gov", f"{EXAMPLE} #prod", f"{EXAMPLE}?a=b"])
def test_a_command_shows_the_address_as_it_was_typed(typed, tmp_path):
    said = cx("doctor", "--data", str(tmp_path), CX_BASE_URL=typed)
    assert f"CX_BASE_URL must look like {EXAMPLE}, not {typed!r}" in said


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("CX_QUEUE_SIZE", "many", "not 'many'"),
        ("CX_ALLOWED_HOSTS", "cx.agency.gov, https://b.gov/x", "not 'https://b.gov/x'"),
        ("CX_MAIL_FROM", "cx@agency.gov\nBcc: a@b.example", r"'cx@agency.gov\nBcc: a@b.example'"),
        ("CX_OIDC_ISSUER", "https://sso.agency.gov/ #prod", "'https://sso.agency.gov/ #prod'"),
        ("CX_OIDC_ISSUER", "https://sso.agency.gov?a=b", "'https://sso.agency.gov?a=b'"),
        ("CX_DATA_DIR", "cx\x1b[2Jdata", r"'cx\x1b[2Jdata'"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_and_shown_as_typed(name, typed, says, tmp_path):
    said = cx("doctor", **{"CX_DATA_DIR": str(tmp_path), name: typed})
    assert name in said and says in said


@pytest.mark.parametrize("name", ["CX_OIDC_CLIENT_SECRET", "CX_SMTP_URL", "CX_DATABASE_URL"])
def test_a_secret_that_does_not_fit_is_named_and_not_shown(name, tmp_path):
    said = cx("doctor", **{"CX_DATA_DIR": str(tmp_path), name: "smtp://a:hush\x07hush@b"})
    assert name in said and "hush" not in said


def test_every_setting_is_trimmed(tmp_path, monkeypatch):
    for name, value in {
        "CX_DATA_DIR": f" {tmp_path}\r\n",
        "CX_DATABASE_URL": " sqlite:///a b.sqlite3 ",
        "CX_ALLOWED_HOSTS": " a.gov , [::1] ,,",
        "CX_QUEUE_SIZE": " 7\n",
        "CX_SCHEDULER": "false ",
        "CX_OIDC_CLIENT_ID": "\tcx\r",
        "CX_OIDC_CLIENT_SECRET": "word\n",
        "CX_FLOOD_LINK": " 10/20 ",
        "CX_MAIL_FROM": " Surveys <cx@agency.gov>\n",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.data_dir, settings.database_url) == (tmp_path, "sqlite:///a b.sqlite3")
    assert settings.allowed_hosts == ("a.gov", "[::1]")
    assert (settings.queue_size, settings.scheduler) == (7, False)
    assert settings.oidc_client_id == "cx"
    assert settings.oidc_client_secret.get_secret_value() == "word"
    assert (settings.flood_link.rate, settings.flood_link.burst) == (10, 20)
    assert settings.mail_from == "Surveys <cx@agency.gov>"
