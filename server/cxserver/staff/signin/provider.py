"""The agency's identity provider, as OpenID Connect speaks to it: where to go, and who came back.

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

from cxserver import oidc_client, oidc_discovery
from cxserver.errors import ServerError
from cxserver.oidc_discovery import Discovery, ProviderUnreachable
from cxserver.settings import Settings
from cxserver.staff.signin import claims, id_token
from cxserver.staff.signin.claims import Claims, SignInRefused
from cxserver.staff.signin.outage import Outage

_SCOPE = "openid email profile"
_KEEP = timedelta(hours=1)
# An unknown key makes us look again, and nobody makes us look all the time.
_AGAIN = timedelta(minutes=1)
_NOT_US = (
    "The identity provider does not accept this server's own credentials. "
    "Ask the person who runs this server."
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Three random texts that tie a return to its start: nobody else's code, token or browser."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider. What it tells about itself is kept for an hour.

    Waiting for it takes no thread and no connection, and ends after `oidc_discovery.SECONDS`: once
    for what it is, once more for who came back. If it does not say what it is, nobody asks it
    again for a minute.
    """

    def __init__(self, settings: Settings, redirect: str):
        self._settings = settings
        self._redirect = redirect
        self._lock = asyncio.Lock()
        self._known = Discovery({}, None)
        self._trust: Any = None
        self._read: datetime | None = None
        self._outage = Outage()

    async def address(self, ticket: Ticket, now: datetime) -> str:
        """Where the browser goes to sign in. Raises ProviderUnreachable."""
        await self._know(now)
        extra = {"acr_values": " ".join(self._settings.oidc_acr)} if self._settings.oidc_acr else {}
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                self._known.document["authorization_endpoint"],
                state=ticket.state,
                nonce=ticket.nonce,
                code_verifier=ticket.verifier,
                **extra,
            )
        return str(address)

    async def claims(self, code: str, ticket: Ticket, now: datetime) -> Claims:
        """Who the code stands for. Raises SignInRefused or ProviderUnreachable."""
        await self._know(now)
        async with self._deadline(now):
            async with await self._proven_client(now) as client:
                token = await self._redeem(client, code, ticket)
                known = await self._verified(token, ticket, now)
                if self._wants_userinfo(known):
                    known |= await self._userinfo(client, known["sub"], now)
        trust = self._settings.oidc_trust_email
        return claims.read(known, token["id_token"], trust_email=trust)

    async def farewell(self, state: str, onward: str, hint: str, now: datetime) -> str:
        """Where the browser signs out there, too, and is led `onward`; "" if the provider has no
        such place. Raises ProviderUnreachable.

        `hint` is the ID token of the session that ended, "" for none: without it many providers
        ask the person first whether they mean it, and some do not lead back.
        """
        await self._know(now)
        place = str(self._known.document.get("end_session_endpoint") or "")
        if not oidc_discovery.is_safe(place):
            return ""
        query = {
            "client_id": self._settings.oidc_client_id,
            "post_logout_redirect_uri": onward,
            "state": state,
        }
        if hint:
            query["id_token_hint"] = hint
        return place + ("&" if urlsplit(place).query else "?") + urlencode(query)

    async def _redeem(self, client: Any, code: str, ticket: Ticket) -> dict[str, Any]:
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        # Where a key proves us, some providers want our name beside it, as the RFC allows.
        named = self._settings.oidc_private_key_file is not None
        extra = {"client_id": self._settings.oidc_client_id} if named else {}
        try:
            result = await client.fetch_token(
                self._known.document["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=ticket.verifier,
                **extra,
            )
        except AuthlibBaseError as error:
            words = _NOT_US if error.error == "invalid_client" else ""
            raise SignInRefused(f"code: {error.error}"[:60], words) from None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnreachable(type(error).__name__) from None
        return dict(result)

    async def _verified(
        self, token: dict[str, Any], ticket: Ticket, now: datetime
    ) -> dict[str, Any]:
        if not isinstance(token.get("id_token"), str):
            raise SignInRefused("no id token")
        keys = await self._keys(token["id_token"], "id token", now)
        return id_token.verified(token, keys, ticket.nonce, self._settings, now)

    def _wants_userinfo(self, known: dict[str, Any]) -> bool:
        complete = {"email", "email_verified"} <= known.keys()
        return not complete and "userinfo_endpoint" in self._known.document

    async def _userinfo(self, client: Any, subject: str, now: datetime) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError

        try:
            place = str(self._known.document["userinfo_endpoint"])
            response = await oidc_discovery.get(client, place)
        except AuthlibBaseError as error:
            raise SignInRefused(f"userinfo: {error.error}"[:60]) from None
        if response.headers.get("content-type", "").startswith("application/jwt"):
            keys = await self._keys(response.text, "userinfo", now)
            userinfo = id_token.verified_userinfo(response.text, keys, self._settings, now)
        else:
            userinfo = oidc_discovery.as_object(response)
        if userinfo.get("sub") != subject:
            raise SignInRefused("userinfo of somebody else")
        # Whether an address is confirmed is said of the address beside it, and of no other.
        names = ("email", "email_verified", "name") if userinfo.get("email") else ("name",)
        return {name: userinfo[name] for name in names if name in userinfo}

    async def _proven_client(self, now: datetime) -> Any:
        """A client that proves itself with our secret or our key, whichever is set."""
        path, document = self._settings.oidc_private_key_file, self._known.document
        if path is None:
            secret = self._settings.oidc_client_secret.get_secret_value()
            client = self._client(secret, oidc_client.auth_method(self._settings, document))
            client.register_client_auth_method((oidc_client.BASIC, oidc_client.basic))
            return client
        try:
            # Read each time: a key is replaced without a restart.
            private = await run_in_threadpool(oidc_client.key, path)
        except ServerError as fault:
            raise ProviderUnreachable(str(fault)) from None
        method = oidc_client.proof(private, document["token_endpoint"], now)
        client = self._client(private, method.name)
        client.register_client_auth_method(method)
        return client

    def _client(self, secret: Any = "", way: str = oidc_client.NONE) -> Any:
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

    async def _keys(self, text: str, what: str, now: datetime) -> Any:
        """The provider's keys, read again when this token names one that is not among them."""
        from joserfc import jws
        from joserfc.errors import JoseError

        try:
            kid = jws.extract_compact(text.encode()).headers().get("kid")
        except (JoseError, ValueError) as error:
            raise SignInRefused(f"{what}: {error}"[:60]) from None
        if kid and kid not in {key.kid for key in self._known.keys.keys}:
            await self._learn(now, _AGAIN)
        return self._known.keys

    async def _know(self, now: datetime) -> None:
        """Have what the provider says of itself, of this hour. Raises ProviderUnreachable, at once
        where it did so less than a minute ago.
        """
        await self._load(now)
        try:
            async with oidc_discovery.deadline():
                await self._learn(now, _KEEP)
        except ProviderUnreachable as fault:
            self._outage.begin(fault, now)
            raise

    @asynccontextmanager
    async def _deadline(self, now: datetime) -> AsyncIterator[None]:
        try:
            async with oidc_discovery.deadline():
                yield
        except ProviderUnreachable:
            # One person's code may be the reason, so this is held against nobody else. But whoever
            # comes next asks first whether the provider is there.
            if not self._is_fresh(now, _AGAIN):
                self._read = None
            raise

    async def _load(self, now: datetime) -> None:
        # In a thread: it takes 30 ms, and the first time, with the libraries, a second or more, in
        # which the event loop would answer nobody. The provider's time does not run meanwhile.
        if not self._is_fresh(now, _KEEP):
            self._trust = await run_in_threadpool(_trust)

    def _is_fresh(self, now: datetime, keep: timedelta) -> bool:
        return self._read is not None and now - self._read < keep

    async def _learn(self, now: datetime, keep: timedelta) -> None:
        async with self._lock:
            if self._is_fresh(now, keep):
                return
            self._outage.check(now)
            self._known = await oidc_discovery.fetch(self._settings.oidc_issuer, self._trust)
            self._read = now
            self._outage.end()


def _trust() -> Any:
    """Whose certificates to trust. Loads all that sign-in needs."""
    import authlib.integrations.httpx_client
    import authlib.oauth2.rfc7523
    import authlib.oidc.core  # noqa: F401  (loaded here, used above)
    import httpx2

    return httpx2.create_ssl_context()
