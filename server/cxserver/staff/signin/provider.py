"""The agency's identity provider, as OpenID Connect speaks to it: what it is, and what it says.

Needs `pip install 'cxsdk[oidc]'`, and loads it at the first sign-in.

The client is authlib's, but not the one it has for Starlette. That one takes settings of the client
from the provider's own document (`verify`, `code_challenge_method`), compares neither issuer nor
audience with ours, asks the system for the time, and learns of a new address only by a restart.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool

from cxserver import oidc_client
from cxserver.accounts.members import Identity
from cxserver.errors import ServerError
from cxserver.settings import Settings

# With one of these nobody but the provider can sign; HS256 and "none" are other people's trouble.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_SCOPE = "openid email profile"
# All that a provider is waited for, however many requests that takes and however it drips.
SECONDS = 5.0
_KEEP = timedelta(hours=1)
# An unknown key makes us look again, and nobody makes us look all the time.
_AGAIN = timedelta(minutes=1)
_LEEWAY = 60
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SignInRefused(ServerError):
    """No sign-in. `reason` is for the log, `words` for the person."""

    def __init__(self, reason: str, words: str = ""):
        super().__init__(reason)
        self.reason, self.words = reason, words


class ProviderUnreachable(ServerError):
    """The provider does not answer, or not as a provider does."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Three random texts that tie a return to its start: nobody else's code, token or browser."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says it was. `email` is "" unless the provider verified it."""

    identity: Identity
    email: str
    name: str


class Provider:
    """One provider. What it tells about itself is kept for an hour.

    Waiting for it takes no thread and no connection, and ends after `SECONDS`.
    """

    def __init__(self, settings: Settings, redirect: str):
        self._settings = settings
        self._redirect = redirect
        self._lock = asyncio.Lock()
        self._known: dict[str, Any] = {}
        self._keys: Any = None
        self._trust: Any = None
        self._read: datetime | None = None

    async def address(self, ticket: Ticket, now: datetime) -> str:
        """Where the browser goes to sign in. Raises ProviderUnreachable."""
        await self._load(now)
        async with _deadline():
            await self._learn(now, _KEEP)
        extra = {"acr_values": " ".join(self._settings.oidc_acr)} if self._settings.oidc_acr else {}
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                self._known["authorization_endpoint"],
                state=ticket.state,
                nonce=ticket.nonce,
                code_verifier=ticket.verifier,
                **extra,
            )
        return str(address)

    async def claims(self, code: str, ticket: Ticket, now: datetime) -> Claims:
        """Who the code stands for. Raises SignInRefused or ProviderUnreachable."""
        await self._load(now)
        async with _deadline():
            await self._learn(now, _KEEP)
            async with await self._proven_client(now) as client:
                token = await self._redeem(client, code, ticket)
                claims = await self._verified(token, ticket, now)
                if "email" not in claims and "userinfo_endpoint" in self._known:
                    claims |= await self._userinfo(client, claims["sub"])
        return _person(claims)

    async def farewell(self, state: str, onward: str, now: datetime) -> str:
        """Where the browser signs out there, too, and is led `onward`; "" if the provider has no
        such place. Raises ProviderUnreachable.

        It names us and nobody else: no token is kept for it, so that none can leak.
        """
        await self._load(now)
        async with _deadline():
            await self._learn(now, _KEEP)
        place = str(self._known.get("end_session_endpoint") or "")
        if not _is_safe(place):
            return ""
        query = {
            "client_id": self._settings.oidc_client_id,
            "post_logout_redirect_uri": onward,
            "state": state,
        }
        return place + ("&" if urlsplit(place).query else "?") + urlencode(query)

    async def _redeem(self, client: Any, code: str, ticket: Ticket) -> dict[str, Any]:
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        # Where a key proves us, some providers want our name beside it, as the RFC allows.
        named = self._settings.oidc_private_key_file is not None
        extra = {"client_id": self._settings.oidc_client_id} if named else {}
        try:
            result = await client.fetch_token(
                self._known["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=ticket.verifier,
                **extra,
            )
        except AuthlibBaseError as error:
            raise SignInRefused(f"code: {error.error}"[:60]) from None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnreachable(type(error).__name__) from None
        return dict(result)

    async def _verified(
        self, token: dict[str, Any], ticket: Ticket, now: datetime
    ) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        text, settings = token.get("id_token"), self._settings
        if not isinstance(text, str):
            raise SignInRefused("no id token")
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": settings.oidc_issuer},
            "aud": {"essential": True, "value": settings.oidc_client_id},
            "sub": {"essential": True},
        }
        params = {
            "nonce": ticket.nonce,
            "client_id": settings.oidc_client_id,
            "access_token": token.get("access_token"),
        }
        try:
            decoded = jwt.decode(text, await self._key_set(text, now), algorithms=ALGORITHMS)
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        except (JoseError, ValueError) as error:
            raise SignInRefused(f"id token: {error}"[:60]) from None
        if not _is_name(claims["sub"]):
            raise SignInRefused("subject")
        self._check_strength(claims)
        return dict(claims)

    def _check_strength(self, claims: Any) -> None:
        wanted = self._settings.oidc_acr
        if wanted and claims.get("acr") not in wanted:
            raise SignInRefused("acr", "Please sign in again, with your card or a second factor.")

    async def _userinfo(self, client: Any, subject: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError

        try:
            claims = await _json(client, self._known["userinfo_endpoint"])
        except AuthlibBaseError as error:
            raise SignInRefused(f"userinfo: {error.error}"[:60]) from None
        if claims.get("sub") != subject:
            raise SignInRefused("userinfo of somebody else")
        return {name: claims.get(name) for name in ("email", "email_verified", "name")}

    async def _proven_client(self, now: datetime) -> Any:
        """A client that proves itself with our secret or our key, whichever is set."""
        path = self._settings.oidc_private_key_file
        if path is None:
            secret = self._settings.oidc_client_secret.get_secret_value()
            return self._client(secret, self._way_to_prove_ourselves())
        try:
            # Read each time: a key is replaced without a restart.
            private = await run_in_threadpool(oidc_client.key, path)
        except ServerError as fault:
            raise ProviderUnreachable(str(fault)) from None
        method = oidc_client.proof(private, self._known["token_endpoint"], now)
        client = self._client(private, method.name)
        client.register_client_auth_method(method)
        return client

    def _client(self, secret: Any = "", way: str = "none") -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        return AsyncOAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=secret,
            token_endpoint_auth_method=way,
            scope=_SCOPE,
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            # It is used at once, if at all: none is too old that lives but a minute.
            leeway=0,
            verify=self._trust,
        )

    def _way_to_prove_ourselves(self) -> str:
        if not self._settings.oidc_client_secret.get_secret_value():
            return "none"
        # What the standard takes for granted where the provider says nothing.
        ways = self._known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"

    async def _key_set(self, text: str, now: datetime) -> Any:
        """The provider's keys, read again when this token names one that is not among them."""
        from joserfc import jws

        kid = jws.extract_compact(text.encode()).headers().get("kid")
        if kid and kid not in {key.kid for key in self._keys.keys}:
            await self._learn(now, _AGAIN)
        return self._keys

    async def _load(self, now: datetime) -> None:
        # In a thread: it takes 30 ms, and the first time, with the libraries, a second or more, in
        # which the event loop would answer nobody. The provider's time does not run meanwhile.
        if not self._is_fresh(now, _KEEP):
            self._trust = await run_in_threadpool(_trust)

    def _is_fresh(self, now: datetime, keep: timedelta) -> bool:
        return self._read is not None and now - self._read < keep

    async def _learn(self, now: datetime, keep: timedelta) -> None:
        import httpx2
        from joserfc.jwk import KeySet

        issuer = self._settings.oidc_issuer
        async with self._lock:
            if self._is_fresh(now, keep):
                return
            async with httpx2.AsyncClient(verify=self._trust) as client:
                known = await _json(
                    client, issuer.rstrip("/") + "/.well-known/openid-configuration"
                )
                _check(known, issuer)
                keys = KeySet.import_key_set(await _json(client, known["jwks_uri"]))  # type: ignore[arg-type]
            self._known, self._keys, self._read = known, keys, now


