"""What is filed each quarter: reviews of comments, volumes, reflections, indicators, the log."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_REFUSES = "The submission log is only ever added to."


def upgrade() -> None:
    _reviews()
    _told()
    _indicators()
    _submissions()
    _only_add()


def _reviews() -> None:
    op.create_table(
        "comment_reviews",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("decision", sa.String(length=8), nullable=False, comment="approve or withhold"),
        *_signed("who decided"),
        sa.PrimaryKeyConstraint("service", "day", "response", name=op.f("pk_comment_reviews")),
        sqlite_with_rowid=False,
    )


def _told() -> None:
    op.create_table(
        "volumes",
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("served", sa.BigInteger(), nullable=False, comment="customers served"),
        sa.Column(
            "offered", sa.BigInteger(), nullable=False, comment="customers offered the survey"
        ),
        sa.Column(
            "source", sa.String(length=300), nullable=False, comment="where the numbers come from"
        ),
        *_signed("who gave them"),
        sa.PrimaryKeyConstraint("quarter", "service", "channel", name=op.f("pk_volumes")),
    )
    op.create_table(
        "reflections",
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("reflection", sa.Text(), nullable=False, comment="what the numbers mean"),
        sa.Column("accomplishments", sa.Text(), nullable=False, comment="what was done lately"),
        *_signed("who wrote it"),
        sa.PrimaryKeyConstraint("quarter", "service", name=op.f("pk_reflections")),
    )


def _indicators() -> None:
    op.create_table(
        "indicators",
        sa.Column(
            "period",
            sa.String(length=6),
            nullable=False,
            comment="2026Q1, or 2026 for a fiscal year",
        ),
        sa.Column(
            "service",
            sa.String(length=32),
            nullable=False,
            comment="may be none of the catalogue",
        ),
        sa.Column("office", sa.String(length=32), nullable=False, comment="empty: all offices"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False, comment="as it was given"),
        sa.Column(
            "number",
            sa.Float(),
            nullable=False,
            comment="the same as a number; of mm:ss, seconds",
        ),
        *_signed("who imported it"),
        sa.PrimaryKeyConstraint("period", "service", "office", "name", name=op.f("pk_indicators")),
    )


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column(
            "n",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2, 3 … without a gap",
        ),
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False, comment="v1, wide or v2"),
        sa.Column(
            "state", sa.String(length=10), nullable=False, comment="draft, checked, signed-off …"
        ),
        *_signed("who says so; the official who signed"),
        sa.Column(
            "note",
            sa.Text(),
            nullable=False,
            comment="the check's result, a reason, a reference",
        ),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the manifest of the files",
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_submissions")),
    )


def _signed(who: str) -> tuple[sa.Column[str], sa.Column[object]]:
    return (
        sa.Column("who", sa.String(length=254), nullable=False, comment=who),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
    )


def _only_add() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION submissions_only_add() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSES}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER submissions_only_add BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON submissions FOR EACH STATEMENT EXECUTE FUNCTION submissions_only_add()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER submissions_no_{act.lower()} BEFORE {act} ON submissions "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
        )
