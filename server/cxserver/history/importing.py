"""Take a file in: read it through, tell every row that cannot be taken, then write all or nothing.

The file is read twice: what is kept of the first time are counts, so a large file needs little
memory, and the database is not touched before all of it is known to be sound.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.errors import Conflict, ServerError
from cxserver.history import answers, counted, sheet, versions
from cxserver.history.answers import Reader
from cxserver.history.bench import Answer
from cxserver.history.counted import Counted
from cxserver.history.ground import Ground
from cxserver.history.rejected import Refused, Rejection
from cxserver.history.shape import ROWS, Form, Map
from cxserver.history.sheet import Sheet
from cxserver.instrument.survey import Survey
from cxserver.intake import entry, store
from cxserver.intake.entry import Tally

_AT_ONCE = 1000

Progress = Callable[[int], None]
Past = Answer | Counted


@dataclass(frozen=True, slots=True)
class Batch:
    """A file and its map, as they were given."""

    form: Form
    name: str
    map: Map
    sheet: Sheet
    digest: bytes


@dataclass
class Summary:
    """What a file holds: `people` who answered, by survey, and the days; what cannot be taken."""

    rows: int = 0
    people: Counter[Survey] = field(default_factory=Counter)
    begins: dict[Survey, date] = field(default_factory=dict)
    ends: dict[Survey, date] = field(default_factory=dict)
    offices: set[str] = field(default_factory=set)
    hidden: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    named: dict[Survey, Survey] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many people."""
        return self.people.total()

    def add(self, past: Past) -> None:
        """Count a row that can be taken."""
        if isinstance(past, Answer):
            day, office, people = past.response["day"], past.response["office"], 1
            self.hidden += past.hidden
        else:
            day, office, people = past.day, past.office, past.people
        self.rows += 1
        if not people:
            return
        self.people[past.survey] += people
        self.offices.add(office)
        self.begins[past.survey] = min(day, self.begins.get(past.survey, day))
        self.ends[past.survey] = max(day, self.ends.get(past.survey, day))


def batch(path: Path, form: Form, map: Map) -> Batch:
    """The file, read into memory once. Raises ServerError."""
    body = path.read_bytes()
    page = sheet.read(path, body)
    if form == "touchpoints":
        map = answers.with_defaults(map, page)
    # The same rows of another office or quarter are another import.
    place = "|".join((form, map.service, map.office, map.channel, map.language, map.quarter))
    return Batch(form, path.name, map, page, hashlib.sha256(place.encode() + b"\n" + body).digest())


def look(engine: Engine, given: Batch, today: date, progress: Progress) -> Summary:
    """What an import would bring. Raises Conflict when the file was imported before."""
    with db.read(engine) as connection:
        ground = _ground(connection, given, today)
        found = Summary()
        for past in _pasts(ground, given, progress):
            if isinstance(past, Refused):
                found.rejected.append(_rejection(given, past))
            else:
                found.add(past)
        found.named = versions.numbered(connection, found.begins)
    return found


def take(engine: Engine, given: Batch, found: Summary, now: datetime, progress: Progress) -> None:
    """Write what `look` found, in one transaction; rows that it rejected are left out."""
    with db.write(engine) as connection:
        ground = _ground(connection, given, now.date())
        found.named = versions.keep(connection, found.begins)
        tallies: Counter[Tally] = Counter()
        page: list[dict[str, Any]] = []
        for past in _pasts(ground, given, progress):
            if isinstance(past, Answer):
                version = found.named[past.survey]
                page.append({**past.response, "survey": version.n})
                tallies.update(entry.tallies(page[-1], version))
            elif isinstance(past, Counted):
                tallies.update(_tallies(past, found.named))
            if len(page) == _AT_ONCE:
                connection.execute(insert(tables.responses), page)
                page = []
        if page:
            connection.execute(insert(tables.responses), page)
        store.count(connection, tallies)
        connection.execute(insert(tables.imports).values(_record(given, found, now)))
        directory.bump(connection)


def _ground(connection: Connection, given: Batch, today: date) -> Ground:
    held = tables.imports
    before = connection.execute(select(held).where(held.c.digest == given.digest)).first()
    if before is not None:
        raise Conflict(
            f"{given.name} was imported before, on {before.at.date().isoformat()}: "
            f"{before.answers:,} answers. Nothing was done: they would count twice."
        )
    known = directory.load(connection)
    if known.agency is None:
        raise ServerError("There is no catalogue yet: cx catalog apply.")
    return Ground(known, given.map, today)


def _pasts(ground: Ground, given: Batch, progress: Progress) -> Iterator[Past | Refused]:
    if given.form not in ROWS:
        read = counted.v1_lines if given.form == "v1" else counted.wide_lines
        for past in read(ground, given.sheet):
            yield past
            progress(1)
        return
    kind = answers.V2 if given.form == "v2" else answers.Rows
    reader: Reader = kind(ground, given.sheet)
    for line in given.sheet.lines():
        try:
            if line.fault:
                raise line.fault
            yield reader.read(line)
        except Refused as refused:
            refused.line = line.number
            yield refused
        progress(1)


def _rejection(given: Batch, refused: Refused) -> Rejection:
    return Rejection(given.name, refused.line or 1, refused.column, refused.rule, refused.cure)


def _tallies(past: Counted, named: dict[Survey, Survey]) -> dict[Tally, int]:
    if not past.people:
        return {}
    version = named[past.survey]
    where = (version.service, past.day, past.office, past.channel, past.language, version.n, False)
    return {(*where, *counted_as): n for counted_as, n in past.counts.items()}


def _record(given: Batch, found: Summary, now: datetime) -> dict[str, Any]:
    return {
        "digest": given.digest,
        "format": given.form,
        "file": given.name[:200],
        "answers": found.total,
        "rejected": len(found.rejected),
        "at": now,
    }
