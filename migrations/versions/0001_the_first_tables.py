"""The first tables: what exists, what people said, what was counted."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


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
        "clearances",
        sa.Column("slug", sa.String(length=32), nullable=False),
        sa.Column("omb_control_number", sa.String(length=16), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("burden_minutes", sa.Integer(), nullable=False),
        sa.Column("approved_responses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_clearances")),
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
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_offices")),
    )
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
        sa.Column("satisfaction", sa.SmallInteger(), nullable=False, comment="1 to 5"),
        sa.Column("trust", sa.SmallInteger(), nullable=False, comment="1 to 5"),
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
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_responses_satisfaction")),
        sa.CheckConstraint("trust BETWEEN 1 AND 5", name=op.f("ck_responses_trust")),
        sa.PrimaryKeyConstraint("service", "day", "id", name=op.f("pk_responses")),
        sqlite_with_rowid=False,
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
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_services")),
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
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("survey", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "service",
            "day",
            "office",
            "channel",
            "language",
            "survey",
            "flagged",
            "measure",
            "value",
            name=op.f("pk_tallies"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "use_keys",
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
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_use_keys")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("use_keys", schema=None) as batch_op:
        batch_op.create_index("ix_use_keys_ends", ["ends"], unique=False)
