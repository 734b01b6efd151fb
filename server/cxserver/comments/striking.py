"""Words struck out of a text. Pure: which stretches are meant, and what is left without them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MARK = "[redacted]"
_LETTERS = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Cut:
    """What is to go: the stretches of words, or everything."""

    words: tuple[str, ...] = ()
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.words)


def named(lines: str) -> tuple[str, ...]:
    """The stretches of words in what was typed, one a line."""
    return tuple(
        dict.fromkeys(" ".join(line.split()) for line in lines.splitlines() if line.split())
    )


def struck(text: str, cut: Cut) -> tuple[str, int]:
    """`text` without the words, and how many characters went."""
    if cut.everything:
        return (MARK, len(text)) if text.strip() and text != MARK else (text, 0)
    left, past, gone = "", 0, 0
    for start, end in _stretches(text, cut.words):
        left += text[past:start] + MARK
        past, gone = end, gone + end - start
    return left + text[past:], gone


def _stretches(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """From where to where the words stand, joined where they lie over each other: "Ann Lee" and
    "Lee Smith" together take all of "Ann Lee Smith" out, and leave no "Smith" behind.
    """
    joined: list[tuple[int, int]] = []
    for start, end in sorted(_places(text, words)):
        if joined and start < joined[-1][1]:
            first, last = joined.pop()
            start, end = first, max(last, end)
        joined.append((start, end))
    return joined


def _places(text: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    for word in words:
        # Looked for from every letter on: the same words may lie over each other, too.
        for match in re.finditer(f"(?=({_pattern(word)}))", text, re.IGNORECASE):
            yield match.span(1)


def missing(texts: Iterable[str], words: Iterable[str]) -> Iterable[str]:
    """The words that stand in none of the texts."""
    every = "\n".join(texts)
    return (word for word in words if not re.search(_pattern(word), every, re.IGNORECASE))


def _pattern(words: str) -> str:
    """The words, however they are spaced, and not within other words: "Ann" is not in "plan"."""
    result = r"\s+".join(re.escape(item) for item in words.split())
    before = r"(?<!\w)" if _LETTERS.match(words[0]) else ""
    after = r"(?!\w)" if _LETTERS.match(words[-1]) else ""
    return before + result + after
