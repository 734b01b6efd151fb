"""Keep why a legal hold was lifted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "legal_holds",
        sa.Column("lifted_reason", sa.Text(), nullable=True, comment="why, in words of the staff"),
    )
