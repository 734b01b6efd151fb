"""What exists: written by `cx catalog apply` and `cx key`, read into memory by the server."""

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, Integer, String, Table, Text

from cxserver.tables.columns import SLUG, metadata

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
    Column("closed_on", Date, nullable=True, comment="the agency's day of closing"),
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
    Column("closed_on", Date, nullable=True, comment="the agency's day of closing"),
    Column("reads_within_days", Integer, nullable=True, comment="its promise to read comments"),
)

service_offices = Table(
    "service_offices",
    metadata,
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("closed", Boolean, nullable=False, default=False),
    Column("closed_on", Date, nullable=True, comment="the agency's day of closing"),
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

root_keys = Table(
    "root_keys",
    metadata,
    # Which root key this database belongs to. A fingerprint tells two keys apart and opens nothing.
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(16), nullable=False, comment="of that epoch's key"),
    Column("since", Date, nullable=False),
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
