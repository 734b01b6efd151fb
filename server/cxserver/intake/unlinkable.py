"""Look for any road from a used link to the response it produced, in the database as it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, inspect, select, text

from cxserver import db, tables
from cxserver.catalog import directory

# What names a response is as near to it as a column of its own.
_BESIDE = ("alerts", "alert_letters", "replies")


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim about the database, and whether it holds."""

    claim: str
    holds: bool


def findings(source: db.Source, now: datetime) -> list[Finding]:
    """Every claim, checked now."""
    with source() as connection:
        return [
            *_schema(connection),
            *_rows(connection, now),
            *(_transactions(connection) if connection.dialect.name == "postgresql" else ()),
        ]


def _schema(connection: Connection) -> Iterator[Finding]:
    look = inspect(connection)
    used = {column["name"] for column in look.get_columns("use_keys")}
    response_columns, beside = (
        {column["name"] for table in some for column in look.get_columns(table)}
        for some in (("responses",), _BESIDE)
    )
    # Thousands share a service; no other column is in both.
    yield Finding(
        "Responses and use-once keys have no column in common but the service.",
        used & response_columns <= {"service"},
    )
    yield Finding(
        "Nor have alerts, their mails and replies, which name their response.",
        used & beside <= {"service"},
    )
    every = ("use_keys", "responses", *_BESIDE)
    keys = [key for table in every for key in look.get_foreign_keys(table)]
    yield Finding("No foreign key leads from one to the other.", not keys)
    forbidden = {"token", "link", "nonce", "ip", "user_agent", "ref", "receipt", "key_hash"}
    none = not (response_columns | beside) & forbidden
    yield Finding("A response has no column for a token, address or device.", none)
    if connection.dialect.name == "sqlite":
        made = connection.execute(
            text(
                "SELECT sql FROM sqlite_master "
                "WHERE name IN ('responses', 'use_keys', 'alerts', 'alert_letters', 'replies')"
            )
        ).scalars()
        ordered = all("WITHOUT ROWID" in sql for sql in made)
        yield Finding("None of these tables remembers the order of arrival (no rowid).", ordered)


def _rows(connection: Connection, now: datetime) -> Iterator[Finding]:
    # The ends of links are noted in UTC, those of codes in days of the agency.
    today, agency_today = now.astimezone(UTC).date(), directory.today(connection, now)
    keys = tables.use_keys.c
    ended = select(keys.key_hash).where(keys.ends < today, keys.body_hash.is_not(None)).limit(1)
    yield Finding(
        "Receipts and hashes of links that have ended are erased.",
        connection.execute(ended).first() is None,
    )
    old = select(keys.key_hash).where(keys.forget < today).limit(1)
    yield Finding("Keys older than 30 days are gone.", connection.execute(old).first() is None)
    late = select(tables.replies.c.day).where(tables.replies.c.until < agency_today).limit(1)
    yield Finding(
        f"Codes and replies older than {tables.REPLY_DAYS} days are gone.",
        connection.execute(late).first() is None,
    )
    yield Finding(
        "Of the mails on an alert that was acknowledged, no time is kept but the hour.",
        not _exact_letters(connection),
    )
    hours = select(tables.responses.c.answered_hour).distinct()
    exact = [at for at in connection.execute(hours).scalars() if at.minute or at.second]
    yield Finding("No response knows more of its time than the hour.", not exact)


def _exact_letters(connection: Connection) -> bool:
    alerts, letters = tables.alerts.c, tables.alert_letters.c
    names = ("service", "day", "response", "alert")
    same = and_(*(alerts[name] == letters[name] for name in names))
    rows = connection.execute(
        select(letters.tried, letters.at)
        .select_from(tables.alert_letters.join(tables.alerts, same))
        .where(alerts.acknowledged.is_not(None))
    )
    return any(at.minute or at.second for row in rows for at in row if at)


def _transactions(connection: Connection) -> Iterator[Finding]:
    # PostgreSQL keeps on every row the transaction that wrote it. Erasing writes the key anew, so
    # that after the link's end the two no longer share one.
    shared = [
        connection.execute(
            text(
                f"SELECT 1 FROM use_keys k JOIN {table} r ON r.xmin = k.xmin "  # noqa: S608  # ours
                "WHERE k.body_hash IS NULL LIMIT 1"
            )
        ).first()
        for table in ("responses", *_BESIDE)
    ]
    none = not any(shared)
    yield Finding("Of ended links, no transaction number is shared with a response.", none)
