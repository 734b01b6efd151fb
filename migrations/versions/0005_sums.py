"""Counts in columns, and their sums over months and offices: pages stay fast with every answer.

What had a row for each measure and value now has one row for all of them. The numbers are those
that were there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_PLACE = ("service", "day", "office", "channel", "language", "survey", "flagged")
_DRIVERS = (
    *("effectiveness", "ease", "efficiency", "transparency", "humanity", "employee", "other"),
)
_COLUMNS = {
    "answers": ("response", "all"),
    **{
        f"{measure}_{point}": (measure, str(point))
        for measure in ("trust", "satisfaction")
        for point in range(1, 6)
    },
    **{
        f"{code}_{value}": (f"driver:{code}", value)
        for code in _DRIVERS
        for value in ("positive", "negative", *"12345")
    },
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Names of constraints belong to the schema there.
        op.execute("ALTER TABLE tallies RENAME CONSTRAINT pk_tallies TO pk_tallies_before")
    op.rename_table("tallies", "tallies_before")
    _create(
        "tallies",
        [sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in _COLUMNS],
    )
    _create(
        "choices",
        [
            sa.Column("measure", sa.String(length=64), nullable=False),
            sa.Column("value", sa.String(length=64), nullable=False),
            sa.Column("n", sa.Integer(), nullable=False),
        ],
        "measure",
        "value",
    )
    _fill()
    op.drop_table("tallies_before")
    for table, key, counts in (
        ("tallies", (), tuple(_COLUMNS)),
        ("choices", ("measure", "value"), ("n",)),
    ):
        _sum(table, key, counts)


def _create(table: str, columns: list[sa.Column[int] | sa.Column[str]], *key: str) -> None:
    op.create_table(
        table,
        sa.Column(
            "level", sa.String(length=12), nullable=False, comment="office-day, or a sum of those"
        ),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the local date; of a month its first"),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=False,
            comment="where it was given; empty: all offices",
        ),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("survey", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("level", *_PLACE, *key, name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )


def _fill() -> None:
    before = sa.table("tallies_before", *map(sa.column, (*_PLACE, "measure", "value", "n"))).c
    place = [before[name] for name in _PLACE]
    level = sa.literal_column("'office-day'")
    counted = sa.tuple_(before.measure, before.value)
    columns = [
        sa.func.sum(
            sa.case(((before.measure == measure) & (before.value == value), before.n), else_=0)
        )
        for measure, value in _COLUMNS.values()
    ]
    # A place with choices alone is a fault; its row is made all the same, for `cx recount` to see.
    _into("tallies", (*_PLACE, *_COLUMNS), sa.select(level, *place, *columns).group_by(*place))
    _into(
        "choices",
        (*_PLACE, "measure", "value", "n"),
        sa.select(level, *place, before.measure, before.value, before.n).where(
            counted.not_in(list(_COLUMNS.values()))
        ),
    )


def _sum(table: str, key: tuple[str, ...], counts: tuple[str, ...]) -> None:
    day = sa.column("day")
    sqlite = op.get_bind().dialect.name == "sqlite"
    month = (
        sa.func.date(day, "start of month")
        if sqlite
        else sa.cast(sa.func.date_trunc("month", day), sa.Date)
    )
    nowhere = sa.literal_column("''")
    for level, when, where in (
        ("office-month", month, sa.column("office")),
        ("day", day, nowhere),
    ):
        rest = [sa.column(name) for name in ("channel", "language", "survey", "flagged", *key)]
        query = (
            sa.select(
                sa.literal_column(f"'{level}'"),
                sa.column("service"),
                when.label("at"),
                where.label("place"),
                *rest,
                *(sa.func.sum(sa.column(name)) for name in counts),
            )
            .select_from(sa.table(table))
            .where(sa.column("level") == "office-day")
            .group_by(sa.column("service"), sa.text("at"), sa.text("place"), *rest)
        )
        _into(table, (*_PLACE, *key, *counts), query)


def _into(table: str, columns: tuple[str, ...], query: sa.Select[tuple[object, ...]]) -> None:
    into = sa.table(table, *map(sa.column, ("level", *columns)))
    op.execute(into.insert().from_select(["level", *columns], query))
