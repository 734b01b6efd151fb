"""Room for thumbs, and for surveys that do not ask for satisfaction. No number changes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TRUST = "trust BETWEEN 0 AND 5"
_NAMES = (
    *("service", "day", "id", "office", "channel", "language", "survey", "answered_hour", "delay"),
    *("satisfaction", "trust", "drivers", "comment", "questions", "flags"),
)


def upgrade() -> None:
    for name in ("trust_down", "trust_up"):
        op.add_column("tallies", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "responses", "satisfaction", nullable=True, comment="1 to 5; empty: not asked"
        )
        op.alter_column("responses", "trust", comment="1 to 5; by thumbs 0 (down) or 1 (up)")
        op.drop_constraint(op.f("ck_responses_trust"), "responses", type_="check")
        op.create_check_constraint(op.f("ck_responses_trust"), "responses", _TRUST)
    else:
        _rebuild()


def _rebuild() -> None:
    """SQLite changes no column: the rows move, in the order of their key, into a new table."""
    made = sa.text(
        "SELECT sql FROM sqlite_master "
        "WHERE type = 'index' AND tbl_name = 'responses' AND sql <> ''"
    )
    indexes = op.get_bind().execute(made).scalars().all()
    op.rename_table("responses", "responses_before")
    op.create_table(
        "responses",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("survey", sa.Integer(), nullable=False),
        sa.Column("answered_hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delay", sa.String(length=8), nullable=False),
        sa.Column("satisfaction", sa.SmallInteger(), nullable=True),
        sa.Column("trust", sa.SmallInteger(), nullable=False),
        sa.Column("drivers", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("flags", sa.String(length=64), nullable=False),
        sa.CheckConstraint(_TRUST, name=op.f("ck_responses_trust")),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_responses_satisfaction")),
        sa.PrimaryKeyConstraint("service", "day", "id", name=op.f("pk_responses")),
        sqlite_with_rowid=False,
    )
    names = ", ".join(_NAMES)
    key = "service, day, id"
    op.execute(
        f"INSERT INTO responses ({names}) SELECT {names} FROM responses_before ORDER BY {key}"  # noqa: S608  # names of our own
    )
    op.drop_table("responses_before")
    for index in indexes:
        op.execute(index)
