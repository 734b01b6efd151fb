"""Findings: remember since when each stands out, for all offices, from closed batches."""

from cxserver import db
from cxserver.disclosure.audience import Audience
from cxserver.findings import do_first, memory
from cxserver.jobs.errand import Errand
from cxserver.results.question import Filters
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope


def remember(errand: Errand) -> str:
    """Note what stands out in the days that the first page begins with; how many are new.

    Each service is a question of its own, as the page of one of its offices asks it.
    """
    seen = new = 0
    for service in sorted(errand.directory.services):
        with db.read(errand.engine) as connection:
            scope = Scope(audience=Audience.RELEASED)
            reader = Reading(connection, errand.directory, scope, errand.now)
            filters = Filters.read({"service": service}, reader)
            first = do_first.read(reader, filters)
        keys = [item.key for item in first.items]
        with db.write(errand.engine) as connection:
            new += memory.note_seen(connection, keys, filters.today)
        seen += len(keys)
    return f"{seen:,} stand out, {new:,} of them new" if seen else "nothing stands out"
