"""Mint links: `issue_link(service, office)`, offline, remembering nothing."""

import hmac
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from cxsdk import keys, token
from cxsdk.address import EXAMPLE, check_address
from cxsdk.errors import (
    KeyElsewhere,
    KeyMissing,
    LinkRefused,
    NaiveTime,
    OutsideWindow,
    UnknownChannel,
    WrongArguments,
)
from cxsdk.findings import Finding
from cxsdk.token import Channel, Kind, LinkKey

CHANNELS: dict[str, Kind] = {kind.channel: kind for kind in Kind}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?\Z", re.ASCII)


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


class Link(str):
    """A survey's address. It is a `str`, and also knows what it is for.

    Attributes:
        service: The service that the answer will be about.
        office: The office that the answer will be about.
        channel: How the link reaches people.
        expires_at: The last moment at which it opens, aware, in UTC.
    """

    service: str
    office: str
    channel: Channel
    expires_at: datetime

    def __new__(
        cls, url: str, service: str, office: str, channel: Channel, expires_at: datetime
    ) -> "Link":
        link = super().__new__(cls, url)
        link.service, link.office = service, office
        link.channel, link.expires_at = channel, expires_at
        return link

    def __getnewargs__(self) -> tuple[Any, ...]:
        return str(self), self.service, self.office, self.channel, self.expires_at


class Issuer:
    """Mints links for one server with one or more keys, the newest last.

    The newest key that covers an office signs. What makes the links of one `ref` one answer comes
    of the lowest-numbered such key: keep an old key beside its successor until 48 hours and 30
    minutes after its last link, and a reminder is still the same answer.

    `keys` is the text of the keys, separated by white space, or a list of such texts. Safe to
    share between threads and to use after a fork. Raises KeyRefused for keys it cannot read.
    """

    def __init__(
        self,
        base_url: str,
        keys: str | Iterable[str],
        *,
        clock: Callable[[], datetime] = utc_now,
    ):
        self._base_url = check_address("base_url", base_url)
        self._keys = _read_keys(keys)
        self._clock = clock
        self._link_keys: dict[tuple[str, str, Kind], tuple[int, bytes, LinkKey]] = {}

    def issue_link(
        self,
        service: str,
        office: str,
        *,
        channel: Channel = "email",
        done_at: datetime | None = None,
        ref: str | None = None,
        expires_at: datetime | None = None,
        place: str | None = None,
        language: str | None = None,
    ) -> Link:
        """A signed link for one interaction, or for a place.

        Invites (email, sms, web, phone) take one answer within 48 hours of `done_at`, the end of
        the interaction (aware; default now; A-11 §280.10). `ref`, your own number of that
        interaction, makes a repeated call mint the same link; it needs `done_at`.
        Places (kiosk, poster, site) take many answers until `expires_at` (kiosk at most 90 days
        away, poster and site 400; default the longest); `place` names the device or the wall.
        `language` opens the page in that language.

        Raises KeyElsewhere, BadName, UnknownChannel, WrongArguments, NaiveTime, OutsideWindow.
        """
        kind = _kind(channel)
        kid, nonce_secret, link_key = self._link_key(service, office, kind)
        if kind.is_place:
            _refuse(f"a {channel} link", done_at=done_at, ref=ref)
            time, name = self._expiry(kind, expires_at), _name("place", place)
        else:
            _refuse(f"an invite by {channel}", expires_at=expires_at, place=place)
            if ref is not None and done_at is None:
                raise WrongArguments("ref needs done_at, or a repeated call makes another link.")
            time, name = self._done(done_at), _name("ref", ref)
        nonce = os.urandom(8) if name is None else hmac.digest(nonce_secret, name, "sha256")[:8]
        text = link_key.sign(kid, time, nonce)
        room = "k" if kind is Kind.KIOSK else "s"
        query = f"?lang={_check_language(language)}" if language is not None else ""
        ends = token.Token(kind, kid, time, nonce).ends
        url = f"{self._base_url}/{room}/{service}/{office}/{text}{query}"
        return Link(url, service, office, channel, ends)

    def check(self, pairs: Iterable[tuple[str, str]]) -> list[Finding]:
        """What to fix before links for these (service, office) pairs open: [] when all is well.

        One call for start-up or CI. It asks the server about the address, the key, the clock, the
        names, whether the survey is open, and OMB's approval. The key itself never travels.
        Without pairs it tries the address, each key and the clock.

        Findings are returned, never raised. Raises ServerUnreachable when the server cannot be
        asked: no network, no answer within 10 seconds, or a server that is busy (429, 5xx).
        """
        # Here, so that a program that only mints loads no HTTP client.
        from cxsdk import checking

        return checking.check(self._base_url, self._keys, pairs, self._clock)

    @classmethod
    def from_environment(cls) -> "Issuer":
        """The issuer for `CX_BASE_URL` and `CX_KEY`, which `issue_link` uses.

        Raises KeyMissing or WrongArguments when either is not set.
        """
        return _from_environment()

    def _link_key(self, service: str, office: str, kind: Kind) -> tuple[int, bytes, LinkKey]:
        try:
            return self._link_keys[service, office, kind]
        except (KeyError, TypeError):  # TypeError: something that is not even hashable
            keys.check_slug("service", service)
            covering = self._covering(service, keys.check_slug("office", office))
        newest = covering[-1]
        secret = newest.secret_for(office)
        # The nonce says which visit it was. It must be the same before and after a rotation, or
        # the first mail and its reminder would be two answers.
        oldest = min(covering, key=lambda key: key.kid)
        nonce_secret = secret if oldest is newest else oldest.secret_for(office)
        link_key = newest.kid, nonce_secret, LinkKey(secret, kind)
        self._link_keys[service, office, kind] = link_key
        return link_key

    def _covering(self, service: str, office: str) -> list[keys.Key]:
        covering = [key for key in self._keys if key.covers(service, office)]
        if covering:
            return covering
        key_names = ", ".join(
            f"service '{key.service}'" + (f" at office '{key.office}' only" if key.office else "")
            for key in self._keys
        )
        raise KeyElsewhere(
            f"No key here can make links for service '{service}' at office '{office}'. "
            f"Keys here: {key_names}. Ask for one with `cx key issue {service} --office {office}`."
        )

    def _done(self, done_at: datetime | None) -> int:
        now = self._clock()
        done = _aware("done_at", done_at) if done_at is not None else now
        if done > now + token.SKEW:
            raise OutsideWindow(f"done_at is in the future ({done:%Y-%m-%d %H:%M %Z}).")
        if now > done + token.WINDOW:
            raise OutsideWindow(
                f"The visit ended more than 48 hours ago ({done:%Y-%m-%d %H:%M %Z}). "
                "A-11 §280.10 asks within 48 hours: do not send this invitation."
            )
        return int(done.timestamp())

    def _expiry(self, kind: Kind, expires_at: datetime | None) -> int:
        now = self._clock()
        ends = _aware("expires_at", expires_at) if expires_at is not None else now + kind.longest
        if ends <= now:
            raise OutsideWindow(f"expires_at has passed ({ends:%Y-%m-%d %H:%M %Z}).")
        if ends > now + kind.longest:
            raise OutsideWindow(
                f"A {kind.channel} link works {kind.longest.days} days at most, but "
                f"expires_at is {ends:%Y-%m-%d}."
            )
        return int(ends.timestamp())


