"""Let an API key make links: for systems that cannot sign them, with no link key on them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "api_keys",
        sa.Column(
            "links",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="whether it makes links; it then reads nothing",
        ),
    )
