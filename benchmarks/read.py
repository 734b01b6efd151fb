"""What pages ask of the tallies, at the size of ten million answers: 250 offices, a year of days.

An answer more makes a number larger and no row more, so rows are made for every office, day,
channel and language, with counts of about eleven people each. To fill it takes some minutes, with
`--quick` (a tenth) a few seconds.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from measuring import rounds
from sqlalchemy import Engine, insert

from cxserver import db, tables
from cxserver.findings import engine
from cxserver.intake import store
from cxserver.periods import Span
from cxserver.results import changes, slices, tally_query
from cxserver.results.scopes import Scope
from cxserver.settings import Settings

END = date(2026, 11, 1)
CHANNELS = ("email", "poster", "site", "sms", "web")
DRIVERS = ("effectiveness", "ease", "efficiency", "transparency", "humanity", "employee")
MEASURES = {"response", "trust", *(f"driver:{code}" for code in DRIVERS)}
TURNS = 5
_SERVICE = {
    "slug": "permits",
    "definition": {},
    "clearance": "umbrella",
    "survey": 1,
    "closed": False,
}
SPANS = {
    "a month": Span(date(2026, 10, 1), END),
    "28 days": Span(date(2026, 10, 3), date(2026, 10, 31)),
    "three months": Span(date(2026, 8, 1), END),
    "a ragged quarter": Span(date(2026, 8, 5), date(2026, 10, 28)),
    "a year": Span(date(2025, 11, 1), END),
}
QUESTIONS: dict[str, tuple[tuple[str, ...], set[str] | None]] = {
    "by office": (("office",), None),
    "by channel": (("channel",), None),
    "by week": (("week",), None),
    "changes by month": (("month", *changes.NEEDS), None),
    "fix first": (engine.NEEDS, MEASURES),
}


def main() -> None:
    quick = rounds.quick(__doc__)
    with tempfile.TemporaryDirectory(prefix="cx-bench-") as folder:
        engine = db.open_engine(
            Settings(data_dir=Path(folder), database_url="", root_key_file=None)
        )
        db.migrate(engine)
        answers = _fill(engine, offices=25 if quick else 250)
        print(f"{answers:,} answers{'':12}{'median ms':>12}")
        for name, span in SPANS.items():
            for question, (by, only) in QUESTIONS.items():
                took = _took(partial(_ask, engine, Scope(span=span), by, only))
                print(f"{name + ', ' + question:40}{took * 1000:10.0f}")
        engine.dispose()


def _ask(
    engine: Engine, scope: Scope, by: Sequence[str], only: set[str] | None
) -> list[slices.Slice]:
    with db.read(engine) as connection:
        return tally_query.read(connection, scope, by, only)


def _took(read: Callable[[], object]) -> float:
    turns = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        read()
        turns.append(time.perf_counter() - begun)
    return median(turns)


def _fill(engine: Engine, offices: int) -> int:
    chance = random.Random(280)
    made = [_counts(chance) for _ in range(200)]
    with db.write(engine) as connection:
        # A question without a service is put to those that exist.
        connection.execute(insert(tables.services).values(_SERVICE))
    answers = 0
    for ahead in range(365):
        day = END - timedelta(days=365 - ahead)
        cells = list(_cells(chance, made, day, offices))
        added = {(*cell, *measure): n for cell, told in cells for measure, n in told}
        with db.write(engine) as connection:
            store.count(connection, added)
        answers += sum(n for tally, n in added.items() if tally[-2] == "response")
    return answers


def _cells(
    chance: random.Random, made: list[Any], day: date, offices: int
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for office in range(offices):
        for channel in CHANNELS:
            for language in ("en", "es"):
                cell = ("permits", day, f"office-{office:03}", channel, language, 1, False)
                yield cell, chance.choice(made)


def _counts(chance: random.Random) -> list[tuple[tuple[str, str], int]]:
    n = chance.randint(3, 19)
    found = [(("response", "all"), n)]
    for measure in ("trust", "satisfaction"):
        cuts = sorted(chance.randint(0, n) for _ in range(4))
        points = [b - a for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
        found += [((measure, str(at)), one) for at, one in enumerate(points, 1)]
    for code in DRIVERS:
        found += [
            ((f"driver:{code}", side), chance.randint(0, n // 3))
            for side in ("positive", "negative")
        ]
    return found


if __name__ == "__main__":
    main()
