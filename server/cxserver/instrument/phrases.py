"""Lists of phrases, found in what people write: whole words, in any case, with or without accents.

A phrase is a few words; a `*` at its end stands for the rest of the last word ("suicid*"). The
phrases are compiled into one tree of words. A text is read word by word, and from each word the
tree is followed no deeper than its longest phrase: the time grows with the text, never faster.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Signs that stand inside a word as an apostrophe does: "don't", "don’t" and "dont" are one word.
_APOSTROPHES = str.maketrans("", "", "'`\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032\uff07")
_WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class _Node:
    """A place in the tree: what may come next, and the lists that have a phrase ending here."""

    next: dict[str, "_Node"] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)
    # The beginnings of a word that end a phrase, by their length, the shortest first.
    begun: dict[int, dict[str, set[str]]] = field(default_factory=dict)


class Phrases:
    """Lists of phrases by name, compiled once."""

    def __init__(self, lists: Mapping[str, Iterable[str]]):
        self._root = _Node()
        self._lists = len(lists)
        for name, phrases in lists.items():
            for phrase in phrases:
                self._add(name, phrase)

    def __bool__(self) -> bool:
        return bool(self._root.next or self._root.begun)

    def matched(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The names of the lists of which a phrase stands in one of `texts`, in order."""
        if not self:
            return ()
        found: set[str] = set()
        for text in texts:
            said = words(text)
            for start in range(len(said)):
                self._follow(said, start, found)
                if len(found) == self._lists:
                    break
        return tuple(sorted(found))

    def _follow(self, said: list[str], start: int, found: set[str]) -> None:
        node = self._root
        for at in range(start, len(said)):
            word = said[at]
            for length, beginnings in node.begun.items():
                if length > len(word):
                    break
                if word[:length] in beginnings:
                    found |= beginnings[word[:length]]
            following = node.next.get(word)
            if following is None:
                return
            if following.ends:
                found |= following.ends
            node = following

    def _add(self, name: str, phrase: str) -> None:
        *before, last = words(phrase)
        node = self._root
        for word in before:
            node = node.next.setdefault(word, _Node())
        if phrase.endswith("*"):
            node.begun.setdefault(len(last), {}).setdefault(last, set()).add(name)
            node.begun = dict(sorted(node.begun.items()))
        else:
            node.next.setdefault(last, _Node()).ends.add(name)


def words(text: str) -> list[str]:
    """The words of a text as they are compared: small letters without accents or apostrophes."""
    folded = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    # Once more: some letters bring a mark along only when they are made small.
    plain = unicodedata.normalize("NFKD", folded).translate(_APOSTROPHES)
    # Accents, and what cannot be seen inside a word: soft hyphens, joiners.
    seen = set(plain)
    gone = "".join(char for char in seen if unicodedata.category(char) in ("Mn", "Cf"))
    return _WORD.findall(plain.translate(str.maketrans("", "", gone)) if gone else plain)


NONE = Phrases({})
