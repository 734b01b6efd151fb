"""A first map for somebody else's file, guessed from the names and the cells of its columns. Pure.

A guess is shown with what it would read, and waits for a person. What can't be known from the file
(which number of a date is the month, whether 1 is the best) is said and not guessed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from cxserver.imports.cells import tap
from cxserver.imports.moments import DateOrder
from cxserver.imports.rejected import RowRefused
from cxserver.imports.shape import Form
from cxserver.imports.sheet import Sheet
from cxserver.quarter.formats import v1, v2

# Lines that a guess looks at.
LOOKED_AT = 2_000
# A column is one of points when so much of what stands in it is.
_MOSTLY = 0.8
# Labels that a scale can have; what people write is different every time.
_LABELS = 7
_POINT = re.compile(r"(10|[0-9])(?:\.0)?", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d\d)\b", re.ASCII)
_AGREES = re.compile(r"(strongly|somewhat)? ?(dis)?agree|neutral|neither .*", re.I)

_IDS = ("response id", "responseid", "respondent id", "id", "uuid", "no.")
_DATES = (
    *("recordeddate", "enddate", "end date", "date submitted", "submitdate", "created at"),
    *("timestamp", "submitted", "date"),
)
_LANGUAGES = ("userlanguage", "startlanguage", "start language", "language")
_OFFICES = ("location code", "office", "location", "site", "facility")
# Words in the text of a question, the surest first.
_TOPICS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.I)
    for name, pattern in {
        "trust": r"trust|confidence|confianza",
        "satisfaction": r"satisf|overall|experience of",
        "effectiveness": r"need was|resolved|looking for|effective",
        "ease": r"\beas(e|y)\b",
        "efficiency": r"reasonable amount of time|efficien|too long",
        "transparency": r"understood|transparen|what was asked",
        "humanity": r"fair|equit|respect",
        "employee": r"employee|staff|helpful",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What the columns could be. `drivers` and `columns` name the file's columns by ours,
    `texts` are the questions that they hold.
    """

    form: Form
    columns: Mapping[str, str]
    drivers: Mapping[str, str]
    texts: Mapping[str, str]
    dates: DateOrder | None
    notes: tuple[str, ...]
    is_thumbs: bool = False
    are_taps: bool = False


def of(sheet: Sheet) -> Guess:
    """A guess. Raises nothing: what is not known stays empty."""
    form = _form(sheet.columns)
    if form in ("v1", "v2", "wide"):
        return Guess(form, {}, {}, {}, "year-month-day", ())
    cells = {name: _cells(sheet, name) for name in sheet.columns if name}
    texts = {name: sheet.head.texts.get(name, name) for name in cells}
    rated = [name for name, given in cells.items() if _is_rated(given, texts[name])]
    tapped = {name for name in rated if _is_tapped(name, cells[name])}
    topics = _by_topic({name: texts[name] for name in rated})
    columns = {
        "id": _named(sheet.columns, _IDS),
        "date": _named(sheet.columns, _DATES),
        "language": _named(sheet.columns, _LANGUAGES),
        "office": _named(sheet.columns, _OFFICES),
        "trust": topics.pop("trust", ""),
        "satisfaction": topics.pop("satisfaction", ""),
        "comment": _wordiest(cells, rated),
    }
    filled = {what: name for what, name in columns.items() if name}
    order = _order(cells.get(filled.get("date", ""), []))
    are_taps = bool(topics) and set(topics.values()) <= tapped
    scaled = {**filled, **({} if are_taps else topics)}
    is_thumbs = "trust" in filled and set(cells[filled["trust"]]) == {"0", "1"}
    notes = (*_of_dates(filled, order), *_of_scales(cells, scaled, is_thumbs=is_thumbs))
    return Guess(form, filled, topics, texts, order, notes, is_thumbs, are_taps)


