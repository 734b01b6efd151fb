"""`cx review …`: comments before they leave the agency in OMB's v2 file."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from cxserver import clock, db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures
from cxserver.catalog import directory, fingerprints, names
from cxserver.cli import audit_line
from cxserver.cli.console import COMMENTS, Data, Json, app, database, err, out, say_json, settings
from cxserver.comments import omb_review, redaction, striking
from cxserver.comments.omb_review import Decision, OmbComment
from cxserver.comments.striking import Cut
from cxserver.quarter import fiscal

review = typer.Typer(
    help="Approve, redact or withhold comments before OMB gets them.", no_args_is_help=True
)
app.add_typer(review, name="review", rich_help_panel=COMMENTS)

Names = Annotated[
    list[str],
    typer.Argument(
        help="SERVICE/DAY/ID, as `list` prints them. Use - to read them from standard input."
    ),
]
Who = Annotated[str, typer.Option("--who", help="Who read the comments and decided.")]


@review.command("list")
def list_(
    quarter: Annotated[str, typer.Argument(help="Such as 2026Q1.")],
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also show comments that have a decision.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most this many.")] = 100,
    data: Data = None,
    json: Json = False,
) -> None:
    """List a quarter's comments that need a decision."""
    period = fiscal.named(quarter)
    with database(settings(data)) as engine, db.read(engine) as connection:
        names.check_service(directory.load(connection), service)
        result = omb_review.read(connection, period, service, undecided=not every, limit=limit)
        waiting = omb_review.waiting(connection, period, service)
    if json:
        say_json({"waiting": waiting, "comments": [_as_json(item) for item in result]})
        return
    for item in result:
        decided = f"  [{item.decision} by {item.who}]" if item.decision else ""
        out.print(f"{item.name}{decided}\n  {item.text}", soft_wrap=True, markup=False)
    if len(result) == limit:
        out.print(f"These are the first {limit:,}. To see more, use --limit.")
    out.print(f"{waiting:,} {'comment needs' if waiting == 1 else 'comments need'} a decision.")


@review.command()
def approve(names: Names, who: Who, data: Data = None) -> None:
    """Approve comments to send to OMB.

    They are masked once more before they go.
    """
    _decide(names, "approve", who, data)


@review.command()
def withhold(names: Names, who: Who, data: Data = None) -> None:
    """Keep comments out of the files for OMB.

    Their question_4 stays empty.
    """
    _decide(names, "withhold", who, data)


@review.command()
def redact(
    name: Annotated[str, typer.Argument(help="SERVICE/DAY/ID, as `list` prints it.")],
    who: Who,
    everything: Annotated[
        bool, typer.Option("--everything", help="Redact the whole comment.")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Redact now. You can't undo this.")
    ] = False,
    data: Data = None,
) -> None:
    """Redact words in a comment for good.

    Give the words on standard input, one phrase on each line.
    Without --confirm it only shows what will be left.
    The words are also redacted in what staff wrote about the comment.
    """
    cut = Cut(() if everything else striking.named(sys.stdin.read()), everything)
    if not cut:
        raise typer.BadParameter("give the words on standard input.", param_hint="NAME")
    row, chosen = omb_review.named(name), settings(data)
    with database(chosen) as engine:
        with db.read(engine) as connection:
            free = redaction.typed(directory.load(connection), row.service)
            result = redaction.preview(connection, row, free, cut)
        _show(result)
        if not confirm or not result.characters:
            out.print(
                "Nothing was changed." + (" To redact, add --confirm." if not confirm else "")
            )
            return
        with db.write(engine) as connection:
            journal = Journal(fingerprints.read(connection, chosen.root_key_path))
            now = clock.now()
            gone, others = redaction.redact(connection, row, free, cut, now)
            week = row.day - timedelta(days=row.day.weekday())
            about = f"{row.service}/{week}/{row.id} by {who}"
            text = f"{gone} characters, also out of {others} texts of the staff"
            journal.write(connection, COMMAND, "redact a comment", about, text, now)
        db.forget_rows(engine, redaction.TABLES)
        erasures.note(engine, chosen.backups)
    out.print("Redacted.")


def _show(result: redaction.Result) -> None:
    for words in result.missing:
        err.print(f"Not in the comment: {words}", markup=False, soft_wrap=True)
    out.print(result.comment, markup=False, soft_wrap=True)
    for copy in result.copies:
        out.print(f"{copy.where}: {copy.left}", markup=False, soft_wrap=True)
    out.print(f"{result.characters} characters are redacted.")


def _decide(names: list[str], decision: Decision, who: str, data: Data) -> None:
    given = sys.stdin.read().split() if names == ["-"] else names
    rows = [omb_review.named(name) for name in given]
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.write(engine) as connection:
        n = omb_review.decide(connection, rows, decision, who, now)
        about = f"{', '.join(sorted({row.service for row in rows}))} by {who}"
        audit_line.write(connection, chosen, f"{decision} comments", about, now, str(n))
    done = "approved" if decision == "approve" else "withheld"
    out.print(f"{n:,} {'comment' if n == 1 else 'comments'} {done}.")


def _as_json(omb_comment: OmbComment) -> dict[str, str | None]:
    return {
        "name": omb_comment.name,
        "comment": omb_comment.text,
        "decision": omb_comment.decision,
        "who": omb_comment.who,
    }
