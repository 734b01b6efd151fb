"""What the agency's identity provider says it is: its discovery document, and its keys.

A provider that is silent, slow, or somebody else raises `ProviderUnreachable`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cxserver.errors import ServerError

# All that a provider is waited for, however many requests that takes and however it drips.
SECONDS = 5.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# Of what it says about itself, so much goes into a log.
_SHOWN = 200


class ProviderUnreachable(ServerError):
    """The provider does not answer, or not as a provider does."""


class WrongIssuer(ProviderUnreachable):
    """It answers under another name than CX_OIDC_ISSUER: `given`, as far as it can be printed."""

    def __init__(self, given: object):
        super().__init__("it gives another issuer")
        text = given if isinstance(given, str) else ""
        self.given = "".join(letter for letter in text if letter.isprintable())[:_SHOWN] or "none"


@dataclass(frozen=True, slots=True)
class Discovery:
    """The discovery document, and the provider's public keys as joserfc's `KeySet`."""

    document: dict[str, Any]
    keys: Any


async def fetch(issuer: str, trust: Any) -> Discovery:
    """Ask the provider. `trust` says whose certificates count. Raises ProviderUnreachable."""
    import httpx2

    async with httpx2.AsyncClient(verify=trust) as client:
        document = as_object(
            await get(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
        )
        _check(document, issuer)
        return Discovery(document, _keys(as_object(await get(client, document["jwks_uri"]))))


async def get(client: Any, address: str) -> Any:
    """What lies at an address. Raises ProviderUnreachable."""
    import httpx2

    try:
        response = await client.get(address)
        response.raise_for_status()
    except httpx2.HTTPStatusError as error:
        raise ProviderUnreachable(f"HTTP {error.response.status_code}") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise ProviderUnreachable(type(error).__name__) from None
    return response


def as_object(response: Any) -> dict[str, Any]:
    """The JSON object in a response. Raises ProviderUnreachable."""
    try:
        document = response.json()
    except ValueError as error:
        raise ProviderUnreachable(type(error).__name__) from None
    if not isinstance(document, dict):
        raise ProviderUnreachable("it does not answer as a provider does")
    return document


@asynccontextmanager
async def deadline() -> AsyncIterator[None]:
    """End after `SECONDS` with ProviderUnreachable."""
    # The client's own limits are for each read, and a provider that drips would never meet one.
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except TimeoutError:
        raise ProviderUnreachable("it takes too long") from None


def is_safe(address: str) -> bool:
    """Whether nobody on the way can read or change what goes to this address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _check(document: dict[str, Any], issuer: str) -> None:
    if document.get("issuer") != issuer:
        raise WrongIssuer(document.get("issuer"))
    for name in _NEEDED:
        if not is_safe(str(document.get(name, ""))):
            raise ProviderUnreachable(f"its {name} is not https")


def _keys(document: dict[str, Any]) -> Any:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        return KeySet.import_key_set(document)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderUnreachable("its keys cannot be read") from None
