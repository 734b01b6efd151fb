"""`cx records …`: what is due to be deleted, deleting it, and the legal holds that stop it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from sqlalchemy import Engine

from cxserver import clock, db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures
from cxserver.catalog import directory, fingerprints
from cxserver.cli import dates
from cxserver.cli.console import (
    OPERATE,
    Data,
    Json,
    app,
    database,
    out,
    plain_table,
    say_json,
    settings,
)
from cxserver.cli.dates import From, To
from cxserver.records import disposal, due, holds
from cxserver.records.disposal import Officer
from cxserver.records.due import Due
from cxserver.records.holds import Cover, Hold
from cxserver.records.rules import Rule

records_app = typer.Typer(
    help="Delete what is past its retention, and stop that with a legal hold.",
    no_args_is_help=True,
)
app.add_typer(records_app, name="records", rich_help_panel=OPERATE)

Who = Annotated[str, typer.Option("--who", help="Who decided it.")]
_LONGEST_REASON = 400
_LONGEST_NAME = 254


@records_app.command("due")
def due_(data: Data = None, json: Json = False) -> None:
    """Show what retention would delete now, under which rule, and what a hold keeps.

    Nothing is deleted.
    """
    with database(settings(data)) as engine:
        items = _due(engine, clock.now())
    if json:
        say_json({"due": [_due_as_json(item) for item in items]})
        return
    _show(items)
    if any(not item.hold for item in items):
        out.print("Nothing was deleted. To delete it: cx records dispose --confirm")


@records_app.command()
def dispose(
    confirm: Annotated[bool, typer.Option("--confirm", help="Do it. It can't be undone.")] = False,
    data: Data = None,
) -> None:
    """Delete what is due, now and for good, and keep the counts.

    The server does it each night. Without --confirm it only shows what is due.
    """
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine:
        if not confirm:
            _show(_due(engine, now))
            out.print("Nothing was deleted. To delete it, add --confirm.")
            return
        with db.read(engine) as connection:
            known = directory.load(connection)
            roots = fingerprints.read(connection, chosen.root_key_path)
        done = disposal.dispose(engine, known, Officer(COMMAND, Journal(roots)), now)
        erasures.note(engine, chosen.backups)
    totals: dict[Rule, int] = defaultdict(int)
    for item in done:
        totals[item.rule] += item.n
    for rule, n in totals.items():
        out.print(f"Deleted {n:,} {rule.of_what} ({rule}).", markup=False)
    if not done:
        out.print("Nothing is due.")


@records_app.command()
def hold(
    why: Annotated[str, typer.Option(help="The reason, such as the name of a case.")],
    who: Who,
    service: Annotated[
        str | None, typer.Argument(help="The service's short name. For all: --all")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All services.")] = False,
    office: Annotated[str | None, typer.Option(help="Only this office and those below it.")] = None,
    first: From = None,
    last: To = None,
    data: Data = None,
) -> None:
    """Place a legal hold: retention deletes nothing that it covers until you lift it."""
    if (service is None) != every:
        raise typer.BadParameter("name a service, or use --all.", param_hint="SERVICE")
    dates.check_order(first, last)
    reason, name = _text(why, "--why", _LONGEST_REASON), _text(who, "--who", _LONGEST_NAME)
    chosen, now, cover = settings(data), clock.now(), Cover(service, office, first, last)
    with database(chosen) as engine:
        with db.write(engine) as connection:
            known = directory.load(connection)
            placed = holds.place(connection, known, cover, reason, name, now)
            journal = Journal(fingerprints.read(connection, chosen.root_key_path))
            journal.write(connection, COMMAND, holds.PLACE, placed.about(name), "done", now)
        erasures.note(engine, chosen.backups)
    out.print(f"Placed a legal hold on {cover}. Its id: {placed.id}", markup=False)


@records_app.command("holds")
def holds_(data: Data = None, json: Json = False) -> None:
    """List every legal hold: what it covers, why, who placed it, lifted or not."""
    with database(settings(data)) as engine, db.read(engine) as connection:
        listed = holds.read(connection)
    if json:
        say_json({"holds": [_hold_as_json(item) for item in listed]})
        return
    if not listed:
        out.print("There are no legal holds.")
        return
    table = plain_table("", "id", "covers", "placed", "by", "why", "lifted")
    for item in listed:
        lifted = f"{item.lifted_at:%Y-%m-%d} by {item.lifted_by}" if item.lifted_at else "–"
        cells = (str(item.cover), f"{item.at:%Y-%m-%d}", item.who, item.reason, lifted)
        table.add_row(item.id, *map(escape, cells))
    out.print(table)


@records_app.command()
def lift(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `cx records holds` lists it.")],
    why: Annotated[str, typer.Option(help="The reason, such as how the case ended.")],
    who: Who,
    data: Data = None,
) -> None:
    """Lift a legal hold: what is past its retention is deleted the next night."""
    reason, name = _text(why, "--why", _LONGEST_REASON), _text(who, "--who", _LONGEST_NAME)
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine:
        with db.write(engine) as connection:
            lifted = holds.lift(connection, id, reason, name, now)
            journal = Journal(fingerprints.read(connection, chosen.root_key_path))
            journal.write(connection, COMMAND, holds.LIFT, lifted.about(name), "done", now)
        erasures.note(engine, chosen.backups)
    out.print(f"Lifted the legal hold on {lifted.cover}.", markup=False)


def _due(engine: Engine, now: datetime) -> list[Due]:
    with db.read(engine) as connection:
        return due.due(connection, directory.load(connection), now)


def _show(items: Iterable[Due]) -> None:
    totals = due.totals(items)
    if not totals:
        out.print("Nothing is due.")
        return
    table = plain_table("", "service", "what", "how many", "days", "rule", "legal hold")
    for total in totals:
        rule, days = total.rule, f"{total.first} – {total.last}"
        row = (
            rule.service or "–",
            rule.kind,
            f"{total.n:,}",
            days,
            escape(str(rule)),
            total.hold or "–",
        )
        table.add_row(*row)
    out.print(table)


def _text(text: str, option: str, longest: int) -> str:
    text = " ".join(text.split())
    if not text or len(text) > longest:
        raise typer.BadParameter(f"use 1 to {longest} characters.", param_hint=option)
    return text


def _due_as_json(item: Due) -> dict[str, Any]:
    return {
        "service": item.rule.service or None,
        "kind": item.rule.kind,
        "office": item.office or None,
        "day": item.day.isoformat(),
        "n": item.n,
        "years": item.rule.retention.years,
        "schedule": item.rule.retention.schedule,
        "hold": item.hold or None,
    }


def _hold_as_json(item: Hold) -> dict[str, Any]:
    cover = item.cover
    return {
        "id": item.id,
        "service": cover.service,
        "office": cover.office,
        "from": cover.first.isoformat() if cover.first else None,
        "to": cover.last.isoformat() if cover.last else None,
        "why": item.reason,
        "who": item.who,
        "at": item.at.isoformat(),
        "lifted_by": item.lifted_by,
        "lifted_at": item.lifted_at.isoformat() if item.lifted_at else None,
        "lifted_why": item.lifted_reason,
    }
