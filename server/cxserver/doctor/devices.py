"""Kiosks that fell silent, that hold answers nobody takes, or whose link is about to end."""

import shlex
from collections.abc import Iterable
from datetime import datetime

from cxserver.catalog.directory import Directory, date_at
from cxserver.catalog.kiosks import Device
from cxserver.doctor.finding import Finding

_CHECK = "kiosks"


def devices(directory: Directory, known: Iterable[Device], now: datetime) -> list[Finding]:
    """What is wrong with devices of open offices, and what those that were withdrawn still hold."""
    devices = list(known)
    ours = [
        device
        for device in devices
        if device.withdrawn is None and directory.serves(device.service, device.office)
    ]
    findings = [finding for our in ours for finding in _device(directory, our, now)]
    findings += [finding for device in devices if device.withdrawn for finding in _left(device)]
    if findings:
        return findings
    if not ours:
        return [Finding(_CHECK, "ok", "none is paired here")]
    waiting = sum(our.waiting for our in ours)
    return [Finding(_CHECK, "ok", f"{len(ours)}; answers waiting on them: {waiting:,}")]


def _device(directory: Directory, device: Device, now: datetime) -> list[Finding]:
    findings = (_end(directory, device, now), _silence(device, now), _aside(device))
    return [finding for finding in findings if finding]


def _end(directory: Directory, device: Device, now: datetime) -> Finding | None:
    if device.expires is None or not device.is_unrenewed(now):
        return None
    days = (device.expires - now).days
    text = f"the link of {_named(device)}"
    day = date_at(directory.offices.get(device.office), device.expires)
    if days < 0:
        text = f"{text} ended on {day}. It takes no answers"
        return Finding(_CHECK, "problem", text, f"Now: {_again(device)}", days)
    text = f"{text} ends on {day} and was not renewed"
    return Finding(_CHECK, "warning", text, f"Check its network, or {_again(device)}", days)


def _silence(device: Device, now: datetime) -> Finding | None:
    if device.seen is None or not device.is_silent(now):
        return None
    text = f"{_named(device)} has had no contact since {device.seen:%Y-%m-%d %H:%M} UTC"
    if device.waiting:
        text += f"; {device.waiting:,} answers waited on it"
    return Finding(_CHECK, "warning", text, "Check its power and its network.")


def _aside(device: Device) -> Finding | None:
    if not device.aside:
        return None
    text = f"{_named(device)} has {_answers(device.aside)} that the server did not take"
    cure = "Open its staff corner to see why, send them again or save them to a file."
    return Finding(_CHECK, "warning", text, cure)


def _left(device: Device) -> list[Finding]:
    left = device.waiting + device.aside
    if not left:
        return []
    text = f"{_named(device)} was revoked on {device.withdrawn} and still has {_answers(left)}"
    cure = f"You can still get them for 14 days after they were given: {_again(device)}"
    return [Finding(_CHECK, "warning", text, cure)]


def _answers(n: int) -> str:
    return f"{n:,} {'answer' if n == 1 else 'answers'}"


def _named(device: Device) -> str:
    place = f" “{device.place}”" if device.place else ""
    return f"kiosk{place} of {device.service} at {device.office}"


def _again(device: Device) -> str:
    place = device.place or "East door"
    words = ["cx", "kiosk", "pair", device.service, device.office, "--place", place]
    return f"pair it again with {shlex.join(words)}"
