"""What the server does of itself, and whom it has told: written by the jobs."""

from sqlalchemy import Column, Date, Integer, String, Table

from cxserver.tables.columns import Moment, metadata

trusted_time = Table(
    "trusted_time",
    metadata,
    # One row: without it one wrong clock could delete what keeps a link from being answered twice.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False, comment="the newest minute that is proven"),
    Column(
        "doubted_since", Moment, nullable=True, comment="what the clock showed as the doubt began"
    ),
)

jobs = Table(
    "jobs",
    metadata,
    # Whoever holds a lease does that job; nobody else does until it ends.
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False, default="", comment="which process does it"),
    Column("until", Moment, nullable=True, comment="when its lease ends"),
    Column("ran", Moment, nullable=True, comment="when it was last done"),
    Column("result", String(200), nullable=False, default="", comment="what came of it"),
)

digests = Table(
    "digests",
    metadata,
    Column("member", String(32), primary_key=True, comment="of the staff"),
    Column("every", String(8), nullable=False, comment="day, week, month or never"),
    Column("through", Date, nullable=True, comment="the last day told of"),
    Column("refused", Date, nullable=True, comment="the day the mail server refused it for good"),
)

reminders = Table(
    "reminders",
    metadata,
    # What is due to OMB, and approvals that end: who was reminded of it, and when.
    Column("about", String(80), primary_key=True, comment="what it reminds of"),
    Column("stage", String(8), primary_key=True, comment="days before, over, or percent used"),
    Column("member", String(32), primary_key=True, comment="of the staff"),
    Column("sent", Date, nullable=True, comment="the day it was mailed"),
    Column("refused", Date, nullable=True, comment="the day the mail server refused it for good"),
)
