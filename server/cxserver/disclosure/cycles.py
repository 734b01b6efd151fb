"""Which hidden cells of a cut table follow from what is shown, and what would protect them. Pure.

A hidden cell can be larger or smaller than it is if people can be moved around a cycle of hidden
cells: one more here, one fewer in the same row, one more in that column … Cells at the least they
can be only grow. So hidden cells are arcs between rows and columns: from its row to its column if
a cell can grow, back if it can shrink; the other way round in the row of the service's own
counts, which is what the columns sum to. A cell follows from what is shown exactly if no cycle of
arcs leads through it other than back and forth over itself.

Source: D. Gusfield, "A Graph Theoretic Approach to Statistical Data Security", SIAM Journal on
Computing 17 (1988), 552-571.
"""

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush

from cxserver.disclosure.cut_table import CutTable, Place

Pattern = tuple[int, int]
"""The columns with an arc into a row, and those with an arc out of it, as bits of two numbers."""


def exposed(table: CutTable) -> list[Place]:
    """The hidden cells that follow from what is shown, by row and column."""
    patterns = [_pattern(table, row) for row in range(len(table.rows))]
    steps = _Steps(patterns, len(table.columns))
    columns = {each: steps.exposed(each) for each in set(patterns)}
    return [(row, column) for row, each in enumerate(patterns) for column in columns[each]]


def cheapest_cycle(table: CutTable, place: Place) -> list[Place] | None:
    """The other cells of the cycle through this cell that hides the fewest people more; None if
    there is no cycle, whatever is hidden.
    """
    row, column = place
    at, end = row, len(table.rows) + column
    routes = []
    if _grows_or_shrinks(table, place, into_row=False):
        routes.append(_route(table, end, at, place))
    if _grows_or_shrinks(table, place, into_row=True):
        routes.append(_route(table, at, end, place))
    return min((route for route in routes if route), default=(0, None))[1]


def _pattern(table: CutTable, row: int) -> Pattern:
    into = out = 0
    for column, hidden in enumerate(table.hidden[row]):
        if not hidden:
            continue
        into |= _grows_or_shrinks(table, (row, column), into_row=True) << column
        out |= _grows_or_shrinks(table, (row, column), into_row=False) << column
    return into, out


def _grows_or_shrinks(table: CutTable, place: Place, into_row: bool) -> bool:
    """Whether the cell, if it is hidden, is an arc into its row, or else out of its row."""
    row, column = place
    if not table.people[row][column] and not table.hidden[row][column]:
        return False
    grows = into_row == (row == table.service)
    return grows or table.people[row][column] > table.floor(row, column)


class _Steps:
    """From which column to which people can be moved, through any row, or through two rows and
    more. Columns are few and rows are many, so rows with the same arcs are looked at once.
    """

    def __init__(self, patterns: list[Pattern], width: int):
        self._once, self._twice = [0] * width, [0] * width
        for (into, out), rows in Counter(patterns).items():
            for column in _bits(into):
                again = out if rows > 1 else out & self._once[column]
                self._twice[column] |= again
                self._once[column] |= out

    def exposed(self, pattern: Pattern) -> list[int]:
        """The columns of a row's hidden cells that lie on no cycle."""
        return [each for each in _bits(pattern[0] | pattern[1]) if not self._moves(each, pattern)]

    def _moves(self, column: int, pattern: Pattern) -> bool:
        into, out = pattern
        bit = 1 << column
        if out & bit and self._reach(bit, pattern) & into & ~bit:
            return True
        return bool(into & bit and self._reach(out & ~bit, pattern) & bit)

    def _reach(self, start: int, without: Pattern) -> int:
        """The columns that can be reached from these, not through a row of this pattern."""
        into, out = without
        seen, new = start, start
        while new:
            ahead = 0
            for each in _bits(new):
                lost = out & ~self._twice[each] if into >> each & 1 else 0
                ahead |= self._once[each] & ~lost
            new = ahead & ~seen
            seen |= new
        return seen


def _route(table: CutTable, start: int, end: int, without: Place) -> tuple[int, list[Place]] | None:
    """The cheapest way from line to line, not over this cell: people to hide, and its cells."""
    best = {start: 0}
    came: dict[int, tuple[int, Place]] = {}
    queue = [(0, start)]
    while queue:
        cost, line = heappop(queue)
        if line == end:
            return cost, _walk(came, end, start)
        if cost > best[line]:
            continue
        for target, place, more in _arcs(table, line):
            if place != without and cost + more < best.get(target, cost + more + 1):
                best[target], came[target] = cost + more, (line, place)
                heappush(queue, (cost + more, target))
    return None


def _arcs(table: CutTable, line: int) -> Iterator[tuple[int, Place, int]]:
    """Where one gets from a line, over which cell, and how many people that would hide."""
    height = len(table.rows)
    if line < height:
        places = [(line, column) for column in range(len(table.columns))]
    else:
        places = [(row, line - height) for row in range(height)]
    for row, column in places:
        if _grows_or_shrinks(table, (row, column), into_row=line >= height):
            cost = 0 if table.hidden[row][column] else table.people[row][column]
            yield (height + column if line < height else row), (row, column), cost


def _walk(came: dict[int, tuple[int, Place]], end: int, start: int) -> list[Place]:
    places = []
    while end != start:
        end, place = came[end]
        places.append(place)
    return places


def _bits(number: int) -> Iterator[int]:
    """The bits that are set, by their place."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low
