"""What is said of a row that cannot be taken: where it stands, the rule, and the cure."""

from collections.abc import Iterable
from dataclasses import dataclass

from cxserver.errors import ServerError

# Lines that one sentence names. The rest are like them, and `--json` has every one.
MOST_NAMED = 20


class RowRefused(ServerError):
    """A row that cannot be taken, and why. `column` is empty when it is the whole row.

    `line` is given where the fault stands on another line than the one that is being read, and
    `file` where it stands in another file.
    """

    def __init__(self, column: str, rule: str, cure: str, line: int | None = None, file: str = ""):
        super().__init__(rule)
        self.column, self.rule, self.cure, self.line = column, rule, cure, line
        self.file = file


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was left out. It repeats no words of the row: they may be somebody's."""

    file: str
    line: int
    column: str
    rule: str
    cure: str

    def __str__(self) -> str:
        return sentences([self])[0]


def sentences(rejections: Iterable[Rejection]) -> list[str]:
    """Every rejection in words. Rows with the same fault share a sentence, which names the first
    of their lines.
    """
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for rejection in rejections:
        fault = (rejection.file, rejection.column, rejection.rule, rejection.cure)
        alike.setdefault(fault, []).append(str(rejection.line))
    return [_sentence(*fault, lines) for fault, lines in alike.items()]


def _sentence(file: str, column: str, rule: str, cure: str, lines: list[str]) -> str:
    where = f"{file}, line {lines[0]}"
    if len(lines) > 1:
        where = f"{file}, {len(lines):,} rows"
    named = f", column '{column}'" if column else ""
    every = _named(lines) if len(lines) > 1 else ""
    return f"{where}{named}: {rule}. Fix: {cure}.{every}"


def _named(lines: list[str]) -> str:
    more = len(lines) - MOST_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f" Lines {', '.join(lines[:MOST_NAMED])}{rest}."