def _form(columns: Sequence[str]) -> Form:
    names = {name.casefold() for name in columns}
    if names >= set(v2.HEADER):
        return "v2"
    if names >= set(v1.DETAIL):
        return "v1"
    if {"collection_quarter", "q1_1", "q2_1"} <= names:
        return "wide"
    return "touchpoints" if {"created at", "location code"} <= names else "csv"


def _cells(sheet: Sheet, column: str) -> list[str]:
    return [line[column] for line in islice(sheet.lines(), LOOKED_AT) if line[column]]


def _share(given: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, given)) / len(given) if given else 0.0


def _is_rated(given: Sequence[str], text: str) -> bool:
    asks = any(words.search(text) for words in _TOPICS.values())
    alike = bool(given) and len(set(given)) <= min(_LABELS, len(given) // 2)
    return _share(given, _is_point) >= _MOSTLY or (asks and alike)


def _is_tapped(name: str, given: Sequence[str]) -> bool:
    """Whether a column is of one driver that was tapped or not."""
    try:
        return all(tap(name, cell) in (True, False) for cell in given)
    except RowRefused:
        return False


def _is_point(cell: str) -> bool:
    return bool(_POINT.fullmatch(cell) or _AGREES.fullmatch(cell))


def _by_topic(rated: Mapping[str, str]) -> dict[str, str]:
    """The column of each topic; `rated` are the texts of those that hold points."""
    result: dict[str, str] = {}
    for name, text in rated.items():
        topic = next((topic for topic, words in _TOPICS.items() if words.search(text)), "")
        if topic:
            result.setdefault(topic, name)
    return result


def _named(columns: Sequence[str], usual: Sequence[str]) -> str:
    there = {name.casefold(): name for name in columns}
    return next((there[name] for name in usual if name in there), "")


def _wordiest(cells: Mapping[str, list[str]], rated: Sequence[str]) -> str:
    words = {
        name: sum(cell.count(" ") for cell in given) / len(given)
        for name, given in cells.items()
        if given and name not in rated and name.casefold() not in _DATES
    }
    best = max(words, key=lambda name: words[name], default="")
    return best if best and words[best] >= 2 else ""


def _order(cells: Sequence[str]) -> DateOrder | None:
    """The order of a column of dates; None where it can be either."""
    pairs = [match for cell in cells if (match := _NUMBERS.match(cell))]
    if not pairs:
        return "year-month-day"
    if any(int(match[1]) > 12 for match in pairs):
        return "day/month/year"
    return "month/day/year" if any(int(match[2]) > 12 for match in pairs) else None


def _of_dates(columns: Mapping[str, str], order: DateOrder | None) -> list[str]:
    if "date" not in columns:
        return ["No column looks like the day of an answer. Name it: [columns] date"]
    if order is None:
        return [
            f"The dates in '{columns['date']}' can be read in two ways. Ask whoever made the file, "
            'and write dates = "month/day/year" or "day/month/year".'
        ]
    return []


def _of_scales(
    cells: Mapping[str, list[str]], columns: Mapping[str, str], *, is_thumbs: bool
) -> list[str]:
    notes = [] if "trust" in columns else ["No column looks like trust, and every answer needs it."]
    for what, name in columns.items():
        numbers = {int(match[1]) for cell in cells[name] if (match := _POINT.fullmatch(cell))}
        if what not in _TOPICS or not numbers:
            continue
        if max(numbers) > 5:
            notes.append(
                f"'{name}' has numbers from {min(numbers)} to {max(numbers)}: not five points. "
                f'Say what each means under [values."{name}"].'
            )
        elif max(numbers) < 5 and not (is_thumbs and what == "trust") and len(cells[name]) >= 30:
            notes.append(f"'{name}' never has a 5: is it a scale of five points?")
    if is_thumbs:
        notes.append(f"'{columns['trust']}' has only 0 and 1: taken for a thumb down and up.")
    if any(what in _TOPICS for what in columns if not (is_thumbs and what == "trust")):
        notes.append("The file does not tell whether 5 is the best. If 1 is, say so in [values].")
    return notes