_issuer: tuple[str, str, Issuer] | None = None


def issue_link(
    service: str,
    office: str,
    *,
    channel: Channel = "email",
    done_at: datetime | None = None,
    ref: str | None = None,
    expires_at: datetime | None = None,
    place: str | None = None,
    language: str | None = None,
) -> Link:
    """`Issuer.issue_link` with the server in `CX_BASE_URL` and the keys in `CX_KEY`.

    Raises KeyMissing when either is not set, and all that `Issuer.issue_link` raises.
    """
    return _from_environment().issue_link(
        service,
        office,
        channel=channel,
        done_at=done_at,
        ref=ref,
        expires_at=expires_at,
        place=place,
        language=language,
    )


def _from_environment() -> Issuer:
    global _issuer
    base_url, text = os.environ.get("CX_BASE_URL", ""), os.environ.get("CX_KEY", "")
    if not base_url.strip():
        raise WrongArguments(f"Set CX_BASE_URL to the survey server, e.g. {EXAMPLE}")
    if _issuer is None or _issuer[:2] != (base_url, text):
        _issuer = base_url, text, Issuer(check_address("CX_BASE_URL", base_url), text)
    return _issuer[2]


def _read_keys(given: str | Iterable[str]) -> tuple[keys.Key, ...]:
    texts = given.split() if isinstance(given, str) else " ".join(given).split()
    if not texts:
        raise KeyMissing("No key. Set CX_KEY to the line that `cx key issue` printed.")
    return tuple(keys.Key.read(text) for text in texts)


def channel_named(text: str) -> Channel:
    """The channel that `text` names: for what people and files say. Raises UnknownChannel."""
    return _kind(text).channel


def _kind(channel: str) -> Kind:
    try:
        return CHANNELS[channel]
    except (KeyError, TypeError):
        known = ", ".join(CHANNELS)
        raise UnknownChannel(f"There is no channel {channel!r}. Use one of {known}.") from None


def _refuse(what: str, **given: object) -> None:
    wrong = " and ".join(name for name, value in given.items() if value is not None)
    if wrong:
        raise WrongArguments(f"{wrong} cannot go with {what}.")


def _name(word: str, value: str | None) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise WrongArguments(f"{word} must be a text that is not empty, not {value!r}.")
    try:
        return f"cxlink/1|{word}|{value}".encode()
    except UnicodeEncodeError:
        raise WrongArguments(f"{word} holds characters that cannot be encoded.") from None


def _aware(word: str, value: datetime) -> datetime:
    if not isinstance(value, datetime):
        raise LinkRefused(f"{word} must be a datetime, not {value!r}.")
    if value.utcoffset() is None:
        raise NaiveTime(f"{word} has no time zone. Use datetime.now(UTC) or an aware datetime.")
    return value


def _check_language(language: str) -> str:
    if isinstance(language, str) and _LANGUAGE.match(language):
        return language
    raise WrongArguments(f"language must be a code such as 'en' or 'es', not {language!r}.")
