"""What a composition rule finds, and the small questions that several rules ask."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

SURVEYED = "§280.10"
CLEARED = "§280.11"

_SLOT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: the key under the service, the rule in words, where it is written."""

    key: str
    text: str
    subsection: str = SURVEYED
    warning: bool = False


def missing(texts: Mapping[str, str], languages: Collection[str]) -> list[str]:
    """The languages that have no text."""
    return [language for language in languages if not texts.get(language)]


def untranslated(
    key: str, texts: Mapping[str, str], languages: Collection[str]
) -> Iterator[Finding]:
    """A finding for each language that has no text."""
    for language in missing(texts, languages):
        yield Finding(f"{key}.{language}", "is missing; the survey speaks this language", "")


def unknown_slots(key: str, texts: Mapping[str, str], known: Collection[str]) -> Iterator[Finding]:
    """A finding for each `{word}` that nothing will fill."""
    for language, text in texts.items():
        for slot in _SLOT.findall(text):
            if slot not in known:
                yield Finding(f"{key}.{language}", f"unknown slot {slot}{hint(slot, known)}", "")


def repeated(codes: Sequence[str]) -> list[str]:
    """The codes that stand more than once."""
    return sorted({code for code in codes if codes.count(code) > 1})


def hint(word: str, known: Collection[str]) -> str:
    """The known word that was perhaps meant, as the end of a sentence."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
