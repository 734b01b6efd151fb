"""Counts put together into pieces of 5 answers and more. Pure.

Whatever is told is made of whole pieces. Then whatever can be worked out from all that is told is
made of whole pieces too, by whatever sums and differences: it is of nobody, or of 5 and more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cxserver.insight import suppression

LIMIT = suppression.STAFF_HIDES
# A service, and one of its offices, channels or languages.
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some cells, how many answers they hold, and how many of those carry a flag."""

    cells: frozenset[Cell]
    n: int
    flagged: int = 0

    def __add__(self, other: "Piece") -> "Piece":
        return Piece(self.cells | other.cells, self.n + other.n, self.flagged + other.flagged)

    @property
    def is_enough(self) -> bool:
        """Whether it may be told; where flagged answers are told apart, they and the others too."""
        apart = (self.flagged, self.n - self.flagged)
        return self.n >= LIMIT and all(n == 0 or n >= LIMIT for n in apart)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Pieces that are enough; `short` is what could be put to none of them."""

    enough: tuple[Piece, ...] = ()
    short: Piece | None = None


def gather(parts: Iterable[Gathered]) -> Gathered:
    """All parts together: what is short joins what else is short, then the smallest piece there."""
    held = list(parts)
    enough = sorted((one for part in held for one in part.enough), key=_size)
    small = [part.short for part in held if part.short]
    if not small:
        return Gathered(tuple(enough))
    pool = small[0]
    for other in small[1:]:
        pool += other
    while enough and not pool.is_enough:
        pool += enough.pop(0)
    if pool.is_enough:
        return Gathered((*enough, pool))
    return Gathered(tuple(enough), pool)


def alone(piece: Piece) -> Gathered:
    """One piece by itself."""
    return Gathered((piece,)) if piece.is_enough else Gathered(short=piece)


def tree(units: Iterable[Piece], above: Mapping[str, str | None]) -> Gathered:
    """Units of one service in a tree of offices: a region's small ones join each other first.

    So a region's number is made of whole pieces wherever it is of 5 answers or more.
    """
    below: dict[str | None, list[Gathered]] = defaultdict(list)
    for unit in units:
        below[_root([office for _, office in unit.cells], above)].append(alone(unit))
    for name in sorted(above, key=lambda name: (-len(_line_up(name, above)), name)):
        if name in below:
            below[above[name]].append(gather(below.pop(name)))
    return gather(below[None])


def _size(piece: Piece) -> tuple[int, list[Cell]]:
    return piece.n, sorted(piece.cells)


def _root(offices: Sequence[str], above: Mapping[str, str | None]) -> str | None:
    """The lowest office that all of these are, or are below."""
    common = [_line_up(office, above) for office in offices]
    return next((up for up in common[0] if all(up in line for line in common)), None)


def _line_up(name: str, above: Mapping[str, str | None]) -> list[str]:
    found: list[str] = []
    up: str | None = name
    while up is not None and up not in found:
        found.append(up)
        up = above[up]
    return found
