"""What becomes of what people said: written by the staff pages and the alerts."""

from sqlalchemy import (
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from cxserver.tables.columns import SLUG, Moment, metadata, version

cases = Table(
    "cases",
    metadata,
    # One for each comment that somebody of the staff has opened or acted on (A-11 §280.8), or that
    # has a low score. Of the latter, version 1 is one that nobody has opened yet.
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
    Column(
        "opened_for",
        String(12),
        nullable=True,
        comment="trust or satisfaction, where a low score opened it",
    ),
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

handovers = Table(
    "handovers",
    metadata,
    # A letter to the colleague whom a case was assigned to, until a mail server has taken it. What
    # it says is in the case; the case has a new owner before the letter leaves.
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="of the response"),
    Column("response", String(32), primary_key=True, comment="its random id"),
    Column("member", String(32), primary_key=True, comment="who gets the letter"),
    Column("who", String(254), nullable=False, comment="what the one who assigned it is called"),
    Column("at", Moment, nullable=False, comment="when it was assigned"),
    Column("due", Moment, nullable=False, comment="not tried before: whoever tries puts it off"),
    Column("tries", Integer, nullable=False, comment="how often it was tried"),
    sqlite_with_rowid=False,
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
    Column("acknowledged", Moment, nullable=True, comment="when somebody of the staff said so"),
    Column("acknowledged_by", String(254), nullable=True, comment="the email address of who did"),
    # Every staff page asks for these.
    Index(
        "ix_alerts_open",
        *("service", "office"),
        sqlite_where=text("acknowledged IS NULL"),
        postgresql_where=text("acknowledged IS NULL"),
    ),
    sqlite_with_rowid=False,
)

alert_letters = Table(
    "alert_letters",
    metadata,
    # Which team was mailed about an alert, and when: from that the next one's turn is counted.
    # The first letter leaves within a minute of the answer, so these times are cut to the hour, as
    # the response's own, once they are needed no more.
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="of the response"),
    Column("response", String(32), primary_key=True, comment="its random id"),
    Column("alert", String(32), primary_key=True, comment="which list of phrases"),
    Column(
        "step", SmallInteger, primary_key=True, autoincrement=False, comment="0 is the first team"
    ),
    Column("team", String(130), nullable=False, comment="what the catalog called it then"),
    Column(
        "tried",
        Moment,
        nullable=False,
        comment="when the mail was first tried; cut to the hour when it is acknowledged",
    ),
    Column(
        "at",
        Moment,
        nullable=True,
        comment="when a mail server took it; cut to the hour when it is acknowledged",
    ),
    sqlite_with_rowid=False,
)

findings = Table(
    "findings",
    metadata,
    # What stands out at an office, and who is at it. The numbers are worked out anew each time.
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("driver", String(32), primary_key=True, comment="what is named more than elsewhere"),
    Column("first_seen", Date, nullable=False, comment="the day it first stood out"),
    Column("last_seen", Date, nullable=False, comment="the last day it stood out"),
    Column("owner", String(32), nullable=True, comment="the member who works on it"),
    Column("taken", Date, nullable=True, comment="the day that member took it"),
    Column("done", Date, nullable=True, comment="the day somebody said it was done"),
    version(),
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
