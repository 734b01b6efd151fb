"""A kiosk in words: its state, its last contact, its clock. Pure."""

from datetime import UTC, datetime, timedelta

from cxserver.catalog.directory import Office, date_at
from cxserver.catalog.kiosks import Device

# It reports about once a minute. At night tablets sleep, and we show that, too.
SILENT = timedelta(minutes=15)
# It is renewed with 30 days left: fewer than this means that something keeps it from that.
ENDING = timedelta(days=21)
_OUT = {
    "full": "out of service: 5,000 answers waiting",
    "storage": "out of service: it can't store answers",
    "ended": "out of service: its link ended",
    "withdrawn": "out of service: revoked",
    "closed": "closed",
}
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def row(device: Device, office: Office | None, now: datetime) -> tuple[str, ...]:
    """A device as a line of the table."""
    answers, flagged = device.answers_on(date_at(office, now))
    return (
        device.place or "(unnamed)",
        device.office,
        device.service,
        state(device, office, now),
        ago(device.seen, now),
        f"{device.waiting:,}",
        f"{device.aside:,}",
        clock(device.offset),
        f"{answers:,}",
        f"{flagged:,}",
    )


def card(device: Device, office: Office | None, now: datetime) -> str:
    """A device in two lines, for a narrow screen."""
    place, where, service, how, seen, waiting, aside, goes, answers, flagged = row(
        device, office, now
    )
    parts = [how, f"seen {seen}", f"waiting {waiting}", f"set aside {aside}"]
    parts += [f"clock {goes}"] if goes else []
    parts.append(f"today {answers}, flagged {flagged}")
    return f"{place} · {where} · {service}\n    {' · '.join(parts)}"


def state(device: Device, office: Office | None, now: datetime) -> str:
    """How it is, the worst first."""
    if device.withdrawn:
        return f"revoked on {device.withdrawn}"
    if device.expires and device.expires <= now:
        return "its link ended"
    if device.seen is None:
        return "no contact yet"
    if now - device.seen > SILENT:
        return f"no contact since {_local(device.seen, office):%Y-%m-%d %H:%M}"
    if device.state in _OUT:
        return _OUT[device.state]
    if device.expires and device.expires - now < ENDING:
        days = (device.expires - now).days
        return f"link ends in {days} {'day' if days == 1 else 'days'}"
    return "ok"


def ago(seen: datetime | None, now: datetime) -> str:
    """How long ago something was."""
    if seen is None:
        return "never"
    seconds = int((now - seen).total_seconds())
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), ("", 0))
    return f"{seconds // size} {unit} ago" if size else "just now"


def clock(offset: int | None) -> str:
    """How a clock goes that is `offset` seconds behind: "3 d 2 h slow"."""
    if offset is None:
        return ""
    left, parts = abs(offset), []
    for unit, size in _UNITS:
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number:,} {unit}")
    if not parts:
        return "right"
    return f"{' '.join(parts[:2])} {'slow' if offset > 0 else 'fast'}"


def _local(moment: datetime, office: Office | None) -> datetime:
    return moment.astimezone(office.zone if office else UTC)
