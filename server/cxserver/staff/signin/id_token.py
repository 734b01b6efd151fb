"""Is what the provider signed its own, for us, for this sign-in, and of now?"""

from datetime import datetime
from typing import Any

from cxserver.settings import Settings
from cxserver.staff.signin.claims import SignInRefused

# With one of these nobody but the provider can sign; HS256 and "none" are other people's trouble.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
# Seconds by which the provider's clock and ours may differ, as for links and devices.
LEEWAY = 120
_CLOCKS = (
    "The clocks of this server and of the identity provider are too far apart. "
    "Ask the person who runs this server."
)


def verified(
    token: dict[str, Any], keys: Any, nonce: str, settings: Settings, now: datetime
) -> dict[str, Any]:
    """The claims of the ID token in a token response. Raises SignInRefused."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError

    params = {
        "nonce": nonce,
        "client_id": settings.oidc_client_id,
        "access_token": token.get("access_token"),
    }
    options = _addressed(settings, essential=True) | {"sub": {"essential": True}}
    try:
        decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        _check_clock(claims, now)
        claims.validate(now=_seconds(now), leeway=LEEWAY)
    except (JoseError, ValueError) as error:
        raise SignInRefused(f"id token: {error}") from None
    if not _is_name(claims["sub"]):
        raise SignInRefused("subject")
    _check_strength(claims, settings)
    return dict(claims)


def verified_userinfo(text: str, keys: Any, settings: Settings, now: datetime) -> dict[str, Any]:
    """The claims of a signed userinfo response (`application/jwt`). Raises SignInRefused."""
    from authlib.oauth2.claims import JWTClaims
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        decoded = jwt.decode(text, keys, algorithms=ALGORITHMS)
        # The standard lets it leave out for whom it is; if it says so, it must be for us.
        options = _addressed(settings, essential=False)
        claims = JWTClaims(decoded.claims, decoded.header, options)
        claims.validate(now=_seconds(now), leeway=LEEWAY)
    except (JoseError, ValueError) as error:
        raise SignInRefused(f"userinfo: {error}") from None
    return dict(claims)


def _addressed(settings: Settings, *, essential: bool) -> dict[str, Any]:
    return {
        "iss": {"essential": essential, "value": settings.oidc_issuer},
        "aud": {"essential": essential, "value": settings.oidc_client_id},
    }


def _check_clock(claims: Any, now: datetime) -> None:
    """A token comes straight from the provider: what its `iat` says is the provider's clock."""
    issued = claims.get("iat")
    if not isinstance(issued, int):
        return
    apart = issued - _seconds(now)
    ended = isinstance(claims.get("exp"), int) and claims["exp"] + LEEWAY < _seconds(now)
    if apart > LEEWAY or (apart < -LEEWAY and ended):
        side = "ahead" if apart > 0 else "behind"
        raise SignInRefused(f"clock: the provider's is {abs(apart)} s {side}", _CLOCKS)


def _check_strength(claims: Any, settings: Settings) -> None:
    wanted = settings.oidc_acr
    if wanted and claims.get("acr") not in wanted:
        raise SignInRefused("acr", "Please sign in again, with your card or a second factor.")


def _is_name(subject: object) -> bool:
    # The standard's own limit; no database holds a NUL.
    return isinstance(subject, str) and 0 < len(subject) <= 255 and subject.isprintable()


def _seconds(now: datetime) -> int:
    return int(now.timestamp())
