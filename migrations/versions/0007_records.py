"""Keep legal holds, and which days retention deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.String(length=16), nullable=False, comment="random"),
        sa.Column("service", sa.String(length=32), nullable=True, comment="empty: all services"),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=True,
            comment="with those below it; empty: all offices",
        ),
        sa.Column(
            "first",
            sa.Date(),
            nullable=True,
            comment="the first day it covers; empty: from the start",
        ),
        sa.Column(
            "last", sa.Date(), nullable=True, comment="the last day it covers; empty: without end"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, in words of the staff"),
        sa.Column("who", sa.String(length=254), nullable=False, comment="who placed it"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("lifted_by", sa.String(length=254), nullable=True, comment="who lifted it"),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True, comment="when"),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_table(
        "disposals",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=8),
            nullable=False,
            comment="answers, comments, cases or replies",
        ),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the responses"),
        sa.Column(
            "disposal", sa.String(length=16), nullable=False, comment="its id in the audit log"
        ),
        sa.Column("n", sa.Integer(), nullable=False, comment="how many"),
        sa.Column(
            "counted_through",
            sa.Date(),
            nullable=True,
            comment="of answers: the last of their counted days",
        ),
        sa.PrimaryKeyConstraint("service", "kind", "office", "day", name="pk_disposals"),
        sqlite_with_rowid=False,
    )
