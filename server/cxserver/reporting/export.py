"""Responses as rows for other programs: streamed, page by page, in an order that tells nothing.

The order is service, day, random id. No read transaction lasts longer than one page, so an export
of millions of rows never holds up the writer.
"""

import csv
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from sqlalchemy import Connection, Engine, Row, Select, func, select, tuple_

from cxserver import db, tables

COLUMNS = (
    "service",
    "office",
    "channel",
    "language",
    "survey",
    "day",
    "answered_hour",
    "delay",
    "trust",
    "satisfaction",
    "drivers_positive",
    "drivers_negative",
    "driver_scores",
    "comment",
    "questions",
    "flags",
)
PAGE = 2000
Format = Literal["csv", "jsonl"]

# A spreadsheet runs a cell that begins like this (also after spaces, also in full width).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Embeddings and overrides end with PDF, isolates with PDI.
_EMBEDDING_ENDS, _ISOLATE_ENDS = "\u202c", "\u2069"
_OPENS = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", _EMBEDDING_ENDS),
    **dict.fromkeys("\u2066\u2067\u2068", _ISOLATE_ENDS),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which responses; None means all. `start` and `end` are included."""

    service: str | None = None
    office: str | None = None
    start: date | None = None
    end: date | None = None


class Progress(Protocol):
    """Told how many rows were written since the last time."""

    def __call__(self, rows: int) -> None: ...


def total(engine: Engine, wanted: Filter) -> int:
    """How many responses an export will hold."""
    with db.read(engine) as connection:
        query = _where(select(func.count()).select_from(tables.responses), wanted)
        return int(connection.execute(query).scalar_one())


def rows(engine: Engine, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Each response as a row with the columns `COLUMNS`."""
    last: Row[Any] | None = None
    while True:
        with db.read(engine) as connection:
            page = _page(connection, wanted, last)
        yield from (_row(found) for found in page)
        if len(page) < PAGE:
            return
        last = page[-1]


def write(engine: Engine, wanted: Filter, kind: Format, file: TextIO, progress: Progress) -> int:
    """Write the responses to `file`; returns how many. Same data, same bytes."""
    put = _csv(file) if kind == "csv" else _jsonl(file)
    count = 0
    for row in rows(engine, wanted):
        put(row)
        count += 1
        if count % PAGE == 0:
            progress(PAGE)
    progress(count % PAGE)
    return count


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file that appears under its name only when it is complete."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _page(connection: Connection, wanted: Filter, last: Row[Any] | None) -> list[Row[Any]]:
    table = tables.responses.c
    query = _where(select(tables.responses), wanted)
    key = (table.service, table.day, table.id)
    if last is not None:
        # As one row value: spelled out with AND and OR, no engine would use the primary key.
        query = query.where(tuple_(*key) > tuple_(last.service, last.day, last.id))
    ordered = query.order_by(*key).limit(PAGE)
    return list(connection.execute(ordered))


def _where(query: Select[Any], wanted: Filter) -> Select[Any]:
    table = tables.responses.c
    if wanted.service is not None:
        query = query.where(table.service == wanted.service)
    if wanted.office is not None:
        query = query.where(table.office == wanted.office)
    if wanted.start is not None:
        query = query.where(table.day >= wanted.start)
    if wanted.end is not None:
        query = query.where(table.day <= wanted.end)
    return query


def _row(found: Row[Any]) -> dict[str, Any]:
    taps = found.drivers if isinstance(found.drivers, list) else []
    positive = found.trust >= 4
    return {
        "service": found.service,
        "office": found.office,
        "channel": found.channel,
        "language": found.language,
        "survey": f"{found.service}/{found.survey}",
        "day": found.day.isoformat(),
        "answered_hour": found.answered_hour.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z"),
        "delay": found.delay,
        "trust": found.trust,
        "satisfaction": found.satisfaction,
        "drivers_positive": taps if positive else [],
        "drivers_negative": [] if positive else taps,
        "driver_scores": found.drivers if isinstance(found.drivers, dict) else {},
        "comment": found.comment,
        "questions": found.questions,
        "flags": found.flags.split(";") if found.flags else [],
    }


def _jsonl(file: TextIO) -> Any:
    def put(row: dict[str, Any]) -> None:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")

    return put


def _csv(file: TextIO) -> Any:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)

    def put(row: dict[str, Any]) -> None:
        writer.writerow([_cell(row[name]) for name in COLUMNS])

    return put


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = ";".join(value)
    elif isinstance(value, dict):
        value = ";".join(f"{name}={found}" for name, found in sorted(value.items()))
    if isinstance(value, str):
        value += _closers(value)
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return "'" + value
    return value


def _closers(text: str) -> str:
    """What ends the directions of writing that `text` leaves open: they would turn what follows."""
    if text.isascii():
        return ""
    open_ones: list[str] = []
    for char in text:
        if char in _OPENS:
            open_ones.append(_OPENS[char])
        elif char == _ISOLATE_ENDS and char in open_ones:
            # It also ends the embeddings within the isolate; their own end reaches no further.
            while open_ones.pop() != char:
                pass
        elif open_ones[-1:] == [char]:
            open_ones.pop()
    return "".join(reversed(open_ones))
