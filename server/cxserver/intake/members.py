"""The members of closed batches, and what each batch shows of them.

An answer is in the batch in whose days it was counted, whether it is excluded later or not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from cxserver import tables
from cxserver.catalog.directory import Service
from cxserver.disclosure import changes
from cxserver.disclosure.batches import Batch
from cxserver.disclosure.changes import Effect, Effects
from cxserver.intake import cut_tables, entry
from cxserver.intake.entry import Tally

# An office, and the last day of a batch there.
Key = tuple[str, date]


def counted_between(
    connection: Connection, service: Service, office: str, first: date, last: date
) -> list[Row[Any]]:
    """The answers of an office that count on these days, but for those that were imported."""
    response = tables.responses.c
    query = select(tables.responses).where(
        response.service == service.slug,
        response.office == office,
        response.counted_day.between(first, last),
        response.survey.not_in(sorted(cut_tables.imported(service))),
    )
    return list(connection.execute(query))


def tallies(service: Service, answers: Iterable[Row[Any]], through: date) -> Counter[Tally]:
    """What these answers add to the released counts: all under the last day of their batch."""
    added: Counter[Tally] = Counter()
    for answer in answers:
        flags = answer.flags if answer.released_flags is None else answer.released_flags
        response = answer._asdict() | {"day": through, "flags": flags}
        added.update(entry.tallies(response, service.surveys[answer.survey]))
    return added


def effects(connection: Connection, service: str) -> dict[Key, dict[str, Effect]]:
    """What the actions that are not undone do to the batches of a service."""
    change, action = tables.batch_changes.c, tables.exclusions.c
    query = (
        select(change.office, change.through, change.exclusion, change.effect)
        .where(change.service == service, action.restored_at.is_(None))
        .where(action.service == change.service, action.id == change.exclusion)
    )
    batches: dict[Key, dict[str, Effect]] = defaultdict(dict)
    for office, through, exclusion, effect in connection.execute(query):
        batches[office, through][exclusion] = Effect(effect)
    return batches


def left(
    connection: Connection, service: Service, office: str, batch: Batch, effects: Effects
) -> int:
    """How many answers no action took out of a batch in part."""
    answers = counted_between(connection, service, office, batch.first, batch.through)
    return sum(changes.is_left(effects, answer.excluded) for answer in answers)


def shown(
    connection: Connection, service: Service, office: str, batch: Batch, effects: Effects
) -> Counter[Tally]:
    """What a batch adds to the released counts."""
    answers = counted_between(connection, service, office, batch.first, batch.through)
    visible = [answer for answer in answers if changes.is_shown(effects, answer.excluded)]
    return tallies(service, visible, batch.through)
