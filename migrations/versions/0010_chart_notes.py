"""Keep dated notes: what happened on a day, for the charts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "chart_notes",
        sa.Column("id", sa.String(length=32), nullable=False, comment="random"),
        sa.Column("day", sa.Date(), nullable=False, comment="the day it happened"),
        sa.Column(
            "service",
            sa.String(length=32),
            nullable=True,
            comment="what it is about; empty: all services",
        ),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=True,
            comment="with those below it; empty: all offices",
        ),
        sa.Column(
            "text",
            sa.String(length=120),
            nullable=False,
            comment="what happened, in words of the staff",
        ),
        sa.Column("member", sa.String(length=32), nullable=False, comment="who wrote it"),
        sa.Column(
            "who",
            sa.String(length=254),
            nullable=False,
            comment="the email address of who wrote it",
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was written or last changed",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="grows with every change",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chart_notes"),
    )
    op.create_index("ix_chart_notes_day", "chart_notes", ["day"])
