"""Keep answers: each once, with its counts, in one transaction. The heart of the promise.

A link answers once. The same answers again get the same receipt; other answers change nothing.
An error *at* COMMIT leaves the outcome unknown: only the client's retry can resolve it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from cxserver import db, tables
from cxserver.disclosure import batches
from cxserver.errors import AnswerUnstorable, ClearanceSpent, StoreUnavailable
from cxserver.intake import counts, ledger, sequel
from cxserver.intake.entry import Entry, Tally, UseKey
from cxserver.response_id import ResponseId

# Two writers met on the same rows; PostgreSQL asks to try again.
_TRY_AGAIN = {"40001", "40P01"}
_TRIES = 5
_IN_LEDGER = "SELECT 1 FROM use_keys WHERE service = ? AND bucket = ? AND key_hash = ?"
# One after the other they close batches of a service, draw its cut tables, exclude its answers and
# change their flags: what each has read is then still so when it writes.
COUNTS_LOCK = "counts"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer: stored now, stored before as the same, or different from it.

    `row` names the response (service, day, id) that was stored now. It never leaves the server.
    `reply` tells whether its office can reply under the code that the answer came with.
    """

    kind: Literal["stored", "same", "different"]
    receipt: str = ""
    row: ResponseId | None = field(default=None, compare=False)
    reply: bool = field(default=False, compare=False)


# A table of tallies, and one for the choices that have no column there.
Counts = tuple[Table, Table]
COUNTED: Counts = (tables.tallies, tables.choices)
RELEASED: Counts = (tables.released, tables.released_choices)


# Why a flood is excluded, in the words of the page that lists it.
FLOODED = "More answers than people give (flood)"

T = TypeVar("T")
Result = Outcome | StoreUnavailable | AnswerUnstorable | ClearanceSpent


def write(engine: Engine, entries: Sequence[Entry]) -> list[Result]:
    """Store `entries`, in order; a result for each. One that cannot be stored stands alone."""
    first: dict[UseKey, Entry] = {}
    for entry in entries:
        first.setdefault(entry.key, entry)
    results = _write_distinct(engine, list(first.values()))
    return [_answer(entry, first[entry.key], results) for entry in entries]


def probe(engine: Engine) -> None:
    """Commit something small, to learn whether the database can. Raises StoreUnavailable."""
    counter = tables.changes
    run(
        engine,
        lambda connection: connection.execute(
            update(counter)
            .where(counter.c.subject == "directory")
            .values(counter=counter.c.counter)
        ),
    )


def forget(engine: Engine, today: date) -> int:
    """Erase receipts and body hashes of links that have ended, and keys that are old enough.

    The rows are written anew in the order of their hashes, so that neither their place nor the
    transaction that wrote them tells when they came. Returns how many were erased.
    """
    keys = tables.use_keys
    with db.write(engine) as connection:
        connection.execute(delete(keys).where(keys.c.forget < today))
        ended = connection.execute(
            delete(keys)
            .where(keys.c.ends < today, keys.c.body_hash.is_not(None))
            .returning(keys.c.service, keys.c.bucket, keys.c.key_hash, keys.c.forget)
        ).all()
        rows = [
            {**_columns(_key(row)), "ends": row.forget, "forget": row.forget}
            for row in sorted(ended, key=_key)
        ]
        if rows:
            connection.execute(insert(keys), rows)
    return len(rows)


def _answer(entry: Entry, first: Entry, results: Mapping[UseKey, Result]) -> Result:
    result = results[entry.key]
    if entry is first or not isinstance(result, Outcome):
        return result
    # A twin in the same batch: judged against what the first of them left in the database.
    if result.kind == "different":
        return result
    same = entry.body_hash == first.body_hash
    return Outcome("same", result.receipt) if same else Outcome("different")


def _write_distinct(engine: Engine, entries: list[Entry]) -> dict[UseKey, Result]:
    try:
        return dict(run(engine, lambda connection: _insert(connection, entries)))
    except StoreUnavailable as error:
        return {entry.key: error for entry in entries}
    except AnswerUnstorable as error:
        if len(entries) == 1:
            return {entries[0].key: error}
    # One of them is poisoned. Alone, each of the others is as good as before.
    results: dict[UseKey, Result] = {}
    for entry in entries:
        results |= _write_distinct(engine, [entry])
    return results


