"""What the records officer keeps: legal holds, and what retention deleted."""

from sqlalchemy import Column, Date, Integer, String, Table, Text

from cxserver.tables.columns import SLUG, Moment, metadata

legal_holds = Table(
    "legal_holds",
    metadata,
    # While a hold stands, retention deletes nothing that it covers.
    Column("id", String(16), primary_key=True, comment="random"),
    Column("service", SLUG, nullable=True, comment="empty: all services"),
    Column("office", SLUG, nullable=True, comment="with those below it; empty: all offices"),
    Column("first", Date, nullable=True, comment="the first day it covers; empty: from the start"),
    Column("last", Date, nullable=True, comment="the last day it covers; empty: without end"),
    Column("reason", Text, nullable=False, comment="why, in words of the staff"),
    Column("who", String(254), nullable=False, comment="who placed it"),
    Column("at", Moment, nullable=False, comment="when"),
    Column("lifted_by", String(254), nullable=True, comment="who lifted it"),
    Column("lifted_at", Moment, nullable=True, comment="when"),
    Column("lifted_reason", Text, nullable=True, comment="why, in words of the staff"),
)

disposals = Table(
    "disposals",
    metadata,
    # Which days of an office retention deleted. Counts of those days stay, and have no answers.
    Column("service", SLUG, primary_key=True),
    Column("kind", String(8), primary_key=True, comment="answers, comments, cases or replies"),
    Column("office", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="of the responses"),
    Column("disposal", String(16), nullable=False, comment="its id in the audit log"),
    Column("n", Integer, nullable=False, comment="how many"),
    Column(
        "counted_through", Date, nullable=True, comment="of answers: the last of their counted days"
    ),
    Column("at", Moment, nullable=True, comment="when; empty: before this was noted"),
    sqlite_with_rowid=False,
)
