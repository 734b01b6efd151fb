"""Which cells of a cut table to hide, so that no small cell can be worked out. Pure.

The table counts people by office and category, and both its margins are shown: an office's total
because it is released anyway, the service's count in a category because it is the service's own
page. So each line (an office, a category) says what its hidden cells sum to, and a cell that is
hidden alone is not hidden. Four rules, the first two of them smallest cells first:

1. Cells of 1 to 4 are hidden. So is the service's own count in a category, where it is 1 to 4.
2. The hidden cells of every line are none, or at least two that sum to 5 or more. The counts of
   the service are a line too: they sum to the service's total, which is shown. Where the
   service's count is hidden, its category says no sum, so any hidden cell beside it will do.
3. Zeros are shown, so hidden cells are 1 or more, and if as many people as cells are hidden in a
   line, each is 1. So more people than cells are hidden; where nothing but ones is left, a zero
   is hidden among them. For the same reason an office with no more people than there are
   categories that hides all cells with people hides its zeros too: then any of them may be zero.
4. Two cells in each line are not enough: what a block of rows has in a block of columns follows
   from the sums of all its lines. A cell follows from what is shown exactly if it lies on no
   cycle of hidden cells along which people could be moved: Gusfield, "A Graph Theoretic Approach
   to Statistical Data Security", SIAM Journal on Computing 17 (1988), 552-571. Such a cell gets
   a cycle, the one that hides the fewest people.

A service with no more people than categories hides everything, by the third rule. What cannot be
helped: an office whose whole total is 1 to 4 (no such total is released), and a table in which
only one category has people.
"""

from collections.abc import Mapping

from cxserver.disclosure import ENOUGH
from cxserver.disclosure.cut_table import Cell, CutTable, Line, cut_table
from cxserver.disclosure.cycles import cheapest_cycle, exposed


def hide(cells: Mapping[tuple[str, str], int], enough: int = ENOUGH) -> frozenset[Cell]:
    """The cells of a table that must not be shown.

    `cells` are people by office and category; a cell that is missing is zero. An office of None
    in the result is the service's own count in a category. All hidden cells must look alike.
    Raises ValueError for a negative number of people.
    """
    if any(n < 0 for n in cells.values()):
        raise ValueError("fewer than no people")
    categories = {category for _, category in cells}
    if sum(cells.values()) <= len(categories):
        return _everything(cells)
    table = cut_table(cells)
    _hide_small(table, enough)
    _complete_lines(table, enough)
    while cycle := _missing_cycle(table):
        for place in cycle:
            table.hide(place)
        _complete_lines(table, enough)
    return frozenset(table.names())


def _everything(cells: Mapping[tuple[str, str], int]) -> frozenset[Cell]:
    """All cells, but for offices without people: their totals say so."""
    offices = {office for (office, _), n in cells.items() if n}
    categories = {category for _, category in cells}
    rows = [*offices, None] if offices else []
    return frozenset((office, category) for office in rows for category in categories)


def _hide_small(table: CutTable, enough: int) -> None:
    for row, people in enumerate(table.people):
        for column, n in enumerate(people):
            if 0 < n < enough:
                table.hide((row, column))


def _complete_lines(table: CutTable, enough: int) -> None:
    """Hide more cells in each line until its total says nothing; categories before offices."""
    lines = [*table.rows, *table.columns]
    while table.changed:
        changed, table.changed = sorted(table.changed, reverse=True), set()
        for at in changed:
            while not lines[at].safe(enough) and _hide_another(table, lines[at]):
                pass


def _hide_another(table: CutTable, line: Line) -> bool:
    """Hide another cell of a line, a zero if there is no other; whether there was any."""
    place = table.smallest(line)
    if place is None and (place := table.zero(line)):
        table.expect_zeros(line)
    if place is None:
        return False
    table.hide(place)
    return True


def _missing_cycle(table: CutTable) -> list[tuple[int, int]] | None:
    """The cheapest cycle for the first hidden cell that follows from what is shown."""
    if len(table.categories) < 2:
        return None
    cycles = (cheapest_cycle(table, place) for place in exposed(table))
    return next((cycle for cycle in cycles if cycle), None)
