"""The agency's identity provider, as OpenID Connect speaks to it: what it is, and what it says.

Needs `pip install 'cxsdk[oidc]'`, and loads it at the first sign-in.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from cxserver import oidc_client
from cxserver.accounts.members import Identity
from cxserver.errors import ServerError
from cxserver.settings import Settings

# With one of these nobody but the provider can sign; HS256 and "none" are other people's trouble.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_SCOPE = "openid email profile"
_SECONDS = 10.0
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
    """One provider. What it tells about itself is kept for an hour."""

    def __init__(self, settings: Settings, redirect: str):
        self._settings = settings
        self._redirect = redirect
        self._lock = threading.Lock()
        self._known: dict[str, Any] = {}
        self._keys: Any = None
        self._read: datetime | None = None

    def address(self, ticket: Ticket, now: datetime) -> str:
        """Where the browser goes to sign in. Raises ProviderUnreachable."""
        self._learn(now, _KEEP)
        extra = {"acr_values": " ".join(self._settings.oidc_acr)} if self._settings.oidc_acr else {}
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._known["authorization_endpoint"],
                state=ticket.state,
                nonce=ticket.nonce,
                code_verifier=ticket.verifier,
                **extra,
            )
        return str(address)

    def claims(self, code: str, ticket: Ticket, now: datetime) -> Claims:
        """Who the code stands for. Raises SignInRefused or ProviderUnreachable."""
        self._learn(now, _KEEP)
        with self._client() as client:
            token = self._redeem(client, code, ticket, now)
            claims = self._verified(token, ticket, now)
            if "email" not in claims and "userinfo_endpoint" in self._known:
                claims = claims | self._userinfo(client, claims["sub"])
        email = str(claims.get("email") or "")
        # Beyond ASCII one address may fold into another's: the Kelvin sign is a k to `lower`.
        sound = claims.get("email_verified") is True and email.isascii() and email.isprintable()
        return Claims(
            Identity(claims["iss"], claims["sub"]),
            email if sound else "",
            "".join(letter for letter in str(claims.get("name") or "") if letter.isprintable()),
        )

    def farewell(self, state: str, onward: str, now: datetime) -> str:
        """Where the browser signs out there, too, and is led `onward`; "" if the provider has no
        such place. Raises ProviderUnreachable.

        It names us and nobody else: no token is kept for it, so that none can leak.
        """
        self._learn(now, _KEEP)
        place = str(self._known.get("end_session_endpoint") or "")
        if not _is_safe(place):
            return ""
        parameters = {
            "client_id": self._settings.oidc_client_id,
            "post_logout_redirect_uri": onward,
            "state": state,
        }
        return place + ("&" if urlsplit(place).query else "?") + urlencode(parameters)

    def _redeem(self, client: Any, code: str, ticket: Ticket, now: datetime) -> dict[str, Any]:
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        try:
            result = client.fetch_token(
                self._known["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=ticket.verifier,
                **self._proof(now),
            )
        except AuthlibBaseError as error:
            raise SignInRefused(f"code: {error.error}"[:60]) from None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnreachable(type(error).__name__) from None
        return dict(result)

    def _verified(self, token: dict[str, Any], ticket: Ticket, now: datetime) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        text, wanted = token.get("id_token"), self._settings
        if not isinstance(text, str):
            raise SignInRefused("no id token")
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": wanted.oidc_issuer},
            "aud": {"essential": True, "value": wanted.oidc_client_id},
            "sub": {"essential": True},
        }
        params = {
            "nonce": ticket.nonce,
            "client_id": wanted.oidc_client_id,
            "access_token": token.get("access_token"),
        }
        try:
            decoded = jwt.decode(text, self._key_set(text, now), algorithms=ALGORITHMS)
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

    def _userinfo(self, client: Any, subject: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError

        try:
            claims = _json(client, self._known["userinfo_endpoint"])
        except AuthlibBaseError as error:
            raise SignInRefused(f"userinfo: {error.error}"[:60]) from None
        if claims.get("sub") != subject:
            raise SignInRefused("userinfo of somebody else")
        return {name: claims.get(name) for name in ("email", "email_verified", "name")}

    def _client(self) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        wanted = self._settings
        return OAuth2Client(
            client_id=wanted.oidc_client_id,
            client_secret=wanted.oidc_client_secret.get_secret_value(),
            token_endpoint_auth_method=self._way_to_prove_ourselves(),
            scope=_SCOPE,
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            # It is used at once, if at all: none is too old that lives but a minute.
            leeway=0,
            timeout=_SECONDS,
        )

    def _proof(self, now: datetime) -> dict[str, str]:
        """What the request says of us beside our name, where a key is to prove it."""
        path, known = self._settings.oidc_private_key_file, self._known
        if path is None:
            return {}
        try:
            # Read each time: a key is replaced without a restart.
            result = oidc_client.key(path)
        except ServerError as fault:
            raise ProviderUnreachable(str(fault)) from None
        name = self._settings.oidc_client_id
        signed = oidc_client.assertion(result, name, known["token_endpoint"], now)
        return {"client_assertion_type": oidc_client.PROOF, "client_assertion": signed}

    def _way_to_prove_ourselves(self) -> str:
        if not self._settings.oidc_client_secret.get_secret_value():
            return "none"
        # What the standard takes for granted where the provider says nothing.
        ways = self._known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"

    def _key_set(self, text: str, now: datetime) -> Any:
        """The provider's keys, read again when this token names one that is not among them."""
        from joserfc import jws

        kid = jws.extract_compact(text.encode()).headers().get("kid")
        if kid and kid not in {key.kid for key in self._keys.keys}:
            self._learn(now, _AGAIN)
        return self._keys

    def _learn(self, now: datetime, keep: timedelta) -> None:
        import httpx2
        from joserfc.jwk import KeySet

        with self._lock:
            if self._read and now - self._read < keep:
                return
            issuer = self._settings.oidc_issuer
            with httpx2.Client(timeout=_SECONDS) as client:
                address = issuer.rstrip("/") + "/.well-known/openid-configuration"
                known = _json(client, address)
                _check(known, issuer)
                keys = KeySet.import_key_set(_json(client, known["jwks_uri"]))  # type: ignore[arg-type]
            self._known, self._keys, self._read = known, keys, now


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


def _json(client: Any, address: str) -> dict[str, Any]:
    import httpx2

    try:
        response = client.get(address)
        response.raise_for_status()
        document = response.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise ProviderUnreachable(type(error).__name__) from None
    if not isinstance(document, dict):
        raise ProviderUnreachable("it does not answer as a provider does")
    return document
