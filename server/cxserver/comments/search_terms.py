"""What somebody searches comments for: words in any order, and phrases in quotes.

Capital letters, accents and the shape of an apostrophe make no difference, on either database: that
is why it is done here and not by LIKE. Nothing is a wildcard.
"""

import re
import unicodedata
from collections.abc import Iterable

import snowballstemmer

_QUOTED = re.compile('["“”„«»]([^"“”„«»]*)["“”„«»]')
_QUOTES = re.compile('["“”„«»]')
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´ʹ＇", "'"))
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
# Thai to Khmer, kana and Chinese characters: written without spaces between the words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_STEMMERS = {"en": "english", "es": "spanish"}


def split(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of what was typed, and its phrases: what stands in quotes of any shape."""
    phrases = (" ".join(phrase.split()) for phrase in _QUOTED.findall(text))
    rest = _QUOTES.sub(" ", _QUOTED.sub(" ", text))
    return tuple(rest.split()), tuple(phrase for phrase in phrases if phrase)


def folded(text: str) -> str:
    """`text` without capital letters and accents, with one kind of apostrophe."""
    if text.isascii():
        # Most texts are, and this is ten times as fast.
        return text.replace("`", "'").lower()
    apart = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


class Terms:
    """Words and phrases, all of which have to be in a text.

    A word counts as part of a longer one, and in every form with the same stem in English and
    Spanish: "chairs" finds "chair". A phrase counts as that run of whole words. Not for two
    threads at once, as the stemmers are not.
    """

    def __init__(self, words: Iterable[str], phrases: Iterable[str] = ()):
        self._words = [(folded(word), word) for word in words]
        self._phrases = [folded(phrase) for phrase in phrases]
        self._stemmers = {code: snowballstemmer.stemmer(name) for code, name in _STEMMERS.items()}
        self._stems: dict[tuple[str, str], frozenset[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._words or self._phrases)

    def are_in(self, texts: Iterable[str], language: str) -> bool:
        """Whether every word and phrase is in one of these texts, written in that language."""
        originals = list(texts)
        plain = [folded(text) for text in originals]
        return all(
            any(word in text for text in plain) or self._is_form(typed, originals, language)
            for word, typed in self._words
        ) and all(any(_runs(phrase, text) for text in plain) for phrase in self._phrases)

    def _is_form(self, typed: str, texts: list[str], language: str) -> bool:
        wanted = _tokens(typed)
        if len(wanted) != 1 or folded(wanted[0]) != folded(typed).replace("'", ""):
            return False
        stems, first = self._stems_of(wanted[0], language), folded(wanted[0])[:1]
        return any(
            stems & self._stems_of(token, language)
            for text in texts
            for token in _tokens(text)
            # A stem begins as its word does; to find stems takes long.
            if folded(token[:1]) == first
        )

    def _stems_of(self, token: str, language: str) -> frozenset[str]:
        key = (token, language[:2])
        if key not in self._stems:
            self._stems[key] = self._found_stems(*key)
        return self._stems[key]

    def _found_stems(self, token: str, language: str) -> frozenset[str]:
        """The stems of a word as it was typed and without accents, which people leave out."""
        stemmer, plain = self._stemmers.get(language), folded(token)
        if stemmer is None:
            return frozenset({plain})
        if language == "es":
            token = _respelled(token, plain)
        return frozenset(folded(stemmer.stemWord(form)) for form in (token, plain))


def _respelled(token: str, plain: str) -> str:
    """A Spanish word with the accent that its stem goes by; "luces" as "luz"."""
    if plain.endswith("ion"):
        return f"{token[:-3]}ión"
    return f"{token[:-3]}z" if plain.endswith("ces") else token


def _tokens(text: str) -> list[str]:
    """The words of a text in small letters, without apostrophes and with their accents."""
    if text.isascii():
        composed = text.replace("`", "'").lower()
    else:
        composed = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES).casefold())
    return [word.replace("'", "") for word in _WORD.findall(composed)]


def _runs(phrase: str, text: str) -> bool:
    """Whether these words stand in the text one after the other; both are folded."""
    words = " ".join(_tokens(phrase))
    if not words or _UNSPACED.search(phrase):
        return phrase in " ".join(text.split())
    return f" {words} " in f" {' '.join(_tokens(text))} "
