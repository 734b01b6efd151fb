"""Links minted in other languages: the very same links, and the same refusals."""

import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cxsdk import Issuer, Key, keys, token
from cxsdk.token import Kind, LinkKey
from tests.support import http_server, programs
from tests.support.house import House, answer
from tests.support.optional import present

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "use" / "mint-from-any-language.md").read_text(encoding="utf-8")
MINT_MJS, MINT_JAVA = ROOT / "examples" / "mint.mjs", ROOT / "examples" / "Mint.java"
BASE = "https://cx.example.gov/cx"
KEY = Key("permits", 3, bytes(range(100, 132)))
DONE = (datetime.now(UTC) - timedelta(hours=5)).replace(microsecond=0)


class Minter:
    """One of the examples, run as its first lines say."""

    def __init__(self, *line: str | None):
        self._line = [word for word in line if word]
        assert len(self._line) == len(line), "`make test` installs Node and Java."

    def run(
        self, *words: str, key: str = KEY.text, base_url: str = BASE
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CX_BASE_URL": base_url, "CX_KEY": key}
        line = [*self._line, *words]
        return subprocess.run(
            line, env=environment, capture_output=True, text=True, timeout=http_server.PATIENCE
        )

    def mint(self, *words: str, **how: str) -> str:
        done = self.run(*words, **how)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    def refusal(self, *words: str, **how: str) -> str:
        done = self.run(*words, **how)
        assert (done.returncode, done.stdout) == (1, "")
        [sentence] = done.stderr.splitlines()
        return sentence


@pytest.fixture(scope="module", params=["node", "java"])
def minter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Minter:
    if request.param == "node":
        return Minter(programs.node(), str(MINT_MJS))
    # `java Mint.java` compiles at every start; one test does it so, the others need not.
    classes = str(tmp_path_factory.mktemp("classes"))
    compiler = [
        present(programs.java()),
        "-m",
        "jdk.compiler/com.sun.tools.javac.Main",
        "-Xlint:all",
    ]
    done = subprocess.run(
        [*compiler, "-Werror", "-Xlint:-serial", "--release", "11", "-d", classes, str(MINT_JAVA)],
        capture_output=True,
        text=True,
        timeout=http_server.PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Minter(programs.java(), "-Xshare:auto", "-cp", classes, "Mint")


def vectors() -> list[str]:
    """What the page publishes, from our own code."""
    root = bytes(range(32))
    service = keys.service_secret(root, "vet-home", 1)
    office = keys.office_secret(service, "tx042")
    key = Key("vet-home", 1, service)
    moment = datetime.fromtimestamp(1793451600, UTC)
    issuer = Issuer(BASE, key.text, clock=lambda: moment)
    link = issuer.issue_link("vet-home", "tx042", done_at=moment, ref="case-123")
    return [
        service.hex(),
        key.text,
        office.hex(),
        keys.expand(office, b"cxlink/1|kind|\x01").hex(),
        nonce_of(link).hex(),
        LinkKey(office, Kind.EMAIL).sign(1, 1793451600, bytes(range(8))),
    ]


def nonce_of(link: str) -> bytes:
    return token.read(link.rpartition("/")[2]).nonce


def test_the_published_vectors_are_minted(minter):
    assert minter.mint("vectors").splitlines() == vectors()


def test_the_java_example_runs_from_its_source():
    assert Minter(programs.java(), str(MINT_JAVA)).mint("vectors").splitlines() == vectors()


def test_the_page_publishes_these_vectors():
    published = re.findall(r"`([^`\n]+)`", PAGE.partition("\n## Vectors")[2].partition("\n## ")[0])
    assert [value for value in vectors() if value not in published] == []


@pytest.mark.parametrize("channel", ["email", "phone"])
@pytest.mark.parametrize("key", [KEY, KEY.for_office("riverside")], ids=["service", "office"])
def test_the_same_case_is_the_very_link_that_the_sdk_mints(minter, channel, key):
    how = {"channel": channel, "done_at": DONE, "ref": "caso-ñ 1/2"}
    expected = Issuer(BASE, key.text).issue_link("permits", "riverside", **how)
    words = ("permits", "riverside", channel, DONE.isoformat(), "caso-ñ 1/2")
    assert minter.mint(*words, key=f" {key.text}\n", base_url=BASE + "/") == expected


def test_a_place_is_the_very_link_that_the_sdk_mints(minter):
    ends = (datetime.now(UTC) + timedelta(days=60)).replace(microsecond=0)
    for channel in ("kiosk", "poster"):
        expected = Issuer(BASE, KEY.text).issue_link(
            "permits", "riverside", channel=channel, expires_at=ends, place="Main exit"
        )
        words = ("permits", "riverside", channel, ends.isoformat(), "Main exit")
        assert minter.mint(*words) == expected


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["newest last", "oldest last"])
def test_across_a_key_rotation_it_is_the_very_link_that_the_sdk_mints(minter, order):
    pair = [Key("permits", kid, bytes(range(kid, kid + 32))) for kid in order]
    other = Key("hearings", 9, bytes(32))
    text = "\n".join(key.text for key in (other, *pair, other))
    expected = Issuer(BASE, text).issue_link("permits", "riverside", done_at=DONE, ref="case-7")
    words = ("permits", "riverside", "email", DONE.isoformat(), "case-7")
    minted = minter.mint(*words, key=text)
    assert minted == expected
    before = minter.mint(*words, key=min(pair, key=lambda key: key.kid).text)
    assert nonce_of(minted) == nonce_of(before)


def test_minted_links_open_and_count(minter, sqlite_house: House):
    sqlite_house.live_today()
    how = {"key": sqlite_house.keys["permits"].text, "base_url": sqlite_house.settings.base_url}
    links = [minter.mint("permits", "riverside", channel, **how) for channel in ("email", "site")]
    links.append(minter.mint("permits", "lakeside", "email", DONE.isoformat(), **how))
    with sqlite_house.client() as client:
        assert [answer(client, link).status_code for link in links] == [303, 303, 303]
    rows = [(row["office"], row["channel"]) for row in sqlite_house.responses()]
    assert sorted(rows) == [("lakeside", "email"), ("riverside", "email"), ("riverside", "site")]


def test_a_key_that_was_changed_or_belongs_elsewhere_is_refused(minter):
    words = ("permits", "riverside", "email")
    swapped = KEY.text.replace("_3_", "_4_")
    for broken in (KEY.text[:-1], swapped, "not a key"):
        assert "cut off or changed" in minter.refusal(*words, key=broken)
    assert "No key." in minter.refusal(*words, key="")
    for key in (Key("hearings", 1, bytes(32)), KEY.for_office("lakeside")):
        assert "may mint" in minter.refusal(*words, key=key.text)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("permits", "riverside"), "Use: "),
        (("permits", "River side", "email"), "cannot name"),
        (("permits", "riverside", "fax"), "No channel 'fax'"),
        (("permits", "riverside", "email", "2026-11-04T10:20:00"), "with its zone"),
        (("permits", "riverside", "email", "yesterday"), "with its zone"),
        (("permits", "riverside", "email", "2020-01-01T10:20:00Z"), "more than 48 hours ago"),
        (("permits", "riverside", "email", "2099-01-01T10:20:00Z"), "in the future"),
        (("permits", "riverside", "site", "2020-01-01T10:20:00Z"), "has passed"),
        (("permits", "riverside", "site", "2099-01-01T10:20:00Z"), "400 days at most"),
        (("permits", "riverside", "email", DONE.isoformat(), ""), "not be empty"),
    ],
)
def test_a_link_that_must_not_be_is_refused(minter, words, sentence):
    assert sentence in minter.refusal(*words)


def test_an_address_that_is_none_is_refused(minter):
    for base_url in ("", "cx.example.gov", "https://cx.example.gov?a=b"):
        assert "Set CX_BASE_URL" in minter.refusal(
            "permits", "riverside", "email", base_url=base_url
        )
