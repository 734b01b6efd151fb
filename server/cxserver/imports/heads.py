"""The names of a file's columns, where a survey program writes them over two or three lines. Pure.

- Qualtrics: names, the questions' texts, and ids such as {"ImportId":"QID1"}. The names count.
- SurveyMonkey: questions, and below each what the cell holds ("Response", or one of its options).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_IMPORT_ID = '{"ImportId"'
# What SurveyMonkey writes under a question that has one cell.
_ONE_CELL = frozenset({"", "Response", "Open-Ended Response"})
# How far into a file to look.
LINES = 3


@dataclass(frozen=True, slots=True)
class Head:
    """The names of the columns, how many lines of the file they take, and the questions' texts
    where the names are not those.
    """

    columns: tuple[str, ...]
    lines: int = 1
    texts: Mapping[str, str] = field(default_factory=dict)


def of(first: Sequence[Sequence[str]]) -> Head:
    """The head of a file that begins with these lines."""
    rows = [tuple(name.strip() for name in row) for row in first]
    names = rows[0] if rows else ()
    if len(rows) > 2 and any(cell.startswith(_IMPORT_ID) for cell in rows[2]):
        return Head(names, 3, dict(zip(names, rows[1], strict=False)))
    if len(rows) > 1 and _is_surveymonkey(names, rows[1]):
        return Head(tuple(_joined(names, rows[1])), 2)
    return Head(names)


def _is_surveymonkey(names: Sequence[str], below: Sequence[str]) -> bool:
    if len(names) != len(below) or not names[0] or below[0]:
        return False
    return any(cell in _ONE_CELL for cell in below if cell) or "" in names


def _joined(names: Sequence[str], below: Sequence[str]) -> list[str]:
    result, question = [], ""
    for name, cell in zip(names, below, strict=True):
        question = name or question
        result.append(question if cell in _ONE_CELL else f"{question}: {cell}")
    return result


def delimiter(line: str) -> str:
    """What stands between the cells: a comma, or a semicolon or tab where there is no comma."""
    return next((mark for mark in ";\t" if mark in line and "," not in line), ",")
