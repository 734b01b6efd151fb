"""`cx fix-first`: what to do on Monday, in the words of the staff pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from cxserver import clock, db
from cxserver.catalog import directory
from cxserver.cli import dates
from cxserver.cli.console import RESULTS, Data, Json, app, database, out, say_json, settings
from cxserver.cli.dates import From, To
from cxserver.disclosure.audience import Audience
from cxserver.findings import do_first, engine, memory
from cxserver.findings.do_first import DoFirst, Fetched, Item
from cxserver.results import tally_query, wording
from cxserver.results.cuts import Counted
from cxserver.results.question import Filters, today_of
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope

SHOWN = 10
_WEEKS = timedelta(days=27)


@app.command("fix-first", rich_help_panel=RESULTS)
def fix_first(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    under: Annotated[
        str | None, typer.Option(help="Only this office and the offices below it.")
    ] = None,
    start: From = None,
    end: To = None,
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
    """Show what to do first, by how many people it affects.

    Without dates it takes the last 28 days, as the staff pages do. Without --all it counts released
    answers, so it says the same as the staff pages, word for word.
    """
    dates.check_order(start, end)
    with _reading(data, holds_rows=all) as reader:
        filters = Filters.read(_query(reader, service, under, start, end), reader)
        first = _of_all(reader, filters) if all else do_first.read(reader, filters)
    counts = "all answers" if all else "released answers"
    if json:
        say_json({"counts": counts, "days": filters.window.days} | _as_json(first))
    else:
        out.print(f"{filters.window.days}. Counts {counts}.", soft_wrap=True)
        _show(first)


@contextmanager
def _reading(data: Path | None, *, holds_rows: bool) -> Iterator[Reading]:
    seen = Scope(audience=Audience.ROWS if holds_rows else Audience.RELEASED)
    with database(settings(data)) as engine_, db.read(engine_) as connection:
        yield Reading(connection, directory.load(connection), seen, clock.now())


def _query(
    reader: Reading, service: str | None, under: str | None, start: date | None, end: date | None
) -> dict[str, str]:
    """The question as the pages have it in their addresses."""
    query = {"service": service, "office": under}
    if start or end:
        last = end or max(today_of(reader.directory, reader.now), start or date.min)
        query |= {"from": (start or last - _WEEKS).isoformat(), "to": last.isoformat()}
    return {name: value for name, value in query.items() if value is not None}


def _of_all(reader: Reading, filters: Filters) -> DoFirst:
    around = filters.around().during(filters.window.span)
    wanted = engine.measures(wording.versions(reader.directory))
    counted = tally_query.read(reader.connection, around, engine.NEEDS, wanted)
    known = memory.read(reader.connection, reader.directory.services)
    fetched = Fetched(Counted(lambda: counted), known)
    return do_first.work_out(fetched, filters, channels=True)


def _as_json(first: DoFirst) -> dict[str, Any]:
    return {
        "summary": first.summary,
        "findings": [_item_as_json(item) for item in first.items],
        "common": [item.sentence for item in first.common],
    }


def _item_as_json(item: Item) -> dict[str, Any]:
    words = {"title": item.text.title, "text": item.text.paragraph, "since": item.since}
    return asdict(item.finding) | {"people": item.finding.people} | words


def _show(first: DoFirst) -> None:
    out.print(first.summary, soft_wrap=True)
    for place, item in enumerate(first.items[:SHOWN], start=1):
        out.print(f"\n{place}. {item.text.title}", soft_wrap=True, markup=False)
        since = item.since[:1].upper() + item.since[1:]
        out.print(f"   {since}. {item.text.paragraph}", soft_wrap=True, markup=False)
    more = len(first.items) - SHOWN
    if more > 0:
        out.print(f"\n{more} more. To see them all, add --json.")
    for done in first.done:
        words = f"{done.effect.verdict}. {done.effect.sentence}"
        out.print(f"\nDone on {done.memory.done}: {done.title}", soft_wrap=True, markup=False)
        out.print(f"   {words}", soft_wrap=True, markup=False)
    for most in first.common:
        out.print(f"\n{most.sentence}", soft_wrap=True, markup=False)
