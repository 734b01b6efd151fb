"""Small numbers: what is hidden does not follow from what is shown."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from cxserver.results import suppression
from cxserver.results.suppression import PUBLISHED, Arc

small_tables = st.tuples(st.integers(1, 5), st.integers(1, 4)).flatmap(
    lambda size: st.fixed_dictionaries(
        {
            (f"r{row}", f"c{column}"): st.one_of(
                st.integers(0, 14), st.sampled_from([0, 1, 10, 11, 12, 40, 3000])
            )
            for row in range(size[0])
            for column in range(size[1])
        }
    )
)


def feasible(arcs: list[Arc], hidden: set[int]) -> dict[int, float]:
    """The attacker: how wide the range of each hidden number is, by linear programming.

    They know every shown number, that all adds up, and that a hidden number is not 0. (Such a
    network has whole-number corners, so the program's ends are whole.)
    """
    nodes = sorted({node for arc in arcs for node in (arc.source, arc.target)})
    balance = np.zeros((len(nodes), len(arcs)))
    for at, arc in enumerate(arcs):
        balance[nodes.index(arc.source), at] -= 1
        balance[nodes.index(arc.target), at] += 1
    assert not balance.dot([arc.n for arc in arcs]).any(), "what flows in flows out"
    bounds = [(1, None) if at in hidden else (arc.n, arc.n) for at, arc in enumerate(arcs)]
    width = {}
    for at in hidden:
        aim = np.zeros(len(arcs))
        aim[at] = 1
        low = linprog(aim, A_eq=balance, b_eq=np.zeros(len(nodes)), bounds=bounds)
        high = linprog(-aim, A_eq=balance, b_eq=np.zeros(len(nodes)), bounds=bounds)
        assert low.status == 0 and high.status in (0, 3)
        width[at] = float("inf") if high.status == 3 else round(-high.fun - low.fun)
    return width


def arcs_of(cells: dict) -> tuple[list[Arc], list]:
    """The table as its reader sees it: cells and all totals."""
    rows, columns = sorted({row for row, _ in cells}), sorted({col for _, col in cells})
    arcs = [Arc(f"row {row}", f"col {col}", cells[row, col]) for row in rows for col in columns]
    keys: list = [(row, col) for row in rows for col in columns]
    for row in rows:
        arcs.append(Arc("rows", f"row {row}", sum(cells[row, col] for col in columns)))
        keys.append((row, None))
    for col in columns:
        arcs.append(Arc(f"col {col}", "cols", sum(cells[row, col] for row in rows)))
        keys.append((None, col))
    arcs.append(Arc("cols", "rows", sum(cells.values())))
    keys.append((None, None))
    return arcs, keys


@given(small_tables)
def test_no_hidden_number_of_a_table_follows_from_its_totals(cells):
    shown = suppression.table(cells)
    arcs, keys = arcs_of(cells)
    for arc, key in zip(arcs, keys, strict=True):
        assert shown[key] in (None, arc.n)
        if 0 < arc.n < PUBLISHED:
            assert shown[key] is None, "small numbers are hidden"
        if arc.n == 0:
            assert shown[key] == 0, "zeros tell nothing of anybody"
    hidden = {at for at, key in enumerate(keys) if shown[key] is None}
    for width in feasible(arcs, hidden).values():
        assert width >= PUBLISHED - 1


@given(
    st.lists(st.one_of(st.integers(0, 14), st.integers(0, 4000)), min_size=1, max_size=12),
    st.data(),
)
def test_no_hidden_office_of_a_tree_follows_from_the_offices_above(counts, data):
    own = {f"o{at}": n for at, n in enumerate(counts)}
    parents = {
        f"o{at}": f"o{data.draw(st.integers(0, at - 1))}"
        if at and data.draw(st.booleans())
        else None
        for at in range(len(counts))
    }
    shown = suppression.tree(own, parents)
    totals = dict(own)
    for at in reversed(range(len(counts))):
        if above := parents[f"o{at}"]:
            totals[above] += totals[f"o{at}"]
    names = list(own)
    arcs = [Arc(parents[name] or "world", name, totals[name]) for name in names]
    # A reader knows a rest only by taking shown numbers from each other: a bar across each node.
    rests = [Arc(name, "world", own[name]) for name in names]
    hidden = {at for at, name in enumerate(names) if shown[name] is None}
    for name in names:
        assert shown[name] in (None, totals[name])
        assert shown[name] is None or not 0 < totals[name] < PUBLISHED
    free = {len(names) + at for at, rest in enumerate(rests) if rest.n}
    width = feasible(arcs + rests, hidden | free)
    for at in hidden:
        assert width[at] >= PUBLISHED - 1
    for at, rest in enumerate(rests):
        if 0 < rest.n < PUBLISHED:
            assert width[len(names) + at] >= PUBLISHED - 1, "nor what it has of its own"


@given(st.lists(st.one_of(st.integers(0, 14), st.integers(0, 4000)), min_size=1, max_size=10))
@example([8, 3, 0, 11])
@example([10, 1])
@example([1, 1, 9])
def test_no_hidden_number_of_a_list_follows_from_its_total(counts):
    cells = {f"o{at}": n for at, n in enumerate(counts)}
    shown = suppression.line(cells)
    arcs = [Arc("whole", "parts", n) for n in counts] + [Arc("parts", "whole", sum(counts))]
    hidden = {at for at, name in enumerate([*cells, None]) if shown[name] is None}
    assert hidden >= {at for at, n in enumerate(counts) if 0 < n < PUBLISHED}
    for width in feasible(arcs, hidden).values():
        assert width >= PUBLISHED - 1


def test_one_small_cell_takes_its_cheapest_neighbour_with_it():
    shown = suppression.line({"a": 3, "b": 50, "c": 80})
    assert shown == {"a": None, "b": None, "c": 80, None: 133}
    assert suppression.line({"a": 30, "b": 0, "c": 80}) == {"a": 30, "b": 0, "c": 80, None: 110}
    # Two small ones protect each other only if their sum leaves both open.
    assert suppression.line({"a": 1, "b": 1, "c": 80})["c"] is None
    assert suppression.line({"a": 9, "b": 8, "c": 80})["c"] == 80
    # Hidden are 1 or more, for a zero is shown: 8 and 3 are one of ten pairs, so the 11 goes too.
    assert suppression.line({"a": 8, "b": 3, "c": 0, "d": 11}) == {
        "a": None,
        "b": None,
        "d": None,
        "c": 0,
        None: 22,
    }
    assert suppression.line({"a": 8, "b": 4, "c": 0, "d": 11})["d"] == 11


def test_nothing_is_hidden_where_nothing_is_small():
    cells = {("a", "x"): 11, ("a", "y"): 12, ("b", "x"): 0, ("b", "y"): 500}
    shown = suppression.table(cells)
    assert None not in shown.values()
    assert (shown["a", None], shown[None, "y"], shown[None, None]) == (23, 512, 523)


@pytest.mark.parametrize(
    ("n", "view"),
    [
        (0, "none"),
        (1, "grey"),
        (9, "grey"),
        (10, "not for comparison"),
        (29, "not for comparison"),
        (30, "full"),
    ],
)
def test_what_staff_see_of_a_number(n, view):
    assert suppression.staff(n) == view
