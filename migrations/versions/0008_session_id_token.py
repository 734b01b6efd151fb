"""Store the provider's ID token with a session: signing out there needs it (`id_token_hint`)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "staff_sessions",
        sa.Column(
            "id_token",
            sa.Text(),
            nullable=True,
            comment="what the identity provider said of this person; goes back to it at sign-out",
        ),
    )
