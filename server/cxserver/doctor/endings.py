"""What ends soon: clearances, the links of places, and the keys that make links."""

import shlex
from collections.abc import Iterable, Sequence
from datetime import date

from cxserver.catalog import endings, linkkeys
from cxserver.catalog.directory import Clearance, Directory
from cxserver.catalog.linkkeys import KeyRecord
from cxserver.catalog.placements import Placement
from cxserver.doctor.finding import Finding

# The part of the approved answers at which somebody should ask for more.
USE_WARNS = 0.8
_URGENCY = ("Soon", "This month", "Now")

_CLEARANCE, _PLACE, _KEY, _RETIRING = "clearances", "place links", "keys", "retiring keys"
# So many names fit into a line.
_NAMED = 4


def placeholders(directory: Directory) -> list[Finding]:
    """What the public would read of a sample catalog."""
    agency = directory.agency
    if agency is None or not agency.placeholders:
        return []
    cure = "Write your own values in the catalog, then: cx catalog apply FILE"
    text = f"samples that nobody has replaced: {', '.join(agency.placeholders)}"
    return [Finding("catalog", "problem", text, cure)]


def clearances(directory: Directory, today: date) -> list[Finding]:
    """Clearances of open services: without one the public may not be asked (A-11 §280.11)."""
    ordered = endings.clearances(directory)
    findings = [finding for item in ordered for finding in (*_clearance(item, today), *_use(item))]
    if findings or not ordered:
        return findings
    return [Finding(_CLEARANCE, "ok", f"{len(ordered)}; the first ends on {ordered[0].expires}")]


def places(directory: Directory, noted: Iterable[Placement], today: date) -> list[Finding]:
    """Links of places that `cx` has made: those that ended, end soon, or no longer open."""
    ordered = sorted(noted, key=lambda item: item.expires)
    findings = [finding for item in ordered for finding in _place(directory, item, today)]
    if findings:
        return findings
    if not ordered:
        return [Finding(_PLACE, "ok", "none was made with `cx` on this server")]
    return [Finding(_PLACE, "ok", f"{len(ordered)}; the first ends on {ordered[0].expires}")]


def keys(directory: Directory, records: Iterable[KeyRecord], today: date) -> list[Finding]:
    """Keys that have minted for most of a year. Of each service and office the newest counts."""
    ordered = endings.minting(directory, records)
    findings = [finding for record in ordered for finding in _key(record, today)]
    if findings or not ordered:
        return findings
    text = f"{len(ordered)} in use; the oldest was created on {ordered[0].issued}"
    return [Finding(_KEY, "ok", text)]


def retiring(directory: Directory, records: Sequence[KeyRecord]) -> list[Finding]:
    """Keys that a newer one replaced, and that still open links; nothing where there are none."""
    states = linkkeys.states(records)
    old = [
        record
        for record in records
        if states[record.service, record.kid] == "retiring" and endings.is_open(directory, record)
    ]
    if not old:
        return []
    more = f" and {len(old) - _NAMED:,} more" if len(old) > _NAMED else ""
    named = ", ".join(f"key {record.kid} of {record.service}" for record in old[:_NAMED])
    cure = (
        "A program that has the newer key keeps this one in front of it in CX_KEY until 48 hours "
        "and 30 minutes after its last link: a reminder then stays the same answer. When no "
        "program, poster, kiosk or page uses it, revoke it: cx key revoke"
    )
    return [Finding(_RETIRING, "ok", f"{named}{more}", cure)]


def urgency(days: int, stages: tuple[int, ...]) -> str | None:
    """How urgent an end in `days` is; None when it is still far away."""
    passed = endings.stages_passed(days, stages)
    return _URGENCY[passed - 1] if passed else None


def _clearance(clearance: Clearance, today: date) -> list[Finding]:
    days = (clearance.expires - today).days
    when = urgency(days, endings.CLEARANCE_STAGES)
    if when is None:
        return []
    renew = f"have OMB renew {clearance.omb_control_number}, then put the new date in the catalog."
    if days < 0:
        text = f"{clearance.slug} ended on {clearance.expires}. Its surveys are closed"
        return [Finding(_CLEARANCE, "problem", text, f"Now: {renew}", days)]
    text = f"{clearance.slug} ends {_in(days)}, on {clearance.expires}. Its surveys close then"
    return [Finding(_CLEARANCE, "warning", text, f"{when}: {renew}", days)]


def _use(clearance: Clearance) -> list[Finding]:
    approved = clearance.approved_responses
    text = f"{clearance.slug}: {clearance.used:,} of {approved:,} approved answers were given"
    number = clearance.omb_control_number
    more = f"ask OMB for more answers under {number}, then raise approved_responses"
    if clearance.is_spent:
        return [Finding(_CLEARANCE, "problem", f"{text}. Its surveys are closed", f"Now: {more}.")]
    if clearance.used < USE_WARNS * clearance.approved_responses:
        return []
    return [Finding(_CLEARANCE, "warning", f"{text}. At the limit its surveys close", f"{more}.")]


def _place(directory: Directory, placement: Placement, today: date) -> list[Finding]:
    days = (placement.expires - today).days
    name = _named(placement)
    if not directory.serves(placement.service, placement.office):
        text = f"{name}: the service or the office is closed"
        return [Finding(_PLACE, "warning", text, "Take it down.", days)] if days >= 0 else []
    if days < 0:
        text = f"{name} ended on {placement.expires}. People who open it can't answer"
        return [Finding(_PLACE, "problem", text, f"Now: {_again(placement)}", days)]
    if endings.is_revoked(directory, placement):
        text = f"{name}: its key {placement.kid} is revoked, so it opens nothing"
        return [Finding(_PLACE, "problem", text, f"Now: {_again(placement)}", days)]
    when = urgency(days, endings.PLACE_STAGES)
    if when is None:
        return []
    text = f"{name} ends {_in(days)}, on {placement.expires}"
    return [Finding(_PLACE, "warning", text, f"{when}: {_again(placement)}", days)]


def _key(record: KeyRecord, today: date) -> list[Finding]:
    days = (record.issued + endings.KEY_YEAR - today).days
    when = urgency(days, endings.KEY_STAGES)
    if when is None:
        return []
    age = (today - record.issued).days
    scope = f" --office {record.office}" if record.office else ""
    text = (
        f"key {record.kid} of {record.service}{scope.replace('--office', 'at')} is {age} days old"
    )
    cure = (
        f"{when}: cx key issue {record.service}{scope}, and put the new key last in CX_KEY. "
        "Keep the old one in front of it until 48 hours and 30 minutes after its last link. "
        "Then revoke it."
    )
    return [Finding(_KEY, "warning", text, cure, days)]


def _named(placement: Placement) -> str:
    place = f" “{placement.place}”" if placement.place else ""
    return f"{placement.kind}{place} of {placement.service} at {placement.office}"


def _again(placement: Placement) -> str:
    """How to make the next one."""
    words = [placement.service, placement.office]
    if placement.place:
        words += ["--place", placement.place]
    if placement.kind == "poster":
        return f"print the next one with {shlex.join(['cx', 'poster', *words, '-o', 'poster.pdf'])}"
    return (
        f"make the next one with {shlex.join(['cx', 'link', *words, '--channel', placement.kind])}"
    )


def _in(days: int) -> str:
    if days == 0:
        return "today"
    return "tomorrow" if days == 1 else f"in {days} days"
