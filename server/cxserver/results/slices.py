"""The counts of one group of answers: how many, who trusted, what was named. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import add
from typing import Any

from cxserver import tables
from cxserver.instrument.scale import THUMBS
from cxserver.results import measures
from cxserver.results.measures import Score, Share

# What is counted: a measure and a value of it.
Measured = tuple[str, str]
# The names of a group, in the order in which they were asked for.
Group = tuple[str, ...]
Rows = Sequence[Sequence[Any]]

_MEASURES: Mapping[str, Measured] = {column: counted for counted, column in tables.COUNTED.items()}
_ANSWERS: Measured = ("response", "all")
_POINTS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True, slots=True)
class Driver:
    """Taps of one driver ("went well", "could be better"), or points 1 to 5 when it was rated."""

    positive: int = 0
    negative: int = 0
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """The counts of one group. `group["office"]` tells which; `counts` is (measure, value) → n,
    without zeros.

    One flat mapping, not one for each measure: an overview reads thousands of slices, and to make
    and sweep the inner mappings took as long as all that was worked out from them.
    """

    group: Mapping[str, str]
    counts: Mapping[Measured, int]

    @property
    def n(self) -> int:
        """How many people answered."""
        return self.counts.get(_ANSWERS, 0)

    @property
    def measured(self) -> dict[str, dict[str, int]]:
        """The same counts by measure: measure → value → n."""
        nested: dict[str, dict[str, int]] = {}
        for (measure, value), n in self.counts.items():
            nested.setdefault(measure, {})[value] = n
        return nested

    @property
    def trust(self) -> Score:
        """The points given for trust, where there were five."""
        return self.score("trust")

    @property
    def thumbs(self) -> Score:
        """The thumbs given for trust: never added to the points."""
        return self.score("thumbs")

    @property
    def satisfaction(self) -> Score:
        """The points given for satisfaction."""
        return self.score("satisfaction")

    @property
    def drivers(self) -> dict[str, Driver]:
        """Every driver that was tapped or rated, by its code."""
        return {code: self.driver(code) for code in self._codes("driver:")}

    @property
    def questions(self) -> dict[str, dict[str, Share]]:
        """Every question of the agency's own: the share of each choice."""
        measured = self.measured
        return {
            code: measures.choices(measured[f"question:{code}"])
            for code in self._codes("question:")
        }

    def driver(self, code: str) -> Driver:
        """How often a driver was tapped, or how it was rated."""
        points = self.points(f"driver:{code}")
        positive, negative = self.taps(code)
        return Driver(positive, negative, points if any(points) else ())

    def taps(self, code: str) -> tuple[int, ...]:
        """How many tapped a driver: as what went well, as what could be better."""
        return self._values(f"taps:{code}")

    def score(self, measure: str) -> Score:
        """The points of `trust`, `satisfaction` or a rated `driver:<code>`; or the `thumbs`."""
        return measures.score(self.points(measure))

    def points(self, measure: str) -> tuple[int, ...]:
        """How many gave each point, or each thumb; without the intervals, which take long."""
        return self._values(measure)

    def _values(self, kind: str) -> tuple[int, ...]:
        count = self.counts.get
        return tuple([count(value, 0) for value in _values(kind)])

    def _codes(self, prefix: str) -> list[str]:
        names = {measure for measure, _ in self.counts if measure.startswith(prefix)}
        return sorted(name.removeprefix(prefix) for name in names)


def trust_scale(slices: Iterable[Slice]) -> str:
    """The measure that most of these rated their trust on: "trust" or "thumbs".

    The two are never added up: where both are in use, a number is of one of them.
    """
    points = thumbs = 0
    for part in slices:
        points += sum(part.points("trust"))
        thumbs += sum(part.points("thumbs"))
    return "thumbs" if thumbs > points else "trust"


def merged(slices: Iterable[Slice], by: Sequence[str] = ()) -> list[Slice]:
    """The slices added up into coarser groups: one read serves a page's total and its rows."""
    groups = Groups()
    for part in slices:
        groups.add(tuple([part.group[name] for name in by]), part.counts.items(), 1)
    return groups.slices(by)


class Groups(defaultdict[Group, dict[Measured, int]]):
    """Counts on their way into slices: names of the group → (measure, value) → n."""

    def __init__(self) -> None:
        super().__init__(dict)

    def add_columns(
        self,
        rows: Rows,
        name: Callable[[tuple[Any, ...]], Group],
        columns: Sequence[str],
        sign: int,
    ) -> None:
        """Add rows of a group's columns and of these counts, or take them away."""
        wide = len(columns)
        sums: dict[Group, Sequence[int]] = {}
        for row in rows:
            key, counts = name(tuple(row[:-wide])), row[-wide:]
            # Many days fall into one week: adding them up first is a third of the work.
            sums[key] = tuple(map(add, sums[key], counts)) if key in sums else counts
        columned = [_MEASURES[column] for column in columns]
        for key, totals in sums.items():
            self.add(key, zip(columned, totals, strict=True), sign)

    def add(self, key: Group, counts: Iterable[tuple[Measured, int]], sign: int) -> None:
        """Add counts to a group, or take them away."""
        group = self[key]
        for measured, n in counts:
            if n:
                group[measured] = group.get(measured, 0) + sign * int(n)

    def slices(self, by: Sequence[str]) -> list[Slice]:
        """As slices, in the order of their names."""
        return [
            Slice(dict(zip(by, key, strict=True)), counts)
            for key, group in sorted(self.items())
            # Where days were taken away again, a count of nothing is no count.
            if (counts := {measured: n for measured, n in group.items() if n})
        ]


@cache
def _values(kind: str) -> tuple[Measured, ...]:
    """The measures and values of five points, of the two thumbs, or of the two taps of a driver."""
    if kind == "thumbs":
        return tuple(("trust", value) for value in THUMBS.values)
    name, _, code = kind.partition(":")
    if name == "taps":
        return (f"driver:{code}", "positive"), (f"driver:{code}", "negative")
    return tuple((kind, point) for point in _POINTS)
