"""Take a file in: read it through, tell every row that cannot be taken, then write all or nothing.

The file is read once. What can be taken waits packed, and the database is not touched before all
of it is known to be sound.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.errors import Conflict, ServerError
from cxserver.imports import answers, counted, filed, overlap, sheet, taken, versions
from cxserver.imports.answers import Reader
from cxserver.imports.counted import Counted
from cxserver.imports.ground import Ground
from cxserver.imports.rejected import Rejection, RowRefused
from cxserver.imports.shape import ROWS, Form, Map
from cxserver.imports.sheet import Sheet
from cxserver.imports.summary import Past, Summary
from cxserver.instrument.survey import Survey
from cxserver.intake import closing, entry, store
from cxserver.intake.entry import Tally

# A line of progress costs more than a line of the file.
_STEP = 500

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """A file and its map, as they were given; of v1 perhaps the header file too."""

    form: Form
    name: str
    map: Map
    sheet: Sheet
    digest: bytes
    header: Sheet | None = None

    @property
    def id(self) -> str:
        """What the import is called."""
        return taken.id_of(self.digest)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that the map leaves out because of what stands in a column."""

    column: str


def batch(path: Path, form: Form, map: Map, header: Path | None = None) -> Batch:
    """The file, read into memory once. Raises ServerError."""
    body = path.read_bytes()
    page = sheet.read(path, body)
    if form == "touchpoints":
        map = answers.with_defaults(map, page)
    if header is not None and form != "v1":
        raise ServerError(f"Only v1 has a header file. {form} has none.")
    # The same rows of another office or quarter are another import.
    place = "|".join((form, map.service, map.office, map.channel, map.language, map.quarter))
    digest = hashlib.sha256(place.encode() + b"\n" + body).digest()
    beside = sheet.read(header, header.read_bytes()) if header is not None else None
    return Batch(form, path.name, map, page, digest, beside)


def look(source: db.Source, given: Batch, now: datetime, progress: Progress) -> Summary:
    """What an import would bring. Raises Conflict when the file was imported before."""
    with source() as connection:
        ground = _ground(connection, given, directory.today(connection, now))
    summary, left_out = Summary(), Counter[str]()
    for past in _pasts(ground, given, progress):
        if isinstance(past, RowRefused):
            summary.rejected.append(_rejection(given, past))
        elif isinstance(past, LeftOut):
            left_out[past.column] += 1
        else:
            summary.add(past)
    summary.notes += [
        f"Left out {n:,} rows because of what stands in '{column}'."
        for column, n in left_out.items()
    ]
    with source() as connection:
        _look_beside(connection, given, summary)
        summary.overlaps = overlap.find(connection, given.form, summary.cells)
        summary.named = versions.numbered(connection, summary.begins, given.id)
    return summary


def take(
    connection: Connection,
    given: Batch,
    summary: Summary,
    now: datetime,
    progress: Progress,
    *,
    also: bool = False,
) -> None:
    """Write what `look` found, in the caller's transaction; rows it rejected are left out.

    Raises Conflict when it overlaps what is there, unless it is `also` to be counted.
    """
    _ground(connection, given, directory.today(connection, now))
    overlaps = [] if also else overlap.find(connection, given.form, summary.cells)
    if overlaps:
        raise Conflict("\n".join(str(clash) for clash in overlaps))
    summary.named = versions.keep(connection, summary.begins, given.id)
    made = [summary.named[pile.survey] for pile in summary.piles]
    tallies: Counter[Tally] = Counter()
    for page in summary.answers.pages():
        rows = [{**row, "survey": made[number].n} for number, row in page]
        connection.execute(insert(tables.responses), rows)
        for row, (number, _) in zip(rows, page, strict=True):
            tallies.update(entry.tallies(row, made[number]))
        progress(len(rows))
    for past in summary.counts:
        tallies.update(_tallies(past, summary.named))
        if past.header is not None:
            where = past.survey.service, past.channel
            filed.keep(connection, past.header, where, given.id, now)
        progress(1)
    store.count(connection, tallies)
    closing.release_import(connection, given.id, tallies)
    connection.execute(insert(tables.imports).values(_record(given, summary, now)))
    directory.bump(connection)


def _look_beside(connection: Connection, given: Batch, summary: Summary) -> None:
    """Whether what the header tells can be kept; if not, it is left out, and told."""
    for at, past in enumerate(summary.counts):
        if past.header is None:
            continue
        fault = filed.fault(connection, past.header, (past.survey.service, past.channel))
        if fault is not None:
            summary.rejected.append(_rejection(given, fault))
            summary.counts[at] = replace(past, header=replace(past.header, volume=None))
        summary.notes += [
            note for note in [filed.note(connection, past.header, past.survey.service)] if note
        ]


def _ground(connection: Connection, given: Batch, today: date) -> Ground:
    table = tables.imports
    before = connection.execute(select(table).where(table.c.digest == given.digest)).first()
    if before is not None:
        raise Conflict(
            f"{given.name} was imported before, on {directory.today(connection, before.at)}: "
            f"{before.answers:,} answers. Nothing was imported, so they don't count twice. To "
            f"import it in another way, undo that first: cx import undo {given.id}"
        )
    known = directory.load(connection)
    if known.agency is None:
        raise ServerError("There is no catalog yet. To add one: cx catalog apply FILE")
    return Ground(known, given.map, today)


def _pasts(
    ground: Ground, given: Batch, progress: Progress
) -> Iterator[Past | LeftOut | RowRefused]:
    if given.form == "v1":
        yield from counted.v1_lines(ground, given.sheet, given.header)
        return
    if given.form not in ROWS:
        yield from counted.wide_lines(ground, given.sheet)
        return
    kind = answers.V2 if given.form == "v2" else answers.Rows
    reader: Reader = kind(ground, given.sheet)
    for at, line in enumerate(given.sheet.lines(), 1):
        if at % _STEP == 0:
            progress(_STEP)
        try:
            if line.fault:
                raise line.fault
            column = reader.leaves_out(line)
            yield LeftOut(column) if column else reader.read(line)
        except RowRefused as refused:
            refused.line = line.number
            yield refused


def _rejection(given: Batch, refused: RowRefused) -> Rejection:
    file = refused.file or given.name
    return Rejection(file, refused.line or 1, refused.column, refused.rule, refused.cure)


def _tallies(past: Counted, named: dict[Survey, Survey]) -> dict[Tally, int]:
    if not past.people:
        return {}
    version = named[past.survey]
    where = (version.service, past.day, past.office, past.channel, past.language, version.n, False)
    return {(*where, *counted_as): n for counted_as, n in past.counts.items()}


def _record(given: Batch, summary: Summary, now: datetime) -> dict[str, Any]:
    return {
        "digest": given.digest,
        "format": given.form,
        "file": given.name[:200],
        "answers": summary.total,
        "rejected": len(summary.rejected),
        "at": now,
    }
