"""Retention: delete what is due, day by day, as the rules of the catalog say."""

from collections import Counter

from cxserver import db
from cxserver.audit.journal import Journal
from cxserver.backups import erasures
from cxserver.catalog import fingerprints
from cxserver.jobs.errand import Errand
from cxserver.records import disposal
from cxserver.records.disposal import Officer
from cxserver.records.rules import Kind

WHO = "nightly retention"


def dispose_due(errand: Errand) -> str:
    """Delete what is due and under no hold; what was done. Raises ServerError."""
    with db.read(errand.engine) as connection:
        roots = fingerprints.read(connection, errand.settings.root_key_path)
    officer = Officer(WHO, Journal(roots))
    done = disposal.dispose(errand.engine, errand.directory, officer, errand.now, errand.go_on)
    if done:
        erasures.note(errand.engine, errand.settings.backups)
    totals: Counter[str] = Counter()
    for item in done:
        kind = item.rule.kind
        totals["lines of the audit log" if kind is Kind.AUDIT else kind] += item.n
    return ", ".join(f"{n:,} {what} deleted" for what, n in totals.items()) or "nothing due"
