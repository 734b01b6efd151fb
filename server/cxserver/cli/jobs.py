"""`cx jobs …`: do what is due, for cron; say what was done when."""

from dataclasses import asdict
from datetime import datetime

import typer
from rich.markup import escape

from cxserver import clock, db, log, mail
from cxserver.audit.journal import COMMAND, Journal
from cxserver.catalog import directory, fingerprints
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
from cxserver.jobs import due, lease
from cxserver.jobs.due import Job
from cxserver.jobs.lease import Record
from cxserver.timekeeping import evidence

jobs_app = typer.Typer(
    help="Run and list scheduled work, such as email to staff.", no_args_is_help=True
)
app.add_typer(jobs_app, name="jobs", rich_help_panel=OPERATE)

_NO_MAIL = "No email is sent, because no mail server is set up. Set CX_SMTP_URL and CX_MAIL_FROM."


_DOUBT = (
    "This machine's clock is more than 26 hours ahead of everything the server has seen. Nothing "
    "is deleted and no day is closed. If the clock is right: cx jobs confirm-clock"
)


@jobs_app.command("run-due")
def run_due(data: Data = None, json: Json = False) -> None:
    """Run the jobs that are due now, once.

    Call it from cron. Exits with 1 if a job fails.
    """
    chosen = settings(data)
    log.configure(chosen.log_level)
    with database(chosen) as engine:
        wall = clock.now()
        with db.read(engine) as connection:
            known = directory.load(connection)
            doubt = evidence.is_doubtful(connection, wall)
            now = evidence.present(connection, wall)
        done = due.run_due(engine, chosen, known, now, wall=wall, in_doubt=doubt)
    if json:
        say_json({"done": [asdict(item) for item in done]})
    else:
        for item in done:
            out.print(f"{item.name}: {escape(item.result)}", soft_wrap=True)
        if not done:
            out.print("Nothing is due.")
        if doubt:
            out.print(_DOUBT, soft_wrap=True)
        if not mail.is_set_up(chosen):
            out.print(_NO_MAIL, soft_wrap=True)
    if any(item.failed for item in done):
        raise typer.Exit(1)


@jobs_app.command("confirm-clock")
def confirm_clock(data: Data = None) -> None:
    """Confirm that this machine's clock is right.

    Ends the pause that `cx doctor` reports when the clock is in doubt.
    """
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.write(engine) as connection:
        journal = Journal(fingerprints.read(connection, chosen.root_key_path))
        evidence.confirm(connection, now)
        minute = f"{now:%Y-%m-%d %H:%M} UTC"
        journal.write(connection, COMMAND, "confirm the clock", minute, "done", now)
    out.print(f"Confirmed: it is {minute}. A running server follows within a minute.")


@jobs_app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List each job: its schedule, last run, result and next run."""
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.read(engine) as connection:
        known = lease.records(connection)
    sends = mail.is_set_up(chosen)
    rows = [(job, known.get(job.name)) for job in due.JOBS]
    if json:
        say_json({"jobs": [_told(*row, now, sends=sends) for row in rows]})
        return
    table = plain_table("", "job", "when", "last run", "result", "next run")
    for job, record in rows:
        status = _told(job, record, now, sends=sends)
        words = (
            _minute(status["ran"], "never"),
            status["result"] or "–",
            _minute(status["next"], "–"),
        )
        table.add_row(job.name, job.when, *map(escape, words))
    out.print(table)
    if not sends:
        out.print(_NO_MAIL, soft_wrap=True)
    elif not chosen.scheduler:
        out.print("The server does not run them. Have cron call `cx jobs run-due`.")


def _told(job: Job, record: Record | None, now: datetime, *, sends: bool) -> dict[str, str | None]:
    ran = record.ran if record else None
    does = sends or not job.mails
    return {
        "name": job.name,
        "when": job.when,
        "ran": ran.isoformat() if ran else None,
        "result": record.result if record else "",
        "next": job.upcoming(record, now).isoformat(timespec="seconds") if does else None,
    }


def _minute(moment: str | None, else_: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC" if moment else else_
