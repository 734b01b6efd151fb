"""`cx fix-first`: what to do on Monday, out of the tallies."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from cxserver import db, periods
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.cli.console import RESULTS, Data, Json, app, database, out, say_json, settings
from cxserver.errors import NotFound
from cxserver.results import finding_text, findings, scopes, tally_query, wording
from cxserver.results.findings import Report
from cxserver.results.scopes import Scope

Day = datetime | None

SHOWN = 10


@app.command("fix-first", rich_help_panel=RESULTS)
def fix_first(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    under: Annotated[
        str | None, typer.Option(help="Only this office and the offices below it.")
    ] = None,
    start: Annotated[
        Day, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")
    ] = None,
    end: Annotated[
        Day, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day, included.")
    ] = None,
    all: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Count all answers by the day they were given, even those not yet released to "
            "the staff pages, and compare single channels.",
        ),
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what to fix first, by how many people it affects.

    Without --all it counts released answers, so it says the same as the staff pages.
    """
    if start and end and start > end:
        raise typer.BadParameter("The first day is after the last day.", param_hint="--from")
    with database(settings(data)) as engine, db.read(engine) as connection:
        known = directory.load(connection)
        scope = _scope(known, service, under)
        dated = scope.during(
            periods.days(start.date() if start else None, end.date() if end else None)
        )
        versions = wording.versions(known)
        scope = dated if all else dated.released
        counted = tally_query.read(connection, scope, findings.NEEDS, findings.measures(versions))
    report = findings.first(counted, versions, channels=all)
    if json:
        say_json({"counts": "all answers" if all else "released answers"} | _as_json(report, known))
    else:
        out.print("Counts all answers." if all else "Counts released answers.", soft_wrap=True)
        _show(report, known)


def _scope(known: Directory, service: str | None, under: str | None) -> Scope:
    if service is not None and service not in known.services:
        raise NotFound(f"There is no service '{service}' in the catalog.")
    scope = scopes.unit(known, under) if under is not None else Scope()
    of_service = Scope(services=frozenset({service}) if service is not None else None)
    return scope.narrowed(of_service)


def _as_json(report: Report, known: Directory) -> dict[str, Any]:
    return {
        "summary": finding_text.summary(report),
        "looked_at": report.looked_at,
        "findings": [
            asdict(finding)
            | {"people": finding.people, "sentence": finding_text.sentence(finding, known)}
            for finding in report.findings
        ],
        "common": [
            asdict(item) | {"sentence": finding_text.common(item, known)} for item in report.common
        ],
    }


def _show(report: Report, known: Directory) -> None:
    out.print(finding_text.summary(report), soft_wrap=True)
    for place, finding in enumerate(report.findings[:SHOWN], start=1):
        out.print(
            f"\n{place}. {finding_text.sentence(finding, known)}", soft_wrap=True, markup=False
        )
    more = len(report.findings) - SHOWN
    if more > 0:
        out.print(f"\n{more} more. To see them all, add --json.")
    for most in report.common:
        out.print(f"\n{finding_text.common(most, known)}", soft_wrap=True, markup=False)
