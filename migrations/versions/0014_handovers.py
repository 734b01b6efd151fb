"""Keep the letter about an assigned case until a mail server has taken it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "handovers",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("member", sa.String(length=32), nullable=False, comment="who gets the letter"),
        sa.Column(
            "who",
            sa.String(length=254),
            nullable=False,
            comment="what the one who assigned it is called",
        ),
        sa.Column("at", moment, nullable=False, comment="when it was assigned"),
        sa.Column(
            "due",
            moment,
            nullable=False,
            comment="not tried before: whoever tries puts it off",
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often it was tried"),
        sa.PrimaryKeyConstraint("service", "day", "response", "member", name="pk_handovers"),
        sqlite_with_rowid=False,
    )
