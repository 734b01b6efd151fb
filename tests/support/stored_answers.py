"""What became of answers that the database took."""

from collections.abc import Sequence

from sqlalchemy import Engine

from cxserver.intake import store
from cxserver.intake.entry import Entry
from cxserver.intake.store import Outcome


def store_all(engine: Engine, entries: Sequence[Entry]) -> list[Outcome]:
    """Write these answers in one batch; an error for any of them is a failure."""
    results = store.write(engine, entries)
    outcomes = [result for result in results if isinstance(result, Outcome)]
    assert len(outcomes) == len(results), results
    return outcomes
