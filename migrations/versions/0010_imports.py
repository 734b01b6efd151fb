"""The files of the past that were taken in, so that none is taken in twice."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
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
