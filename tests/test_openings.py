"""Offices side by side: whatever is hidden beside the shown ones is nobody, or enough."""

from hypothesis import given
from hypothesis import strategies as st

from cxserver.insight import openings
from cxserver.insight.openings import LEAST, REST, ROOT, Part, Tree

REGION = {"north": None, "ash": "north", "birch": "north", "cedar": "north", "south": None}


def opened(counts, **kept):
    tree = Tree(REGION)
    return sorted(tree.opened(tree.nodes, [Part(counts)], **kept))


def test_beside_a_small_office_the_smallest_other_one_is_hidden():
    assert opened({"ash": 50, "birch": 20, "cedar": 3, "south": 90}) == [
        *("*", "ash", "north", "south")
    ]
    assert opened({"ash": 50, "birch": 20, "cedar": 0, "south": 90}) == [
        *("*", "ash", "birch", "cedar", "north", "south")
    ]


def test_a_region_that_cannot_hide_its_small_office_is_hidden_with_it():
    assert opened({"ash": 3, "south": 90}) == ["*", "birch", "cedar"]
    assert opened({"ash": 3, "south": 4, "birch": 5}) == ["*", "cedar"]


def test_what_is_kept_stays_and_others_make_way():
    counts = {"ash": 50, "birch": 20, "cedar": 3, "south": 90}
    assert "birch" in opened(counts, kept={"birch", "north", ROOT})


NUMBERS = st.sampled_from([0, 0, 1, 3, 4, 5, 9, 10, 40])
trees = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        st.tuples(*(st.one_of(st.none(), st.integers(0, at)) for at in range(size - 1))),
        st.lists(st.lists(NUMBERS, min_size=size, max_size=size), min_size=1, max_size=3),
    )
)


def grown(drawn):
    """A tree, and the numbers of each office: each has one of those before it above it, or none."""
    parents, counts = drawn
    above = {"o0": None} | {
        f"o{at}": None if one is None else f"o{one}" for at, one in enumerate(parents, 1)
    }
    parts = [Part({f"o{at}": n for at, n in enumerate(row)}) for row in counts]
    return Tree(above), parts


@given(trees)
def test_every_piece_that_shown_offices_cut_out_is_nobody_or_enough(drawn):
    tree, parts = grown(drawn)
    shown = tree.opened(tree.nodes, parts)
    for part in parts:
        totals = tree.total(part.counts)
        for name in shown:
            rest = totals[name]
            for one in shown - {name}:
                up = tree.parent(one)
                while up not in shown and up is not None:
                    up = tree.parent(up)
                rest -= totals[one] if up == name else 0
            assert rest == 0 or rest >= (LEAST if tree.is_leaf(name) else REST)
            assert totals[name] == 0 or totals[name] >= openings.LEAST


@given(trees)
def test_whole_is_what_is_enough_with_all_below(drawn):
    tree, parts = grown(drawn)
    found = tree.whole(tree.nodes, tree.nodes, parts)
    for name in found:
        children = [one for one in tree.nodes if tree.parent(one) == name]
        assert found >= set(children)
        assert all(tree.total(part.counts)[name] not in range(1, LEAST) for part in parts)
