"""Closing batches: yesterday's answers are released once an office has five that wait."""

from cxserver.intake import closing, cut_tables
from cxserver.jobs.errand import Errand


def close_due(errand: Errand) -> str:
    """Close what is due, each unit in a transaction of its own; then draw the tables of months
    that are over.
    """
    closed = closing.close_due(errand.engine, errand.directory, errand.now)
    months = cut_tables.draw_due(errand.engine, errand.directory, errand.now)
    done = [f"{closed.batches:,} closed, {closed.answers:,} answers released"]
    if months:
        done.append(f"cut tables of {months:,} months drawn")
    return ", ".join(done) if closed.batches or months else "nothing to close"
