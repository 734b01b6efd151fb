"""Exports as files: CSV, CSV for Excel, JSON lines, Excel's own, Parquet. Same data, same bytes.

All are written row by row, whatever their number; a file has its name only when it is complete.
"""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TextIO

from cxserver import db
from cxserver.export import cells, files, responses
from cxserver.export.responses import COLUMNS, PAGE, Filter

# One row on its way into a file.
Put = Callable[[dict[str, Any]], None]
# A writer gets the file, and a folder for what it must lay aside.
Writer = Callable[[BinaryIO, Path], AbstractContextManager[Put]]

TEXT = ("csv", "excel", "jsonl")
KINDS = (*TEXT, "xlsx", "parquet")
# Excel takes a file without it for one of its own country's encoding.
BYTE_ORDER_MARK = "\ufeff"

# The first columns hold names out of the catalog, days and numbers; the others lists and words.
_OURS = COLUMNS.index("satisfaction") + 1


class Progress(Protocol):
    """Told how many rows were written since the last time."""

    def __call__(self, rows: int) -> None: ...


def save(source: db.Source, wanted: Filter, kind: str, path: Path, progress: Progress) -> int:
    """Write the responses to a file of any of KINDS; returns how many."""
    begin = _writer(kind)
    with files.whole(path) as file, files.aside(path) as aside, begin(file, aside) as put:
        return _fill(put, responses.rows(source, wanted), progress)


def write(source: db.Source, wanted: Filter, kind: str, file: TextIO, progress: Progress) -> int:
    """Write the responses to `file` in one of the kinds that are TEXT; returns how many."""
    return _fill(_lines(kind, file), responses.rows(source, wanted), progress)


def _writer(kind: str) -> Writer:
    # The two libraries are large, and other commands must not wait for them.
    if kind == "xlsx":
        from cxserver.export import xlsx

        return xlsx.writer
    if kind == "parquet":
        from cxserver.export import parquet

        return parquet.writer

    @contextmanager
    def text(file: BinaryIO, aside: Path) -> Iterator[Put]:
        with files.as_text(file) as lines:
            yield _lines(kind, lines)

    return text


def _fill(put: Put, rows: Iterator[dict[str, Any]], progress: Progress) -> int:
    count = 0
    for row in rows:
        put(row)
        count += 1
        if count % PAGE == 0:
            progress(PAGE)
    progress(count % PAGE)
    return count


def _lines(kind: str, file: TextIO) -> Put:
    if kind == "jsonl":
        return _jsonl(file)
    if kind == "excel":
        file.write(BYTE_ORDER_MARK)
    return _csv(file)


def _jsonl(file: TextIO) -> Put:
    def put(row: dict[str, Any]) -> None:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")

    return put


def _csv(file: TextIO) -> Put:
    # RFC 4180, which is also what Excel wants: CR LF ends a line.
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    # Most of the time goes into looking at cells: only where somebody's words may be is it due.
    ours, theirs = itemgetter(*COLUMNS[:_OURS]), COLUMNS[_OURS:]

    def put(row: dict[str, Any]) -> None:
        writer.writerow((*ours(row), *(cells.guarded(row[name]) for name in theirs)))

    return put
