"""Days on which far more answers come than usual: an attack, a campaign, or a broken program.

The ceilings leave what they must: many slow networks look like people. So somebody hears of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.catalog.directory import Clearance, Directory
from cxserver.instrument.flags import FLOOD
from cxserver.instrument.levels import Level

# A day with fewer answers than this is never a surge, and one with ten times the usual is.
LEAST = 500
TIMES = 10
_BEFORE = timedelta(days=28)
# At the pace of today the approval would be used up within a week, and it has to last a month.
_SOON, _LASTS = 7, 30


@dataclass(frozen=True, slots=True)
class Surge:
    """A service got `answers` on a day, `marked` of them not counted; `usual` is a day's number."""

    service: str
    day: date
    answers: int
    marked: int
    usual: int


@dataclass(frozen=True, slots=True)
class Rush:
    """An approval of which so much is used a day that `days` are left."""

    clearance: Clearance
    today: int
    left: int
    days: int


def surges(connection: Connection, known: Directory, today: date) -> list[Surge]:
    """The services that get far more answers today than on a usual day of the last four weeks."""
    counted = _by_day(connection, today)
    marked = _marked(connection, today)
    result = []
    for service in sorted(known.services):
        days = counted.get(service, {})
        n = days.get(today, 0) + marked.get(service, 0)
        usual = round(median(days.get(today - timedelta(days=back), 0) for back in range(1, 29)))
        if n >= LEAST and n > TIMES * usual:
            result.append(Surge(service, today, n, marked.get(service, 0), usual))
    return result


def rushes(
    connection: Connection, known: Directory, used: Mapping[str, int], today: date
) -> list[Rush]:
    """The approvals that would be used up within a week if every day was like today."""
    counted = _by_day(connection, today)
    result = []
    clearances = {item.clearance.slug: item.clearance for item in known.services.values()}
    for slug, clearance in sorted(clearances.items()):
        mine = (name for name, item in known.services.items() if item.clearance.slug == slug)
        n = sum(counted.get(name, {}).get(today, 0) for name in mine)
        left = clearance.approved_responses - used.get(slug, 0)
        lasts = (clearance.expires - today).days >= _LASTS
        if n >= LEAST and lasts and 0 < left < _SOON * n:
            result.append(Rush(clearance, n, left, left // n))
    return result


def _by_day(connection: Connection, today: date) -> dict[str, dict[date, int]]:
    columns = tables.tallies.c
    query = (
        select(columns.service, columns.day, func.sum(columns.answers))
        .where(columns.level == Level.DAY.value)
        .where(columns.day > today - _BEFORE - timedelta(days=1), columns.day <= today)
        .group_by(columns.service, columns.day)
    )
    result: dict[str, dict[date, int]] = {}
    for service, day, n in connection.execute(query):
        result.setdefault(service, {})[day] = int(n)
    return result


def _marked(connection: Connection, today: date) -> dict[str, int]:
    columns = tables.responses.c
    query = (
        select(columns.service, func.count())
        .where(columns.excluded == f"{FLOOD}-{today:%Y%m%d}")
        .group_by(columns.service)
    )
    return {service: int(n) for service, n in connection.execute(query)}
