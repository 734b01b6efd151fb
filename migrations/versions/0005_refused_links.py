"""Count the genuine links that did not open: by service, office, reason and day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "refused_links",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the agency's date"),
        sa.Column("office", sa.String(length=32), nullable=False, comment="as the link names it"),
        sa.Column("reason", sa.String(length=20), nullable=False, comment="why it did not open"),
        sa.Column("n", sa.Integer(), nullable=False, comment="how often"),
        sa.PrimaryKeyConstraint("service", "day", "office", "reason", name="pk_refused_links"),
    )
