"""A file of people becomes a mail-merge file: every row as it came, and a link behind it.

The rows are passed through as they were written, quotes and line ends included; what is put
behind them is all that changes.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Protocol, TextIO

from cxsdk import CxError, Link
from cxserver.errors import ServerError

# What we read of a row. All other columns are the agency's own.
READ = ("service", "office", "ref", "done_at", "language", "channel")
ADDED = ("link", "expires_at", "error")
TOLD = 20

Mint = Callable[[dict[str, str]], Link]


class Progress(Protocol):
    """Told how many characters were worked off since the last time."""

    def __call__(self, characters: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` counts from the first below the names, `line` is where it begins.

    `raw` is the row as it was written and `end` the end of its line; `cells` holds the columns
    that we read, and only those which the file has. A `blank` row is nobody's: it gets no link.
    """

    number: int
    line: int
    raw: str
    end: str
    cells: dict[str, str]
    blank: bool


@dataclass(slots=True)
class Outcome:
    """What became of the rows. `faults` holds the first of those that failed, in words."""

    minted: int = 0
    failed: int = 0
    shared: int = 0
    faults: list[str] = field(default_factory=list)


class People:
    """A CSV file in UTF-8 whose first line names its columns. Raises ServerError with a cure."""

    def __init__(self, path: Path):
        self._name = path.name
        text = self._decode(path.read_bytes())
        self.mark = "\ufeff" if text.startswith("\ufeff") else ""
        self.length = len(text)
        self._lines = _Lines(text.removeprefix("\ufeff"))
        self._reader = csv.reader(self._lines, strict=True)
        names = self._next() or []
        self.head, self.end = _parted(self._lines.take())
        self._width = len(names)
        self._columns = self._check_names([name.strip().lower() for name in names])

    def rows(self) -> Iterator[Row]:
        """Every row, once."""
        number = 0
        while True:
            line = self._lines.count + 1
            cells = self._next()
            if cells is None:
                return
            if len(cells) > self._width:
                raise self._refused(
                    line,
                    f"this row has {len(cells)} cells, but the first line names {self._width}. "
                    'Put quotes (") around a cell that holds a comma.',
                )
            blank = not any(cell.strip() for cell in cells)
            number += not blank
            yield self._row(number, line, cells, blank)

    def _row(self, number: int, line: int, cells: list[str], blank: bool) -> Row:
        raw, end = _parted(self._lines.take())
        # A short row is filled up, or the link would stand in another column.
        raw += "," * (self._width - len(cells)) if raw else ""
        filled = [*cells, *[""] * (self._width - len(cells))]
        ours = {name: filled[at].strip() for name, at in self._columns.items()}
        return Row(number, line, raw, end, ours, blank)

    def _next(self) -> list[str] | None:
        begins = self._lines.count + 1
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise self._refused(
                begins,
                f'this row cannot be read ({error}). Put quotes (") around a cell that holds a '
                "quote, comma or line break. Write a quote inside it twice.",
            ) from None

    def _decode(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise self._refused(
                line, "this is not UTF-8. Save the file as “CSV UTF-8” and try again."
            ) from None

    def _check_names(self, names: list[str]) -> dict[str, int]:
        if not any(names):
            raise self._refused(
                1, "the first line must name the columns, such as email,ref,done_at."
            )
        if len(names) == 1 and {";", "\t"} & set(names[0]):
            raise self._refused(1, "separate the columns with commas. Save the file as plain CSV.")
        for name in (*READ, *ADDED):
            if names.count(name) > (name in READ):
                raise self._refused(1, f"{self._too_many(name)} Rename or remove it.")
        return {name: names.index(name) for name in READ if name in names}

    def _too_many(self, name: str) -> str:
        if name in READ:
            return f"there are two columns '{name}'."
        return f"there is already a column '{name}', and we add one with that name."

    def _refused(self, line: int, says: str) -> ServerError:
        return ServerError(f"{self._name}, line {line}: {says}")


def write(people: People, mint: Mint, file: TextIO, progress: Progress) -> Outcome:
    """Write every row of `people` with its link, or with the reason why it has none."""
    outcome = Outcome()
    seen: set[tuple[str, ...]] = set()
    file.write(people.mark + people.head + "," + ",".join(ADDED) + people.end)
    for row in people.rows():
        progress(len(row.raw) + len(row.end))
        added = ("", "", "") if row.blank else _added(row, mint, outcome, seen)
        behind = "," + ",".join(_quoted(cell) for cell in added) if row.raw else ""
        file.write(row.raw + behind + row.end)
    return outcome


def _added(row: Row, mint: Mint, outcome: Outcome, seen: set[tuple[str, ...]]) -> Sequence[str]:
    try:
        link = mint(row.cells)
    except (CxError, ServerError, ValueError) as error:
        outcome.failed += 1
        if outcome.failed <= TOLD:
            outcome.faults.append(f"row {row.number} (line {row.line}): {error}")
        return "", "", str(error)
    outcome.minted += 1
    if ref := row.cells.get("ref"):
        interaction = (link.service, link.office, ref)
        outcome.shared += interaction in seen
        seen.add(interaction)
    return link, link.expires_at.astimezone(UTC).isoformat(), ""


class _Lines:
    """The lines of a text; `take` gives those that were read since it was last called."""

    def __init__(self, text: str):
        self._lines = io.StringIO(text, newline="")
        self._taken: list[str] = []
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        self.count += 1
        return line

    def take(self) -> str:
        taken = "".join(self._taken)
        self._taken.clear()
        return taken


def _parted(raw: str) -> tuple[str, str]:
    """A record, and the end of its line."""
    bare = raw.rstrip("\r\n")
    return bare, raw[len(bare) :]


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\r\n') else cell