@asynccontextmanager
async def _deadline() -> AsyncIterator[None]:
    # The client's own limits are for each read, and a provider that drips would never meet one.
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except TimeoutError:
        raise ProviderUnreachable("it takes too long") from None


def _trust() -> Any:
    """Whose certificates to trust. Loads all that sign-in needs."""
    import authlib.integrations.httpx_client
    import authlib.oauth2.rfc7523
    import authlib.oidc.core  # noqa: F401  (loaded here, used above)
    import httpx2

    return httpx2.create_ssl_context()


def _person(claims: dict[str, Any]) -> Claims:
    email = str(claims.get("email") or "")
    # Beyond ASCII one address may fold into another's: the Kelvin sign is a k to `lower`.
    sound = claims.get("email_verified") is True and email.isascii() and email.isprintable()
    return Claims(
        Identity(claims["iss"], claims["sub"]),
        email if sound else "",
        "".join(letter for letter in str(claims.get("name") or "") if letter.isprintable()),
    )


def _check(known: dict[str, Any], issuer: str) -> None:
    if known.get("issuer") != issuer:
        raise ProviderUnreachable("it gives another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not _is_safe(str(known.get(name, ""))):
            raise ProviderUnreachable(f"its {name} is not https")


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _is_name(subject: object) -> bool:
    # The standard's own limit; no database holds a NUL.
    return isinstance(subject, str) and 0 < len(subject) <= 255 and subject.isprintable()


async def _json(client: Any, address: str) -> dict[str, Any]:
    import httpx2

    try:
        response = await client.get(address)
        response.raise_for_status()
        document = response.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise ProviderUnreachable(type(error).__name__) from None
    if not isinstance(document, dict):
        raise ProviderUnreachable("it does not answer as a provider does")
    return document
