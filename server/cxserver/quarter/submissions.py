"""The log of what was sent to OMB: draft, checked, signed off, submitted, published.

Records are only ever added. A correction begins again with a draft and its reason. Each record
holds the digest of the files it speaks of, so that nobody signs one thing and sends another.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from cxserver import db, tables
from cxserver.errors import ServerError
from cxserver.periods import Period
from cxserver.quarter.formats.fits import Format

STATES = ("draft", "checked", "signed-off", "submitted", "published")
# They speak of the files of the record before, and of no others.
_SAME_FILES = frozenset({"signed-off", "submitted", "published"})


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
    columns = tables.submissions.c
    query = select(tables.submissions).order_by(columns.n)
    if quarter is not None:
        query = query.where(columns.quarter == quarter.name)
    if form is not None:
        query = query.where(columns.format == form)
    return [Submission(*row) for row in connection.execute(query)]


def last(connection: Connection, quarter: Period, form: Format) -> Submission | None:
    """The newest record of a quarter in a format."""
    result = read(connection, quarter, form)
    return result[-1] if result else None


def check(
    before: Submission | None, state: str, who: str, note: str = "", official: str = ""
) -> None:
    """Raise ServerError when `state` cannot follow the record `before`, or when somebody signs who
    is not the `official` that the catalog names.
    """
    if not who.strip():
        raise ServerError("Say who it is (--who).")
    if state == "signed-off" and official and who.strip().casefold() != official.casefold():
        raise ServerError(
            f"The catalog names {official} as the official who signs ([agency.filing] official). "
            "Give that name, or put another into the catalog first."
        )
    refusal = _refusal(before, state, note)
    if refusal:
        raise ServerError(refusal)


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
    """Add a record. Raises ServerError as `check` does, and when the files are not those that the
    record before speaks of.
    """
    # Two records must not take the same place.
    db.lock(connection, "submissions")
    before = last(connection, quarter, form)
    check(before, state, who, note, official)
    if before is not None and state == "published":
        # It tells what OMB did with what it has. Our own data may have moved on since.
        digest = before.digest
    if before is not None and state in _SAME_FILES and before.digest != digest:
        raise ServerError(
            f"The files are not those that were {before.state}: something changed since. "
            "Begin again with a draft, and say why (--note)."
        )
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


def _refusal(before: Submission | None, state: str, note: str) -> str:
    """Why `state` cannot come now; empty when it can."""
    if state not in STATES:
        return f"'{state}' is not one of {', '.join(STATES)}."
    if state == "draft":
        if before and not note.strip():
            return "This quarter has records already. A correction needs its reason (--note)."
        return ""
    wanted = STATES[STATES.index(state) - 1]
    allowed = {wanted, "checked"} if state == "checked" else {wanted}
    if before is None or before.state not in allowed:
        now = f"is {before.state}" if before else "has no record yet"
        return f"'{state}' comes after '{wanted}', and this quarter {now}."
    return ""
