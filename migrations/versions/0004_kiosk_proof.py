"""Keep the hash of a secret that a paired kiosk alone has: it gets the PIN's hash with it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "kiosks",
        sa.Column(
            "proof",
            sa.LargeBinary(length=32),
            nullable=True,
            comment="hash of a secret that it alone has",
        ),
    )
