"""`cx api-key …`: which programs may read results and answers, or make links."""

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape

from cxserver import clock, db
from cxserver.accounts import api_keys
from cxserver.accounts.api_keys import ApiKey
from cxserver.audit.journal import COMMAND, Journal
from cxserver.catalog import directory, fingerprints
from cxserver.cli.console import (
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

api_key = typer.Typer(
    help="Create, list and revoke keys for programs that read results or make links.",
    no_args_is_help=True,
)
app.add_typer(api_key, name="api-key", rich_help_panel=RESULTS)

_NAME = 200


@api_key.command()
def issue(
    name: Annotated[str, typer.Argument(help="What the key is for. The list and the log show it.")],
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    office: Annotated[
        str | None, typer.Option(help="Only this office and the offices below it.")
    ] = None,
    comments: Annotated[bool, typer.Option("--comments", help="Also read comments.")] = False,
    rows: Annotated[
        bool,
        typer.Option("--rows", help="Also read each answer. Nothing is hidden from this key."),
    ] = False,
    links: Annotated[
        bool,
        typer.Option("--links", help="Make links and read nothing. Needs --service or --office."),
    ] = False,
    days: Annotated[
        int, typer.Option(min=1, max=api_keys.LONGEST, help="How many days the key works.")
    ] = api_keys.USUAL,
    data: Data = None,
    json: Json = False,
) -> None:
    """Create an API key and print it once.

    Keep it in a secret store. Send it as a Bearer token.
    """
    if not name.strip() or not name.isprintable() or len(name) > _NAME:
        raise typer.BadParameter(f"use 1 to {_NAME} characters.", param_hint="NAME")
    _check_links(service, office, links=links, reads=rows or comments)
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.write(engine) as connection:
        journal = Journal(fingerprints.read(connection, chosen.root_key_path))
        today = directory.today(connection, now)
        expires = today + timedelta(days=days)
        id, text = api_keys.issue(
            connection,
            name,
            service,
            office,
            expires,
            today,
            comments=comments,
            rows=rows,
            links=links,
        )
        may = _may(service, office, comments=comments, rows=rows, links=links)
        about = f"API key {id} ({name}) {may}"
        journal.write(connection, COMMAND, "issue key", about, "done", now)
    if json:
        say_json({"id": id, "key": text, "expires": expires.isoformat()})
        return
    err.print(
        f"API key {id} {may}. Its last day is {expires}:",
        markup=False,
        soft_wrap=True,
    )
    typer.echo(text)


@api_key.command("list")
def list_keys(data: Data = None, json: Json = False) -> None:
    """List every API key.

    The keys themselves are not stored.
    """
    with database(settings(data)) as engine, db.read(engine) as connection:
        today = directory.today(connection, clock.now())
        result = api_keys.everything(connection)
    if json:
        say_json([_as_json(key) | {"state": key.state(today)} for key in result])
        return
    if not result:
        out.print("There are no API keys yet. To create one: cx api-key issue NAME")
        return
    table = plain_table("", "id", "name", "may", "issued", "last day", "last used", "state")
    for key in result:
        may = _may(key.service, key.office, comments=key.comments, rows=key.rows, links=key.links)
        days = (str(day or "") for day in (key.issued, key.expires, key.used))
        table.add_row(key.id, escape(key.name), may, *days, key.state(today))
    out.print(table)


@api_key.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id, from `cx api-key list`.")],
    data: Data = None,
) -> None:
    """Revoke an API key.

    Its next request is refused.
    """
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.write(engine) as connection:
        journal = Journal(fingerprints.read(connection, chosen.root_key_path))
        key = api_keys.revoke(connection, id, directory.today(connection, now))
        about = f"API key {key.id} ({key.name})"
        journal.write(connection, COMMAND, "withdraw key", about, "done", now)
    out.print(f"API key {key.id} ({key.name}) is revoked.", markup=False, soft_wrap=True)


def _check_links(service: str | None, office: str | None, *, links: bool, reads: bool) -> None:
    if links and reads:
        raise typer.BadParameter("a key that makes links reads nothing.", param_hint="--links")
    if links and not service and not office:
        raise typer.BadParameter("name a --service or an --office.", param_hint="--links")


def _may(
    service: str | None, office: str | None, *, comments: bool, rows: bool, links: bool
) -> str:
    place = f"office {office} and below" if office else ""
    scope = ", ".join(part for part in (f"service {service}" if service else "", place) if part)
    if links:
        return f"makes links for {scope}"
    more = [name for name, is_read in (("rows", rows), ("comments", comments)) if is_read]
    return f"reads {scope or 'everything'}" + (f" with {' and '.join(more)}" if more else "")


def _as_json(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "service": key.service,
        "office": key.office,
        "comments": key.comments,
        "rows": key.rows,
        "links": key.links,
        "issued": key.issued.isoformat(),
        "expires": key.expires.isoformat(),
        "used": key.used.isoformat() if key.used else None,
        "revoked": key.revoked.isoformat() if key.revoked else None,
    }
