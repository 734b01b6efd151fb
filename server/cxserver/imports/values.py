"""What the cells of a column mean, as the map says: words or numbers that stand for points."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Values:
    """The point of each word or number, and what stands for no answer; both in small letters."""

    words: Mapping[str, int] = field(default_factory=dict)
    nothing: frozenset[str] = frozenset()
    zero_is_nothing: bool = False

    @property
    def turns_numbers(self) -> bool:
        """Whether numbers stand for other numbers. Then each one must be named."""
        return any(word.isdecimal() for word in self.words)

    @classmethod
    def of(
        cls,
        given: Mapping[str, int | Mapping[str, int]],
        column: str,
        nothing: tuple[str, ...],
        *,
        zero_is_nothing: bool,
    ) -> "Values":
        """The values of one column: its own table, or else the words that hold for all."""
        own = given.get(column)
        common = {word: point for word, point in given.items() if isinstance(point, int)}
        words = dict(own) if isinstance(own, Mapping) else common
        folded = {word.strip().casefold(): point for word, point in words.items()}
        return cls(folded, frozenset(word.casefold() for word in nothing), zero_is_nothing)
