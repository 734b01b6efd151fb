"""Results by office, service, channel, language or survey: one query on the tallies."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Engine, Select, func, select

from cxserver import db, tables
from cxserver.insight import measures
from cxserver.insight.measures import Score

GROUPS = ("office", "service", "channel", "language", "survey", "day")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which answers to look at; None means all. `start` and `end` are included."""

    service: str | None = None
    office: str | None = None
    start: date | None = None
    end: date | None = None
    flagged: bool = True


@dataclass(frozen=True, slots=True)
class Driver:
    """Taps of one driver ("went well", "could be better"), or points 1 to 5 when it was rated."""

    positive: int = 0
    negative: int = 0
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one group: `name` is its office, channel …"""

    name: str
    n: int
    trust: Score
    satisfaction: Score
    drivers: dict[str, Driver] = field(default_factory=dict)


def rows(engine: Engine, by: str, wanted: Filter) -> list[Row]:
    """A row per group that has answers, by name. Own answers only; nothing is suppressed."""
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    with db.read(engine) as connection:
        for name, measure, value, n in connection.execute(_query(by, wanted)):
            found[str(name)][measure][value] = int(n)
    return [_row(name, measured) for name, measured in sorted(found.items())]


def _query(by: str, wanted: Filter) -> Select[Any, str, str, int]:
    tally = tables.tallies.c
    query = select(tally[by], tally.measure, tally.value, func.sum(tally.n))
    query = query.group_by(tally[by], tally.measure, tally.value)
    if wanted.service is not None:
        query = query.where(tally.service == wanted.service)
    if wanted.office is not None:
        query = query.where(tally.office == wanted.office)
    if wanted.start is not None:
        query = query.where(tally.day >= wanted.start)
    if wanted.end is not None:
        query = query.where(tally.day <= wanted.end)
    if not wanted.flagged:
        query = query.where(tally.flagged.is_(False))
    return query


def _row(name: str, measured: dict[str, dict[str, int]]) -> Row:
    return Row(
        name=name,
        n=sum(measured.get("response", {}).values()),
        trust=measures.score(_points(measured.get("trust", {}))),
        satisfaction=measures.score(_points(measured.get("satisfaction", {}))),
        drivers={
            measure.removeprefix("driver:"): _driver(values)
            for measure, values in sorted(measured.items())
            if measure.startswith("driver:")
        },
    )


def _driver(values: dict[str, int]) -> Driver:
    points = _points(values)
    return Driver(
        values.get("positive", 0), values.get("negative", 0), points if any(points) else ()
    )


def _points(values: dict[str, int]) -> tuple[int, ...]:
    return tuple(values.get(str(point), 0) for point in range(1, 6))
