"""`cx results`, `cx export`, `cx recount`, `cx prove-unlinkable`: the answers."""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Engine

from cxserver import clock, db, periods
from cxserver.catalog import directory, names
from cxserver.catalog.directory import Directory
from cxserver.cli import dates
from cxserver.cli.console import (
    OPERATE,
    RESULTS,
    Data,
    Json,
    app,
    database,
    err,
    out,
    plain_table,
    say_json,
    settings,
)
from cxserver.cli.dates import From, To
from cxserver.export import formats
from cxserver.export import responses as exporting
from cxserver.instrument import flags
from cxserver.intake import recount as counting
from cxserver.intake import unlinkable
from cxserver.results import grouped, measures, question, scopes, wording
from cxserver.results.grouped import Row
from cxserver.results.measures import Score
from cxserver.results.scopes import Scope
from cxserver.results.slices import Driver

Service = Annotated[str | None, typer.Option(help="Only this service.")]
Office = Annotated[str | None, typer.Option(help="Only this office.")]
Channel = Annotated[str | None, typer.Option(help="Only this channel, such as email or kiosk.")]
Language = Annotated[str | None, typer.Option(help="Only answers in this language, such as es.")]
Under = Annotated[str | None, typer.Option(help="Only this office and the offices below it.")]
WithoutFlagged = Annotated[
    bool, typer.Option("--without-flagged", help="Leave out flagged answers.")
]
EveryHour = Annotated[
    bool,
    typer.Option(
        "--every-hour",
        help="Show the hour of every answer, even when fewer than 5 share it. Somebody who knows "
        "when a person came could then find that person's answers, so protect this file as you "
        "protect the database.",
    ),
]
_PRINTED = Path("-")


def _check_format(kind: str, file: Path) -> None:
    if kind not in formats.KINDS:
        known = ", ".join(formats.KINDS)
        raise typer.BadParameter(f"'{kind}' is not one of {known}.", param_hint="--format")
    if file == _PRINTED and kind not in formats.TEXT:
        raise typer.BadParameter(f"{kind} files can't be printed. Name a file.", param_hint="-o")


def _below(known: Directory, office: str | None) -> frozenset[str] | None:
    return None if office is None else scopes.subtree(known, office)


def _catalog(engine: Engine) -> Directory:
    with db.read(engine) as connection:
        return directory.load(connection)


@app.command(rich_help_panel=RESULTS)
def results(
    by: Annotated[
        str,
        typer.Option(
            help="Group by office, service, channel, language, survey, day, week, month, "
            "quarter or "
            "driver."
        ),
    ] = "office",
    service: Service = None,
    office: Office = None,
    under: Under = None,
    channel: Channel = None,
    language: Language = None,
    start: From = None,
    end: To = None,
    without_flagged: WithoutFlagged = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show trust, satisfaction and drivers."""
    if by not in (*grouped.GROUPS, "driver"):
        known = ", ".join((*grouped.GROUPS, "driver"))
        raise typer.BadParameter(f"'{by}' is not one of {known}.", param_hint="--by")
    dates.check_order(start, end)
    wanted = Scope(
        services=scopes.only(service),
        offices=scopes.only(office),
        channels=scopes.only(channel),
        languages=scopes.only(language),
        flagged=scopes.WITHOUT_FLAGGED if without_flagged else None,
        span=periods.days(start, end),
    )
    with database(settings(data)) as engine:
        catalog = _catalog(engine)
        names.check_office(catalog, office, service)
        names.check_choice("channel", channel, question.CHANNELS)
        names.check_choice("language", language, catalog.languages)
        wanted = wanted.narrowed(Scope(offices=_below(catalog, under)))
        rows = _figures(engine, "service" if by == "driver" else by, wanted)
        origins = _origins(engine) if by == "survey" else {}
    if by == "driver":
        _show_drivers(rows, json)
    elif json:
        say_json({"rows": [_as_json(by, row) | _origin(origins, row) for row in rows]})
    elif not rows:
        out.print("No answers yet. To make a link to try: cx link SERVICE OFFICE")
    else:
        named = [replace(row, name=row.name + origins.get(row.name, "")) for row in rows]
        out.print(_scores_table(by, named))
        out.print(_taps_table(by, rows))


@app.command(rich_help_panel=RESULTS)
def export(
    kind: Annotated[
        str,
        typer.Option(
            "--format", help="The format: csv, excel (CSV for Excel), jsonl, xlsx or parquet."
        ),
    ] = "csv",
    file: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write. Use - to print.")
    ] = Path("-"),
    service: Service = None,
    office: Office = None,
    under: Under = None,
    start: From = None,
    end: To = None,
    without_flagged: WithoutFlagged = False,
    every_hour: EveryHour = False,
    data: Data = None,
) -> None:
    """Save every answer as a row in a file.

    A row shows the hour only if 5 or more people answered for that service and office in it.
    Spreadsheet programs never run a CSV cell as a formula.
    """
    _check_format(kind, file)
    dates.check_order(start, end)
    wanted = exporting.Filter(
        service,
        office,
        start,
        end,
        without=flags.SUSPECT if without_flagged else frozenset(),
        every_hour=every_hour,
    )
    with database(settings(data)) as engine, Progress(console=err, transient=True) as progress:
        known = _catalog(engine)
        names.check_office(known, office, service)
        wanted = replace(wanted, offices=_below(known, under))
        if file == _PRINTED:
            formats.write(db.source(engine), wanted, kind, sys.stdout, lambda rows: None)
            return
        task = progress.add_task("Exporting", total=exporting.total(db.source(engine), wanted))
        count = formats.save(
            db.source(engine), wanted, kind, file, lambda rows: progress.advance(task, rows)
        )
    err.print(f"Saved {count:,} answers in {file}.", soft_wrap=True)


@app.command(rich_help_panel=OPERATE)
def recount(
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if they do not agree.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Count the answers again and compare them with the totals."""
    with database(settings(data)) as engine:
        result = counting.differences(db.source(engine))
    if json:
        rows = [
            {"tally": [str(step) for step in tally], "tallied": tallied, "counted": counted}
            for tally, tallied, counted in result
        ]
        say_json({"agrees": not result, "differences": rows})
    elif result:
        for tally, tallied, counted in result[:20]:
            where = " / ".join(str(step) for step in tally)
            out.print(
                f"{where}: the total says {tallied}, the answers say {counted}", soft_wrap=True
            )
        out.print(f"{len(result)} totals do not match the answers.")
    else:
        out.print("All totals agree with the answers.")
    if result and check:
        raise typer.Exit(1)


@app.command("prove-unlinkable", rich_help_panel=OPERATE)
def prove_unlinkable(data: Data = None, json: Json = False) -> None:
    """Check that answers can't be traced to links.

    Exits with 1 if one can be.
    """
    with database(settings(data)) as engine:
        findings = unlinkable.findings(db.source(engine), clock.now())
    if json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            out.print(f"{'holds ' if finding.holds else 'BROKEN'}  {finding.claim}")
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)