def run(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction, again when PostgreSQL asks for it.

    Raises StoreUnavailable, or AnswerUnstorable when the database refuses what was given.
    """
    for _ in range(_TRIES):
        try:
            return _transact(engine, work)
        except DBAPIError as error:
            refusal = error
        if getattr(refusal.orig, "sqlstate", None) not in _TRY_AGAIN:
            break
    raise StoreUnavailable(f"the database refused: {type(refusal.orig).__name__}") from refusal


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database does not answer") from error
    with connection:
        transaction = connection.begin()
        try:
            result = work(connection)
        except Exception as error:
            with suppress(SQLAlchemyError):
                transaction.rollback()
            if isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError):
                raise  # the database's own fault: a lock, a lost line, a table that is not there
            raise AnswerUnstorable(f"{type(error).__name__}") from error
        try:
            transaction.commit()
        except SQLAlchemyError as error:
            connection.invalidate()
            raise StoreUnavailable("whether it was saved is not known") from error
        return result


def _insert(connection: Connection, entries: list[Entry]) -> dict[UseKey, Result]:
    claimed = _claim(connection, entries)
    fresh = [entry for entry in entries if entry.key in claimed]
    outcomes: dict[UseKey, Result] = {}
    outcomes |= _judge(connection, [entry for entry in entries if entry.key not in claimed])
    # What is excluded from the start takes no answer from the approval.
    beyond = ledger.use(connection, [entry for entry in fresh if not entry.exclusion])
    if beyond:
        _release(connection, beyond)
        outcomes |= {key: ClearanceSpent("no approved answer is left") for key in beyond}
    stored = [entry for entry in fresh if entry.key not in beyond]
    if stored:
        _open_exclusions(connection, stored)
        connection.execute(insert(tables.responses), _responses(connection, stored))
        count(connection, Counter(tally for entry in stored for tally in entry.tallies))
    codes = sequel.keep(connection, stored)
    return outcomes | {
        entry.key: Outcome("stored", entry.receipt, entry.row, entry.reply in codes)
        for entry in stored
    }


def _open_exclusions(connection: Connection, stored: Sequence[Entry]) -> None:
    """The actions under which a flood is stored: one for each service and day."""
    rows = {
        (entry.row.service, entry.exclusion): entry.arrived for entry in stored if entry.exclusion
    }
    if not rows:
        return
    # What was restored in the morning is a flood again in the evening.
    add = db.upsert(connection, tables.exclusions).on_conflict_do_update(
        index_elements=list(tables.exclusions.primary_key.columns),
        set_={"restored_by": None, "restored_at": None},
    )
    values = [
        {"service": service, "id": id, "reason": FLOODED, "who": "server", "at": arrived}
        for (service, id), arrived in sorted(rows.items())
    ]
    connection.execute(add, values)


def _responses(connection: Connection, stored: Sequence[Entry]) -> list[dict[str, Any]]:
    """The rows, none of them on a day that its office has closed: a batch that is out never grows,
    so what is stored late, or by a slow clock, counts on the day after.
    """
    rows = [dict(entry.response) for entry in stored]
    closed = closed_through(connection, {(row["service"], row["office"]) for row in rows})
    for row in rows:
        if row["excluded"]:
            continue
        through = closed.get((row["service"], row["office"]))
        row["counted_day"] = batches.counted_day(row["counted_day"], through)
    return rows


def closed_through(connection: Connection, units: Iterable[tuple[str, str]]) -> dict[Any, date]:
    """The last day that each service closed at an office."""
    columns = tables.batches.c
    # Spelled out with OR: a list of pairs would make SQLite read all batches there are.
    each = [and_(columns.service == service, columns.office == office) for service, office in units]
    if not each:
        return {}
    query = (
        select(columns.service, columns.office, func.max(columns.through))
        .where(columns.source == "live", or_(*each))
        .group_by(columns.service, columns.office)
    )
    return {(service, office): through for service, office, through in connection.execute(query)}


def _claim(connection: Connection, entries: list[Entry]) -> set[UseKey]:
    rows = [
        {
            **_columns(entry.key),
            "body_hash": entry.body_hash,
            "receipt": entry.receipt,
            "ends": entry.ends,
            "forget": entry.forget,
        }
        # Sorted: two writers that take the same locks in the same order cannot block each other.
        for entry in sorted(entries, key=lambda entry: entry.key)
    ]
    claimed = connection.execute(_claiming(connection.dialect.name), rows)
    return {_key(row) for row in claimed}


def _release(connection: Connection, keys: Iterable[UseKey]) -> None:
    # They were not used: should more be approved, their links are as good as before.
    table = tables.use_keys
    connection.execute(delete(table).where(_among(sorted(keys))))


def _judge(connection: Connection, entries: list[Entry]) -> dict[UseKey, Outcome]:
    if not entries:
        return {}
    keys = tables.use_keys
    rows = {
        _key(row): row
        for row in connection.execute(select(keys).where(_among([entry.key for entry in entries])))
    }
    return {entry.key: _compare(entry, rows[entry.key]) for entry in entries}


def _among(keys: Iterable[UseKey]) -> ColumnElement[bool]:
    columns = tables.use_keys.c
    return tuple_(columns.service, columns.bucket, columns.key_hash).in_(keys)


def _key(row: Any) -> UseKey:
    return UseKey(row.service, row.bucket, bytes(row.key_hash))


def _columns(key: UseKey) -> dict[str, Any]:
    return {"service": key.service, "bucket": key.bucket, "key_hash": key.hash}


def _compare(entry: Entry, row: Any) -> Outcome:
    if row.body_hash is not None and bytes(row.body_hash) == entry.body_hash:
        return Outcome("same", row.receipt)
    return Outcome("different")


def count(connection: Connection, added: Mapping[Tally, int], into: Counts = COUNTED) -> None:
    """Add to the tallies, or to what is released of them, on every level."""
    rows = counts.rows(added)
    for table, some in zip(into, (rows.tallies, rows.choices), strict=True):
        if some:
            counted = frozenset(some[0]) - set(table.primary_key.columns.keys())
            connection.execute(_adding(connection.dialect.name, table, counted), some)


def drop_empty(
    connection: Connection, added: Mapping[Tally, int], where_counted: Counts = COUNTED
) -> None:
    """Delete what has come down to nothing: an office would be listed without answers."""
    tallies, choices = where_counted
    for level, service, day in counts.rows(added).days:
        for table, empty in ((tallies, tallies.c.answers == 0), (choices, choices.c.n == 0)):
            columns = table.c
            where = (columns.level == level, columns.service == service, columns.day == day)
            connection.execute(delete(table).where(*where, empty))


@cache
def _adding(dialect: str, table: Table, counted: frozenset[str]) -> Executable:
    # Building these statements costs more than sending them: once for each kind of database.
    add = db.upsert_into(dialect, table)
    adding: Executable = add.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: table.c[name] + add.excluded[name] for name in sorted(counted)},
    )
    return adding


@cache
def _claiming(dialect: str) -> Executable:
    keys = tables.use_keys
    insert_new = db.upsert_into(dialect, keys).on_conflict_do_nothing()
    claiming: Executable = insert_new.returning(keys.c.service, keys.c.bucket, keys.c.key_hash)
    return claiming


def answered(engine: Engine, key: UseKey) -> bool:
    """Whether this use-once key has been used."""
    query = select(func.count()).select_from(tables.use_keys).where(_among([key]))
    with db.read(engine) as connection:
        return connection.execute(query).scalar_one() > 0


def is_in_ledger(ledger: Any, key: UseKey) -> bool:
    """The same, asked of `db.open_ledger`. Fetching all ends the snapshot."""
    rows = ledger.execute(_IN_LEDGER, (key.service, key.bucket.isoformat(), key.hash))
    return bool(rows.fetchall())
