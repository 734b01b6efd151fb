"""Remember findings: since when they stand out, who works on them, when they were done."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # A digest may be daily, too. SQLite keeps no comments.
        op.alter_column(
            "digests",
            "every",
            existing_type=sa.String(length=8),
            existing_nullable=False,
            comment="day, week, month or never",
            existing_comment="week, month or never",
        )
    op.create_table(
        "findings",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column(
            "driver",
            sa.String(length=32),
            nullable=False,
            comment="what is named more than elsewhere",
        ),
        sa.Column("first_seen", sa.Date(), nullable=False, comment="the day it first stood out"),
        sa.Column("last_seen", sa.Date(), nullable=False, comment="the last day it stood out"),
        sa.Column(
            "owner", sa.String(length=32), nullable=True, comment="the member who works on it"
        ),
        sa.Column("taken", sa.Date(), nullable=True, comment="the day that member took it"),
        sa.Column("done", sa.Date(), nullable=True, comment="the day somebody said it was done"),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("service", "office", "driver", name="pk_findings"),
        sqlite_with_rowid=False,
    )
