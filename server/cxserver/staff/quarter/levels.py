"""Service levels beside trust, quarter by quarter: do people trust more where waits are shorter?"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from cxserver import periods
from cxserver.catalog.directory import Directory
from cxserver.instrument.scale import FIVE_POINT, THUMBS
from cxserver.periods import Period
from cxserver.quarter import counts, indicators
from cxserver.quarter.counts import Counts
from cxserver.quarter.indicators import Indicator
from cxserver.results import measures, table
from cxserver.results.table import Cell, Table

QUARTERS = 4
_SCALES = ((FIVE_POINT, "Trust, 4 or 5"), (THUMBS, "Trust, a thumb up"))


def read(connection: Connection, known: Directory, quarter: Period) -> list[Table]:
    """A table for each service that has indicators: this quarter and those before it."""
    quarters = _until(quarter)
    levels = {period: indicators.read(connection, period) for period in quarters}
    services = sorted({slug for each in levels.values() for slug in each} & known.services.keys())
    if not services:
        return []
    trusted = {period: _answers(connection, period) for period in quarters}
    return [
        Table(
            known.services[slug].name,
            ("Measure", *(period.name for period in quarters)),
            (
                *_trust([trusted[period].get(slug, Counts()) for period in quarters]),
                *_levels([levels[period].get(slug, ()) for period in quarters]),
            ),
        )
        for slug in services
    ]


def _until(quarter: Period) -> list[Period]:
    quarters = [quarter]
    while len(quarters) < QUARTERS:
        quarters.insert(0, periods.previous(quarters[0]))
    return quarters


def _answers(connection: Connection, quarter: Period) -> Mapping[str, Counts]:
    """Those of each service that are filed: without flags."""
    groups = [item for item in counts.read(connection, quarter) if not item.flagged]
    services = {group.service for group in groups}
    return {
        slug: counts.total(group.counts for group in groups if group.service == slug)
        for slug in services
    }


def _trust(every: Sequence[Counts]) -> list[tuple[Cell, ...]]:
    rows = []
    for scale, words in _SCALES:
        given = [
            [item.measured.get("trust", {}).get(value, 0) for value in scale.values]
            for item in every
        ]
        if any(map(sum, given)):
            cells = (table.score(measures.score(points))[0] for points in given)
            rows.append((table.name(words), *cells))
    return rows


def _levels(every: Sequence[Sequence[Indicator]]) -> list[tuple[Cell, ...]]:
    by_name: list[Mapping[str, Indicator]] = [
        {_name(item): item for item in each} for each in every
    ]
    names = sorted({name for each in by_name for name in each})
    return [(table.name(name), *(_cell(each.get(name)) for each in by_name)) for name in names]


def _name(indicator: Indicator) -> str:
    where = f" at {indicator.office}" if indicator.office else ""
    when = "" if "Q" in indicator.period else ", whole fiscal year"
    return f"{indicator.name}{where}, {indicator.unit}{when}"


def _cell(indicator: Indicator | None) -> Cell:
    return table.plain(indicator.value, indicator.number) if indicator else table.nothing()
