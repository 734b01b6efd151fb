"""Minting: every mistake is told at the agency, at mint time, never to the person."""

import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from types import ModuleType

import pytest

import cxsdk
from cxsdk import Issuer, Key, keys, token
from cxsdk.token import Kind

ROOT = bytes(range(32))
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
SERVICE = Key("vet-home", 1, keys.service_secret(ROOT, "vet-home", 1))
BASE = "https://cx.example.gov"


def issuer(*own_keys: Key, base: str = BASE) -> Issuer:
    return Issuer(base, [key.text for key in own_keys or (SERVICE,)], clock=lambda: NOW)


def token_of(link: str) -> token.Token:
    return token.read(link.rpartition("/")[2].partition("?")[0])


def test_a_link_is_an_address_that_knows_what_it_is_for():
    link = issuer().issue_link("vet-home", "tx042")
    assert isinstance(link, str) and link.startswith(f"{BASE}/s/vet-home/tx042/")
    assert (link.service, link.office, link.channel) == ("vet-home", "tx042", "email")
    assert link.expires_at == NOW + timedelta(hours=48)
    assert len(link) <= 100


def test_a_link_survives_pickling():
    link = issuer().issue_link("vet-home", "tx042")
    again = pickle.loads(pickle.dumps(link))
    assert again == link and again.expires_at == link.expires_at


def test_the_module_function_reads_the_environment(monkeypatch):
    monkeypatch.setenv("CX_BASE_URL", BASE + "/cx/")
    monkeypatch.setenv("CX_KEY", SERVICE.text)
    assert cxsdk.issue_link("vet-home", "tx042").startswith(f"{BASE}/cx/s/vet-home/tx042/")
    monkeypatch.delenv("CX_KEY")
    with pytest.raises(cxsdk.KeyMissing, match="cx key issue"):
        cxsdk.issue_link("vet-home", "tx042")
    monkeypatch.delenv("CX_BASE_URL")
    with pytest.raises(cxsdk.WrongArguments, match="CX_BASE_URL"):
        cxsdk.issue_link("vet-home", "tx042")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_channel_mints_its_kind(kind):
    link = issuer().issue_link("vet-home", "tx042", channel=kind.channel)
    assert token_of(link).kind is kind
    assert ("/k/" if kind is Kind.KIOSK else "/s/") in link


def test_the_same_ref_and_time_mint_the_same_link():
    done = NOW - timedelta(hours=3)
    first = issuer().issue_link("vet-home", "tx042", ref="case-123", done_at=done)
    assert first == issuer().issue_link("vet-home", "tx042", ref="case-123", done_at=done)
    other = issuer().issue_link("vet-home", "tx042", ref="case-124", done_at=done)
    assert token_of(other).nonce != token_of(first).nonce


def test_a_reminder_for_the_same_ref_carries_the_same_nonce():
    done = NOW - timedelta(hours=40)
    mail = issuer().issue_link("vet-home", "tx042", ref="case-123", done_at=done)
    sms = issuer().issue_link("vet-home", "tx042", ref="case-123", done_at=NOW, channel="sms")
    assert token_of(mail).nonce == token_of(sms).nonce


def test_an_office_key_mints_the_same_ref_as_its_service_key():
    done = NOW - timedelta(hours=1)
    narrow = issuer(SERVICE.for_office("tx042"))
    assert narrow.issue_link("vet-home", "tx042", ref="a", done_at=done) == issuer().issue_link(
        "vet-home", "tx042", ref="a", done_at=done
    )


def test_links_without_ref_are_all_different():
    minted = {issuer().issue_link("vet-home", "tx042") for _ in range(200)}
    assert len(minted) == 200


def test_a_place_link_lives_until_its_expiry():
    kiosk = issuer().issue_link("vet-home", "tx042", channel="kiosk", place="East door")
    assert kiosk.expires_at == NOW + timedelta(days=90)
    poster = issuer().issue_link("vet-home", "tx042", channel="poster")
    assert poster.expires_at == NOW + timedelta(days=400)
    again = issuer().issue_link("vet-home", "tx042", channel="kiosk", place="East door")
    assert kiosk == again


def test_the_language_rides_in_the_query():
    assert issuer().issue_link("vet-home", "tx042", language="es").endswith("?lang=es")


def test_times_in_any_zone_mean_the_same_moment():
    east = timezone(timedelta(hours=5, minutes=30))
    done = NOW - timedelta(hours=2)
    pair = [
        issuer().issue_link("vet-home", "tx042", ref="a", done_at=at)
        for at in (done, done.astimezone(east))
    ]
    assert pair[0] == pair[1]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"service": "Vet Home"}, cxsdk.BadName, "cannot name a service"),
        ({"service": ["vet-home"]}, cxsdk.BadName, "cannot name a service"),
        ({"office": "tx|042"}, cxsdk.BadName, "cannot name"),
        ({"service": "vet-out"}, cxsdk.KeyElsewhere, "vet-home"),
        ({"channel": "pigeon"}, cxsdk.UnknownChannel, "email, sms, web, phone, kiosk"),
        ({"channel": "paper"}, cxsdk.UnknownChannel, "no channel 'paper'"),
        ({"done_at": datetime(2026, 11, 2, 12)}, cxsdk.NaiveTime, "no time zone"),
        ({"done_at": NOW + timedelta(minutes=16)}, cxsdk.OutsideWindow, "in the future"),
        ({"done_at": NOW - timedelta(hours=48, seconds=1)}, cxsdk.OutsideWindow, "48 hours"),
        ({"done_at": "yesterday"}, cxsdk.LinkRefused, "must be a datetime"),
        ({"ref": "case-1"}, cxsdk.WrongArguments, "ref needs done_at"),
        ({"ref": "", "done_at": NOW}, cxsdk.WrongArguments, "not empty"),
        ({"ref": "\ud800", "done_at": NOW}, cxsdk.WrongArguments, "cannot be encoded"),
        ({"place": "East door"}, cxsdk.WrongArguments, "place cannot go with"),
        ({"expires_at": NOW + HOUR}, cxsdk.WrongArguments, "expires_at cannot go with"),
        ({"channel": "kiosk", "done_at": NOW}, cxsdk.WrongArguments, "done_at cannot go with"),
        ({"channel": "site", "ref": "a"}, cxsdk.WrongArguments, "ref cannot go with"),
        ({"channel": "site", "expires_at": NOW - HOUR}, cxsdk.OutsideWindow, "has passed"),
        (
            {"channel": "kiosk", "expires_at": NOW + timedelta(days=91)},
            cxsdk.OutsideWindow,
            "90 days",
        ),
        ({"language": "../"}, cxsdk.WrongArguments, "language must be a code"),
    ],
)
def test_each_mistake_has_its_own_error(arguments, error, words):
    call = {"service": "vet-home", "office": "tx042"} | arguments
    with pytest.raises(error, match=words):
        issuer().issue_link(**call)


