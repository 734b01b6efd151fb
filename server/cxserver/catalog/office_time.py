"""A moment as people at an office say it: on their clock, with the name of its zone."""

from datetime import UTC, datetime

from cxserver.catalog.directory import Office


def time_of_day(office: Office | None, moment: datetime) -> str:
    """The time alone, such as "8:43 a.m. EST"; in UTC where nobody knows the office."""
    local = moment.astimezone(office.zone if office else UTC)
    half = "a.m." if local.hour < 12 else "p.m."
    return f"{local.hour % 12 or 12}:{local:%M} {half} {local:%Z}"


def moment_text(office: Office | None, moment: datetime, now: datetime) -> str:
    """The time, with the day in front of it unless that is today at the office."""
    zone = office.zone if office else UTC
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return time_of_day(office, moment)
    year = "" if local.year == today.year else f", {local.year}"
    return f"{local:%B} {local.day}{year}, {time_of_day(office, moment)}"
