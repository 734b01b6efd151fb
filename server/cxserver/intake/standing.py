"""What a link that is made now would meet: for programs that want to know before people do.

Only the holder of a link key learns anything, and only about the service of that key.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Literal

from cxsdk import keys, question
from cxsdk.errors import TokenForged
from cxsdk.question import Question
from cxsdk.token import SKEW, Kind, Token
from cxserver.catalog import placeholders
from cxserver.catalog.directory import Directory, Service
from cxserver.catalog.rootkey import RootKeys
from cxserver.errors import LinkKeyUnknown
from cxserver.intake.gate import Gate, LinkNotOpen, Opened

Code = Literal[
    "ok",
    "unknown_office",
    "survey_closed",
    "approval_missing",
    "approval_ended",
    "approval_spent",
    "key_revoked",
]
# What `Gate.admit` says, in the words of this answer. A probe meets no other refusal.
_CODES: dict[str, Code] = {
    "revoked": "key_revoked",
    "unapproved": "approval_ended",
    "spent": "approval_spent",
    "survey_closed": "survey_closed",
}
# Comparing one name with thousands takes milliseconds: a program with so many typos fixes these
# first.
_COMPARED = 20
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """What a link for `office` meets. `nearest` are offices with a similar name, for a typo."""

    office: str
    code: Code
    nearest: tuple[str, ...] = ()


def prove(directory: Directory, roots: RootKeys, signed: str) -> Question:
    """The question in `signed`. Raises LinkKeyUnknown unless a key of ours signed it."""
    try:
        claimed = question.read(signed)
        question.prove(signed, _secret(directory, roots, claimed))
    except TokenForged:
        # Services, keys and signatures that do not exist look the same to a stranger.
        raise LinkKeyUnknown("This server does not know the key that signed this.") from None
    return claimed


def of_offices(
    gate: Gate, directory: Directory, claimed: Question, now: datetime
) -> list[Standing]:
    """One for each office that was asked about; none where the question is too old or too new.

    A question that somebody else overheard tells them nothing a quarter of an hour later.
    """
    if abs(now.timestamp() - claimed.at) > SKEW.total_seconds():
        return []
    service = directory.services[claimed.service]
    known = service.offices if claimed.office is None else {claimed.office} & {*service.offices}
    unknown = [office for office in claimed.offices if office not in known]
    compared = {office: nearest(office, known) for office in unknown[:_COMPARED]}
    return [
        Standing(office, code(gate, directory, service, office, claimed.kid, now))
        if office in known
        else Standing(office, "unknown_office", compared.get(office, ()))
        for office in claimed.offices
    ]


def code(
    gate: Gate, directory: Directory, service: Service, office: str, kid: int, now: datetime
) -> Code:
    """What an invite under this key would meet, by the rule that opens links."""
    epoch, _ = directory.keys[service.slug, kid]
    probe = Token(Kind.EMAIL, kid, int(now.timestamp()), bytes(8))
    try:
        gate.admit(directory, Opened(service, directory.offices[office], probe, "", epoch), now)
    except LinkNotOpen as refused:
        return _CODES[refused.reason]
    is_sample = service.clearance.omb_control_number == placeholders.CONTROL_NUMBER
    shown = directory.agency is not None and directory.agency.demonstration
    return "approval_missing" if is_sample and not shown else "ok"


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known names that are most like this one, the likest first."""
    return tuple(get_close_matches(name, list(known), n=_NEAREST))


def _secret(directory: Directory, roots: RootKeys, claimed: Question) -> bytes:
    """The secret of the key that a question names. Raises TokenForged."""
    epoch, _ = directory.keys.get((claimed.service, claimed.kid), (0, None))
    if not 0 < epoch <= roots.newest:
        raise TokenForged("There is no such key.")
    secret = roots.service_secret(claimed.service, claimed.kid, epoch)
    return secret if claimed.office is None else keys.office_secret(secret, claimed.office)
