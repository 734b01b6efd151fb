"""Would staff get in through the identity provider: set up whole, and the provider as expected."""

import asyncio
import stat
from collections.abc import Iterator
from typing import Any

from cxserver import oidc_client, oidc_discovery
from cxserver.doctor.finding import Finding
from cxserver.errors import ServerError
from cxserver.oidc_discovery import ProviderUnreachable, WrongIssuer
from cxserver.settings import Settings

_CHECK, _EMAIL = "staff sign-in", "email addresses"


def sign_in(settings: Settings) -> list[Finding]:
    """Try what a sign-in needs, within seconds; nothing where no provider is set."""
    if not settings.oidc_issuer:
        return []
    flaw = _settings_flaw(settings)
    if flaw:
        return [flaw]
    try:
        document = asyncio.run(_discovery(settings.oidc_issuer))
    except WrongIssuer as fault:
        return [_other_issuer(settings, fault)]
    except ProviderUnreachable as fault:
        text = f"{settings.oidc_issuer} does not answer as an identity provider: {fault}"
        return [Finding(_CHECK, "problem", text, "Check CX_OIDC_ISSUER, then the network.")]
    return [_credentials(settings, document), *_addresses(settings, document)]


def _settings_flaw(settings: Settings) -> Finding | None:
    try:
        oidc_client.check(settings)
    except ServerError as error:
        return Finding(_CHECK, "problem", str(error), "`cx serve` does not start like this.")
    key = settings.oidc_private_key_file
    mode = stat.S_IMODE(key.stat().st_mode) if key else 0
    if not mode & 0o077:
        return None
    text = f"{key} can be opened by other users (mode {mode:04o})"
    return Finding(_CHECK, "problem", text, f"chmod 600 {key}")


async def _discovery(issuer: str) -> dict[str, Any]:
    import httpx2

    trust = httpx2.create_ssl_context()
    async with oidc_discovery.deadline():
        return (await oidc_discovery.fetch(issuer, trust)).document


def _other_issuer(settings: Settings, fault: WrongIssuer) -> Finding:
    text = f"CX_OIDC_ISSUER is {settings.oidc_issuer}, and the provider there says {fault.given}"
    cure = "If that is your provider, set CX_OIDC_ISSUER to exactly that, to the last slash."
    return Finding(_CHECK, "problem", text, cure)


def _credentials(settings: Settings, document: dict[str, Any]) -> Finding:
    """Whether the provider takes our way to prove ourselves. Only a sign-in tries the secret."""
    issuer, ways = settings.oidc_issuer, oidc_client.auth_methods(document)
    way = oidc_client.auth_method(settings, document)
    if way in ways:
        return Finding(_CHECK, "ok", f"at {issuer}, which answers and takes {way}")
    taken = ", ".join(ways) or "nothing it names"
    if way == oidc_client.NONE:
        cure = "Set CX_OIDC_CLIENT_SECRET or CX_OIDC_PRIVATE_KEY_FILE."
        text = f"no secret and no key is set, and {issuer} takes {taken}"
        return Finding(_CHECK, "problem", text, cure)
    cure = "Set CX_OIDC_CLIENT_AUTH, or give the provider the other kind of credentials."
    return Finding(_CHECK, "problem", f"{issuer} does not take {way}, but {taken}", cure)


def _addresses(settings: Settings, document: dict[str, Any]) -> Iterator[Finding]:
    """Whether an email address would find an invitation, as far as the provider says."""
    if settings.oidc_trust_email:
        text = "trusted even where the provider did not confirm them (CX_OIDC_TRUST_EMAIL)"
        yield Finding(_EMAIL, "ok", text)
        return
    claims = document.get("claims_supported")
    if isinstance(claims, list) and "email_verified" not in claims:
        text = "the provider does not say that it confirms them (email_verified)"
        cure = "See “When a sign-in is refused” in docs/operate/sign-in.md."
        yield Finding(_EMAIL, "warning", text, cure)
