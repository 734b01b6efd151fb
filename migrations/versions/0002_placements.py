"""Places that got a link: to warn before it ends. Neither token nor nonce is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
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
