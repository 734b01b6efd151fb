"""Let retention shorten the audit log from its start, and note when records were deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_REFUSAL = "The audit log is only ever added to."
_IS_PAST_RETENTION = "EXISTS (SELECT 1 FROM audit_anchors WHERE through >= OLD.n)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "audit_anchors",
        sa.Column(
            "through",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="the last line that retention deleted",
        ),
        sa.Column(
            "hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="its hash, which the first line that is left covers",
        ),
        sa.Column("until", moment, nullable=False, comment="all that was deleted is older"),
        sa.Column(
            "disposal",
            sa.String(length=16),
            nullable=False,
            comment="its id in the audit log, whose line says all of this too",
        ),
        sa.PrimaryKeyConstraint("through", name="pk_audit_anchors"),
    )
    op.add_column(
        "disposals",
        sa.Column("at", moment, nullable=True, comment="when; empty: before this was noted"),
    )
    _let_retention_delete()


def _let_retention_delete() -> None:
    """A line goes only once an anchor says that it is past: no other DELETE passes."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_only_adds ON audit")
        op.execute(
            "CREATE TRIGGER audit_only_adds BEFORE UPDATE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_adds()"
        )
        op.execute(
            "CREATE FUNCTION audit_no_delete() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {_IS_PAST_RETENTION} THEN RETURN OLD; END IF; "
            f"RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_no_delete()"
        )
        return
    op.execute("DROP TRIGGER audit_no_delete")
    op.execute(
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN NOT {_IS_PAST_RETENTION} "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    )
