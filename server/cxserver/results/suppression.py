"""Small numbers: what staff see greyed, and what is published so that nothing which was hidden
follows from what is shown. Pure. (What staff may count at all is decided in `disclosure`.)

A table is a network: each number is an arc, and at each of its ends what flows in flows out (the
cells of a row add up to its total …). A hidden number can be worked out exactly as far as it
cannot be pushed around a ring of other hidden numbers. So each is given such a ring.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal

STAFF_GREYS = 10
NOT_FOR_COMPARISON = 30
# The public sees 11 and more (CMS); 0 tells nothing of anybody.
PUBLISHED = 11

View = Literal["none", "hidden", "grey", "not for comparison", "full"]
Node = str


@dataclass(frozen=True, slots=True)
class Arc:
    """One number of a table: it counts the same people at both of its ends."""

    source: Node
    target: Node
    n: int
    total: bool = False


def staff(n: int) -> View:
    """How a number of answers is shown to staff."""
    if n == 0:
        return "none"
    if n < STAFF_GREYS:
        return "grey"
    return "not for comparison" if n < NOT_FOR_COMPARISON else "full"


def table(
    cells: Mapping[tuple[str, str], int], limit: int = PUBLISHED
) -> dict[tuple[str | None, str | None], int | None]:
    """A table of counts by (row, column) as it may be published, with its totals; None is hidden.

    A total has None for its row, its column or both. All hidden numbers look alike ("n<11"): it
    must not show which of them is small and which only protects it.
    """
    rows = sorted({row for row, _ in cells})
    columns = sorted({column for _, column in cells})
    arcs: dict[tuple[str | None, str | None], Arc] = {}
    for (row, column), n in cells.items():
        arcs[row, column] = Arc(f"row {row}", f"column {column}", n)
    for row in rows:
        n = sum(cells.get((row, column), 0) for column in columns)
        arcs[row, None] = Arc("all rows", f"row {row}", n, total=True)
    for column in columns:
        n = sum(cells.get((row, column), 0) for row in rows)
        arcs[None, column] = Arc(f"column {column}", "all columns", n, total=True)
    arcs[None, None] = Arc("all columns", "all rows", sum(cells.values()), total=True)
    keys = sorted(arcs, key=str)
    hidden = hide([arcs[key] for key in keys], limit)
    return {key: None if at in hidden else arcs[key].n for at, key in enumerate(keys)}


def line(cells: Mapping[str, int], limit: int = PUBLISHED) -> dict[str | None, int | None]:
    """A list of counts as it may be published, with its total under None; None is hidden."""
    names = sorted(cells)
    arcs = [Arc("whole", "parts", cells[name]) for name in names]
    arcs.append(Arc("parts", "whole", sum(cells.values()), total=True))
    hidden = hide(arcs, limit)
    keys = [*names, None]
    return {key: None if at in hidden else arcs[at].n for at, key in enumerate(keys)}


def tree(
    own: Mapping[str, int], parents: Mapping[str, str | None], limit: int = PUBLISHED
) -> dict[str, int | None]:
    """Offices with the totals of everything below them, as it may be published; None is hidden.

    `own` are the answers of each office itself; `parents` names the office above each.
    """
    totals = dict.fromkeys(sorted(own.keys() | parents.keys()), 0)
    for name, n in own.items():
        for above in _line_up(name, parents):
            totals[above] += n
    arcs = [
        Arc(f"in {parents.get(name) or ''}", f"in {name}", n, total=n != own.get(name, 0))
        for name, n in totals.items()
    ]
    # What an office has of its own stands in no table, but follows from its total and those below.
    arcs += [Arc(f"in {name}", "in ", own.get(name, 0)) for name in totals]
    hidden = hide(arcs, limit)
    return {name: None if at in hidden else n for at, (name, n) in enumerate(totals.items())}


def hide(arcs: list[Arc], limit: int = PUBLISHED) -> set[int]:
    """Which arcs to hide, by their place. After that each hidden number could, for all that is
    shown, be any of at least `limit` different ones.
    """
    hidden = {at for at, arc in enumerate(arcs) if 0 < arc.n < limit}
    waiting = sorted(hidden)
    while waiting:
        at = waiting.pop()
        ring = _ring(arcs, hidden, at, limit - 1)
        new = ring - hidden
        hidden |= new
        waiting += sorted(new)
    return hidden


def _ring(arcs: list[Arc], hidden: set[int], at: int, room: int) -> set[int]:
    """What else has to be hidden so that this arc's number can be any of `room` + 1."""
    start, end, n = arcs[at].source, arcs[at].target, arcs[at].n
    up = _Flow(arcs, hidden, at, hidden).push(end, start, room)
    # Down to 1 at most: that it is not 0 is known, for zeros are shown.
    down = _Flow(arcs, hidden, at, hidden).push(start, end, min(room - up, n - 1))
    if up + down >= room:
        return set()
    flow = _Flow(arcs, hidden, at, range(len(arcs)))
    if flow.push(end, start, room - down) >= room - down:
        return flow.used
    # Nothing is left to hide behind: nothing is shown.
    return {index for index, arc in enumerate(arcs) if arc.n}


