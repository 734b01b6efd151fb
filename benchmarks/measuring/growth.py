"""A large installation, grown day by day: a year of counts, batches, and released counts.

An answer more makes a number larger and no row more. A day is one transaction, and the last day
that is there says where to go on: killed at any moment and begun again, it comes out the same.
"""

import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Table,
    bindparam,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects import sqlite

from cxserver import db, demo, tables
from cxserver.catalog import apply, check, directory, rootkey
from cxserver.disclosure import batches
from cxserver.disclosure.batches import Batch
from cxserver.errors import CatalogRefused
from cxserver.instrument.levels import Level
from cxserver.intake import cut_tables
from cxserver.intake.cut_tables import LIVE
from cxserver.settings import Settings
from measuring import crowds, letters
from measuring.crowds import Cell, Size

SERVICE = "permits"
# Above every office, by way of the regions.
NATION = "nation"
REGIONS = ("north", "east", "south", "west", "mountain", "coast")
# In the afternoon of the day after the last: all that can be released is released.
NOW = datetime(2026, 11, 2, 20, tzinfo=UTC)
_ZONE = "America/New_York"
# What the folder is to become. A folder without it is somebody else's.
_PLAN = "growth.json"
_KEY = ("level", "service", "day", "office", "channel", "language", "survey", "flagged")

Row = dict[str, Any]
# Told how far it is: a day that has been written, and how many answers there are by then.
Teller = Callable[[date, int], None]


@dataclass(frozen=True, slots=True)
class _Closed:
    """A batch of an office, and the cells that it releases."""

    office: str
    batch: Batch
    cells: Sequence[Cell]


@dataclass
class _Waiting:
    """The cells of each office that no batch holds yet."""

    _of: dict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))

    def close(self, day: date, cells: Iterable[Cell]) -> list[_Closed]:
        """Take in the cells of a day, and close what they complete."""
        arrived = dict.fromkeys(cell.office for cell in cells)
        for cell in cells:
            self._of[cell.office].append(cell)
        return [one for office in arrived for one in self._close(office, day)]

    def _close(self, office: str, day: date) -> Iterator[_Closed]:
        arrivals: Counter[date] = Counter()
        for cell in self._of[office]:
            arrivals[cell.day] += cell.n
        # The product's own rule. It was asked after every day before, so one batch at most is due.
        for batch in batches.close(arrivals, day):
            yield _Closed(office, batch, self._of.pop(office))


def settings_of(folder: Path) -> Settings:
    """Those of the installation in a folder. It does no jobs: nothing runs beside the pages."""
    return Settings(
        data_dir=folder,
        database_url="",
        root_key_file=None,
        base_url="http://127.0.0.1",
        oidc_issuer="",
        scheduler=False,
    )


def grow(folder: Path, size: Size, told: Teller = lambda day, answers: None) -> Settings:
    """Make the installation in `folder`, or go on where it stopped. Gives its settings."""
    settings = settings_of(folder)
    _claim(folder, size)
    rootkey.make(settings.root_key_path)
    with _opened(settings) as engine:
        db.migrate(engine)
        _apply(engine, size)
        _fill(engine, size, told)
        _draw(engine)
        db.fold_journal(engine)
    return settings


