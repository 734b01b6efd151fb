"""Staff: who may sign in, who is signed in, one-time links, and a log that is only added to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_REFUSES = "The audit log is only ever added to."


def upgrade() -> None:
    _members()
    _sessions()
    _audit()
    _only_add()


def _members() -> None:
    op.create_table(
        "staff_members",
        sa.Column("id", sa.String(length=32), nullable=False, comment="random"),
        sa.Column("email", sa.String(length=254), nullable=False, comment="who was invited"),
        sa.Column(
            "name", sa.String(length=200), nullable=False, comment="as the provider tells it"
        ),
        sa.Column(
            "role", sa.String(length=20), nullable=False, comment="what this person may see and do"
        ),
        sa.Column("office", sa.String(length=32), nullable=True, comment="of an office manager"),
        sa.Column("service", sa.String(length=32), nullable=True, comment="of a service lead"),
        sa.Column("issuer", sa.String(length=200), nullable=True, comment="the identity provider"),
        sa.Column(
            "subject",
            sa.String(length=255),
            nullable=True,
            comment="the provider's name for this person",
        ),
        sa.Column(
            "created", sa.DateTime(timezone=True), nullable=False, comment="when first invited"
        ),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True, comment="when shut out"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_members")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_members_email")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_staff_members_issuer_subject")),
    )


def _sessions() -> None:
    op.create_table(
        "staff_sessions",
        sa.Column(
            "id_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="hash of the cookie's secret",
        ),
        sa.Column("member", sa.String(length=32), nullable=False, comment="whose it is"),
        sa.Column(
            "begun", sa.DateTime(timezone=True), nullable=False, comment="it ends 12 hours later"
        ),
        sa.Column(
            "seen",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="it ends 30 minutes after; to the minute",
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_staff_sessions")),
    )
    op.create_index(op.f("ix_staff_sessions_member"), "staff_sessions", ["member"])
    op.create_table(
        "staff_invites",
        sa.Column(
            "secret_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="hash of the link's secret",
        ),
        sa.Column("member", sa.String(length=32), nullable=False, comment="whom it signs in"),
        sa.Column(
            "expires",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="24 hours after it was printed",
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_staff_invites")),
    )
    op.create_index(op.f("ix_staff_invites_member"), "staff_invites", ["member"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "n",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2, 3 … without a gap",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was done"),
        sa.Column(
            "member",
            sa.String(length=32),
            nullable=True,
            comment="who did it; empty: no member",
        ),
        sa.Column(
            "who",
            sa.String(length=254),
            nullable=False,
            comment="the e-mail address, or `command line`",
        ),
        sa.Column("what", sa.String(length=64), nullable=False, comment="what was done"),
        sa.Column(
            "about",
            sa.String(length=400),
            nullable=False,
            comment="to what; never an answer or a secret",
        ),
        sa.Column("result", sa.String(length=64), nullable=False, comment="done, or why not"),
        sa.Column(
            "hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="keyed; covers the line before it",
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit")),
    )


def _only_add() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_only_adds() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSES}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_only_adds BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_adds()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSES}'); END"
        )
