"""Say of a case whether a low score opened it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "cases",
        sa.Column(
            "opened_for",
            sa.String(12),
            nullable=True,
            comment="trust or satisfaction, where a low score opened it",
        ),
    )
