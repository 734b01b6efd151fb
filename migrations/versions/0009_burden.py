"""The burden ledger: answers taken under each clearance, and how long people took for them; and
who was reminded of what ends.

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
    op.create_table(
        "reminders",
        sa.Column("about", sa.String(length=80), nullable=False, comment="what it reminds of"),
        sa.Column(
            "stage",
            sa.String(length=8),
            nullable=False,
            comment="days before, over, or percent used",
        ),
        sa.Column("member", sa.String(length=32), nullable=False, comment="of the staff"),
        sa.Column("sent", sa.Date(), nullable=True, comment="the day it was mailed"),
        sa.Column(
            "refused",
            sa.Date(),
            nullable=True,
            comment="the day the mail server refused it for good",
        ),
        sa.PrimaryKeyConstraint("about", "stage", "member", name=op.f("pk_reminders")),
    )
    op.execute(
        "INSERT INTO burden (clearance, used) "
        "SELECT services.clearance, SUM(tallies.answers) FROM tallies "
        "JOIN services ON services.slug = tallies.service "
        "WHERE tallies.level = 'day' GROUP BY services.clearance"
    )
