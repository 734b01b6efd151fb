"""Closing batches: yesterday's answers are released once an office has five that wait."""

from cxserver.intake import closing
from cxserver.jobs.errand import Errand


def close_due(errand: Errand) -> str:
    """Close what is due, each unit in a transaction of its own."""
    closed = closing.close_due(errand.engine, errand.directory, errand.now)
    if not closed.batches:
        return "nothing to close"
    return f"{closed.batches:,} closed, {closed.answers:,} answers released"
