"""A CSV file, line by line: UTF-8, each row with the line of the file that it begins on."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from cxserver.errors import ServerError
from cxserver.imports import heads
from cxserver.imports.heads import Head
from cxserver.imports.rejected import RowRefused

# A comment may be long, and a file that lost a quotation mark is one cell to its end.
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row by the names of its columns. `fault` says why it could not be read."""

    number: int
    cells: Mapping[str, str]
    fault: RowRefused | None = None

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file with its name, its text and the names of its columns."""

    name: str
    text: str
    head: Head

    @property
    def columns(self) -> tuple[str, ...]:
        """Their names, in order."""
        return self.head.columns

    @property
    def size(self) -> int:
        """How many lines there are at most."""
        return self.text.count("\n") + 1

    def lines(self) -> Iterator[Line]:
        """Its rows in order; empty lines are none."""
        reader = _reader(self.text)
        begins = 1
        try:
            for _ in range(self.head.lines):
                next(reader)
            begins = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield self._line(begins, cells)
                begins = reader.line_num + 1
        except csv.Error as error:
            cure = "save the file as CSV again; a quotation mark may be missing"
            yield Line(begins, {}, RowRefused("", f"this is no CSV from here on ({error})", cure))

    def require(self, *names: str) -> None:
        """Raises ServerError when a column is missing."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            there = ", ".join(self.columns)[:300]
            raise ServerError(
                f"{self.name} has no column '{missing[0]}'. Its columns are: {there}. Fix: "
                "name the right one in the map, or save the file as CSV with commas."
            )

    def _line(self, number: int, cells: list[str]) -> Line:
        if len(cells) != len(self.columns):
            rule = f"it has {len(cells)} cells, and there are {len(self.columns)} columns"
            cure = "put text that holds commas or line breaks between quotation marks"
            return Line(number, {}, RowRefused("", rule, cure))
        return Line(number, dict(zip(self.columns, cells, strict=True)))


def read(path: Path, body: bytes) -> Sheet:
    """The file's sheet. Raises ServerError when it is not UTF-8, or has no or double columns."""
    text = _decoded(path.name, body)
    try:
        head = heads.of(list(islice(_reader(text), heads.LINES)))
    except csv.Error:
        # The fault may stand below the head: then it is one of its line.
        head = _first_line(path.name, text)
    columns = head.columns
    if not any(columns):
        raise ServerError(f"{path.name} is empty. Its first line must name the columns.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise ServerError(f"{path.name} has two columns '{twice[0]}'. Rename or remove one.")
    return Sheet(path.name, text, head)


def _first_line(name: str, text: str) -> Head:
    try:
        return heads.of([next(_reader(text), [])])
    except csv.Error as error:
        raise ServerError(f"{name} is not a CSV file: {error}.") from None


def _reader(text: str) -> Any:
    csv.field_size_limit(_LONGEST)
    mark = heads.delimiter(text.partition("\n")[0])
    return csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=mark)


def _decoded(name: str, body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise ServerError(
            f"{name} is not UTF-8: byte {error.start + 1}, in line {line}. Fix: save it as "
            "“CSV UTF-8”; another encoding would turn letters into others."
        ) from None
