"""This server as a client of the agency's identity provider: set up whole, and who it is.

It proves itself with a secret that both know, or with a key of its own of which the provider knows
the public half (`private_key_jwt`, RFC 7523; login.gov takes nothing else). Needs `cxsdk[oidc]`.
"""

import base64
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from cxserver.errors import ServerError
from cxserver.settings import Settings

# The ways to prove oneself, as OpenID Connect names them.
BASIC, POST, KEY, NONE = "client_secret_basic", "client_secret_post", "private_key_jwt", "none"
_SETTING = "CX_OIDC_PRIVATE_KEY_FILE"
# Each kind of key has one usual way to sign; providers know these.
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
# SP 800-131A: nothing shorter signs for a federal agency.
_LEAST_BITS = 2048
_LIVES = timedelta(minutes=5)


def check(settings: Settings) -> None:
    """Raise ServerError unless sign-in at a provider is off, or set up whole."""
    if not settings.oidc_issuer:
        return
    if not (find_spec("authlib") and find_spec("httpx2")):
        raise ServerError("CX_OIDC_ISSUER is set, and needs: pip install 'cxsdk[oidc]'")
    # Half set up must not mean switched off: links would open what the provider is to guard.
    if not settings.oidc_client_id:
        raise ServerError("CX_OIDC_ISSUER is set, and CX_OIDC_CLIENT_ID is not.")
    secret = settings.oidc_client_secret.get_secret_value()
    if settings.oidc_client_auth and not secret:
        raise ServerError("CX_OIDC_CLIENT_AUTH is set, and CX_OIDC_CLIENT_SECRET is not.")
    if settings.oidc_private_key_file is None:
        return
    if secret:
        raise ServerError(f"Set CX_OIDC_CLIENT_SECRET or {_SETTING}, not both.")
    key(settings.oidc_private_key_file)


def auth_methods(document: dict[str, Any]) -> list[str]:
    """The ways to prove oneself that a provider takes, by its discovery document."""
    # What the standard takes for granted where the provider says nothing.
    ways = document.get("token_endpoint_auth_methods_supported", [BASIC])
    return [str(way) for way in ways] if isinstance(ways, list) else []


def auth_method(settings: Settings, document: dict[str, Any]) -> str:
    """The way this server proves itself: as it is set, else as the provider takes it."""
    if settings.oidc_private_key_file is not None:
        return KEY
    if not settings.oidc_client_secret.get_secret_value():
        return NONE
    if settings.oidc_client_auth:
        return f"client_secret_{settings.oidc_client_auth}"
    return BASIC if BASIC in auth_methods(document) else POST


def basic(
    client: Any, method: str, uri: str, headers: MutableMapping[str, str], body: Any
) -> tuple[str, MutableMapping[str, str], Any]:
    """`client_secret_basic` for authlib: name and secret form-urlencoded first (RFC 6749 §2.3.1).

    authlib's own leaves that out, and a real provider then reads `+` as a blank.
    """
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body


def key(path: Path) -> Any:
    """The key in a PEM file. Raises ServerError, in words that tell nothing of what is in it."""
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    text = _text(path)
    if "ENCRYPTED" in text:
        raise ServerError(f"{_SETTING}: {path} is locked with a password. Store it without one.")
    for kind in (RSAKey, ECKey):
        try:
            result: RSAKey | ECKey = kind.import_key(text)
        except (JoseError, ValueError, TypeError):
            continue
        return _fit(result, path)
    raise ServerError(f"{_SETTING}: {path} is not a private key (PEM, RSA or EC).")


def proof(private: Any, token_endpoint: str, now: datetime) -> Any:
    """authlib's `PrivateKeyJWT` for one request: it proves to `token_endpoint` that it is us.

    What it signs is good once, for five minutes of our clock; authlib's own take the system's
    clock and an hour. Never use it for a second request: authlib keeps the first one's `jti`.
    """
    from authlib.oauth2.rfc7523 import PrivateKeyJWT

    issued = int(now.timestamp())
    claims = {"iat": issued, "exp": issued + int(_LIVES.total_seconds())}
    return PrivateKeyJWT(token_endpoint, claims, alg=_algorithm(private))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ServerError(f"{_SETTING}: {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ServerError(f"{_SETTING}: {path} is not a key in PEM.") from None


def _fit(private: Any, path: Path) -> Any:
    if not private.is_private:
        raise ServerError(f"{_SETTING}: {path} is the public half. The private one signs.")
    if private.key_type == "RSA" and private.raw_value.key_size < _LEAST_BITS:
        raise ServerError(f"{_SETTING}: {path} is too short: RSA takes {_LEAST_BITS} bits or more.")
    if not _algorithm(private):
        raise ServerError(f"{_SETTING}: {path} lies on a curve that is not P-256, P-384 or P-521.")
    return private


def _algorithm(private: Any) -> str:
    return "RS256" if private.key_type == "RSA" else _CURVES.get(private.curve_name, "")
