"""A quarantine after batches closed, and its undo, by the names of the people in it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.disclosure.changes import Change, Effect, decide, restore, take_out


@pytest.mark.parametrize(
    ("released", "taken", "change"),
    [
        (12, 0, Change(Effect.NONE, 0)),
        (12, 4, Change(Effect.NONE, 0)),
        (5, 4, Change(Effect.NONE, 0)),
        (12, 5, Change(Effect.PART, 5)),
        (12, 7, Change(Effect.PART, 7)),
        (12, 8, Change(Effect.WHOLE, 12)),
        (12, 12, Change(Effect.WHOLE, 12)),
        (0, 0, Change(Effect.NONE, 0)),
    ],
)
def test_few_never_leave_and_few_never_stay(released, taken, change):
    assert decide({"b": released}, {"b": taken}) == {"b": change}


def test_a_batch_is_not_split_again_after_an_undo():
    taken = {"a": 5, "b": 5, "c": 4}
    changes = decide({"a": 20, "b": 20, "c": 20}, taken, split={"a", "c"})
    assert changes == {
        "a": Change(Effect.WHOLE, 20),
        "b": Change(Effect.PART, 5),
        "c": Change(Effect.NONE, 0),
    }


def test_batches_that_an_action_does_not_touch_stay_as_they_are():
    released = {"a": 9, "b": 10}
    changes = decide(released, {"b": 5})
    assert take_out(released, changes) == {"a": 9, "b": 5}


@pytest.mark.parametrize("taken", [{"b": 7}, {"b": -1}, {"other": 1}])
def test_more_than_there_are_cannot_leave(taken):
    with pytest.raises(ValueError):
        decide({"b": 6}, taken)
    with pytest.raises(ValueError):
        take_out({"b": 6}, {"b": Change(Effect.PART, 7)})


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
    state = {key: set(range(n)) for key, n in sizes.items()}
    states, active, split = [state], [], set()
    for wanted, undo in steps:
        counts = {key: len(people) for key, people in state.items()}
        if undo and active:
            changes, gone = active.pop(rng.randrange(len(active)))
            after = restore(counts, changes)
            split |= {key for key, change in changes.items() if change.effect is Effect.PART}
            state = {key: people | gone.get(key, set()) for key, people in state.items()}
        else:
            inside = {key: wanted[key] & state[key] for key in wanted}
            taken = {key: len(people) for key, people in inside.items()}
            changes = decide(counts, taken, split)
            gone = {key: people_gone(changes[key], inside[key], state[key]) for key in inside}
            after = take_out(counts, changes)
            active.append((changes, gone))
            state = {key: people - gone.get(key, set()) for key, people in state.items()}
        assert after == {key: len(people) for key, people in state.items()}
        states.append(state)
    for _, gone in active:
        state = {key: people | gone.get(key, set()) for key, people in state.items()}
    return [*states, state]


def people_gone(change, inside, batch):
    return {Effect.NONE: set(), Effect.PART: inside, Effect.WHOLE: batch}[change.effect]


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
    def at_once(released, taken, split):
        return {key: Change(Effect.PART, n) for key, n in taken.items()}

    rng = random.Random(1)
    steps = [({"a": {0, 1}}, False)]
    assert few(play({"a": 9}, steps, rng, at_once))
    assert few(play({"a": 9}, [({"a": set(range(6))}, False)], rng, at_once))
    assert not few(play({"a": 9}, steps, rng))


def test_the_checker_sees_two_quarantines_that_differ_by_a_person():
    def forgetful(released, taken, split):
        return decide(released, taken)

    first, second = {"a": set(range(5))}, {"a": set(range(6))}
    steps = [(first, False), ({}, True), (second, False)]
    assert few(play({"a": 20}, steps, random.Random(1), forgetful))
    assert not few(play({"a": 20}, steps, random.Random(1)))
