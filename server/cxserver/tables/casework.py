"""What becomes of what people said: written by the staff pages and the alerts."""

from sqlalchemy import Column, Date, Integer, LargeBinary, String, Table, Text

from cxserver.tables.columns import SLUG, Moment, metadata, version

cases = Table(
    "cases",
    metadata,
    # One for each comment that somebody of the staff has opened or acted on (A-11 §280.8).
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="of the response"),
    Column("response", String(32), primary_key=True, comment="its random id"),
    Column("office", SLUG, nullable=False),
    Column("state", String(8), nullable=False, comment="read, open or done"),
    Column("owner", String(32), nullable=True, comment="the member who takes care of it"),
    Column("changed", Moment, nullable=False, comment="when somebody last changed it"),
    Column("closed", Date, nullable=True, comment="the day it was done"),
    Column("said", Text, nullable=False, default="", comment="the point, in the office's words"),
    Column("did", Text, nullable=False, default="", comment="what was done about it"),
    version(),
    sqlite_with_rowid=False,
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="of the response"),
    Column("response", String(32), primary_key=True, comment="its random id"),
    Column("id", String(32), primary_key=True, comment="random"),
    Column("at", Moment, nullable=False, comment="when it was written"),
    Column("who", String(254), nullable=False, comment="the email address of who wrote it"),
    Column("text", Text, nullable=False, comment="for colleagues; the public never sees it"),
)

alerts = Table(
    "alerts",
    metadata,
    # A comment that holds one of the agency's alert phrases. It carries no time of its own.
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="of the response"),
    Column("response", String(32), primary_key=True, comment="its random id"),
    Column("alert", String(32), primary_key=True, comment="which list of phrases"),
    Column("office", SLUG, nullable=False),
    Column("tries", Integer, nullable=False, default=0, comment="how often the mail was tried"),
    Column("sent", Date, nullable=True, comment="the day the team was mailed"),
    sqlite_with_rowid=False,
)

# How long a person can read, under the code, what the office replied.
REPLY_DAYS = 60

replies = Table(
    "replies",
    metadata,
    # The office may answer somebody it cannot know. Only that person has the code.
    Column("service", SLUG, primary_key=True),
    # Whoever reads a reply types the code alone.
    Column("code_hash", LargeBinary(32), primary_key=True, index=True, comment="hash of the code"),
    Column("day", Date, nullable=False, comment="of the response"),
    Column("response", String(32), nullable=False, index=True, comment="its random id"),
    Column("until", Date, nullable=False, comment="the last day it can be read"),
    Column("text", Text, nullable=False, default="", comment="what the office answers"),
    Column("replied", Date, nullable=True, comment="the day it did"),
    version(),
    sqlite_with_rowid=False,
)
