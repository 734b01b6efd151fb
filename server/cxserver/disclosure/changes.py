"""Answers that leave or come back after their batch closed: a quarantine and its undo. Pure.

A quarantine is one action with an id. Official numbers follow it at once. What is released
follows it batch by batch, and only where at least five people leave and none or at least five
stay, so that nobody can subtract today's total from yesterday's and be left with a few people.

What a batch shows follows from its answers, each with the action that excluded it, and from the
effects of the actions that are not undone. Actions never take an answer out twice, so they can be
undone in any order: what a batch shows is always what is left of it plus whole actions, each none
or at least five people.

An action that was undone has shown what a batch is without some people. If a later one took
nearly the same people out, the two would differ by a few. So a batch that an undone action had
split is not split again: all its answers leave, or none. Nor is a batch that is part of a cut
table: less the cells that an action left alone, a month may be a few people. A batch that leaves
whole tells nobody anything: its total could be subtracted before.
"""

from collections.abc import Collection, Hashable, Mapping
from enum import Enum
from typing import TypeVar

from cxserver.disclosure import ENOUGH

Key = TypeVar("Key", bound=Hashable)


class Effect(Enum):
    """What an action does to the released numbers of one batch."""

    NONE = "none"
    """They keep all answers: fewer than five would leave."""
    PART = "part"
    """The action's answers leave, and at least five stay."""
    WHOLE = "whole"
    """All answers leave: the action's own, and with them those that cannot stay alone."""


# What the actions that are not undone do to one batch, by their ids.
Effects = Mapping[str, Effect]


def decide(
    left: Mapping[Key, int],
    taken: Mapping[Key, int],
    unsplit: Collection[Key] = (),
    enough: int = ENOUGH,
) -> dict[Key, Effect]:
    """What an action does to each batch that it takes answers out of.

    `left` are the answers that no action took out of each batch in part (`is_left`), and `taken`
    those among them that this one excludes. The batches in `unsplit` leave whole or not at all.
    Raises ValueError if a batch does not have as many answers.
    """
    return {key: _effect(left.get(key, 0), n, key in unsplit, enough) for key, n in taken.items()}


def is_left(effects: Effects, excluded: str | None) -> bool:
    """Whether an answer is still there for actions to take out of a batch with these effects.

    `excluded` is the action that excludes the answer, if any does.
    """
    return excluded is None or effects.get(excluded) is not Effect.PART


def is_shown(effects: Effects, excluded: str | None) -> bool:
    """Whether a batch with these effects shows an answer. One that was excluded with too few
    others stays.
    """
    return Effect.WHOLE not in effects.values() and is_left(effects, excluded)


def _effect(left: int, taken: int, unsplit: bool, enough: int) -> Effect:
    if not 0 <= taken <= left:
        raise ValueError("more answers leave a batch than it has")
    if taken < enough:
        return Effect.NONE
    return Effect.WHOLE if unsplit or left - taken < enough else Effect.PART
