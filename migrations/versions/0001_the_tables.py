"""Every table of 0.1: what exists, what people said, what was counted, and who did what."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Logs that are only ever added to: not even a mistake of ours changes a line.
_ONLY_ADDED_TO = {"audit": "audit log", "submissions": "submission log"}


def upgrade() -> None:
    op.create_table(
        "agencies",
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column(
            "definition", sa.JSON(), nullable=False, comment="name, time zone, contacts, languages"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_agencies")),
    )
    op.create_table(
        "alerts",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("alert", sa.String(length=32), nullable=False, comment="which list of phrases"),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often the mail was tried"),
        sa.Column("sent", sa.Date(), nullable=True, comment="the day the team was mailed"),
        sa.PrimaryKeyConstraint("service", "day", "response", "alert", name=op.f("pk_alerts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_keys",
        sa.Column(
            "key_hash", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the key"
        ),
        sa.Column("id", sa.String(length=16), nullable=False, comment="random; names it in lists"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="what it is for"),
        sa.Column(
            "service",
            sa.String(length=32),
            nullable=True,
            comment="set when it reads one service only",
        ),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=True,
            comment="set when it reads one office and those below",
        ),
        sa.Column(
            "comments", sa.Boolean(), nullable=False, comment="whether it reads what people wrote"
        ),
        sa.Column(
            "rows", sa.Boolean(), nullable=False, comment="whether it reads answers row by row"
        ),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False, comment="its last day"),
        sa.Column("used", sa.Date(), nullable=True, comment="the last day it was used"),
        sa.Column("revoked", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("id", name=op.f("uq_api_keys_id")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "n",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2, 3 … without a gap",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was done"),
        sa.Column(
            "member", sa.String(length=32), nullable=True, comment="who did it; empty: no member"
        ),
        sa.Column(
            "who",
            sa.String(length=254),
            nullable=False,
            comment="the email address, or `command line`",
        ),
        sa.Column("what", sa.String(length=64), nullable=False, comment="what was done"),
        sa.Column(
            "about",
            sa.String(length=400),
            nullable=False,
            comment="to what; never an answer or a secret",
        ),
        sa.Column("result", sa.String(length=64), nullable=False, comment="done, or why not"),
        sa.Column(
            "hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="keyed; covers the line before it",
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit")),
    )
    op.create_table(
        "batch_changes",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("through", sa.Date(), nullable=False, comment="the day that closed the batch"),
        sa.Column("exclusion", sa.String(length=16), nullable=False, comment="its id"),
        sa.Column(
            "effect",
            sa.String(length=8),
            nullable=False,
            comment="part: its answers leave; whole: all do",
        ),
        sa.PrimaryKeyConstraint(
            "service", "office", "through", "exclusion", name=op.f("pk_batch_changes")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batches",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column(
            "source", sa.String(length=64), nullable=False, comment="live, or the import's id"
        ),
        sa.Column("through", sa.Date(), nullable=False, comment="the day that closed it"),
        sa.Column("first", sa.Date(), nullable=False, comment="the day its first answer arrived"),
        sa.Column("n", sa.Integer(), nullable=False, comment="how many answers"),
        sa.CheckConstraint("first <= through", name=op.f("ck_batches_days")),
        sa.CheckConstraint("n >= 5", name=op.f("ck_batches_n")),
        sa.PrimaryKeyConstraint("service", "office", "source", "through", name=op.f("pk_batches")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "burden",
        sa.Column(
            "clearance", sa.String(length=32), nullable=False, comment="its name in the catalog"
        ),
        sa.Column(
            "used", sa.Integer(), nullable=False, comment="answers taken under this approval"
        ),
        sa.PrimaryKeyConstraint("clearance", name=op.f("pk_burden")),
    )
    op.create_table(
        "case_notes",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("id", sa.String(length=32), nullable=False, comment="random"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was written"),
        sa.Column(
            "who",
            sa.String(length=254),
            nullable=False,
            comment="the email address of who wrote it",
        ),
        sa.Column(
            "text", sa.Text(), nullable=False, comment="for colleagues; the public never sees it"
        ),
        sa.PrimaryKeyConstraint("service", "day", "response", "id", name=op.f("pk_case_notes")),
    )
    op.create_table(
        "cases",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False, comment="read, open or done"),
        sa.Column(
            "owner", sa.String(length=32), nullable=True, comment="the member who takes care of it"
        ),
        sa.Column(
            "changed",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when somebody last changed it",
        ),
        sa.Column("closed", sa.Date(), nullable=True, comment="the day it was done"),
        sa.Column("said", sa.Text(), nullable=False, comment="the point, in the office's words"),
        sa.Column("did", sa.Text(), nullable=False, comment="what was done about it"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("service", "day", "response", name=op.f("pk_cases")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "changes",
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column(
            "counter",
            sa.Integer(),
            nullable=False,
            comment="grows whenever the tables above change",
        ),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_changes")),
    )
    op.create_table(
        "choices",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column(
            "level", sa.String(length=12), nullable=False, comment="office-day, or a sum of those"
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="the local date; of a month its first"),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=False,
            comment="where it was given; empty: all offices",
        ),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("survey", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "service",
            "level",
            "day",
            "office",
            "channel",
            "language",
            "survey",
            "flagged",
            "measure",
            "value",
            name=op.f("pk_choices"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clearances",
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column("omb_control_number", sa.String(length=16), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("burden_minutes", sa.Integer(), nullable=False),
        sa.Column("approved_responses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_clearances")),
    )
    op.create_table(
        "comment_reviews",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("decision", sa.String(length=8), nullable=False, comment="approve or withhold"),
        sa.Column("who", sa.String(length=254), nullable=False, comment="who decided"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("service", "day", "response", name=op.f("pk_comment_reviews")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cut_tables",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column(
            "source", sa.String(length=64), nullable=False, comment="live, or the import's id"
        ),
        sa.Column(
            "cut",
            sa.String(length=8),
            nullable=False,
            comment="channel, language, survey or flagged",
        ),
        sa.Column(
            "versions",
            sa.JSON(),
            nullable=False,
            comment="the import's survey versions; live: none",
        ),
        sa.Column(
            "hidden", sa.JSON(), nullable=False, comment="cells: office (null: all) and category"
        ),
        sa.Column(
            "exclusions", sa.JSON(), nullable=False, comment="those in effect on its batches then"
        ),
        sa.PrimaryKeyConstraint("service", "month", "source", "cut", name=op.f("pk_cut_tables")),
    )
    op.create_table(
        "digests",
        sa.Column("member", sa.String(length=32), nullable=False, comment="of the staff"),
        sa.Column("every", sa.String(length=8), nullable=False, comment="week, month or never"),
        sa.Column("through", sa.Date(), nullable=True, comment="the last day told of"),
        sa.Column(
            "refused",
            sa.Date(),
            nullable=True,
            comment="the day the mail server refused it for good",
        ),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_digests")),
    )
    op.create_table(
        "durations",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column(
            "step", sa.SmallInteger(), autoincrement=False, nullable=False, comment="how long"
        ),
        sa.Column("n", sa.Integer(), nullable=False, comment="how many took so long"),
        sa.PrimaryKeyConstraint("service", "month", "step", name=op.f("pk_durations")),
    )
    op.create_table(
        "exclusions",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False, comment="random"),
        sa.Column(
            "reason", sa.String(length=400), nullable=False, comment="why, in words of the staff"
        ),
        sa.Column("who", sa.String(length=254), nullable=False, comment="who took them out"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("restored_by", sa.String(length=254), nullable=True, comment="who restored them"),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True, comment="when"),
        sa.PrimaryKeyConstraint("service", "id", name=op.f("pk_exclusions")),
    )
    op.create_table(
        "imports",
        sa.Column(
            "digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the file"
        ),
        sa.Column(
            "format",
            sa.String(length=12),
            nullable=False,
            comment="touchpoints, v1, wide, v2 or csv",
        ),
        sa.Column("file", sa.String(length=200), nullable=False, comment="its name"),
        sa.Column("answers", sa.Integer(), nullable=False, comment="how many people it tells of"),
        sa.Column("rejected", sa.Integer(), nullable=False, comment="rows that were left out"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was imported"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_imports")),
    )
    op.create_table(
        "indicators",
        sa.Column(
            "period",
            sa.String(length=6),
            nullable=False,
            comment="2026Q1, or 2026 for a fiscal year",
        ),
        sa.Column(
            "service", sa.String(length=32), nullable=False, comment="may be none of the catalog"
        ),
        sa.Column("office", sa.String(length=32), nullable=False, comment="empty: all offices"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False, comment="as it was given"),
        sa.Column(
            "number", sa.Float(), nullable=False, comment="the same as a number; of mm:ss, seconds"
        ),
        sa.Column("who", sa.String(length=254), nullable=False, comment="who imported it"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("period", "service", "office", "name", name=op.f("pk_indicators")),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False, comment="which process does it"),
        sa.Column(
            "until", sa.DateTime(timezone=True), nullable=True, comment="when its lease ends"
        ),
        sa.Column(
            "ran", sa.DateTime(timezone=True), nullable=True, comment="when it was last done"
        ),
        sa.Column("result", sa.String(length=200), nullable=False, comment="what came of it"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
    op.create_table(
        "kiosks",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column(
            "device", sa.String(length=16), nullable=False, comment="the random number in its link"
        ),
        sa.Column(
            "place",
            sa.String(length=200),
            nullable=False,
            comment="as it was named; empty: unnamed",
        ),
        sa.Column("kid", sa.Integer(), nullable=True, comment="the key its link was minted with"),
        sa.Column(
            "expires", sa.DateTime(timezone=True), nullable=True, comment="when its link ends"
        ),
        sa.Column(
            "paired", sa.Date(), nullable=False, comment="the day it was paired, or first heard of"
        ),
        sa.Column(
            "pin", sa.String(length=120), nullable=True, comment="slow salted hash of the staff PIN"
        ),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=True, comment="its last heartbeat"),
        sa.Column("waiting", sa.Integer(), nullable=False, comment="answers it has yet to send"),
        sa.Column("aside", sa.Integer(), nullable=False, comment="answers that were not taken"),
        sa.Column(
            "offset", sa.Integer(), nullable=True, comment="server time minus its clock, in seconds"
        ),
        sa.Column("release", sa.String(length=16), nullable=False, comment="the page it shows"),
        sa.Column("state", sa.String(length=12), nullable=False, comment="how it says it is"),
        sa.Column("day", sa.Date(), nullable=True, comment="the day that the two counts are of"),
        sa.Column("answers", sa.Integer(), nullable=False, comment="answers taken that day"),
        sa.Column("flagged", sa.Integer(), nullable=False, comment="of them: worth a second look"),
        sa.Column(
            "withdrawn", sa.Date(), nullable=True, comment="set when its links were withdrawn"
        ),
        sa.PrimaryKeyConstraint("service", "office", "device", name=op.f("pk_kiosks")),
    )
    op.create_table(
        "link_keys",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("kid", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=True,
            comment="set when the key was cut for one office",
        ),
        sa.Column(
            "epoch", sa.Integer(), nullable=False, comment="which root key it was derived from"
        ),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.CheckConstraint("kid BETWEEN 1 AND 65534", name=op.f("ck_link_keys_kid")),
        sa.PrimaryKeyConstraint("service", "kid", name=op.f("pk_link_keys")),
    )
    op.create_table(
        "offices",
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.String(length=32), nullable=True),
        sa.Column("serves", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="the agency's day of closing"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_offices")),
    )
    op.create_table(
        "pairings",
        sa.Column(
            "code_hash", sa.LargeBinary(length=32), nullable=False, comment="keyed hash of the code"
        ),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column(
            "pin",
            sa.String(length=120),
            nullable=False,
            comment="slow salted hash of the staff PIN",
        ),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_pairings")),
    )
    op.create_table(
        "placements",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="kiosk, poster or site"),
        sa.Column(
            "place",
            sa.String(length=200),
            nullable=False,
            comment="as it was named; empty: unnamed",
        ),
        sa.Column("expires", sa.Date(), nullable=False, comment="the link's last day"),
        sa.Column("kid", sa.Integer(), nullable=True, comment="the key it was minted with"),
        sa.Column("noted", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint(
            "service", "office", "kind", "place", "expires", name=op.f("pk_placements")
        ),
    )
    op.create_table(
        "reflections",
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("reflection", sa.Text(), nullable=False, comment="what the numbers mean"),
        sa.Column("accomplishments", sa.Text(), nullable=False, comment="what was done lately"),
        sa.Column("who", sa.String(length=254), nullable=False, comment="who wrote it"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("quarter", "service", name=op.f("pk_reflections")),
    )
    op.create_table(
        "released",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column(
            "level", sa.String(length=12), nullable=False, comment="office-day, or a sum of those"
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="the local date; of a month its first"),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=False,
            comment="where it was given; empty: all offices",
        ),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("survey", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_down", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_up", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "service",
            "level",
            "day",
            "office",
            "channel",
            "language",
            "survey",
            "flagged",
            name=op.f("pk_released"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "released_choices",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column(
            "level", sa.String(length=12), nullable=False, comment="office-day, or a sum of those"
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="the local date; of a month its first"),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=False,
            comment="where it was given; empty: all offices",
        ),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("survey", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "service",
            "level",
            "day",
            "office",
            "channel",
            "language",
            "survey",
            "flagged",
            "measure",
            "value",
            name=op.f("pk_released_choices"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reminders",
        sa.Column("about", sa.String(length=80), nullable=False, comment="what it reminds of"),
        sa.Column(
            "stage",
            sa.String(length=8),
            nullable=False,
            comment="days before, over, or percent used",
        ),
        sa.Column("member", sa.String(length=32), nullable=False, comment="of the staff"),
        sa.Column("sent", sa.Date(), nullable=True, comment="the day it was mailed"),
        sa.Column(
            "refused",
            sa.Date(),
            nullable=True,
            comment="the day the mail server refused it for good",
        ),
        sa.PrimaryKeyConstraint("about", "stage", "member", name=op.f("pk_reminders")),
    )
    op.create_table(
        "replies",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column(
            "code_hash", sa.LargeBinary(length=32), nullable=False, comment="hash of the code"
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day it can be read"),
        sa.Column("text", sa.Text(), nullable=False, comment="what the office answers"),
        sa.Column("replied", sa.Date(), nullable=True, comment="the day it did"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("service", "code_hash", name=op.f("pk_replies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_replies_code_hash"), "replies", ["code_hash"], unique=False)
    op.create_index(op.f("ix_replies_response"), "replies", ["response"], unique=False)
    op.create_table(
        "responses",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the office's local date"),
        sa.Column("id", sa.String(length=32), nullable=False, comment="random: orders nothing"),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column(
            "survey", sa.Integer(), nullable=False, comment="the survey version that was answered"
        ),
        sa.Column(
            "answered_hour", sa.DateTime(timezone=True), nullable=False, comment="cut to the hour"
        ),
        sa.Column(
            "delay",
            sa.String(length=8),
            nullable=False,
            comment="hours since: 1, 4, 24, 48 or self",
        ),
        sa.Column(
            "satisfaction", sa.SmallInteger(), nullable=True, comment="1 to 5; empty: not asked"
        ),
        sa.Column(
            "trust",
            sa.SmallInteger(),
            nullable=False,
            comment="1 to 5; by thumbs 0 (down) or 1 (up)",
        ),
        sa.Column(
            "drivers", sa.JSON(), nullable=False, comment="tapped drivers, or the points of each"
        ),
        sa.Column("comment", sa.Text(), nullable=False, comment="masked before it was stored"),
        sa.Column(
            "questions", sa.JSON(), nullable=False, comment="answers to the agency's own questions"
        ),
        sa.Column(
            "flags",
            sa.String(length=64),
            nullable=False,
            comment="reasons to look twice, joined by ;",
        ),
        sa.Column(
            "counted_day",
            sa.Date(),
            nullable=True,
            comment="the office's local date when stored; empty: excluded before it was in a batch",
        ),
        sa.Column(
            "excluded",
            sa.String(length=16),
            nullable=True,
            comment="the exclusion that takes it out of the counts; empty: counted",
        ),
        sa.Column(
            "released_flags",
            sa.String(length=64),
            nullable=True,
            comment="its flags when its batch closed, where they changed later",
        ),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_responses_satisfaction")),
        sa.CheckConstraint("trust BETWEEN 0 AND 5", name=op.f("ck_responses_trust")),
        sa.PrimaryKeyConstraint("service", "day", "id", name=op.f("pk_responses")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_responses_arrived", "responses", ["service", "office", "counted_day"], unique=False
    )
    op.create_index(
        "ix_responses_excluded",
        "responses",
        ["service", "excluded"],
        unique=False,
        sqlite_where=sa.text("excluded IS NOT NULL"),
        postgresql_where=sa.text("excluded IS NOT NULL"),
    )
    op.create_index(
        "ix_responses_worded",
        "responses",
        ["office", "service", "day", "id"],
        unique=False,
        sqlite_where=sa.text("comment <> '' OR CAST(questions AS TEXT) <> '{}'"),
        postgresql_where=sa.text("comment <> '' OR CAST(questions AS TEXT) <> '{}'"),
    )
    op.create_table(
        "revocations",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("kid", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False, comment="empty: the whole key"),
        sa.Column("nonce", sa.String(length=16), nullable=False, comment="empty: every link"),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("service", "kid", "office", "nonce", name=op.f("pk_revocations")),
    )
    op.create_table(
        "service_offices",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="the agency's day of closing"),
        sa.PrimaryKeyConstraint("service", "office", name=op.f("pk_service_offices")),
    )
    op.create_table(
        "services",
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column(
            "definition", sa.JSON(), nullable=False, comment="name, owner, channels, embed origins"
        ),
        sa.Column("clearance", sa.String(length=32), nullable=False),
        sa.Column(
            "survey", sa.Integer(), nullable=False, comment="number of the survey version in use"
        ),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="the agency's day of closing"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_services")),
    )
    op.create_table(
        "staff_invites",
        sa.Column(
            "secret_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="hash of the link's secret",
        ),
        sa.Column("member", sa.String(length=32), nullable=False, comment="whom it signs in"),
        sa.Column(
            "expires",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="24 hours after it was printed",
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_staff_invites")),
    )
    op.create_index(op.f("ix_staff_invites_member"), "staff_invites", ["member"], unique=False)
    op.create_table(
        "staff_members",
        sa.Column("id", sa.String(length=32), nullable=False, comment="random"),
        sa.Column("email", sa.String(length=254), nullable=False, comment="who was invited"),
        sa.Column(
            "name", sa.String(length=200), nullable=False, comment="as the provider tells it"
        ),
        sa.Column(
            "role", sa.String(length=20), nullable=False, comment="what this person may see and do"
        ),
        sa.Column("office", sa.String(length=32), nullable=True, comment="of an office manager"),
        sa.Column("service", sa.String(length=32), nullable=True, comment="of a service lead"),
        sa.Column("issuer", sa.String(length=200), nullable=True, comment="the identity provider"),
        sa.Column(
            "subject",
            sa.String(length=255),
            nullable=True,
            comment="the provider's name for this person",
        ),
        sa.Column(
            "created", sa.DateTime(timezone=True), nullable=False, comment="when first invited"
        ),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True, comment="when shut out"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_members")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_members_email")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_staff_members_issuer_subject")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column(
            "id_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="hash of the cookie's secret",
        ),
        sa.Column("member", sa.String(length=32), nullable=False, comment="whose it is"),
        sa.Column(
            "begun", sa.DateTime(timezone=True), nullable=False, comment="it ends 12 hours later"
        ),
        sa.Column(
            "seen",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="it ends 30 minutes after; to the minute",
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_staff_sessions")),
    )
    op.create_index(op.f("ix_staff_sessions_member"), "staff_sessions", ["member"], unique=False)
    op.create_table(
        "submissions",
        sa.Column(
            "n",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2, 3 … without a gap",
        ),
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False, comment="v1, wide or v2"),
        sa.Column(
            "state", sa.String(length=10), nullable=False, comment="draft, checked, signed-off …"
        ),
        sa.Column(
            "who",
            sa.String(length=254),
            nullable=False,
            comment="who says so; the official who signed",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "note", sa.Text(), nullable=False, comment="the check's result, a reason, a reference"
        ),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the manifest of the files",
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_submissions")),
    )
    op.create_table(
        "surveys",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "fingerprint", sa.String(length=64), nullable=False, comment="SHA-256 of the final text"
        ),
        sa.Column(
            "definition", sa.Text(), nullable=False, comment="the final text in every language"
        ),
        sa.Column("first_used", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("service", "n", name=op.f("pk_surveys")),
    )
    op.create_table(
        "tallies",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column(
            "level", sa.String(length=12), nullable=False, comment="office-day, or a sum of those"
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="the local date; of a month its first"),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=False,
            comment="where it was given; empty: all offices",
        ),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("survey", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("satisfaction_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effectiveness_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ease_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("efficiency_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transparency_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("humanity_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("employee_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_positive", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_negative", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("other_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_down", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trust_up", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "service",
            "level",
            "day",
            "office",
            "channel",
            "language",
            "survey",
            "flagged",
            name=op.f("pk_tallies"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "use_keys",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column(
            "bucket", sa.Date(), nullable=False, comment="the first day of a month, as signed"
        ),
        sa.Column(
            "key_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="keyed hash; opens nothing",
        ),
        sa.Column(
            "body_hash",
            sa.LargeBinary(length=32),
            nullable=True,
            comment="erased when the link has ended",
        ),
        sa.Column(
            "receipt", sa.String(length=32), nullable=True, comment="erased when the link has ended"
        ),
        sa.Column(
            "ends", sa.Date(), nullable=False, comment="day after which the two above are erased"
        ),
        sa.Column(
            "forget", sa.Date(), nullable=False, comment="day after which the row is deleted"
        ),
        sa.PrimaryKeyConstraint("service", "bucket", "key_hash", name=op.f("pk_use_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_use_keys_ends", "use_keys", ["ends"], unique=False)
    op.create_table(
        "volumes",
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("served", sa.BigInteger(), nullable=False, comment="customers served"),
        sa.Column(
            "offered", sa.BigInteger(), nullable=False, comment="customers offered the survey"
        ),
        sa.Column(
            "source", sa.String(length=300), nullable=False, comment="where the numbers come from"
        ),
        sa.Column("who", sa.String(length=254), nullable=False, comment="who gave them"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("quarter", "service", "channel", name=op.f("pk_volumes")),
    )
    for table, name in _ONLY_ADDED_TO.items():
        _refuse_changes(table, f"The {name} is only ever added to.")


def _refuse_changes(table: str, refusal: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_only_adds() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_only_adds BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_adds()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        )
