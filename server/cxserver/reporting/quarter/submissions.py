"""The log of what was sent to OMB: draft, checked, signed off, submitted, published.

Records are only ever added. A correction begins again with a draft and its reason. Each record
holds the digest of the files it speaks of, so that nobody signs one thing and sends another.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from cxserver import tables
from cxserver.errors import ServerError
from cxserver.periods import Period
from cxserver.reporting.quarter.fits import Format

STATES = ("draft", "checked", "signed-off", "submitted", "published")
_LOCK = 282


@dataclass(frozen=True, slots=True)
class Submission:
    """One record. `n` is its place in the log."""

    n: int
    quarter: str
    form: str
    state: str
    who: str
    at: datetime
    note: str
    digest: str


def read(
    connection: Connection, quarter: Period | None = None, form: Format | None = None
) -> list[Submission]:
    """The records, oldest first."""
    held = tables.submissions.c
    query = select(tables.submissions).order_by(held.n)
    if quarter is not None:
        query = query.where(held.quarter == quarter.name)
    if form is not None:
        query = query.where(held.format == form)
    return [Submission(*row) for row in connection.execute(query)]


def add(
    connection: Connection,
    quarter: Period,
    form: Format,
    state: str,
    who: str,
    digest: str,
    now: datetime,
    note: str = "",
    official: str = "",
) -> Submission:
    """Add a record. Raises ServerError when it cannot follow the last one, or when somebody signs
    who is not the `official` that the catalogue names.
    """
    _wait_for_our_turn(connection)
    if not who.strip():
        raise ServerError("Say who it is (--who).")
    if state == "signed-off" and official and who.strip().casefold() != official.casefold():
        raise ServerError(
            f"The catalogue names {official} as the official who signs ([agency] filing). "
            "Give that name, or put another into the catalogue first."
        )
    before = read(connection, quarter, form)
    last = before[-1] if before else None
    if last is not None and state == "published":
        # It tells what OMB did with what it has. Our own data may have moved on since.
        digest = last.digest
    refusal = _refusal(last, state, digest, note)
    if refusal:
        raise ServerError(refusal)
    every = read(connection)
    made = Submission(
        len(every) + 1, quarter.name, form, state, who.strip(), now, note.strip(), digest
    )
    connection.execute(
        tables.submissions.insert().values(
            n=made.n,
            quarter=made.quarter,
            format=made.form,
            state=made.state,
            who=made.who,
            at=made.at,
            note=made.note,
            digest=made.digest,
        )
    )
    return made


def _refusal(last: Submission | None, state: str, digest: str, note: str) -> str:
    """Why `state` cannot come now; empty when it can."""
    if state not in STATES:
        return f"'{state}' is not one of {', '.join(STATES)}."
    if state == "draft":
        if last and not note.strip():
            return "This quarter has records already. A correction needs its reason (--note)."
        return ""
    wanted = STATES[STATES.index(state) - 1]
    if last is None or last.state not in (wanted, *(("checked",) if state == "checked" else ())):
        now = f"is {last.state}" if last else "has no record yet"
        return f"'{state}' comes after '{wanted}', and this quarter {now}."
    if state != "checked" and last.digest != digest:
        return (
            f"The files are not those that were {last.state}: something changed since. "
            "Begin again with a draft, and say why (--note)."
        )
    return ""


def _wait_for_our_turn(connection: Connection) -> None:
    # Two records must not take the same place. On SQLite whoever writes is alone already.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
