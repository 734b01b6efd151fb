"""Lists of phrases, found in what people write: whole words, in any case, with or without accents.

A phrase is a few words; a `*` at its end stands for the rest of the last word ("suicid*"). The
phrases are compiled into one tree of words. A text is read word by word, and from each word the
tree is followed no deeper than its longest phrase: the time grows with the text, never faster.

Some write so that no machine should read it: with letters of another alphabet that look alike, or
letter by letter ("k i l l", "k.i.l.l"). Both are read as people read them. Three letters in a row
that each stand alone are taken for words spelled out. Where such a word begins and ends they do not
tell: a word of a phrase may lie anywhere among them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

# Signs that stand inside a word as an apostrophe does: "don't", "don’t" and "dont" are one word.
_APOSTROPHES = dict.fromkeys("'`\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032\uff07", "")
# Letters that look like one of ours and do not become it by NFKD; large ones as they look large.
_ALIKE = {
    letter: like
    for letters, likes in (
        (
            "аАвВьЬсСԁԀеЕнНһҺіІјЈкКӏӀмМоОрРԛԚѕЅтТѵѴԝԜхХуУ",
            "aabbbbccddeehhhhiijjkkllmmooppqqssttvvwwxxyy",
        ),
        ("αΑβΒεΕΗιΙϳͿκΚΜηΝοΟρΡτΤμυνωχΧγΥΖ", "aabbeehiijjkkmnnooppttuuvwxxyyz"),
        ("ɑđĐɡıłŁøØ", "addgilloo"),
    )
    for letter, like in zip(letters, likes, strict=True)
}
_WORD = re.compile(r"[^\W_]+")
# One or two letters that stand alone, in the words of a text as `_spelled` writes them.
_FEW = re.compile(r"(?<![^ ])[^ ]{1,2}(?![^ ])")


@dataclass(slots=True)
class _Node:
    """A place in the tree: what may come next, and the lists that have a phrase ending here."""

    next: dict[str, "_Node"] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)
    # The beginnings of a word that end a phrase, by their length, the shortest first.
    begun: dict[int, dict[str, set[str]]] = field(default_factory=dict)
    initials: set[str] = field(default_factory=set)
    # How long the words are that may come next, the shortest first.
    lengths: list[int] = field(default_factory=list)

    def grow(self, word: str) -> "_Node":
        """The place that a word leads to, made if need be."""
        self.lengths = sorted({len(word), *self.lengths})
        return self.next.setdefault(word, _Node())

    def note(self, word: str, lists: set[str]) -> None:
        """Add the lists with a phrase that ends here with the beginning of a word."""
        for length, beginnings in self.begun.items():
            if length > len(word):
                return
            if word[:length] in beginnings:
                lists |= beginnings[word[:length]]

    def among(self, letters: str) -> Iterator[tuple[int, "_Node"]]:
        """Where the words lead to that these letters begin with, and their lengths."""
        for length in self.lengths:
            if length > len(letters):
                return
            if letters[:length] in self.next:
                yield length, self.next[letters[:length]]


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
        result: set[str] = set()
        for text in texts:
            said = words(text)
            spelled = _spelled(said)
            for start in range(len(said)):
                if spelled:
                    self._spell(said, spelled, start, result)
                else:
                    self._follow(said, start, result)
                if len(result) == self._lists:
                    break
        return tuple(sorted(result))

    def _follow(self, said: list[str], start: int, lists: set[str]) -> None:
        node = self._root
        for at in range(start, len(said)):
            word = said[at]
            if word[0] in node.initials:
                node.note(word, lists)
            following = node.next.get(word)
            if following is None:
                return
            if following.ends:
                lists |= following.ends
            node = following

    def _spell(self, said: list[str], spelled: str, start: int, lists: set[str]) -> None:
        """As `_follow`, where any word may be spelled out."""
        waiting = [(self._root, start)]
        while waiting:
            node, at = waiting.pop()
            lists |= node.ends
            if at == len(said):
                continue
            letters = spelled[at : spelled.index(" ", at)]
            node.note(letters or said[at], lists)
            if letters:
                waiting += [(to, at + n) for n, to in node.among(letters)]
            elif said[at] in node.next:
                waiting.append((node.next[said[at]], at + 1))

    def _add(self, name: str, phrase: str) -> None:
        *before, last = words(phrase)
        node = self._root
        for word in before:
            node = node.grow(word)
        if phrase.endswith("*"):
            node.begun.setdefault(len(last), {}).setdefault(last, set()).add(name)
            node.begun = dict(sorted(node.begun.items()))
            node.initials.add(last[0])
        else:
            node.grow(last).ends.add(name)


def words(text: str) -> list[str]:
    """The words of a text as they are compared: small letters without accents or apostrophes."""
    if text.isascii():
        return _WORD.findall(text.replace("'", "").replace("`", "").lower())
    shown = unicodedata.normalize("NFKD", _swapped(text, _APOSTROPHES))
    folded = _swapped(shown, _ALIKE).casefold()
    if folded != shown:
        # Once more: some letters bring a mark along only when they are made small.
        folded = unicodedata.normalize("NFKD", folded)
    plain = _swapped(folded, _APOSTROPHES)
    # Accents, and what cannot be seen inside a word: soft hyphens, joiners.
    marks = [char for char in set(plain) if unicodedata.category(char) in ("Mn", "Cf")]
    return _WORD.findall(_swapped(plain, dict.fromkeys(marks, "")))


def _swapped(text: str, signs: Mapping[str, str]) -> str:
    # A text has few signs of a kind: to replace one after the other is quicker than `translate`.
    for sign in signs.keys() & set(text):
        text = text.replace(sign, signs[sign])
    return text


def _spelled(said: list[str]) -> str:
    """A character for each word: the word itself where three or more letters in a row stand alone,
    else a space; one more at the end. "" where nobody spells.
    """
    alone = "".join([word if len(word) == 1 else " " for word in said])
    rows = _FEW.sub(lambda few: " " * len(few[0]), alone)
    return "" if rows.isspace() or not rows else f"{rows} "


NONE = Phrases({})
