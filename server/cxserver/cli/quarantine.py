"""`cx answers …`: take answers out of every count, put them back, list what is out."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.markup import escape
from sqlalchemy import Connection

from cxserver import clock, db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures
from cxserver.catalog import directory, fingerprints, names
from cxserver.catalog.directory import Directory
from cxserver.cli import dates
from cxserver.cli.console import (
    RESULTS,
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
from cxserver.instrument import flags
from cxserver.intake import quarantine
from cxserver.intake.quarantine import Action, Done, Selection
from cxserver.results import question
from cxserver.settings import Settings

answers_app = typer.Typer(
    help="Take answers out of every count, and put them back.", no_args_is_help=True
)
app.add_typer(answers_app, name="answers", rich_help_panel=RESULTS)

Service = Annotated[str, typer.Option(help="The service's short name in the catalog.")]
Office = Annotated[str | None, typer.Option(help="Only at this office.")]
Channel = Annotated[str | None, typer.Option(help="Only this channel, such as poster.")]
Flag = Annotated[str | None, typer.Option(help="Only with this flag, such as flood.")]
_WHY = 400


@answers_app.command("quarantine")
def quarantine_(
    service: Service,
    why: Annotated[str, typer.Option(help="The reason, for the audit log and your colleagues.")],
    office: Office = None,
    channel: Channel = None,
    first: From = None,
    last: To = None,
    flag: Flag = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Do it.")] = False,
    data: Data = None,
) -> None:
    """Take answers out of every count, file and export.

    Nothing is deleted: `cx answers restore` puts them back. Without --confirm it only counts.
    """
    if not why.strip() or len(why) > _WHY:
        raise typer.BadParameter(f"use 1 to {_WHY} characters.", param_hint="--why")
    chosen, selection = settings(data), _selection(service, office, channel, first, last, flag)
    with database(chosen) as engine:
        with db.write(engine) as connection:
            known = _checked(connection, selection)
            if not confirm:
                n = len(quarantine.counted(connection, selection))
                out.print(f"{n:,} answers match. To take them out, add --confirm.")
                return
            now = clock.now()
            done = quarantine.quarantine(connection, known, selection, why.strip(), COMMAND, now)
            _note(connection, chosen, "quarantine answers", selection, done, now)
        erasures.note(engine, chosen.backups)
    out.print(f"Took {done.answers:,} answers out of every count. Its id: {done.ids[0]}")


@answers_app.command()
def restore(
    service: Service,
    office: Office = None,
    channel: Channel = None,
    first: From = None,
    last: To = None,
    flag: Flag = None,
    data: Data = None,
) -> None:
    """Put quarantined answers back into every count.

    It uses up answers that OMB approved, and is refused where too few are left.
    """
    chosen, selection = settings(data), _selection(service, office, channel, first, last, flag)
    with database(chosen) as engine:
        with db.write(engine) as connection:
            known, now = _checked(connection, selection), clock.now()
            done = quarantine.restore(connection, known, selection, COMMAND, now)
            _note(connection, chosen, "restore answers", selection, done, now)
        erasures.note(engine, chosen.backups)
    out.print(f"Put {done.answers:,} answers back.")


@answers_app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List every quarantine: how many answers, why, by whom, restored or not."""
    with database(settings(data)) as engine, db.read(engine) as connection:
        known = directory.load(connection)
        actions = quarantine.actions(connection, list(known.services))
    if json:
        say_json({"quarantines": [_as_json(action) for action in actions]})
        return
    if not actions:
        out.print("No answers are quarantined.")
        return
    table = plain_table("", "id", "service", "when", "by", "answers", "why", "restored")
    for action in actions:
        restored = f"{action.restored_at:%Y-%m-%d}" if action.restored_at else "–"
        cells = (action.service, f"{action.at:%Y-%m-%d}", action.who, f"{action.answers:,}")
        table.add_row(action.id, *map(escape, (*cells, action.reason, restored)))
    out.print(table)


def _selection(
    service: str,
    office: str | None,
    channel: str | None,
    first: date | None,
    last: date | None,
    flag: str | None,
) -> Selection:
    dates.check_order(first, last)
    return Selection(service, office, channel, first, last, flag)


def _checked(connection: Connection, selection: Selection) -> Directory:
    known = directory.load(connection)
    names.check_office(known, selection.office, selection.service)
    names.check_choice("channel", selection.channel, question.CHANNELS)
    names.check_choice("flag", selection.flag, flags.ALL)
    return known


def _note(
    connection: Connection,
    chosen: Settings,
    what: str,
    selection: Selection,
    done: Done,
    now: datetime,
) -> None:
    journal = Journal(fingerprints.read(connection, chosen.root_key_path))
    about = f"{quarantine.described(selection)} ({', '.join(done.ids)})"
    journal.write(connection, COMMAND, what, about, f"{done.answers} answers", now)


def _as_json(action: Action) -> dict[str, object]:
    return {
        "id": action.id,
        "service": action.service,
        "why": action.reason,
        "who": action.who,
        "at": action.at.isoformat(),
        "answers": action.answers,
        "restored_by": action.restored_by,
        "restored_at": action.restored_at.isoformat() if action.restored_at else None,
    }
