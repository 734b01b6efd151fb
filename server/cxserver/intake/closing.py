"""Close batches and release their counts: what roles without rows may see grows by five answers.

A batch and its counts are written in one transaction, and a batch is written once: two servers
that close the same day leave one. The public path writes nothing of this, and while a batch closes
nobody excludes its answers.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from cxserver import db, tables
from cxserver.catalog.directory import Directory, Service
from cxserver.disclosure import batches
from cxserver.disclosure.batches import Batch
from cxserver.intake import cut_tables, low_scores, members, store
from cxserver.intake.cut_tables import LIVE
from cxserver.intake.entry import Tally
from cxserver.response_id import ResponseId

# A service at an office.
Unit = tuple[str, str]
# Hears, in the transaction that closes a batch, which cases a low score has opened.
Note = Callable[[Connection, Sequence[ResponseId]], None]


@dataclass(frozen=True, slots=True)
class Closed:
    """How many batches were closed just now, and how many answers they hold."""

    batches: int = 0
    answers: int = 0

    def __add__(self, other: "Closed") -> "Closed":
        return Closed(self.batches + other.batches, self.answers + other.answers)


def _unnoted(connection: Connection, opened: Sequence[ResponseId]) -> None:
    pass


def close_due(engine: Engine, known: Directory, now: datetime, note: Note = _unnoted) -> Closed:
    """Close what is due of every unit, each in a transaction of its own. `note` writes down which
    cases that opens: the log is no matter of this room.
    """
    total = Closed()
    for unit, waiting, last in _waiting(engine, known, now):
        finished = _finished(known, unit, now)
        if batches.close(waiting, finished, last):
            close = partial(_close, known=known, unit=unit, finished=finished, now=now, note=note)
            total += store.run(engine, close)
    return total


def release_import(connection: Connection, source: str, added: Mapping[Tally, int]) -> None:
    """Release what an import counted, in its own transaction: a batch for each unit and month."""
    moved: Counter[Tally] = Counter()
    for unit, months in _months(added).items():
        released = batches.import_batches(months)
        _insert(connection, unit, source, dict.fromkeys(released.values()))
        moved.update(_under(unit, released, added))
    store.count(connection, moved, store.RELEASED)
    _draw(connection, source, moved)


def last_closed(connection: Connection, service: str) -> dict[str, date]:
    """The day that closed the last batch of each office."""
    columns = tables.batches.c
    query = (
        select(columns.office, func.max(columns.through))
        .where(columns.service == service, columns.source == LIVE)
        .group_by(columns.office)
    )
    return {office: through for office, through in connection.execute(query)}


def _finished(known: Directory, unit: Unit, now: datetime) -> date:
    return batches.finished_day(now, known.offices[unit[1]].zone)


def _waiting(
    engine: Engine, known: Directory, now: datetime
) -> Iterable[tuple[Unit, dict[date, int], date | None]]:
    """Each unit with answers in no batch: how many by day, and the day that closed the last."""
    for service in known.services.values():
        with db.read(engine) as connection:
            closed = last_closed(connection, service.slug)
            result = [
                ((service.slug, office), waiting, closed.get(office))
                for office in sorted(service.offices)
                if (waiting := arrivals(connection, service, office, closed.get(office)))
            ]
        yield from result


def arrivals(
    connection: Connection, service: Service, office: str, after: date | None = None
) -> dict[date, int]:
    """How many answers arrived at an office on each day after one. What was excluded before it
    was in a batch has not arrived; what was excluded later has.
    """
    columns = tables.responses.c
    query = (
        select(columns.counted_day, func.count())
        .where(columns.service == service.slug, columns.office == office)
        .where(columns.counted_day.is_not(None))
        .where(columns.survey.not_in(sorted(cut_tables.imported(service))))
        .group_by(columns.counted_day)
    )
    if after is not None:
        query = query.where(columns.counted_day > after)
    return {day: n for day, n in connection.execute(query)}


def _close(
    connection: Connection, known: Directory, unit: Unit, finished: date, now: datetime, note: Note
) -> Closed:
    service = known.services[unit[0]]
    db.lock(connection, store.COUNTS_LOCK, service.slug)
    last = store.closed_through(connection, [unit]).get(unit)
    first = last + timedelta(days=1) if last else date.min
    # Days and counts of one reading: what is committed beside it is in neither.
    answers = members.counted_between(connection, service, unit[1], first, finished)
    closed = batches.close(Counter(answer.counted_day for answer in answers), finished, last)
    _insert(connection, unit, LIVE, closed)
    added: Counter[Tally] = Counter()
    for batch in closed:
        inside = [each for each in answers if batch.first <= each.counted_day <= batch.through]
        added.update(members.tallies(service, inside, batch.through))
        at = known.opens_cases_at(unit[0])
        note(connection, low_scores.open_cases(connection, service, at, inside, now))
    store.count(connection, added, store.RELEASED)
    return Closed(len(closed), sum(batch.n for batch in closed))


def _draw(connection: Connection, source: str, moved: Iterable[Tally]) -> None:
    """The cut tables of an import: they stand beside those of the answers that came in here."""
    versions: dict[tuple[str, date], set[int]] = defaultdict(set)
    for service, day, _office, _channel, _language, survey, *_ in moved:
        versions[service, day.replace(day=1)].add(survey)
    for (service, month), some in sorted(versions.items()):
        cut_tables.draw_import(connection, service, month, source, some)


def _insert(connection: Connection, unit: Unit, source: str, closed: Iterable[Batch]) -> None:
    rows: Sequence[dict[str, Any]] = [
        {
            "service": unit[0],
            "office": unit[1],
            "source": source,
            "through": batch.through,
            "first": batch.first,
            "n": batch.n,
        }
        for batch in closed
    ]
    if rows:
        connection.execute(insert(tables.batches), rows)


def _months(added: Mapping[Tally, int]) -> dict[Unit, Counter[date]]:
    result: dict[Unit, Counter[date]] = defaultdict(Counter)
    for (service, day, office, *_, measure, _), n in added.items():
        if measure == "response":
            result[service, office][day.replace(day=1)] += n
    return result


def _under(
    unit: Unit, released: Mapping[date, Batch], added: Mapping[Tally, int]
) -> Counter[Tally]:
    """The unit's counts under the last day of the batch that releases their month."""
    moved: Counter[Tally] = Counter()
    for (service, day, office, *rest), n in added.items():
        batch = released.get(day.replace(day=1))
        if (service, office) == unit and batch is not None:
            tally: Any = (service, batch.through, office, *rest)
            moved[tally] += n
    return moved
