"""`cx quarter check`, `cx quarter record`, `cx quarter log`: from the draft to what OMB has."""

from typing import Annotated, Any

import typer
from rich.progress import Progress
from sqlalchemy import Engine

from cxserver import clock, db
from cxserver.cli import audit_line
from cxserver.cli.console import (
    Data,
    Json,
    database,
    err,
    out,
    plain_table,
    say_json,
    settings,
)
from cxserver.cli.quarter import Flagged, Name, Shape, order, quarter
from cxserver.errors import ServerError
from cxserver.quarter import answers, check, filing, fiscal, recording, submissions
from cxserver.quarter.check import Colour, Report
from cxserver.quarter.filing import Order
from cxserver.quarter.recording import Entry, QuarterNotReady
from cxserver.quarter.submissions import Submission
from cxserver.settings import Settings

_TYPED = "(name typed on the command line by somebody with access to the server)"
_COLOURS = {Colour.RED: "red", Colour.YELLOW: "yellow", Colour.GREEN: "green"}


@quarter.command("check")
def check_quarter(
    name: Name,
    form: Shape = "v2",
    with_flagged: Flagged = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Rate a quarter by OMB's rule and say what to fix."""
    with database(settings(data)) as engine:
        wanted = order(name, form, None, with_flagged)
        with db.read(engine) as connection:
            filed = filing.glance(connection, wanted, clock.now())
    report = check.judge(filed.drawer, filed.entries)
    if json:
        say_json(_as_json(report))
        return
    _show(report)


@quarter.command("record")
def record_quarter(
    name: Name,
    state: Annotated[
        str,
        typer.Argument(help=f"{', '.join(submissions.STATES[:-1])} or {submissions.STATES[-1]}."),
    ],
    who: Annotated[
        str, typer.Option("--who", help="Your name. For signed-off: the official's name.")
    ],
    form: Shape = "v2",
    note: Annotated[str, typer.Option(help="A reason, or OMB's reference.")] = "",
    with_flagged: Flagged = False,
    data: Data = None,
) -> None:
    """Record that a quarter was checked, signed off or sent.

    You can add records, but not change them.
    """
    # Here nobody signs in: the name is as good as whoever may run commands on the server.
    note = f"{note} {_TYPED}".strip() if state == "signed-off" else note
    chosen = settings(data)
    with database(chosen) as engine:
        wanted = order(name, form, None, with_flagged)
        try:
            made = _add(engine, chosen, wanted, Entry(state, who, note))
        except QuarterNotReady as refused:
            _show(refused.report)
            raise ServerError("You can't sign this off yet. See the reasons above.") from None
    out.print(f"Record {made.n}: {name}, {form}, {state}, {made.who}.", markup=False)


@quarter.command("log")
def list_records(
    name: Annotated[
        str | None, typer.Argument(help="Such as 2026Q1. Default: all quarters.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List what was recorded for each quarter."""
    wanted = fiscal.named(name) if name is not None else None
    with database(settings(data)) as engine, db.read(engine) as connection:
        result = submissions.read(connection, wanted)
    if json:
        names = ("n", "quarter", "form", "state", "who", "note", "digest")
        say_json(
            [
                {**{each: getattr(item, each) for each in names}, "at": item.at.isoformat()}
                for item in result
            ]
        )
        return
    if not result:
        out.print(
            f"No record of {name or 'any quarter'} yet. To add one: cx quarter record QUARTER draft"
        )
        return
    table = plain_table("", "record", "quarter", "format", "state", "who", "when", "note", "files")
    for item in result:
        when = f"{item.at:%Y-%m-%d %H:%M}"
        cells = (item.quarter, item.form, item.state, item.who, when, item.note, item.digest[:12])
        table.add_row(str(item.n), *cells)
    out.print(table)


def _add(engine: Engine, chosen: Settings, wanted: Order, entry: Entry) -> Submission:
    now = clock.now()
    with db.read(engine) as connection:
        total = answers.total(connection, wanted.quarter, None)
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Reading", total=total)
        prepared = recording.prepare(
            db.source(engine), wanted, entry, now, lambda rows: progress.advance(task, rows)
        )
    with db.write(engine) as connection:
        about = f"{wanted.quarter.name} {wanted.form} {entry.state} by {entry.who}"
        audit_line.write(connection, chosen, "record a quarter", about, now)
        return recording.add(connection, prepared, now)


def _show(report: Report) -> None:
    out.print(f"[{_COLOURS[report.colour]}]{report.colour}[/]")
    out.print(f"  OMB's rule: {check.SOURCE}", soft_wrap=True)
    for service, colour in report.ratings.items():
        out.print(f"  {service}: {colour} by OMB's rule", soft_wrap=True)
    for reason in report.reasons:
        about = f"{reason.about}: " if reason.about else ""
        stop = " You can't sign off before this is fixed." if reason.blocks else ""
        out.print(f"{reason.colour}  {about}{reason.says}.", soft_wrap=True, markup=False)
        out.print(f"     Fix: {reason.cure}.{stop}", soft_wrap=True, markup=False)


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "colour": report.colour,
        "rule": check.SOURCE,
        "can_be_signed_off": not report.blocked,
        "ratings": report.ratings,
        "reasons": [
            {
                "colour": reason.colour,
                "about": reason.about,
                "says": reason.says,
                "cure": reason.cure,
                "blocks": reason.blocks,
            }
            for reason in report.reasons
        ],
    }
