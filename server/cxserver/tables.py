"""Every table. The comments are the text of docs/what-we-store.md."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime on both engines; SQLite would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


SLUG = String(32)

# ---- what exists: written by `cx catalog apply` and `cx key`, read into memory by the server

agencies = Table(
    "agencies",
    metadata,
    Column("slug", SLUG, primary_key=True),
    Column("definition", JSON, nullable=False, comment="name, time zone, contacts, languages"),
)

clearances = Table(
    "clearances",
    metadata,
    Column("slug", SLUG, primary_key=True),
    Column("omb_control_number", String(16), nullable=False),
    Column("expires", Date, nullable=False),
    Column("burden_minutes", Integer, nullable=False),
    Column("approved_responses", Integer, nullable=False),
)

services = Table(
    "services",
    metadata,
    Column("slug", SLUG, primary_key=True),
    Column("definition", JSON, nullable=False, comment="name, owner, channels, embed origins"),
    Column("clearance", SLUG, nullable=False),
    Column("survey", Integer, nullable=False, comment="number of the survey version in use"),
    Column("closed", Boolean, nullable=False, default=False),
    Column("closed_on", Date, nullable=True, comment="the day it was closed (UTC)"),
)

offices = Table(
    "offices",
    metadata,
    Column("slug", SLUG, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("parent", SLUG, nullable=True),
    Column("serves", Boolean, nullable=False, default=True),
    Column("closed", Boolean, nullable=False, default=False),
    Column("closed_on", Date, nullable=True, comment="the day it was closed (UTC)"),
)

service_offices = Table(
    "service_offices",
    metadata,
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("closed", Boolean, nullable=False, default=False),
    Column("closed_on", Date, nullable=True, comment="the day it was closed (UTC)"),
)

surveys = Table(
    "surveys",
    metadata,
    Column("service", SLUG, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(64), nullable=False, comment="SHA-256 of the final text"),
    Column("definition", Text, nullable=False, comment="the final text in every language"),
    Column("first_used", Date, nullable=False),
)

link_keys = Table(
    "link_keys",
    metadata,
    Column("service", SLUG, primary_key=True),
    Column("kid", Integer, primary_key=True, autoincrement=False),
    Column("office", SLUG, nullable=True, comment="set when the key was cut for one office"),
    Column("epoch", Integer, nullable=False, comment="which root key it was derived from"),
    Column("issued", Date, nullable=False),
    CheckConstraint("kid BETWEEN 1 AND 65534", name="kid"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("service", SLUG, primary_key=True),
    Column("kid", Integer, primary_key=True, autoincrement=False),
    Column("office", SLUG, primary_key=True, default="", comment="empty: the whole key"),
    Column("nonce", String(16), primary_key=True, default="", comment="empty: every link"),
    Column("since", Date, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("subject", String(16), primary_key=True),
    Column("counter", Integer, nullable=False, comment="grows whenever the tables above change"),
)

placements = Table(
    "placements",
    metadata,
    # A note for the operator, of what would otherwise be remembered nowhere. It opens nothing.
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("kind", String(8), primary_key=True, comment="kiosk, poster or site"),
    Column("place", String(200), primary_key=True, comment="as it was named; empty: unnamed"),
    Column("expires", Date, primary_key=True, comment="the link's last day"),
    Column("kid", Integer, nullable=True, comment="the key it was minted with"),
    Column("noted", Date, nullable=False),
)

# ---- the devices at the exits: written by the server and by `cx kiosk`

kiosks = Table(
    "kiosks",
    metadata,
    # A device is a machine of the agency. Nothing here tells of a person or of one answer.
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("device", String(16), primary_key=True, comment="the random number in its link"),
    Column("place", String(200), nullable=False, comment="as it was named; empty: unnamed"),
    Column("kid", Integer, nullable=True, comment="the key its link was minted with"),
    Column("expires", Moment, nullable=True, comment="when its link ends"),
    Column("paired", Date, nullable=False, comment="the day it was paired, or first heard of"),
    Column("pin", String(120), nullable=True, comment="slow salted hash of the staff PIN"),
    Column("seen", Moment, nullable=True, comment="its last heartbeat"),
    Column("waiting", Integer, nullable=False, default=0, comment="answers it has yet to send"),
    Column("aside", Integer, nullable=False, default=0, comment="answers that were not taken"),
    Column("offset", Integer, nullable=True, comment="server time minus its clock, in seconds"),
    Column("release", String(16), nullable=False, default="", comment="the page it shows"),
    Column("state", String(12), nullable=False, default="", comment="how it says it is"),
    Column("day", Date, nullable=True, comment="the day that the two counts are of"),
    Column("answers", Integer, nullable=False, default=0, comment="answers taken that day"),
    Column("flagged", Integer, nullable=False, default=0, comment="of them: worth a second look"),
    Column("withdrawn", Date, nullable=True, comment="set when its links were withdrawn"),
)

pairings = Table(
    "pairings",
    metadata,
    # For ten minutes, between `cx kiosk pair` and the typing of its code.
    Column("code_hash", LargeBinary(32), primary_key=True, comment="keyed hash of the code"),
    Column("service", SLUG, nullable=False),
    Column("office", SLUG, nullable=False),
    Column("place", String(200), nullable=False),
    Column("pin", String(120), nullable=False, comment="slow salted hash of the staff PIN"),
    Column("expires", Moment, nullable=False),
)

# ---- the staff: written by `cx staff` and the staff pages

staff_members = Table(
    "staff_members",
    metadata,
    Column("id", String(32), primary_key=True, comment="random"),
    Column("email", String(254), nullable=False, unique=True, comment="who was invited"),
    Column("name", String(200), nullable=False, default="", comment="as the provider tells it"),
    Column("role", String(20), nullable=False, comment="what this person may see and do"),
    Column("office", SLUG, nullable=True, comment="of an office manager"),
    Column("service", SLUG, nullable=True, comment="of a service lead"),
    Column("issuer", String(200), nullable=True, comment="the identity provider"),
    Column("subject", String(255), nullable=True, comment="the provider's name for this person"),
    Column("created", Moment, nullable=False, comment="when first invited"),
    Column("revoked", Moment, nullable=True, comment="when shut out"),
    UniqueConstraint("issuer", "subject"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id_hash", LargeBinary(32), primary_key=True, comment="hash of the cookie's secret"),
    Column("member", String(32), nullable=False, index=True, comment="whose it is"),
    Column("begun", Moment, nullable=False, comment="it ends 12 hours later"),
    Column("seen", Moment, nullable=False, comment="it ends 30 minutes after; to the minute"),
)

staff_invites = Table(
    "staff_invites",
    metadata,
    # For 24 hours, between `cx staff invite` and the first sign-in.
    Column("secret_hash", LargeBinary(32), primary_key=True, comment="hash of the link's secret"),
    Column("member", String(32), nullable=False, index=True, comment="whom it signs in"),
    Column("expires", Moment, nullable=False, comment="24 hours after it was printed"),
)

audit = Table(
    "audit",
    metadata,
    # Triggers of migration 0004 let nobody change or delete a line.
    Column("n", Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap"),
    Column("at", Moment, nullable=False, comment="when it was done"),
    Column("member", String(32), nullable=True, comment="who did it; empty: no member"),
    Column("who", String(254), nullable=False, comment="the e-mail address, or `command line`"),
    Column("what", String(64), nullable=False, comment="what was done"),
    Column("about", String(400), nullable=False, comment="to what; never an answer or a secret"),
    Column("result", String(64), nullable=False, comment="done, or why not"),
    Column("hash", LargeBinary(32), nullable=False, comment="keyed; covers the line before it"),
)

# ---- what people said

# Whether anything was typed. Spelled as in the index below: else no database would use that.
WORDED = "comment <> '' OR CAST(questions AS TEXT) <> '{}'"

responses = Table(
    "responses",
    metadata,
    # The key leads with service and day so that PostgreSQL can partition by either; the random
    # id comes last, and without rowids nothing on SQLite remembers the order of arrival.
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="the office's local date"),
    Column("id", String(32), primary_key=True, comment="random: orders nothing"),
    Column("office", SLUG, nullable=False),
    Column("channel", String(8), nullable=False),
    Column("language", String(8), nullable=False),
    Column("survey", Integer, nullable=False, comment="the survey version that was answered"),
    Column("answered_hour", Moment, nullable=False, comment="cut to the hour"),
    Column("delay", String(8), nullable=False, comment="hours since: 1, 4, 24, 48 or self"),
    Column("satisfaction", SmallInteger, nullable=True, comment="1 to 5; empty: not asked"),
    # What the number means is told by the scale of the survey version.
    Column("trust", SmallInteger, nullable=False, comment="1 to 5; by thumbs 0 (down) or 1 (up)"),
    Column("drivers", JSON, nullable=False, comment="tapped drivers, or the points of each"),
    Column("comment", Text, nullable=False, comment="masked before it was stored"),
    Column("questions", JSON, nullable=False, comment="answers to the agency's own questions"),
    Column("flags", String(64), nullable=False, comment="reasons to look twice, joined by ;"),
    CheckConstraint("trust BETWEEN 0 AND 5", name="trust"),
    CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
    # What people wrote at one office would otherwise be sought among the answers of all.
    Index(
        "ix_responses_worded",
        *("office", "service", "day", "id"),
        sqlite_where=text(WORDED),
        postgresql_where=text(WORDED),
    ),
    sqlite_with_rowid=False,
)

use_keys = Table(
    "use_keys",
    metadata,
    Column("key_hash", LargeBinary(32), primary_key=True, comment="keyed hash; opens nothing"),
    Column("body_hash", LargeBinary(32), nullable=True, comment="erased when the link has ended"),
    Column("receipt", String(32), nullable=True, comment="erased when the link has ended"),
    Column("ends", Date, nullable=False, comment="day after which the two above are erased"),
    Column("forget", Date, nullable=False, comment="day after which the row is deleted"),
    Index("ix_use_keys_ends", "ends"),
    sqlite_with_rowid=False,
)

burden = Table(
    "burden",
    metadata,
    Column("clearance", SLUG, primary_key=True, comment="its name in the catalogue"),
    Column("used", Integer, nullable=False, comment="answers taken under this approval"),
)

durations = Table(
    "durations",
    metadata,
    # How long people took, as counts for a whole month: never of one answer.
    Column("service", SLUG, primary_key=True),
    Column("month", Date, primary_key=True, comment="its first day"),
    Column("step", SmallInteger, primary_key=True, autoincrement=False, comment="how long"),
    Column("n", Integer, nullable=False, comment="how many took so long"),
)

# What nearly every answer adds to has a column of its own: measure and value → column. With one
# row for all of them the database reads a twentieth of the rows; the rest is in `choices`.
COUNTED: dict[tuple[str, str], str] = {
    ("response", "all"): "answers",
    **{
        (measure, str(point)): f"{measure}_{point}"
        for measure in ("trust", "satisfaction")
        for point in range(1, 6)
    },
    **{
        (f"driver:{code}", value): f"{code}_{value}"
        for code in (
            *("effectiveness", "ease", "efficiency", "transparency"),
            *("humanity", "employee", "other"),
        )
        for value in ("positive", "negative", *"12345")
    },
    # A thumb is never added to the points of the other scale.
    **{("trust", value): f"trust_{value}" for value in ("down", "up")},
}


def _counted_of() -> list[Column[Any]]:
    """What a count is of."""
    return [
        Column("level", String(12), primary_key=True, comment="office-day, or a sum of those"),
        Column("service", SLUG, primary_key=True),
        Column("day", Date, primary_key=True, comment="the local date; of a month its first"),
        Column("office", SLUG, primary_key=True, comment="where it was given; empty: all offices"),
        Column("channel", String(8), primary_key=True),
        Column("language", String(8), primary_key=True),
        Column("survey", Integer, primary_key=True, autoincrement=False),
        Column("flagged", Boolean, primary_key=True),
    ]


tallies = Table(
    "tallies",
    metadata,
    *_counted_of(),
    *(Column(name, Integer, nullable=False, server_default="0") for name in COUNTED.values()),
    sqlite_with_rowid=False,
)

choices = Table(
    "choices",
    metadata,
    # As `tallies`, for what has no column there: the choices of the agency's own questions.
    *_counted_of(),
    Column("measure", String(64), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# ---- what becomes of what people said: written by the staff pages, the API keys and the jobs

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
    sqlite_with_rowid=False,
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("id", String(32), primary_key=True, comment="random"),
    Column("service", SLUG, nullable=False),
    Column("day", Date, nullable=False),
    Column("response", String(32), nullable=False, index=True),
    Column("at", Moment, nullable=False, comment="when it was written"),
    Column("who", String(254), nullable=False, comment="the e-mail address of who wrote it"),
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
    Column("code_hash", LargeBinary(32), primary_key=True, comment="hash of the code"),
    Column("service", SLUG, nullable=False),
    Column("day", Date, nullable=False, comment="of the response"),
    Column("response", String(32), nullable=False, index=True, comment="its random id"),
    Column("until", Date, nullable=False, comment="the last day it can be read"),
    Column("text", Text, nullable=False, default="", comment="what the office answers"),
    Column("replied", Date, nullable=True, comment="the day it did"),
    sqlite_with_rowid=False,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_hash", LargeBinary(32), primary_key=True, comment="SHA-256 of the key"),
    Column("id", String(16), nullable=False, unique=True, comment="random; names it in lists"),
    Column("name", String(200), nullable=False, comment="what it is for"),
    Column("service", SLUG, nullable=True, comment="set when it reads one service only"),
    Column("office", SLUG, nullable=True, comment="set when it reads one office and those below"),
    Column("comments", Boolean, nullable=False, comment="whether it reads what people wrote"),
    Column("issued", Date, nullable=False),
    Column("expires", Date, nullable=False, comment="its last day"),
    Column("used", Date, nullable=True, comment="the last day it was used"),
    Column("revoked", Date, nullable=True),
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
    Column("every", String(8), nullable=False, comment="week, month or never"),
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

imports = Table(
    "imports",
    metadata,
    # The past that `cx import` took in, so that no file is taken in twice.
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the file"),
    Column("format", String(12), nullable=False, comment="touchpoints, v1, wide, v2 or csv"),
    Column("file", String(200), nullable=False, comment="its name"),
    Column("answers", Integer, nullable=False, comment="how many people it tells of"),
    Column("rejected", Integer, nullable=False, comment="rows that were left out"),
    Column("at", Moment, nullable=False, comment="when it was imported"),
)

# ---- what is filed with OMB each quarter: written by `cx review`, `cx volumes` and the like

comment_reviews = Table(
    "comment_reviews",
    metadata,
    # Somebody has read a comment and decided whether it may leave the agency (A-11 §280.16).
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="of the response"),
    Column("response", String(32), primary_key=True, comment="its random id"),
    Column("decision", String(8), nullable=False, comment="approve or withhold"),
    Column("who", String(254), nullable=False, comment="who decided"),
    Column("at", Moment, nullable=False, comment="when"),
    sqlite_with_rowid=False,
)

volumes = Table(
    "volumes",
    metadata,
    Column("quarter", String(6), primary_key=True),
    Column("service", SLUG, primary_key=True),
    Column("channel", String(8), primary_key=True),
    Column("served", BigInteger, nullable=False, comment="customers served"),
    Column("offered", BigInteger, nullable=False, comment="customers offered the survey"),
    Column("source", String(300), nullable=False, comment="where the numbers come from"),
    Column("who", String(254), nullable=False, comment="who gave them"),
    Column("at", Moment, nullable=False, comment="when"),
)

reflections = Table(
    "reflections",
    metadata,
    Column("quarter", String(6), primary_key=True),
    Column("service", SLUG, primary_key=True),
    Column("reflection", Text, nullable=False, comment="what the numbers mean"),
    Column("accomplishments", Text, nullable=False, comment="what was done lately"),
    Column("who", String(254), nullable=False, comment="who wrote it"),
    Column("at", Moment, nullable=False, comment="when"),
)

indicators = Table(
    "indicators",
    metadata,
    # Service-level numbers from the agency's own systems (A-11 §280.10): waits, calls, visits.
    Column("period", String(6), primary_key=True, comment="2026Q1, or 2026 for a fiscal year"),
    Column("service", SLUG, primary_key=True, comment="may be none of the catalogue"),
    Column("office", SLUG, primary_key=True, comment="empty: all offices"),
    Column("name", String(200), primary_key=True),
    Column("unit", String(40), nullable=False),
    Column("value", String(40), nullable=False, comment="as it was given"),
    Column("number", Float, nullable=False, comment="the same as a number; of mm:ss, seconds"),
    Column("who", String(254), nullable=False, comment="who imported it"),
    Column("at", Moment, nullable=False, comment="when"),
)

submissions = Table(
    "submissions",
    metadata,
    # Triggers of migration 0007 let nobody change or delete a record: a correction is a new one.
    Column("n", Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap"),
    Column("quarter", String(6), nullable=False),
    Column("format", String(4), nullable=False, comment="v1, wide or v2"),
    Column("state", String(10), nullable=False, comment="draft, checked, signed-off …"),
    Column("who", String(254), nullable=False, comment="who says so; the official who signed"),
    Column("at", Moment, nullable=False, comment="when"),
    Column("note", Text, nullable=False, comment="the check's result, a reason, a reference"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the manifest of the files"),
)
