"""This server as a client of the agency's identity provider: set up whole, and who it is.

It proves itself with a secret that both know, or with a key of its own of which the provider knows
the public half (`private_key_jwt`, RFC 7523; login.gov takes nothing else). Needs `cxsdk[oidc]`.
"""

import secrets
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cxserver.errors import ServerError
from cxserver.settings import Settings

PROOF = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
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
    if settings.oidc_private_key_file is None:
        return
    if settings.oidc_client_secret.get_secret_value():
        raise ServerError(f"Set CX_OIDC_CLIENT_SECRET or {_SETTING}, not both.")
    key(settings.oidc_private_key_file)


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


def assertion(key: Any, client: str, audience: str, now: datetime) -> str:
    """What proves to `audience` that it is us, once, within five minutes."""
    from joserfc import jwt

    at = int(now.timestamp())
    claims = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "jti": secrets.token_urlsafe(32),
        "iat": at,
        "exp": at + int(_LIVES.total_seconds()),
    }
    algorithm = _algorithm(key)
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ServerError(f"{_SETTING}: {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ServerError(f"{_SETTING}: {path} is not a key in PEM.") from None


def _fit(key: Any, path: Path) -> Any:
    if not key.is_private:
        raise ServerError(f"{_SETTING}: {path} is the public half. The private one signs.")
    if key.key_type == "RSA" and key.raw_value.key_size < _LEAST_BITS:
        raise ServerError(f"{_SETTING}: {path} is too short: RSA takes {_LEAST_BITS} bits or more.")
    if not _algorithm(key):
        raise ServerError(f"{_SETTING}: {path} lies on a curve that is not P-256, P-384 or P-521.")
    return key


def _algorithm(key: Any) -> str:
    return "RS256" if key.key_type == "RSA" else _CURVES.get(key.curve_name, "")
