"""Note which time is proven, so that one wrong clock deletes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "trusted_time",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="the newest minute that is proven",
        ),
        sa.Column(
            "doubted_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="what the clock showed as the doubt began",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_time")),
    )
