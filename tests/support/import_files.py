"""The past of another system for the tests: rows, files and maps, and how they are taken in."""

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cxserver import db, tables
from cxserver.imports import shape, taking
from cxserver.imports.summary import Summary
from cxserver.quarter.formats import wide
from cxserver.results import grouped
from cxserver.results.scopes import Scope
from tests.support import readings
from tests.support.house import NOW, House

DRIVERS = ("effectiveness", "ease", "efficiency", "transparency", "employee")
HEAD = ("Id", "When", "Where", "Happy", "Trust", *DRIVERS, "Said")
MAP: dict[str, Any] = {
    "service": "permits",
    "channel": "email",
    "language": "en",
    "survey": {"instrument": "a11-2018"},
    "wording": {
        "en": {
            "trust": "This interaction increased my confidence in permits.",
            "satisfaction": "I am satisfied with the service.",
            "comment": "Anything else?",
        }
    },
    "columns": {
        "id": "Id",
        "date": "When",
        "office": "Where",
        "satisfaction": "Happy",
        "trust": "Trust",
        "comment": "Said",
    },
    "drivers": {code: code for code in DRIVERS},
    "offices": {"Code R": "riverside", "Code L": "lakeside"},
}
WIDE = {
    "office": "riverside",
    "services": {"Permit renewal": "permits"},
    "survey": {"instrument": "a11-2018"},
}


def row(id: str, **cells: str) -> list[str]:
    """A row that can be taken, but for what `cells` say."""
    usual = {"Id": id, "When": "2023-07-31", "Where": "Code R", "Happy": "4", "Trust": "5"}
    filled = usual | dict.fromkeys(DRIVERS, "3") | {"Said": ""} | cells
    return [filled[name] for name in HEAD]


def sheet(rows: list[list[str]], head: tuple[str, ...] = HEAD) -> bytes:
    """A file of these rows."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode()


def wide_sheet(**cells: str) -> bytes:
    """A row of OMB's wide file."""
    usual = {
        "collection_year": "2021",
        "collection_quarter": "2",
        "service_name": "Permit renewal",
        "channel": "email",
        "volume_of_respondents": "1,250",
        "q1_text": "I am satisfied.",
        "q2_text": "I trust it.",
        **dict(
            zip((f"q1_{n}" for n in range(1, 6)), ("0", "10", "40", "200", "1,000"), strict=True)
        ),
        **dict(
            zip((f"q2_{n}" for n in range(1, 6)), ("2%", "8%", "10%", "30%", "50%"), strict=True)
        ),
    }
    return sheet([[(usual | cells).get(name, "") for name in wide.HEADER]], head=wide.HEADER)


def batch(
    folder: Path,
    body: bytes,
    form: shape.Form = "csv",
    mapping: dict[str, Any] | None = None,
    name: str = "past.csv",
) -> taking.Batch:
    """A file with this in it, and its map."""
    file = folder / name
    file.write_bytes(body)
    return taking.batch(file, form, shape.parse(mapping or MAP, "map.toml"))


def dry_run(house: House, upload: taking.Batch, now: datetime = NOW) -> Summary:
    """What an import would bring."""
    return taking.look(db.source(house.engine), upload, now, lambda n: None)


def run_import(
    house: House, upload: taking.Batch, *, also: bool = False, now: datetime = NOW
) -> Summary:
    """Import it as the command does."""
    summary = dry_run(house, upload, now)
    assert not summary.rejected, [str(row) for row in summary.rejected]
    with db.write(house.engine) as connection:
        taking.take(connection, upload, summary, now, lambda n: None, also=also)
    return summary


def rejected(house: House, folder: Path, rows: list[list[str]], **mapping: Any) -> list[str]:
    """Why rows cannot be taken."""
    summary = dry_run(house, batch(folder, sheet(rows), mapping=MAP | mapping))
    return [str(row) for row in summary.rejected]


def snapshot(house: House) -> dict[str, list[str]]:
    """All that an import could touch."""
    names = ("responses", "tallies", "choices", "surveys", "imports", "services", "burden")
    more = ("use_keys", "alerts", "replies", "cases", "case_notes", "handovers", "comment_reviews")
    released = ("batches", "batch_changes", "released", "released_choices", "cut_tables")
    with db.read(house.engine) as connection:
        return {
            name: sorted(map(str, connection.execute(select(tables.metadata.tables[name]))))
            for name in (*names, *more, *released, "volumes", "reflections")
        }


def results_by(house: House, group: str, **wanted: Any) -> dict[str, grouped.Row]:
    """The results by a group, each under its name."""
    return {row.name: row for row in readings.rows(house.engine, group, Scope(**wanted))}


def toml(mapping: dict[str, Any]) -> str:
    """A map as TOML."""
    lines = [f"{name} = {_value(value)}" for name, value in mapping.items()]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)