def _figures(engine: Engine, by: str, wanted: Scope) -> list[Row]:
    with db.read(engine) as connection:
        return grouped.rows(connection, by, wanted)


def _origins(engine: Engine) -> dict[str, str]:
    """What stands beside the name of a version that was imported."""
    with db.read(engine) as connection:
        every = wording.versions(directory.load(connection)).values()
    return {item.name: f" (imported {item.origin})" for item in every if item.origin}


def _origin(origins: dict[str, str], row: Row) -> dict[str, bool]:
    return {"imported": True} if row.name in origins else {}


def _as_json(by: str, row: Row) -> dict[str, Any]:
    # Nearly everywhere nobody was asked by thumbs.
    thumbs = {"thumbs": _thumbs(row.thumbs)} if row.thumbs.n else {}
    return {
        by: row.name,
        "n": row.n,
        "trust": _score(row.trust),
        **thumbs,
        "satisfaction": _score(row.satisfaction),
        "drivers": {code: _driver(driver) for code, driver in row.drivers.items()},
    }


def _score(score: Score) -> dict[str, Any]:
    fields = asdict(score)
    return {**fields, "counts": list(score.counts)}


def _thumbs(score: Score) -> dict[str, Any]:
    down, up = score.counts
    return {"down": down, "up": up, "share": score.top2, "low": score.low, "high": score.high}


def _driver(driver: Driver) -> dict[str, Any]:
    fields: dict[str, Any] = {"positive": driver.positive, "negative": driver.negative}
    return fields | ({"counts": list(driver.counts)} if driver.counts else {})


def _scores_table(by: str, rows: list[Row]) -> Table:
    scores = ("trust 4–5", "95 %", "mean", "satisfied 4–5", "95 %", "mean")
    by_thumbs = any(row.thumbs.n for row in rows)
    more = ("thumbs up", "95 %") if by_thumbs else ()
    table = plain_table("Trust and satisfaction", by, "n", *scores, *more)
    for row in rows:
        cells = (*_cells(row.trust), *_cells(row.satisfaction))
        thumbs = _cells(row.thumbs)[:2] if by_thumbs else ()
        table.add_row(row.name, f"{row.n:,}", *cells, *thumbs)
    return table


def _taps_table(by: str, rows: list[Row]) -> Table:
    codes = sorted({code for row in rows for code in row.drivers})
    table = plain_table("Taps per 100 answers: + went well, − could be better", by, *codes)
    for row in rows:
        table.add_row(row.name, *(_told(row, code) for code in codes))
    return table


def _told(row: Row, code: str) -> str:
    rated = any(driver.counts for driver in row.drivers.values())
    if rated and code not in row.drivers:  # nobody rated it: it was not asked
        return "–"
    return _both(row.drivers.get(code, Driver()), row.n)


def _both(driver: Driver, n: int) -> str:
    if driver.counts:  # it was rated, not tapped
        return f"{measures.score(driver.counts).mean:.2f}"
    return f"+{_per_100(driver.positive, n)} −{_per_100(driver.negative, n)}"


def _cells(score: Score) -> tuple[str, str, str]:
    if score.top2 is None or score.low is None or score.high is None:
        return "–", "–", "–"
    mean = "–" if score.mean is None else f"{score.mean:.2f}"
    return f"{score.top2:.0%}", f"{score.low:.0%}–{score.high:.0%}", mean


def _per_100(taps: int, n: int) -> str:
    return f"{100 * taps / n:.0f}" if n else "–"


def _show_drivers(rows: list[Row], json: bool) -> None:
    n = sum(row.n for row in rows)
    totals: dict[str, list[int]] = {}
    for row in rows:
        for code, driver in row.drivers.items():
            both = totals.setdefault(code, [0, 0])
            both[0] += driver.positive
            both[1] += driver.negative
    per_driver = [
        {
            "driver": code,
            "n": n,
            "positive": positive,
            "negative": negative,
            "positive_per_100": 100 * positive / n,
            "negative_per_100": 100 * negative / n,
        }
        for code, (positive, negative) in sorted(totals.items())
    ]
    if json:
        say_json({"rows": per_driver})
        return
    table = plain_table("", "driver", "went well", "per 100", "could be better", "per 100")
    for code, (positive, negative) in sorted(totals.items()):
        table.add_row(
            code, str(positive), _per_100(positive, n), str(negative), _per_100(negative, n)
        )
    out.print(table)
