"""One fault of a catalog file, and the plain words for what the models refuse."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

# Where a key is required by law, a missing or wrong value names the paragraph.
_SUBSECTIONS = {
    "type": "§280.4",
    "owner": "§280.5",
    "description": "§280.5",
    "channels": "§280.5",
    "clearance": "§280.11",
    "omb_control_number": "§280.11",
    "expires": "§280.11",
    "burden_minutes": "§280.11",
    "approved_responses": "§280.11",
    "survey": "§280.10",
    "languages": "§280.6",
}

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number without quotes",
    "bool_type": "must be true or false",
    "date_type": "must be a date without quotes, like 2028-03-31",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: the file, the key in it, the rule in words, and where the rule is written."""

    file: str
    key: str
    rule: str
    subsection: str = ""

    def __str__(self) -> str:
        source = ""
        if self.subsection and self.subsection not in self.rule:
            source = f" ({self.subsection})"
        place = f"{self.key}: " if self.key else ""
        return _printable(f"{self.file}: {place}{self.rule}{source}")


def key_text(path: Path, raw: Any) -> str:
    """A path as people write it; an office is named by its slug rather than by its position."""
    text = ""
    for part in path:
        raw = _step(raw, part)
        if isinstance(part, int):
            slug = raw.get("slug") if isinstance(raw, Mapping) else None
            text += f'["{slug}"]' if isinstance(slug, str) else f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text


def rule_text(error: ErrorDetails, known: Collection[str]) -> str:
    """A model's error in plain words. `known` are the keys that would have been right."""
    kind, value, limits = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        return "unknown key" + (f"; did you mean '{near[0]}'?" if near else "")
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        reason = str(limits["error"])
        return f"{_shown(value)} {reason}" if isinstance(value, str) and value else reason
    if kind == "literal_error":
        return f"must be {limits['expected']}, not {_shown(value)}"
    if kind == "tuple_type" and isinstance(value, Mapping):
        table = ".".join(str(part) for part in error["loc"])
        return f"must be a list, written [[{table}]]"
    if kind in _WORDS:
        return f"{_WORDS[kind]}, not {_shown(value)}"
    return _limit(kind, limits) or error["msg"]


def subsection(path: Path) -> str:
    """The paragraph of A-11 that asks for the key at the end of `path`."""
    names = [part for part in path if isinstance(part, str)]
    return _SUBSECTIONS.get(names[-1], "") if names else ""


def _limit(kind: str, limits: Mapping[str, Any]) -> str:
    if kind == "greater_than_equal":
        return f"must be at least {limits['ge']}"
    if kind == "less_than_equal":
        return f"must be at most {limits['le']}"
    if kind == "too_short":
        return "must not be empty"
    if kind == "too_long":
        return f"must have at most {limits['max_length']} entries"
    return ""


def _step(raw: Any, part: str | int) -> Any:
    if isinstance(raw, Mapping):
        return raw.get(part)
    if isinstance(raw, list) and isinstance(part, int) and part < len(raw):
        return raw[part]
    return None


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        text = f"'{value}'"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _printable(text: str) -> str:
    """A file's own words may not move the reader's cursor or color the terminal."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
