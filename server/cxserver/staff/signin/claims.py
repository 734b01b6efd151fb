"""Who somebody is, as the identity provider says it: a name that never changes, and an address."""

from dataclasses import dataclass
from typing import Any

from cxserver.accounts.members import Identity
from cxserver.errors import ServerError

# So many characters fit into the audit log, "refused" and all.
_LONGEST = 60


class SignInRefused(ServerError):
    """No sign-in. `reason` is for the log, `words` for the person.

    What a provider says may be endless: the log takes the beginning.
    """

    def __init__(self, reason: str, words: str = ""):
        super().__init__(reason[:_LONGEST])
        self.reason, self.words = reason[:_LONGEST], words


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says it was.

    `email` is the address that may find an invitation, else "". `doubt` says what kept the
    provider's word from confirming it, "" for nothing: with both, the agency chose to trust it.
    """

    identity: Identity
    email: str
    doubt: str
    name: str
    id_token: str = ""


def read(claims: dict[str, Any], id_token: str, *, trust_email: bool) -> Claims:
    """The person behind verified claims. `trust_email` is CX_OIDC_TRUST_EMAIL."""
    email, doubt = str(claims.get("email") or ""), _doubt(claims)
    # Who says no is believed, whatever is set: it is for providers that never say anything.
    taken = not doubt or (trust_email and claims.get("email_verified") in (None, "true"))
    # Beyond ASCII one address may fold into another's: the Kelvin sign is a k to `lower`.
    sound = taken and email.isascii() and email.isprintable()
    return Claims(
        Identity(claims["iss"], claims["sub"]),
        email if sound else "",
        doubt,
        "".join(letter for letter in str(claims.get("name") or "") if letter.isprintable()),
        id_token,
    )


def _doubt(claims: dict[str, Any]) -> str:
    if not claims.get("email"):
        return "no email address"
    said = claims.get("email_verified")
    if said is True:
        return ""
    if said is None:
        return "email_verified is absent"
    return "email_verified is false" if said is False else "email_verified is not true or false"
