"""A quarantine after batches closed, and its undo, by the names of the people in it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.disclosure.changes import Effect, decide, is_left, is_shown


@pytest.mark.parametrize(
    ("left", "taken", "effect"),
    [
        (12, 0, Effect.NONE),
        (12, 4, Effect.NONE),
        (5, 4, Effect.NONE),
        (12, 5, Effect.PART),
        (12, 7, Effect.PART),
        (12, 8, Effect.WHOLE),
        (12, 12, Effect.WHOLE),
        (0, 0, Effect.NONE),
    ],
)
def test_few_never_leave_and_few_never_stay(left, taken, effect):
    assert decide({"b": left}, {"b": taken}) == {"b": effect}


def test_a_batch_that_must_not_be_split_leaves_whole_or_not_at_all():
    effects = decide({"a": 20, "b": 20, "c": 20}, {"a": 5, "b": 5, "c": 4}, unsplit={"a", "c"})
    assert effects == {"a": Effect.WHOLE, "b": Effect.PART, "c": Effect.NONE}


@pytest.mark.parametrize("taken", [{"b": 7}, {"b": -1}, {"other": 1}])
def test_more_than_there_are_cannot_leave(taken):
    with pytest.raises(ValueError):
        decide({"b": 6}, taken)


@pytest.mark.parametrize(
    ("effects", "excluded", "left", "shown"),
    [
        ({}, None, True, True),
        ({}, "few", True, True),
        ({"x": Effect.PART}, None, True, True),
        ({"x": Effect.PART}, "x", False, False),
        ({"x": Effect.PART}, "few", True, True),
        ({"x": Effect.PART, "y": Effect.WHOLE}, None, True, False),
        ({"y": Effect.WHOLE}, "y", True, False),
    ],
)
def test_a_batch_shows_what_no_action_took_out(effects, excluded, left, shown):
    assert is_left(effects, excluded) is left
    assert is_shown(effects, excluded) is shown


# What an action wants of a batch of people; the shares overlap, as quarantines of one network do.
actions = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abc"), st.sets(st.integers(0, 19)), min_size=1),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def play(sizes, steps, rng, decide=decide):
    """Takes actions and undoes them in any order; every state, as sets of people per batch."""
    excluded = {key: dict.fromkeys(range(n)) for key, n in sizes.items()}
    effects: dict[str, dict[str, Effect]] = {key: {} for key in sizes}
    states, split = [shown(excluded, effects)], set()
    for number, (wanted, undo) in enumerate(steps):
        active = sorted(_exclusions(excluded))
        if undo and active:
            split |= restore(excluded, effects, rng.choice(active))
        else:
            exclude(excluded, effects, split, str(number), wanted, decide)
        states.append(shown(excluded, effects))
    for id in _exclusions(excluded):
        restore(excluded, effects, id)
    return [*states, shown(excluded, effects)]


def _exclusions(excluded: dict[str, dict[int, str | None]]) -> set[str]:
    """The ids of those that stand."""
    return {id for people in excluded.values() for id in people.values() if id is not None}


def exclude(excluded, effects, split, id, wanted, decide):
    left = {
        key: {n for n, by in people.items() if is_left(effects[key], by)}
        for key, people in excluded.items()
    }
    taken = {key: {n for n in wanted[key] if excluded[key].get(n, id) is None} for key in wanted}
    decided = decide(
        {key: len(people) for key, people in left.items()},
        {key: len(people) for key, people in taken.items()},
        split,
    )
    for key, people in taken.items():
        excluded[key] |= dict.fromkeys(people, id)
        if decided[key] is not Effect.NONE:
            effects[key][id] = decided[key]


def restore(excluded, effects, id):
    """Undoes an action; the batches that it had split."""
    split = {key for key in effects if effects[key].pop(id, None) is Effect.PART}
    for key, people in excluded.items():
        excluded[key] = {n: None if by == id else by for n, by in people.items()}
    return split


def shown(excluded, effects):
    return {
        key: {n for n, by in people.items() if is_shown(effects[key], by)}
        for key, people in excluded.items()
    }


def few(states):
    """Whether two states differ in a batch by one to four people, or show one to four."""
    return any(
        len(before[key] - after[key]) in range(1, 5) or len(after[key]) in range(1, 5)
        for before in states
        for after in states
        for key in before
    )


sizes = st.fixed_dictionaries(dict.fromkeys("abc", st.integers(5, 20)))


@given(sizes, actions, st.randoms(use_true_random=False))
def test_all_states_ever_shown_differ_by_none_or_five(sizes, steps, rng):
    states = play(sizes, steps, rng)
    assert not few(states)
    # Undone one and all, in whatever order, everything is as it was.
    assert states[-1] == states[0]


def test_the_checker_sees_a_quarantine_applied_at_once():
    def at_once(left, taken, split):
        return dict.fromkeys(taken, Effect.PART)

    rng = random.Random(1)
    steps = [({"a": {0, 1}}, False)]
    assert few(play({"a": 9}, steps, rng, at_once))
    assert few(play({"a": 9}, [({"a": set(range(6))}, False)], rng, at_once))
    assert not few(play({"a": 9}, steps, rng))


def test_the_checker_sees_two_quarantines_that_differ_by_a_person():
    def forgetful(left, taken, split):
        return decide(left, taken)

    first, second = {"a": set(range(5))}, {"a": set(range(6))}
    steps = [(first, False), ({}, True), (second, False)]
    assert few(play({"a": 20}, steps, random.Random(1), forgetful))
    assert not few(play({"a": 20}, steps, random.Random(1)))
