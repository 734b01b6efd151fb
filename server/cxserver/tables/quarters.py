"""What is filed with OMB each quarter: by `cx review`, `cx quarter volumes` and the like."""

from sqlalchemy import BigInteger, Column, Date, Float, Integer, String, Table, Text

from cxserver.tables.columns import SLUG, Moment, metadata, version

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
    version(),
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
    version(),
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
    version(),
)

indicators = Table(
    "indicators",
    metadata,
    # Service-level numbers from the agency's own systems (A-11 §280.10): waits, calls, visits.
    Column("period", String(6), primary_key=True, comment="2026Q1, or 2026 for a fiscal year"),
    Column("service", SLUG, primary_key=True, comment="may be none of the catalog"),
    Column("office", SLUG, primary_key=True, comment="empty: all offices"),
    Column("name", String(200), primary_key=True),
    Column("unit", String(40), nullable=False),
    Column("value", String(40), nullable=False, comment="as it was given"),
    Column("number", Float, nullable=False, comment="the same as a number; of mm:ss, seconds"),
    Column("who", String(254), nullable=False, comment="who imported it"),
    Column("at", Moment, nullable=False, comment="when"),
    version(),
)

submissions = Table(
    "submissions",
    metadata,
    # Triggers of the migration let nobody change or delete a record: a correction is a new one.
    Column("n", Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap"),
    Column("quarter", String(6), nullable=False),
    Column("format", String(4), nullable=False, comment="v1, wide or v2"),
    Column("state", String(10), nullable=False, comment="draft, checked, signed-off …"),
    Column("who", String(254), nullable=False, comment="who says so; the official who signed"),
    Column("at", Moment, nullable=False, comment="when"),
    Column("note", Text, nullable=False, comment="the check's result, a reason, a reference"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the manifest of the files"),
)
