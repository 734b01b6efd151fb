"""The promise as a check, and what a scenario measured: acknowledged ⊆ stored ⊆ attempted, once."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import delete, select, text

from cxserver import db, tables
from cxserver.intake import recount
from tests.faults.crowd import Crowd
from tests.support.house import House

CHECKOUT = Path(__file__).parents[2]
# From here `scripts/trust` takes what it writes into docs/operate/trust.md.
MEASURED = CHECKOUT / "build" / "trust"


@dataclass(frozen=True)
class Result:
    """One scenario on one database. `stored` is the number before anybody tried again, `unsaved`
    what only that brought in; `control` says what happened with the protection off.
    """

    fault: str
    engine: str
    seed: int
    attempted: int
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    unsaved: int
    control: str = ""

    def save(self) -> None:
        """Keep it for the page, with the commit it was measured on."""
        MEASURED.mkdir(parents=True, exist_ok=True)
        line = asdict(self) | {"commit": _commit()}
        file = MEASURED / f"{self.fault}-{self.engine}.json"
        file.write_text(json.dumps(line, indent=1), encoding="utf-8")


def noted(result: Result, note: str) -> Result:
    """The same with something more beside its control."""
    return replace(result, control="; ".join(filter(None, (note, result.control))))


def seed() -> int:
    """Chance begins here. CX_TEST_SEED repeats a run."""
    return int(os.environ.get("CX_TEST_SEED") or int.from_bytes(os.urandom(3), "big"))


def stored(crowd: Crowd) -> Counter[str]:
    """The words that are stored, and how often each is; not those of others."""
    with db.read(crowd.house.engine) as connection:
        words = Counter(connection.execute(select(tables.responses.c.comment)).scalars())
    return Counter({word: n for word, n in words.items() if word not in crowd.foreign})


def missing(crowd: Crowd) -> int:
    """Of what was acknowledged, how many answers are not there."""
    return len(crowd.acknowledged - set(stored(crowd)))


def total(results: Sequence[Result]) -> Result:
    """Several rounds of one scenario as one."""
    names = ("attempted", "acknowledged", "stored", "lost", "doubled", "unsaved")
    sums = {name: sum(getattr(result, name) for result in results) for name in names}
    return replace(results[0], **sums)


def conclude(fault: str, crowd: Crowd, control: str = "") -> Result:
    """Check the promise now, and again after everybody has tried again.

    Raises AssertionError where it is broken.
    """
    before = stored(crowd)
    acknowledged = len(crowd.acknowledged)
    lost = len(crowd.acknowledged - set(before))
    assert set(before) <= set(crowd.attempted), "an answer is there that nobody gave"
    statuses = crowd.retry()
    after = stored(crowd)
    unsaved = len(crowd.attempted) - len(before)
    result = Result(
        fault=fault,
        engine=crowd.house.engine.dialect.name,
        seed=crowd.seed,
        attempted=len(crowd.attempted),
        acknowledged=acknowledged,
        stored=before.total(),
        lost=lost,
        doubled=max(before.total() - len(before), after.total() - len(after)),
        unsaved=unsaved,
        control=control,
    )
    assert (result.lost, result.doubled) == (0, 0), result
    assert set(after) == set(crowd.attempted)
    assert statuses == Counter({200: len(before)}) + Counter({201: unsaved})
    check_whole(crowd.house)
    return result


def check_whole(house: House) -> None:
    """The database is in one piece, and its counts agree with its rows."""
    if house.engine.dialect.name == "sqlite":
        with db.read(house.engine) as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
    assert recount.differences(db.source(house.engine)) == []


def doubled_without_keys(crowd: Crowd) -> int:
    """The control of "once": forget the use-once keys, send all again, and count the doubles."""
    with db.write(crowd.house.engine) as connection:
        connection.execute(delete(tables.use_keys))
    crowd.retry()
    after = stored(crowd)
    return after.total() - len(after)


def _commit() -> str:
    command = ["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
