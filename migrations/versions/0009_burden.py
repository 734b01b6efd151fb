"""The burden ledger: answers taken under each clearance, and how long people took for them.

What was answered before is counted from the tallies, under the clearance its service has now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "burden",
        sa.Column(
            "clearance",
            sa.String(length=32),
            nullable=False,
            comment="its name in the catalogue",
        ),
        sa.Column(
            "used", sa.Integer(), nullable=False, comment="answers taken under this approval"
        ),
        sa.PrimaryKeyConstraint("clearance", name=op.f("pk_burden")),
    )
    op.create_table(
        "durations",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column(
            "step", sa.SmallInteger(), autoincrement=False, nullable=False, comment="how long"
        ),
        sa.Column("n", sa.Integer(), nullable=False, comment="how many took so long"),
        sa.PrimaryKeyConstraint("service", "month", "step", name=op.f("pk_durations")),
    )
    op.execute(
        "INSERT INTO burden (clearance, used) "
        "SELECT services.clearance, SUM(tallies.answers) FROM tallies "
        "JOIN services ON services.slug = tallies.service "
        "WHERE tallies.level = 'day' GROUP BY services.clearance"
    )
