"""Note which root key the database belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "root_keys",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "fingerprint", sa.String(length=16), nullable=False, comment="of that epoch's key"
        ),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_root_keys")),
    )