def _line_up(name: str, parents: Mapping[str, str | None]) -> list[str]:
    """The office and those above it."""
    result = [name]
    while above := parents.get(result[-1]):
        result.append(above)
    return result


class _Flow:
    """Paths for what one hidden number would change, over hidden arcs for nothing and over shown
    ones at the price of what would be lost by hiding them.
    """

    def __init__(self, arcs: list[Arc], hidden: set[int], without: int, among: Iterable[int]):
        self._arcs = arcs
        self._hidden = hidden
        self._pushed: dict[int, int] = {}
        self.used: set[int] = set()
        self._at: dict[Node, list[int]] = {}
        for at in among:
            if at != without and arcs[at].n:
                self._at.setdefault(arcs[at].source, []).append(at)
                self._at.setdefault(arcs[at].target, []).append(at)

    def push(self, source: Node, target: Node, wanted: int) -> int:
        """Move up to `wanted` from `source` to `target`; returns how much can be moved."""
        moved = 0
        while moved < wanted and (path := self._path(source, target)):
            step = min(wanted - moved, *(self._room(*item) for item in path))
            for at, forward in path:
                self._pushed[at] = self._pushed.get(at, 0) + (step if forward else -step)
                self.used.add(at)
            moved += step
        return moved

    def _path(self, source: Node, target: Node) -> list[tuple[int, bool]]:
        best: dict[Node, int] = {source: 0}
        came: dict[Node, tuple[Node, int, bool]] = {}
        queue = [(0, source)]
        while queue:
            price, node = heappop(queue)
            if node == target:
                return _walk(came, source, target)
            if price > best[node]:
                continue
            for at in self._at.get(node, ()):
                forward = self._arcs[at].source == node
                if self._room(at, forward) <= 0:
                    continue
                there = self._arcs[at].target if forward else self._arcs[at].source
                cost = price + self._price(at)
                if cost < best.get(there, cost + 1):
                    best[there], came[there] = cost, (node, at, forward)
                    heappush(queue, (cost, there))
        return []

    def _room(self, at: int, forward: bool) -> int:
        # Up without end, down to 1.
        return 1 << 60 if forward else self._arcs[at].n - 1 + self._pushed.get(at, 0)

    def _price(self, at: int) -> int:
        if at in self._hidden or at in self.used:
            return 0
        # A total is missed more than a cell.
        return self._arcs[at].n * (1000 if self._arcs[at].total else 1)


def _walk(
    came: Mapping[Node, tuple[Node, int, bool]], source: Node, target: Node
) -> list[tuple[int, bool]]:
    path: list[tuple[int, bool]] = []
    while target != source:
        target, at, forward = came[target]
        path.append((at, forward))
    return path
