"""Answers that leave or come back after their batch closed: a quarantine and its undo. Pure.

A quarantine is one action with an id. Official numbers follow it at once. What is released
follows it batch by batch, and only where at least five people leave and none or at least five
stay, so that nobody can subtract today's total from yesterday's and be left with a few people.

What an action took out of a batch is recorded, and undoing the action puts exactly that back.
Actions never take out an answer that is out already, so they can be undone in any order: what a
batch shows is always what is left of it plus whole actions, each none or at least five people.

An action that was undone has shown what a batch is without some people. If a later one took
nearly the same people out, the two would differ by a few. So a batch that an undone action had
split is not split again: all its answers leave, or none.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Change:
    """What an action does to one batch; `n` answers leave what is released."""

    effect: Effect
    n: int


def decide(
    released: Mapping[Key, int],
    taken: Mapping[Key, int],
    split: Collection[Key] = (),
    enough: int = ENOUGH,
) -> dict[Key, Change]:
    """What an action does to each batch that it takes answers out of.

    `released` are the answers each batch now shows, and `taken` those among them that the action
    takes out (not those that an earlier action took out already). `split` are the batches that
    an undone action had changed with `Effect.PART`. Raises ValueError if a batch does not have
    as many answers.
    """
    return {key: _change(released.get(key, 0), n, key in split, enough) for key, n in taken.items()}


def take_out(released: Mapping[Key, int], changes: Mapping[Key, Change]) -> dict[Key, int]:
    """What the batches show after the action. Raises ValueError if a batch has too few."""
    rest = dict(released)
    for key, change in changes.items():
        rest[key] = rest.get(key, 0) - change.n
    if any(n < 0 for n in rest.values()):
        raise ValueError("more answers leave a batch than it has")
    return rest


def restore(released: Mapping[Key, int], changes: Mapping[Key, Change]) -> dict[Key, int]:
    """What the batches show after the whole action is undone, once."""
    return dict(released) | {key: released.get(key, 0) + each.n for key, each in changes.items()}


def _change(released: int, taken: int, split: bool, enough: int) -> Change:
    if not 0 <= taken <= released:
        raise ValueError("more answers leave a batch than it has")
    if taken < enough:
        return Change(Effect.NONE, 0)
    if split or released - taken < enough:
        return Change(Effect.WHOLE, released)
    return Change(Effect.PART, taken)
