"""What is said of a row that cannot be taken: where it stands, the rule, and the cure."""

from dataclasses import dataclass


class Refused(Exception):
    """A row that cannot be taken, and why. `column` is empty when it is the whole row.

    `line` is given where the fault stands on another line than the one that is being read.
    """

    def __init__(self, column: str, rule: str, cure: str, line: int | None = None):
        super().__init__(rule)
        self.column, self.rule, self.cure, self.line = column, rule, cure, line


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was left out. It repeats no words of the row: they may be somebody's."""

    file: str
    line: int
    column: str
    rule: str
    cure: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}"
        column = f", column '{self.column}'" if self.column else ""
        return f"{where}{column}: {self.rule}. Cure: {self.cure}."
