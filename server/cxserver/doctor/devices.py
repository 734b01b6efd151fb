"""Kiosks that fell silent, that hold answers nobody takes, or whose link is about to end."""

import shlex
from collections.abc import Iterable
from datetime import datetime, timedelta

from cxserver.catalog.directory import Directory
from cxserver.catalog.kiosks import Device
from cxserver.doctor.finding import Finding

SILENT = timedelta(hours=24)
# A device renews its link with 30 days left. With fewer than these something keeps it from that.
ENDING = timedelta(days=21)
_CHECK = "kiosks"


def devices(directory: Directory, known: Iterable[Device], now: datetime) -> list[Finding]:
    """What is wrong with devices of open offices, and what those that were withdrawn still hold."""
    devices = list(known)
    ours = [one for one in devices if one.withdrawn is None and _is_open(directory, one)]
    found = [finding for one in ours for finding in _device(one, now)]
    found += [finding for one in devices if one.withdrawn for finding in _left(one)]
    if found:
        return found
    if not ours:
        return [Finding(_CHECK, "ok", "none is paired here")]
    waiting = sum(one.waiting for one in ours)
    return [Finding(_CHECK, "ok", f"{len(ours)}; answers waiting on them: {waiting:,}")]


def _device(one: Device, now: datetime) -> list[Finding]:
    return [finding for finding in (_end(one, now), _silence(one, now), _aside(one)) if finding]


def _end(one: Device, now: datetime) -> Finding | None:
    if one.expires is None or one.expires - now >= ENDING:
        return None
    days = (one.expires - now).days
    told = f"the link of {_named(one)}"
    if days < 0:
        told = f"{told} ended on {one.expires.date()}. It takes no answers"
        return Finding(_CHECK, "problem", told, f"Now: {_again(one)}", days)
    told = f"{told} ends on {one.expires.date()} and was not renewed"
    return Finding(_CHECK, "warning", told, f"Check its network, or {_again(one)}", days)


def _silence(one: Device, now: datetime) -> Finding | None:
    if one.seen is None or now - one.seen <= SILENT:
        return None
    told = f"{_named(one)} has had no contact since {one.seen:%Y-%m-%d %H:%M} UTC"
    if one.waiting:
        told += f"; {one.waiting:,} answers waited on it"
    return Finding(_CHECK, "warning", told, "Check its power and its network.")


def _aside(one: Device) -> Finding | None:
    if not one.aside:
        return None
    told = f"{_named(one)} has {_answers(one.aside)} that the server did not take"
    cure = "Open its staff corner to see why, send them again or save them to a file."
    return Finding(_CHECK, "warning", told, cure)


def _left(one: Device) -> list[Finding]:
    held = one.waiting + one.aside
    if not held:
        return []
    told = f"{_named(one)} was revoked on {one.withdrawn} and still has {_answers(held)}"
    cure = f"You can still get them for 14 days after they were given: {_again(one)}"
    return [Finding(_CHECK, "warning", told, cure)]


def _answers(n: int) -> str:
    return f"{n:,} {'answer' if n == 1 else 'answers'}"


def _is_open(directory: Directory, one: Device) -> bool:
    service, office = directory.services.get(one.service), directory.offices.get(one.office)
    if service is None or office is None or service.closed or office.closed:
        return False
    return service.offices.get(one.office, False)


def _named(one: Device) -> str:
    place = f" “{one.place}”" if one.place else ""
    return f"kiosk{place} of {one.service} at {one.office}"


def _again(one: Device) -> str:
    place = one.place or "East door"
    words = ["cx", "kiosk", "pair", one.service, one.office, "--place", place]
    return f"pair it again with {shlex.join(words)}"
