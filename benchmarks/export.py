"""`cx export` of 200,000 responses in every format, against csv.writer over a raw SQLite cursor.

Each runs in a process of its own: its peak memory and its processor time are its own.
"""

import csv
import multiprocessing
import os
import secrets
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from measuring import installation, rounds
from pysqlite3 import dbapi2
from sqlalchemy import insert, select

from cxserver import db, tables
from cxserver.export import formats, responses
from cxserver.export.responses import Filter
from cxserver.settings import Settings

ROWS = 200_000
BATCH = 10_000
INVENTED = 2_000
ROUNDS = 3


def ours(kind: str, settings: Settings, file: Path) -> int:
    """As `cx export --format KIND`."""
    engine = db.open_engine(settings)
    return formats.save(db.source(engine), Filter(), kind, file, lambda rows: None)


def raw_csv(settings: Settings, file: Path) -> int:
    """Every column as it is stored: no formula made safe, no list unfolded, one read to the end."""
    columns = ", ".join(column.name for column in tables.responses.columns)
    connection = dbapi2.connect(settings.database.removeprefix("sqlite:///"))
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = connection.execute(f"SELECT {columns} FROM responses ORDER BY service, day, id")
        writer, count = csv.writer(out), 0
        while page := rows.fetchmany(responses.PAGE):
            writer.writerows(page)
            count += len(page)
    return count


def main() -> None:
    quick = rounds.quick(__doc__)
    rows = 20_000 if quick else ROWS
    ways: dict[str, Callable[[Settings, Path], int]] = {
        "csv.writer over a raw cursor": raw_csv,
        **{f"cx export --format {kind}": partial(ours, kind) for kind in formats.KINDS},
    }
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with installation.fresh(INVENTED) as place:
        _fill(place.settings, rows)
        for _ in range(ROUNDS):
            for name, way in ways.items():
                figures[name].append(_alone(way, place.settings, rows))
    _tell(figures, rows)


def _fill(settings: Settings, rows: int) -> None:
    """Repeat the invented answers under new random ids until there are so many."""
    engine = db.open_engine(settings)
    with db.read(engine) as connection:
        invented = [row._asdict() for row in connection.execute(select(tables.responses))]
    wanted = (dict(row, id=secrets.token_hex(16)) for row in cycle(invented))
    left = rows - len(invented)
    while left > 0:
        with db.write(engine) as connection:
            connection.execute(insert(tables.responses), list(islice(wanted, min(BATCH, left))))
        left -= BATCH
    engine.dispose()


def _alone(
    way: Callable[[Settings, Path], int], settings: Settings, rows: int
) -> tuple[float, float]:
    """Seconds of processor time and MB of memory that one export took."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_measure, args=(way, settings, there))
    process.start()
    there.close()
    count, seconds, memory = here.recv()
    process.join()
    if count != rows:
        raise SystemExit(f"{way} wrote {count:,} rows of {rows:,}.")
    return seconds, memory


def _measure(way: Callable[[Settings, Path], int], settings: Settings, told: Connection) -> None:
    file = settings.data_dir / "export.out"
    begun = time.process_time()
    count = way(settings, file)
    seconds = time.process_time() - begun
    told.send((count, seconds, _peak()))


def _peak() -> float:
    # Not getrusage: that of a child begins with its parent's peak.
    status = Path(f"/proc/{os.getpid()}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def _tell(figures: dict[str, list[tuple[float, float]]], rows: int) -> None:
    for name, turns in figures.items():
        rate = median(rows / seconds for seconds, _ in turns)
        memory = max(memory for _, memory in turns)
        print(f"{name:34}{rate:10,.0f} rows per s of processor time, peak {memory:.0f} MB")
    floor, *others = figures
    for name in others:
        pairs = zip(figures[floor], figures[name], strict=True)
        rounds.ratio(f"{name} / {floor}", (least[0] / took[0] for least, took in pairs))


if __name__ == "__main__":
    main()
