"""`cx catalog …`: write, check and apply the file that says what exists."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cxserver import clock, db
from cxserver.catalog import apply as applying
from cxserver.catalog import check as checking
from cxserver.catalog import new as writing
from cxserver.catalog import placeholders
from cxserver.catalog.changes import Changes
from cxserver.catalog.model import Catalog
from cxserver.cli import audit_line
from cxserver.cli.console import START, Data, Json, app, database, err, out, say_json, settings
from cxserver.cli.dates import Expires
from cxserver.errors import CatalogRefused, ServerError

catalog = typer.Typer(
    help="Describe your agency, services and offices in a file.", no_args_is_help=True
)
app.add_typer(catalog, name="catalog", rich_help_panel=START)

File = Annotated[Path, typer.Argument(help="The catalog, a TOML file.")]
# For a catalog of thousands of offices we print sums, not thousands of lines.
_LINES = 40


@catalog.command()
def new(
    file: File,
    agency: Annotated[str, typer.Option(help="The agency's name.")] = placeholders.AGENCY,
    service: Annotated[str, typer.Option(help="The service's name.")] = placeholders.SERVICE,
    office: Annotated[
        list[str] | None, typer.Option(help="An office's name. Repeat it for each office.")
    ] = None,
    omb_control_number: Annotated[
        str, typer.Option(help="The number on your OMB clearance.")
    ] = placeholders.CONTROL_NUMBER,
    expires: Expires = None,
    contact_url: Annotated[
        str, typer.Option(help="The page where people find help.")
    ] = placeholders.CONTACT,
    privacy_url: Annotated[str, typer.Option(help="Your privacy policy.")] = placeholders.PRIVACY,
    timezone: Annotated[str, typer.Option(help="The offices' time zone.")] = "America/New_York",
    language: Annotated[list[str] | None, typer.Option(help="en or es. Default: both.")] = None,
    agency_es: Annotated[str, typer.Option(help="The agency's name in Spanish.")] = "",
    service_es: Annotated[str, typer.Option(help="The service's name in Spanish.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a sample catalog for you to edit."""
    now = clock.now()
    options = writing.Options(
        agency=agency,
        service=service,
        offices=tuple(office or ["Main Office"]),
        omb_control_number=omb_control_number,
        expires=expires or (now + timedelta(days=365)).date(),
        expires_is_sample=expires is None,
        contact_url=contact_url,
        privacy_url=privacy_url,
        timezone=timezone,
        languages=tuple(language or ["en", "es"]),
        agency_es=agency_es,
        service_es=service_es,
    )
    text = writing.write(options)
    report = checking.text_at(text, file.name, now)
    if report.faults:
        raise CatalogRefused(report.faults)
    try:
        with file.open("w" if force else "x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        raise ServerError(f"{file} already exists. To replace it, add --force.") from None
    n = len([warning for warning in report.warnings if "sample" in warning.rule])
    marked = f"Lines marked '# change' are samples ({n}). " if n else ""
    out.print(f"Wrote {file}. {marked}Next: cx catalog apply {file}", soft_wrap=True)


@catalog.command()
def check(file: File, json: Json = False) -> None:
    """Check a catalog file and list everything wrong with it."""
    report = checking.read(file, clock.now())
    if json:
        say_json(
            {
                "faults": [str(fault) for fault in report.faults],
                "warnings": [str(warning) for warning in report.warnings],
            }
        )
    else:
        _tell(report)
    if report.catalog is None:
        raise typer.Exit(1)


@catalog.command()
def apply(
    file: File,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the changes without making them.")
    ] = False,
    data: Data = None,
) -> None:
    """Update the database to match a catalog file."""
    now = clock.now()
    report = checking.read(file, now)
    if report.catalog is None:
        raise CatalogRefused(report.faults)
    today = report.catalog.today(now)
    for warning in report.warnings:
        err.print(f"warning: {escape(str(warning))}", soft_wrap=True)
    chosen = settings(data)
    with database(chosen) as engine:
        if dry_run:
            with db.read(engine) as connection:
                changes = applying.plan(connection, report.catalog, today)
        else:
            with db.write(engine) as connection:
                changes = applying.apply(connection, report.catalog, today)
                if changes:
                    result = f"changes: {len(changes.entries)}"
                    audit_line.write(connection, chosen, "apply catalog", file.name, now, result)
    _show(changes, report.catalog, dry_run)


def _tell(report: checking.Report) -> None:
    for fault in report.faults:
        out.print(escape(str(fault)), soft_wrap=True)
    for warning in report.warnings:
        out.print(f"warning: {escape(str(warning))}", soft_wrap=True)
    if report.catalog is None:
        n = len(report.faults)
        said = "1 error. Fix it" if n == 1 else f"{n} errors. Fix them"
        out.print(f"{said} before you apply this file.")
    else:
        out.print("No errors found.")


def _show(changes: Changes, applied: Catalog, dry_run: bool) -> None:
    lines = changes.lines if len(changes.lines) <= _LINES else changes.summary
    for line in lines:
        out.print(escape(line), soft_wrap=True)
    if not changes:
        out.print("Nothing to change. The database already matches the file.")
    elif dry_run:
        out.print("This was a dry run. Nothing was changed.")
    else:
        service = next(iter(applied.services)).slug
        out.print(f"Applied. Next: cx key issue {service}", soft_wrap=True)
