"""What people said, and what is counted of it.

The writer of the intake and imports add answers. Flags, exclusions and redactions change them;
undoing an import deletes its own.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
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

from cxserver.tables.columns import SLUG, Moment, metadata

# Whether anything was typed. Spelled as in the index below: else no database would use that.
WORDED = "comment <> '' OR CAST(questions AS TEXT) <> '{}'"
EXCLUDED = "excluded IS NOT NULL"

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
    # `day` is when it was given; this is when it arrived, and closed batches go by arrivals.
    Column(
        "counted_day",
        Date,
        nullable=True,
        comment="the office's local date when stored; empty: excluded before it was in a batch",
    ),
    Column(
        "excluded",
        String(16),
        nullable=True,
        comment="the exclusion that takes it out of the counts; empty: counted",
    ),
    # Released counts stay as they were: whoever takes it out of its batch has to know them.
    Column(
        "released_flags",
        String(64),
        nullable=True,
        comment="its flags when its batch closed, where they changed later",
    ),
    CheckConstraint("trust BETWEEN 0 AND 5", name="trust"),
    CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
    # What people wrote at one office would otherwise be sought among the answers of all.
    Index(
        "ix_responses_worded",
        *("office", "service", "day", "id"),
        sqlite_where=text(WORDED),
        postgresql_where=text(WORDED),
    ),
    # What arrived at an office since its last batch.
    Index("ix_responses_arrived", "service", "office", "counted_day"),
    Index(
        "ix_responses_excluded",
        *("service", "excluded"),
        sqlite_where=text(EXCLUDED),
        postgresql_where=text(EXCLUDED),
    ),
    sqlite_with_rowid=False,
)

# What is excluded is in no count, no file and no export, until it is restored.
IS_COUNTED = responses.c.excluded.is_(None)
# Those that were imported were filed by others.
ASKED_BY_US = responses.c.flags.not_like("%imported%")

exclusions = Table(
    "exclusions",
    metadata,
    # One action that takes answers out of every count. Restoring undoes the whole action.
    Column("service", SLUG, primary_key=True),
    Column("id", String(16), primary_key=True, comment="random"),
    Column("reason", String(400), nullable=False, comment="why, in words of the staff"),
    Column("who", String(254), nullable=False, comment="who took them out"),
    Column("at", Moment, nullable=False, comment="when"),
    Column("restored_by", String(254), nullable=True, comment="who restored them"),
    Column("restored_at", Moment, nullable=True, comment="when"),
)

use_keys = Table(
    "use_keys",
    metadata,
    Column("service", SLUG, primary_key=True),
    # A pure function of the signed link or stamp: a retry in the next month finds its own key.
    Column("bucket", Date, primary_key=True, comment="the first day of a month, as signed"),
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
    Column("clearance", SLUG, primary_key=True, comment="its name in the catalog"),
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

refused_links = Table(
    "refused_links",
    metadata,
    # Genuine links that did not open, as counts of a day: never of a link or a person.
    Column("service", SLUG, primary_key=True),
    Column("day", Date, primary_key=True, comment="the agency's date"),
    Column("office", SLUG, primary_key=True, comment="as the link names it"),
    Column("reason", String(20), primary_key=True, comment="why it did not open"),
    Column("n", Integer, nullable=False, comment="how often"),
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
        Column("service", SLUG, primary_key=True),
        Column("level", String(12), primary_key=True, comment="office-day, or a sum of those"),
        Column("day", Date, primary_key=True, comment="the local date; of a month its first"),
        Column("office", SLUG, primary_key=True, comment="where it was given; empty: all offices"),
        Column("channel", String(8), primary_key=True),
        Column("language", String(8), primary_key=True),
        Column("survey", Integer, primary_key=True, autoincrement=False),
        Column("flagged", Boolean, primary_key=True),
    ]


def _tallies(name: str) -> Table:
    return Table(
        name,
        metadata,
        *_counted_of(),
        *(
            Column(column, Integer, nullable=False, server_default="0")
            for column in COUNTED.values()
        ),
        sqlite_with_rowid=False,
    )


def _choices(name: str) -> Table:
    """As the tallies, for what has no column there: choices of the agency's own questions."""
    return Table(
        name,
        metadata,
        *_counted_of(),
        Column("measure", String(64), primary_key=True),
        Column("value", String(64), primary_key=True),
        Column("n", Integer, nullable=False),
        sqlite_with_rowid=False,
    )


tallies = _tallies("tallies")
choices = _choices("choices")

# The same counts as far as batches have closed; `day` is the last day of the batch.
released = _tallies("released")
released_choices = _choices("released_choices")

batches = Table(
    "batches",
    metadata,
    # Five or more answers of a service at an office that were released together.
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("source", String(64), primary_key=True, comment="live, or the import's id"),
    Column("through", Date, primary_key=True, comment="the day that closed it"),
    Column("first", Date, nullable=False, comment="the day its first answer arrived"),
    Column("n", Integer, nullable=False, comment="how many answers"),
    CheckConstraint("n >= 5", name="n"),
    CheckConstraint("first <= through", name="days"),
    sqlite_with_rowid=False,
)

batch_changes = Table(
    "batch_changes",
    metadata,
    # What exclusions do to what batches show. A row stays when the exclusion is undone: its batch
    # was seen without a part of its answers, and must not be seen without a slightly other one.
    Column("service", SLUG, primary_key=True),
    Column("office", SLUG, primary_key=True),
    Column("through", Date, primary_key=True, comment="the day that closed the batch"),
    Column("exclusion", String(16), primary_key=True, comment="its id"),
    Column("effect", String(8), nullable=False, comment="part: its answers leave; whole: all do"),
    sqlite_with_rowid=False,
)

cut_tables = Table(
    "cut_tables",
    metadata,
    # Of each month that is over, and of each import: what released counts may not be cut into.
    # A table that somebody may have read is never drawn again.
    Column("service", SLUG, primary_key=True),
    Column("month", Date, primary_key=True, comment="its first day"),
    Column("source", String(64), primary_key=True, comment="live, or the import's id"),
    Column("cut", String(8), primary_key=True, comment="channel, language, survey or flagged"),
    Column("versions", JSON, nullable=False, comment="the import's survey versions; live: none"),
    Column("hidden", JSON, nullable=False, comment="cells: office (null: all) and category"),
    Column("exclusions", JSON, nullable=False, comment="those in effect on its batches then"),
)

imports = Table(
    "imports",
    metadata,
    # The past that `cx import run` took in, so that no file is taken in twice.
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the file"),
    Column("format", String(12), nullable=False, comment="touchpoints, v1, wide, v2 or csv"),
    Column("file", String(200), nullable=False, comment="its name"),
    Column("answers", Integer, nullable=False, comment="how many people it tells of"),
    Column("rejected", Integer, nullable=False, comment="rows that were left out"),
    Column("at", Moment, nullable=False, comment="when it was imported"),
)
