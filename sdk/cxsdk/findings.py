"""What `Issuer.check` finds: each a sentence that says what is wrong and what to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Literal

from cxsdk.keys import Key
from cxsdk.question import PATH
from cxsdk.token import SKEW

# Clocks of two machines that run NTP differ by less.
DRIFT = timedelta(minutes=2)

Severity = Literal["fault", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to fix. `str()` of it is `text`: a sentence that says what is wrong and what to do.

    `code` is one of `address`, `other_address`, `clock`, `key_elsewhere`, `key_unknown`,
    `key_revoked`, `bad_name`, `unknown_office`, `survey_closed`, `approval_missing`,
    `approval_ended` and `approval_spent`. With a `fault` people cannot answer; a `warning` will
    become one. `service` and `office` say which pair it is about, where it is about one;
    `nearest` are names that exist and look like the wrong one.
    """

    code: str
    severity: Severity
    text: str
    service: str | None = None
    office: str | None = None
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text


def bad_name(service: object, office: object) -> Finding:
    """These cannot be slugs."""
    text = (
        f"{service!r} at {office!r} cannot be names. Use 1 to 32 of a-z, 0-9 and '-', "
        "beginning and ending with a letter or digit."
    )
    return Finding("bad_name", "fault", text, str(service), str(office))


def key_elsewhere(service: str, office: str, known: Iterable[str]) -> Finding:
    """None of our keys is for this; `known` are the services that they are for."""
    near = tuple(get_close_matches(service, list(known)))
    text = (
        f"No key in CX_KEY can make links for service '{service}' at office '{office}'.{_did(near)}"
        f" Correct the name, or ask for a key: cx key issue {service}"
    )
    return Finding("key_elsewhere", "fault", text, service, office, near)


def redirected(base_url: str, target: str) -> Finding:
    """The address sends programs elsewhere."""
    text = (
        f"{base_url} sends programs on to {target.removesuffix(PATH)}. "
        "Set CX_BASE_URL to the address that answers."
    )
    return Finding("address", "fault", text)


def no_server(base_url: str, status: int) -> Finding:
    """Something else answers there."""
    text = (
        f"{base_url} answers ({status}), but not as a survey server that can check links. Set "
        "CX_BASE_URL to the server's public address with its path, or bring the server up to date."
    )
    return Finding("address", "fault", text)


def address(base_url: str, said_url: str) -> list[Finding]:
    """The address works, but it is not the public one."""
    if base_url == said_url:
        return []
    text = (
        f"Your links begin with {base_url}, but the server's public address is {said_url}. "
        "Set CX_BASE_URL to that, so that everybody can open them."
    )
    return [Finding("other_address", "warning", text)]


def clock(offset: timedelta) -> list[Finding]:
    """The server's clock minus ours."""
    if abs(offset) <= DRIFT:
        return []
    side = "behind" if offset > timedelta() else "ahead of"
    minutes = round(abs(offset) / timedelta(minutes=1))
    text = f"This machine's clock is {minutes:,} minutes {side} the server's. Set it (NTP)."
    if abs(offset) <= SKEW:
        return [Finding("clock", "warning", text)]
    more = " Until then links may be refused, and offices are not checked."
    return [Finding("clock", "fault", text + more)]


def unknown_key(base_url: str, key: Key) -> Finding:
    """The server made no such key."""
    text = (
        f"{base_url} does not know key {key.kid} of service '{key.service}'. Check that "
        "CX_BASE_URL and CX_KEY belong to the same server, or ask for a new key: "
        f"{_issue(key)}"
    )
    return Finding("key_unknown", "fault", text, key.service, key.office)


def of_office(key: Key, office: str, code: str, nearest: Sequence[str]) -> Finding:
    """What the server says of one office."""
    where = f"'{key.service}' at '{office}'"
    near = tuple(nearest)
    texts = {
        "unknown_office": f"Service '{key.service}' has no office '{office}'.{_did(near)} Correct "
        "the name, or add the office to the catalog: cx catalog apply",
        "survey_closed": f"The survey of {where} is closed. Open it in the catalog (cx catalog "
        "apply), or stop making links for it.",
        "approval_missing": f"The survey of {where} still has the sample number 0000-0000. Put "
        "your OMB control number into the catalog: cx catalog apply",
        "approval_ended": f"OMB's approval of the survey of {where} has ended. Have OMB renew it, "
        "then put the new date into the catalog: cx catalog apply",
        "approval_spent": f"Every answer that OMB approved for {where} has been given. Ask OMB "
        "for more, then raise approved_responses in the catalog: cx catalog apply",
        "key_revoked": f"Key {key.kid} is revoked for {where}. Ask for a new key: {_issue(key)}",
    }
    text = texts.get(code, f"Links for {where} do not open ({code}). Bring cxsdk up to date.")
    severity: Severity = "warning" if code == "approval_missing" else "fault"
    return Finding(code, severity, text, key.service, office, near)


def _did(near: Sequence[str]) -> str:
    names = " or ".join(f"'{name}'" for name in near)
    return f" Did you mean {names}?" if near else ""


def _issue(key: Key) -> str:
    return f"cx key issue {key.service}" + (f" --office {key.office}" if key.office else "")