def _claim(folder: Path, size: Size) -> None:
    plan, wanted = folder / _PLAN, json.dumps(asdict(size))
    if plan.exists():
        found = plan.read_text(encoding="utf-8")
        if found != wanted:
            raise SystemExit(f"{folder} is to become {found}, not {wanted}: name another folder.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    if any(one for one in folder.iterdir() if one.name != f"{_PLAN}.new"):
        raise SystemExit(f"{folder} holds something else already: name another folder.")
    # Under its name it is there as a whole or not at all.
    fresh = folder / f"{_PLAN}.new"
    fresh.write_text(wanted, encoding="utf-8")
    fresh.rename(plan)


@contextmanager
def _opened(settings: Settings) -> Iterator[Engine]:
    engine = db.open_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def _apply(engine: Engine, size: Size) -> None:
    report = check.tables(_catalogue(size), "growth", crowds.START)
    if report.catalog is None:
        raise CatalogRefused(report.faults)
    with db.write(engine) as connection:
        apply.apply(connection, report.catalog, crowds.START)


def _catalogue(size: Size) -> dict[str, Any]:
    """The demonstration's, with one service, and the offices in a tree."""
    file = Path(demo.__file__).parent / "catalog.toml"
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    service = written["service"][SERVICE]
    service["office"] = [
        _office(NATION, serves=False),
        *(_office(region, NATION, serves=False) for region in REGIONS),
        *(
            _office(slug, REGIONS[at % len(REGIONS)])
            for at, slug in enumerate(crowds.slugs(size.offices))
        ),
    ]
    return written | {"service": {SERVICE: service}}


def _office(slug: str, parent: str = "", *, serves: bool = True) -> Row:
    name = slug.replace("-", " ").title()
    under = {"parent": parent} if parent else {}
    return {"slug": slug, "name": name, "timezone": _ZONE, "serves": serves, **under}


def _fill(engine: Engine, size: Size, told: Teller) -> None:
    waiting, answers, last = _Waiting(), 0, _last_day(engine)
    for day, cells in crowds.days(size):
        # What is there already is gone through, too: who waits for a batch follows from it.
        closed = waiting.close(day, cells)
        answers += sum(cell.n for cell in cells)
        if last is None or day > last:
            with db.write(engine) as connection:
                _write(connection, day, cells, closed)
                if day >= size.kept_from:
                    letters.keep(connection, SERVICE, day, cells)
            told(day, answers)


def _draw(engine: Engine) -> None:
    """The cut tables of the months that are over, as the hourly job draws them."""
    with db.read(engine) as connection:
        known = directory.load(connection)
    cut_tables.draw_due(engine, known, datetime.combine(crowds.END, time(12), UTC))


def _last_day(engine: Engine) -> date | None:
    held = tables.tallies.c
    query = select(func.max(held.day)).where(held.level == Level.DAY, held.service == SERVICE)
    with db.read(engine) as connection:
        return connection.execute(query).scalar()


def _write(
    connection: Connection, day: date, cells: Sequence[Cell], closed: Sequence[_Closed]
) -> None:
    _count(connection, tables.tallies, day, [_row(day, cell) for cell in cells])
    if closed:
        connection.execute(insert(tables.batches), [_batch(one) for one in closed])
        rows = [row for one in closed for row in _released(day, one)]
        _count(connection, tables.released, day, rows)


def _row(day: date, cell: Cell) -> Row:
    return {
        "level": Level.OFFICE_DAY.value,
        "service": SERVICE,
        "day": day,
        "office": cell.office,
        "channel": cell.channel,
        "language": cell.language,
        "survey": 1,
        "flagged": False,
        **cell.crowd.counts,
    }


def _batch(one: _Closed) -> Row:
    batch = one.batch
    return {
        "service": SERVICE,
        "office": one.office,
        "source": LIVE,
        "through": batch.through,
        "first": batch.first,
        "n": batch.n,
    }


def _released(day: date, one: _Closed) -> list[Row]:
    """All that the batch holds, under the day that closed it."""
    rows: dict[tuple[str, str], Row] = {}
    for cell in one.cells:
        way = cell.channel, cell.language
        rows[way] = _sum(rows[way], cell.crowd.counts) if way in rows else _row(day, cell)
    return list(rows.values())


def _sum(row: Row, counts: Mapping[str, int]) -> Row:
    return {**row, **{column: row[column] + n for column, n in counts.items()}}


def _count(connection: Connection, table: Table, day: date, rows: Sequence[Row]) -> None:
    """Insert the rows of a day, and add them up on the other levels.

    The product adds answer by answer to rows that may be there. Here the database sums a whole
    day at once, which is several times as fast; a test says that it comes to the same.
    """
    if not rows:
        return
    connection.execute(insert(table), rows)
    connection.execute(_adding(table, Level.DAY), {"from": day, "to": day})
    month = {"from": day, "to": day.replace(day=1)}
    connection.execute(_adding(table, Level.OFFICE_MONTH), month)


@cache
def _adding(table: Table, level: Level) -> Executable:
    """Add the offices' days of the day `from` to the day `to` of another level."""
    # Building these statements takes longer than a small day does: once for each.
    held = table.c
    to = {"level": literal(level.value), "day": bindparam("to", type_=held.day.type)}
    if level is Level.DAY:
        to["office"] = literal("")
    summed = (
        select(
            *(to.get(name, held[name]).label(name) for name in _KEY),
            *(func.sum(held[name]).label(name) for name in crowds.COLUMNS),
        )
        .where(held.service == SERVICE, held.level == Level.OFFICE_DAY)
        .where(held.day == bindparam("from"))
        .group_by(*(held[name] for name in _KEY if name not in to))
    )
    add = sqlite.insert(table).from_select([*_KEY, *crowds.COLUMNS], summed)
    return add.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: held[name] + add.excluded[name] for name in crowds.COLUMNS},
    )