def test_an_office_key_refuses_the_neighbour_and_names_what_it_holds():
    with pytest.raises(cxsdk.KeyElsewhere, match="at office 'tx042' only"):
        issuer(SERVICE.for_office("tx042")).issue_link("vet-home", "tx043")


def test_every_mint_error_is_a_value_error():
    assert issubclass(cxsdk.LinkRefused, ValueError) and issubclass(cxsdk.KeyRefused, ValueError)


def test_of_several_keys_the_newest_mints():
    second = Key("vet-home", 2, keys.service_secret(ROOT, "vet-home", 2))
    other = Key("vet-out", 9, keys.service_secret(ROOT, "vet-out", 9))
    assert token_of(issuer(SERVICE, second, other).issue_link("vet-home", "tx042")).kid == 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["newest last", "oldest last"])
def test_a_reminder_across_a_key_rotation_carries_the_same_nonce(order):
    second = Key("vet-home", 2, keys.service_secret(ROOT, "vet-home", 2))
    done = NOW - timedelta(hours=40)
    mail = token_of(issuer().issue_link("vet-home", "tx042", ref="case-123", done_at=done))
    both = [(SERVICE, second)[at] for at in order]
    minter = issuer(*both)
    reminder = token_of(minter.issue_link("vet-home", "tx042", ref="case-123", done_at=done))
    assert (reminder.nonce, reminder.kid) == (mail.nonce, both[-1].kid)


def test_a_key_of_a_neighbour_has_no_part_in_the_nonce():
    done = NOW - timedelta(hours=1)
    second = Key("vet-home", 2, keys.service_secret(ROOT, "vet-home", 2))
    neighbours = SERVICE.for_office("tx043"), Key("vet-out", 1, bytes(32)), second
    alone = issuer(second).issue_link("vet-home", "tx042", ref="a", done_at=done)
    among = issuer(*neighbours).issue_link("vet-home", "tx042", ref="a", done_at=done)
    assert alone == among


def test_a_hundred_thousand_links_derive_no_key_per_link(monkeypatch):
    derived = []
    honest = keys.expand

    def counted(key: bytes, info: bytes) -> bytes:
        derived.append(info)
        return honest(key, info)

    monkeypatch.setattr(keys, "expand", counted)
    minter = issuer()
    minted = {minter.issue_link("vet-home", "tx042") for _ in range(100_000)}
    assert len(minted) == 100_000
    assert len(derived) == 2  # service → office, office → kind; once


def test_a_bad_base_url_is_refused():
    for base in ("cx.example.gov", "ftp://cx", "https://", "https://cx?x=1"):
        with pytest.raises(cxsdk.WrongArguments, match="https://cx.agency.gov"):
            issuer(base=base)


def test_a_forked_child_mints_its_own_nonces():
    minter = issuer()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, minter.issue_link("vet-home", "tx042").encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() != minter.issue_link("vet-home", "tx042")


def test_the_sdk_loads_no_server_package():
    code = (
        "import sys, cxsdk; "
        "server = {'starlette', 'sqlalchemy', 'pydantic', 'jinja2', 'alembic', 'cxserver'}; "
        "print(sorted(server & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_program_that_only_mints_loads_no_http_client():
    code = (
        "import sys, cxsdk; "
        "print(sorted({'http.client', 'urllib.request', 'socket', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_surface_is_the_list():
    assert sorted(cxsdk.__all__) == cxsdk.__all__
    public = {
        name
        for name, value in vars(cxsdk).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public == set(cxsdk.__all__)


def test_a_clock_that_is_a_little_ahead_may_mint():
    """Of two machines one is always ahead: five minutes are no future."""
    made = issuer().issue_link("vet-home", "tx042", done_at=NOW + token.SKEW)
    assert token_of(made).moment == NOW + token.SKEW
    with pytest.raises(cxsdk.OutsideWindow, match="in the future"):
        ahead = NOW + token.SKEW + timedelta(seconds=1)
        issuer().issue_link("vet-home", "tx042", done_at=ahead)


def test_a_visit_of_exactly_48_hours_ago_is_still_asked_about():
    made = issuer().issue_link("vet-home", "tx042", done_at=NOW - token.WINDOW)
    assert made.expires_at == NOW
    with pytest.raises(cxsdk.OutsideWindow, match="more than 48 hours ago"):
        late = NOW - token.WINDOW - timedelta(seconds=1)
        issuer().issue_link("vet-home", "tx042", done_at=late)
