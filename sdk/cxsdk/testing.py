"""For an agency's own tests: throw-away keys, and what a link says. No server, no network.

With pytest, name this module once, in your `conftest.py`:

    pytest_plugins = ["cxsdk.testing"]

Then a test that takes `cx_keys` says for which services your program may mint, and reads the links
that it minted:

    def test_who_renewed_a_permit_is_asked_about_it(cx_keys):
        cx_keys("permits")
        page = renew_permit(7)
        assert parse(page.survey_link).office == "riverside"
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from cxsdk import token
from cxsdk.address import LINK
from cxsdk.errors import TokenMalformed
from cxsdk.keys import Key
from cxsdk.links import Issuer, utc_now
from cxsdk.token import Channel, LinkKey

# Nobody answers there (RFC 2606).
BASE_URL = "https://cx.example"

CxKeys = Callable[..., Issuer]


@dataclass(frozen=True, slots=True)
class ParsedLink:
    """What a link says.

    `done_at` is when the interaction ended, None for the link of a place; `expires_at` the last
    moment at which it opens; both aware, in UTC, to the second. `nonce` is the same for two links
    that are one answer. `kid` is the number of the key that signed.
    """

    base_url: str
    service: str
    office: str
    channel: Channel
    done_at: datetime | None
    expires_at: datetime
    nonce: bytes
    kid: int
    language: str | None


def throwaway_key(service: str, *, office: str | None = None, kid: int = 1) -> Key:
    """A new key, of a whole service or of one office, that no server knows."""
    key = Key(service, kid, secrets.token_bytes(32))
    return key.for_office(office) if office else key


def throwaway_issuer(
    *services: str,
    base_url: str = BASE_URL,
    clock: Callable[[], datetime] = utc_now,
) -> Issuer:
    """An issuer that mints for these services. Its links open nowhere."""
    return Issuer(base_url, [throwaway_key(service).text for service in services], clock=clock)


def parse(link: str, *, key: Key | str | None = None) -> ParsedLink:
    """What `link` says; with `key`, only if that key signed it.

    Raises TokenMalformed where it is no link, TokenForged where another key signed it.
    """
    match = LINK.fullmatch(link)
    if not match:
        raise TokenMalformed(f"{link!r} is not the address of a survey link.")
    claimed = token.read(match["token"])
    service, office = match["service"], match["office"]
    if key is not None:
        _check(key, office, claimed, match["token"])
    is_place = claimed.kind.is_place
    return ParsedLink(
        base_url=match["base"],
        service=service,
        office=office,
        channel=claimed.kind.channel,
        done_at=None if is_place else claimed.moment,
        expires_at=claimed.ends,
        nonce=claimed.nonce,
        kid=claimed.kid,
        language=parse_qs(match["query"] or "").get("lang", [None])[0],
    )


def _check(key: Key | str, office: str, claimed: token.Token, text: str) -> None:
    known = Key.read(key) if isinstance(key, str) else key
    LinkKey(known.secret_for(office), claimed.kind).check(text)


try:
    import pytest
except ModuleNotFoundError:
    pass  # Everything above works with any test program.
else:

    @pytest.fixture
    def cx_keys(monkeypatch: pytest.MonkeyPatch) -> CxKeys:
        """`cx_keys("permits")`: for the rest of the test, `issue_link` mints for these services.

        It sets CX_BASE_URL and CX_KEY to values that no server knows, and gives an issuer with
        the same keys.
        """

        def set_keys(*services: str) -> Issuer:
            text = " ".join(throwaway_key(service).text for service in services)
            monkeypatch.setenv("CX_BASE_URL", BASE_URL)
            monkeypatch.setenv("CX_KEY", text)
            return Issuer(BASE_URL, text)

        return set_keys
