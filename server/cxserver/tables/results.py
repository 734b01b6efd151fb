"""What the staff write on the charts."""

from sqlalchemy import Column, Date, String, Table

from cxserver.tables.columns import SLUG, Moment, metadata, version

chart_notes = Table(
    "chart_notes",
    metadata,
    # Read by day, for all that a chart covers.
    Column("id", String(32), primary_key=True, comment="random"),
    Column("day", Date, nullable=False, index=True, comment="the day it happened"),
    Column("service", SLUG, nullable=True, comment="what it is about; empty: all services"),
    Column("office", SLUG, nullable=True, comment="with those below it; empty: all offices"),
    Column("text", String(120), nullable=False, comment="what happened, in words of the staff"),
    Column("member", String(32), nullable=False, comment="who wrote it"),
    Column("who", String(254), nullable=False, comment="the email address of who wrote it"),
    Column("at", Moment, nullable=False, comment="when it was written or last changed"),
    version(),
)
