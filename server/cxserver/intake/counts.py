"""Counts of answers as rows of the two tables that keep them, on every level. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cxserver import tables
from cxserver.instrument import levels
from cxserver.intake.entry import Tally

# What a row counts: the level and the tally's service, day, office, channel, language, version
# and flag.
Place = tuple[str, str, date, str, str, str, int, bool]
# Place, measure and value.
Count = tuple[str, str, date, str, str, str, int, bool, str, str]

KEY = ("level", "service", "day", "office", "channel", "language", "survey", "flagged")
# Drivers are tapped or rated, and trust is rarely by thumbs; seldom both on one day: what is not
# touched need not be sent.
_RATED = frozenset(
    column
    for (measure, value), column in tables.COUNTED.items()
    if measure.startswith("driver:") and value.isdigit()
)
_TAPPED = frozenset(
    column
    for (measure, value), column in tables.COUNTED.items()
    if measure.startswith("driver:") and not value.isdigit()
)
_THUMBS = frozenset(
    column
    for (measure, value), column in tables.COUNTED.items()
    if measure == "trust" and not value.isdigit()
)
_GROUPS = (_RATED, _TAPPED, _THUMBS)
_ALWAYS = frozenset(tables.COUNTED.values()).difference(*_GROUPS)
_MEASURES = {column: measure for measure, column in tables.COUNTED.items()}


@dataclass(frozen=True, slots=True)
class Rows:
    """What is to be added, in an order that all writers share: locks are then taken in one order,
    and two writers cannot block each other.
    """

    tallies: list[dict[str, Any]]
    choices: list[dict[str, Any]]

    @property
    def days(self) -> list[tuple[str, str, date]]:
        """Every level, service and day of them."""
        every = self.tallies + self.choices
        return sorted({(row["level"], row["service"], row["day"]) for row in every})


def rows(counts: Mapping[Tally, int]) -> Rows:
    """The rows that add these counts on every level."""
    columns: dict[Place, dict[str, int]] = {}
    choices: Counter[Count] = Counter()
    nothing = dict.fromkeys(_touched(counts), 0)
    for (service, day, office, *how, measure, value), n in counts.items():
        column = tables.COUNTED.get((measure, value))
        for level, at, where in levels.places(day, office):
            place: Any = (level, service, at, where, *how)
            if column is None:
                choices[(*place, measure, value)] += n
            elif place in columns:
                columns[place][column] += n
            else:
                columns[place] = {**nothing, column: n}
    return Rows(
        [_named(place) | row for place, row in sorted(columns.items(), key=_first)],
        [
            _named(choice[:8]) | {"measure": choice[8], "value": choice[9], "n": n}
            for choice, n in sorted(choices.items())
        ],
    )


def spread(counts: Mapping[Tally, int]) -> Counter[Count]:
    """The same counts on every level."""
    result: Counter[Count] = Counter()
    for (service, day, office, *how), n in counts.items():
        for level, at, where in levels.places(day, office):
            count: Any = (level, service, at, where, *how)
            result[count] += n
    return result


def of_row(row: Mapping[str, Any]) -> Iterator[tuple[Count, int]]:
    """The counts of a row of either table."""
    place: Place = tuple(row[name] for name in KEY)
    if "measure" in row:
        yield (*place, row["measure"], row["value"]), row["n"]
        return
    for column, measure in _MEASURES.items():
        if row.get(column):
            yield (*place, *measure), row[column]


def _touched(counts: Iterable[Tally]) -> frozenset[str]:
    """The columns that these counts need: one of few sets, each of which is one SQL statement."""
    used = {tables.COUNTED.get(tally[7:]) for tally in counts}
    return frozenset().union(_ALWAYS, *(group for group in _GROUPS if not group.isdisjoint(used)))


def _first(item: tuple[Place, object]) -> Place:
    return item[0]


def _named(place: Place) -> dict[str, Any]:
    return dict(zip(KEY, place, strict=True))
