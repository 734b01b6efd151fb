"""Kiosks: paired devices and how they are, codes to pair with, and the day something was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "kiosks",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column(
            "device", sa.String(length=16), nullable=False, comment="the random number in its link"
        ),
        sa.Column(
            "place",
            sa.String(length=200),
            nullable=False,
            comment="as it was named; empty: unnamed",
        ),
        sa.Column("kid", sa.Integer(), nullable=True, comment="the key its link was minted with"),
        sa.Column(
            "expires", sa.DateTime(timezone=True), nullable=True, comment="when its link ends"
        ),
        sa.Column(
            "paired", sa.Date(), nullable=False, comment="the day it was paired, or first heard of"
        ),
        sa.Column(
            "pin", sa.String(length=120), nullable=True, comment="slow salted hash of the staff PIN"
        ),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=True, comment="its last heartbeat"),
        sa.Column("waiting", sa.Integer(), nullable=False, comment="answers it has yet to send"),
        sa.Column("aside", sa.Integer(), nullable=False, comment="answers that were not taken"),
        sa.Column(
            "offset",
            sa.Integer(),
            nullable=True,
            comment="server time minus its clock, in seconds",
        ),
        sa.Column("release", sa.String(length=16), nullable=False, comment="the page it shows"),
        sa.Column("state", sa.String(length=12), nullable=False, comment="how it says it is"),
        sa.Column("day", sa.Date(), nullable=True, comment="the day that the two counts are of"),
        sa.Column("answers", sa.Integer(), nullable=False, comment="answers taken that day"),
        sa.Column("flagged", sa.Integer(), nullable=False, comment="of them: worth a second look"),
        sa.Column(
            "withdrawn", sa.Date(), nullable=True, comment="set when its links were withdrawn"
        ),
        sa.PrimaryKeyConstraint("service", "office", "device", name=op.f("pk_kiosks")),
    )
    op.create_table(
        "pairings",
        sa.Column(
            "code_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="keyed hash of the code",
        ),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column(
            "pin",
            sa.String(length=120),
            nullable=False,
            comment="slow salted hash of the staff PIN",
        ),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_pairings")),
    )
    for table in ("services", "offices", "service_offices"):
        op.add_column(
            table,
            sa.Column("closed_on", sa.Date(), nullable=True, comment="the day it was closed (UTC)"),
        )
