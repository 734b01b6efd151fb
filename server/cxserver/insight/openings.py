"""Which offices of a tree may be shown side by side, so that nobody hidden can be worked out. Pure.

What is shown of an office counts all below it. So the offices that are shown cut the tree into
pieces: each office less the shown ones below it. Whatever can be worked out is made of whole
pieces: if none of them is small, nothing small can be.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from cxserver.insight import suppression

# Above every office: all that somebody may see.
ROOT = "*"
LEAST = suppression.STAFF_HIDES
# What is left of an office beside the shown ones below it are hidden offices: twice as many, that
# it stays open how they share it.
REST = 2 * LEAST


@dataclass(frozen=True, slots=True)
class Part:
    """The answers of each office itself that have to be enough, or none: those of some days, of one
    channel. `least` is enough of an office, `rest` of the hidden ones beside the shown.
    """

    counts: Mapping[str, int]
    least: int = LEAST
    rest: int = REST


class Tree:
    """The offices that somebody may see, under the one that stands for all of them."""

    def __init__(self, above: Mapping[str, str | None]):
        self._above = {name: parent or ROOT for name, parent in above.items()}
        self._leaves = self._above.keys() - set(self._above.values())
        self._upwards = sorted(self._above, key=lambda name: (-self._depth(name), name)) + [ROOT]

    @property
    def nodes(self) -> frozenset[str]:
        """Every office, and all of them together."""
        return frozenset(self._upwards)

    def total(self, counts: Mapping[str, int]) -> dict[str, int]:
        """The answers of each office with everything below it."""
        found = {name: counts.get(name, 0) for name in self._upwards}
        for name in self._upwards[:-1]:
            found[self._above[name]] += found[name]
        return found

    def opened(
        self, among: Set[str], parts: Sequence[Part], kept: Set[str] = frozenset()
    ) -> frozenset[str]:
        """Of the offices `among`, those that may be shown together in all parts. Where a rest would
        be too few, the smallest shown office beside it is hidden with it, but none of `kept`.
        """
        return _Opening(self, among, parts, kept).found()

    def whole(self, among: Set[str], beside: Set[str], parts: Sequence[Part]) -> frozenset[str]:
        """Of the offices `among`, those that may be shown in all parts, and so may every one of
        `beside` below them.
        """
        found: set[str] = set()
        opening = _Opening(self, beside, parts, beside)
        for name in self._upwards:
            below = opening.nearest(name)
            fits = name in among and all(one in found for one in below)
            if fits and opening.lacking(name, below) is None:
                found.add(name)
            opening.put(name, below, name in beside)
        return frozenset(found)

    def upwards(self) -> Iterable[str]:
        """Every office before the one above it."""
        return self._upwards

    def parent(self, name: str) -> str | None:
        """The one above, or None of all of them together."""
        return self._above.get(name)

    def is_leaf(self, name: str) -> bool:
        """Whether nothing is below it."""
        return name in self._leaves

    def _depth(self, name: str) -> int:
        depth = 0
        while name != ROOT:
            name, depth = self._above[name], depth + 1
        return depth


class _Opening:
    """One walk up the tree. `_below` are for each office the nearest shown ones below it."""

    def __init__(self, tree: Tree, among: Set[str], parts: Sequence[Part], kept: Set[str]):
        self._tree, self._among, self._parts, self._kept = tree, among, parts, kept
        self._totals = [tree.total(part.counts) for part in parts]
        self._below: dict[str, list[str]] = {name: [] for name in tree.upwards()}
        self._under: dict[str, list[str]] = {}

    def found(self) -> frozenset[str]:
        """What may be shown."""
        shown: set[str] = set()
        for name in self._tree.upwards():
            below = self.nearest(name)
            opens = name in self._among and self._settles(name, below, shown)
            shown |= {name} if opens else set()
            self.put(name, below, opens)
        return frozenset(shown)

    def nearest(self, name: str) -> list[str]:
        """The nearest shown ones below."""
        return list(self._below[name])

    def put(self, name: str, below: list[str], opens: bool) -> None:
        """Hand an office up, or what is shown below it."""
        self._under[name] = below
        above = self._tree.parent(name)
        if above is not None:
            self._below[above] += [name] if opens else below

    def lacking(self, name: str, below: list[str], besides: Set[int] = frozenset()) -> int | None:
        """The first part, `besides` those, in which the office, or its rest beside those below, is
        too few.
        """
        for at, (part, total) in enumerate(zip(self._parts, self._totals, strict=True)):
            if at in besides:
                continue
            rest = total[name] - sum(total[one] for one in below)
            if 0 < total[name] < part.least or 0 < rest < self._enough(name, below, part):
                return at
        return None

    def _settles(self, name: str, below: list[str], shown: set[str]) -> bool:
        """Hide the smallest shown ones below until all rests are enough, if they can be."""
        stuck: set[int] = set()
        while (at := self.lacking(name, below, stuck)) is not None:
            total = self._totals[at]
            loose = [one for one in below if total[one] and one not in self._kept]
            if loose and not 0 < total[name] < self._parts[at].least:
                least = min(loose, key=lambda one: (self._size(one), one))
                below.remove(least)
                shown.remove(least)
                below += self._under[least]
            elif name in self._kept:
                stuck.add(at)
            else:
                return False
        return True

    def _enough(self, name: str, below: list[str], part: Part) -> int:
        if self._tree.is_leaf(name):
            return part.least
        return part.rest if below else min(part.rest, REST)

    def _size(self, name: str) -> int:
        return sum(total[name] for total in self._totals)
