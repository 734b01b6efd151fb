"""Who may read: the staff, and programs by API keys; and what they did."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from cxserver.tables.columns import SLUG, Moment, metadata, version

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
    version(),
    UniqueConstraint("issuer", "subject"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id_hash", LargeBinary(32), primary_key=True, comment="hash of the cookie's secret"),
    Column("member", String(32), nullable=False, index=True, comment="whose it is"),
    Column("begun", Moment, nullable=False, comment="it ends 12 hours later"),
    Column("seen", Moment, nullable=False, comment="it ends 30 minutes after; to the minute"),
    Column(
        "id_token",
        Text,
        nullable=True,
        comment="what the identity provider said of this person; goes back to it at sign-out",
    ),
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
    # Triggers of the migrations let nobody change a line, and only retention delete the oldest.
    Column("n", Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap"),
    Column("at", Moment, nullable=False, comment="when it was done"),
    Column("member", String(32), nullable=True, comment="who did it; empty: no member"),
    Column("who", String(254), nullable=False, comment="the email address, or `command line`"),
    Column("what", String(64), nullable=False, comment="what was done"),
    Column("about", String(400), nullable=False, comment="to what; never an answer or a secret"),
    Column("result", String(64), nullable=False, comment="done, or why not"),
    Column("hash", LargeBinary(32), nullable=False, comment="keyed; covers the line before it"),
)

audit_anchors = Table(
    "audit_anchors",
    metadata,
    # Where the audit log begins. The triggers let go only of lines before it.
    Column(
        "through",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="the last line that retention deleted",
    ),
    Column(
        "hash",
        LargeBinary(32),
        nullable=False,
        comment="its hash, which the first line that is left covers",
    ),
    Column("until", Moment, nullable=False, comment="all that was deleted is older"),
    Column(
        "disposal",
        String(16),
        nullable=False,
        comment="its id in the audit log, whose line says all of this too",
    ),
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
    Column("rows", Boolean, nullable=False, comment="whether it reads answers row by row"),
    Column(
        "links",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="whether it makes links; it then reads nothing",
    ),
    Column("issued", Date, nullable=False),
    Column("expires", Date, nullable=False, comment="its last day"),
    Column("used", Date, nullable=True, comment="the last day it was used"),
    Column("revoked", Date, nullable=True),
)
