"""What becomes of what people said: cases, alerts, replies; keys to read by; jobs and digests."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


WORDED = "comment <> '' OR CAST(questions AS TEXT) <> '{}'"


def upgrade() -> None:
    op.create_index(
        "ix_responses_worded",
        "responses",
        ["office", "service", "day", "id"],
        sqlite_where=sa.text(WORDED),
        postgresql_where=sa.text(WORDED),
    )
    _casework()
    _answers()
    _work()


def _casework() -> None:
    op.create_table(
        "cases",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False, comment="read, open or done"),
        sa.Column(
            "owner", sa.String(length=32), nullable=True, comment="the member who takes care of it"
        ),
        sa.Column(
            "changed",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when somebody last changed it",
        ),
        sa.Column("closed", sa.Date(), nullable=True, comment="the day it was done"),
        sa.Column("said", sa.Text(), nullable=False, comment="the point, in the office's words"),
        sa.Column("did", sa.Text(), nullable=False, comment="what was done about it"),
        sa.PrimaryKeyConstraint("service", "day", "response", name=op.f("pk_cases")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_notes",
        sa.Column("id", sa.String(length=32), nullable=False, comment="random"),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("response", sa.String(length=32), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was written",
        ),
        sa.Column(
            "who",
            sa.String(length=254),
            nullable=False,
            comment="the e-mail address of who wrote it",
        ),
        sa.Column(
            "text", sa.Text(), nullable=False, comment="for colleagues; the public never sees it"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
    )
    op.create_index(op.f("ix_case_notes_response"), "case_notes", ["response"], unique=False)


def _answers() -> None:
    op.create_table(
        "alerts",
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("alert", sa.String(length=32), nullable=False, comment="which list of phrases"),
        sa.Column("office", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often the mail was tried"),
        sa.Column("sent", sa.Date(), nullable=True, comment="the day the team was mailed"),
        sa.PrimaryKeyConstraint("service", "day", "response", "alert", name=op.f("pk_alerts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "replies",
        sa.Column(
            "code_hash", sa.LargeBinary(length=32), nullable=False, comment="hash of the code"
        ),
        sa.Column("service", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the response"),
        sa.Column("response", sa.String(length=32), nullable=False, comment="its random id"),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day it can be read"),
        sa.Column("text", sa.Text(), nullable=False, comment="what the office answers"),
        sa.Column("replied", sa.Date(), nullable=True, comment="the day it did"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_replies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_replies_response"), "replies", ["response"], unique=False)


def _work() -> None:
    op.create_table(
        "api_keys",
        sa.Column(
            "key_hash", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the key"
        ),
        sa.Column("id", sa.String(length=16), nullable=False, comment="random; names it in lists"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="what it is for"),
        sa.Column(
            "service",
            sa.String(length=32),
            nullable=True,
            comment="set when it reads one service only",
        ),
        sa.Column(
            "office",
            sa.String(length=32),
            nullable=True,
            comment="set when it reads one office and those below",
        ),
        sa.Column(
            "comments", sa.Boolean(), nullable=False, comment="whether it reads what people wrote"
        ),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False, comment="its last day"),
        sa.Column("used", sa.Date(), nullable=True, comment="the last day it was used"),
        sa.Column("revoked", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("id", name=op.f("uq_api_keys_id")),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False, comment="which process does it"),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its lease ends",
        ),
        sa.Column(
            "ran",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was last done",
        ),
        sa.Column("result", sa.String(length=200), nullable=False, comment="what came of it"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
    op.create_table(
        "digests",
        sa.Column("member", sa.String(length=32), nullable=False, comment="of the staff"),
        sa.Column("every", sa.String(length=8), nullable=False, comment="week, month or never"),
        sa.Column("through", sa.Date(), nullable=True, comment="the last day told of"),
        sa.Column(
            "refused",
            sa.Date(),
            nullable=True,
            comment="the day the mail server refused it for good",
        ),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_digests")),
    )
