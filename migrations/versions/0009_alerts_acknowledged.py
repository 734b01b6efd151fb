"""Alerts that somebody acknowledges, the teams that are mailed until then, and the promise of an
office to read what people write.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "offices",
        sa.Column(
            "reads_within_days",
            sa.Integer(),
            nullable=True,
            comment="its promise to read comments",
        ),
    )
    op.add_column(
        "alerts",
        sa.Column(
            "acknowledged",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when somebody of the staff said so",
        ),
    )
    op.add_column(
        "alerts",
        sa.Column(
            "acknowledged_by",
            sa.String(length=254),
            nullable=True,
            comment="the email address of who did",
        ),
    )
    op.create_index(
        "ix_alerts_open",
        "alerts",
        ["service", "office"],
        sqlite_where=sa.text("acknowledged IS NULL"),
        postgresql_where=sa.text("acknowledged IS NULL"),
    )
    # Whose team was mailed before there was a button is nobody's to acknowledge: no page may call
    # old ones urgent now, and no further team hears of them.
    op.execute(
        "UPDATE alerts SET acknowledged = CURRENT_TIMESTAMP, acknowledged_by = '' "
        "WHERE sent IS NOT NULL"
    )
    op.create_table(
        "alert_letters",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("alert", sa.String(length=32), nullable=False, comment="which list of phrases"),
        sa.Column("step", sa.SmallInteger(), nullable=False, comment="0 is the first team"),
        sa.Column(
            "team",
            sa.String(length=130),
            nullable=False,
            comment="what the catalog called it then",
        ),
        sa.Column(
            "tried",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the mail was first tried; cut to the hour when it is acknowledged",
        ),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a mail server took it; cut to the hour when it is acknowledged",
        ),
        sa.PrimaryKeyConstraint(
            *("service", "day", "response", "alert", "step"), name="pk_alert_letters"
        ),
        sqlite_with_rowid=False,
    )
