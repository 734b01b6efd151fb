"""`cx key …`: create, list and revoke keys."""

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from cxsdk import TokenRefused, token
from cxserver import clock, db
from cxserver.catalog import directory, fingerprints, linkkeys
from cxserver.cli import audit_line
from cxserver.cli.console import (
    LINKS,
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
from cxserver.errors import NotFound, RootKeyMismatch, RootKeyMissing
from cxserver.settings import Settings

key = typer.Typer(help="Create, list and revoke keys for making links.", no_args_is_help=True)
app.add_typer(key, name="key", rich_help_panel=LINKS)

Service = Annotated[str, typer.Argument(help="The service's short name in the catalog.")]


@key.command()
def issue(
    service: Service,
    office: Annotated[str | None, typer.Option(help="Create the key for this office only.")] = None,
    data: Data = None,
) -> None:
    """Create a key and print it once.

    Keep it in a secret store. Your program reads it from CX_KEY.
    """
    chosen = settings(data)
    with database(chosen) as engine, db.write(engine) as connection:
        roots = fingerprints.read(connection, chosen.root_key_path)
        now = clock.now()
        today = directory.today(connection, now)
        issued = linkkeys.issue(connection, roots, service, office, today)
        about = f"link key {issued.kid} of {service} for {office or 'all offices'}"
        audit_line.write(connection, chosen, "issue link key", about, now)
    typer.echo(issued.text)


@key.command("list")
def list_keys(data: Data = None, json: Json = False) -> None:
    """List every key and whether it is active, retiring or revoked.

    A key is retiring when you have created a newer one. Its links still open. Keep it in CX_KEY
    until 48 hours and 30 minutes after its last link. The keys themselves are not stored.
    """
    with database(settings(data)) as engine, db.read(engine) as connection:
        records = linkkeys.records(connection)
    states = linkkeys.states(records)
    if json:
        say_json(
            [
                {
                    "service": record.service,
                    "kid": record.kid,
                    "office": record.office,
                    "issued": record.issued.isoformat(),
                    "state": states[record.service, record.kid],
                    "revoked": ["all" if not at else at for at in record.revoked],
                }
                for record in records
            ]
        )
        return
    if not records:
        out.print("There are no keys yet. To create one: cx key issue SERVICE")
        return
    table = plain_table("", "service", "key", "for", "issued", "state", "revoked at")
    for record in records:
        gone = ", ".join(at or "everywhere" for at in record.revoked)
        scope = record.office or "all offices"
        state = states[record.service, record.kid]
        table.add_row(record.service, str(record.kid), scope, str(record.issued), state, gone)
    out.print(table)


@key.command()
def revoke(
    service: Service,
    kid: Annotated[int, typer.Argument(help="The key's number, from `cx key list`.")],
    office: Annotated[str, typer.Option(help="Revoke it at this office only.")] = "",
    link: Annotated[str, typer.Option(help="Revoke only this link. Give its address.")] = "",
    data: Data = None,
) -> None:
    """Revoke a key, a key at one office, or one link.

    Running servers follow within a minute.
    """
    office, nonce = _of_link(service, kid, link) if link else (office, "")
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.write(engine) as connection:
        today = directory.today(connection, now)
        linkkeys.revoke(connection, service, kid, today, office, nonce)
        about = f"link key {kid} of {service} for {office or 'all offices'}"
        _write_revoked(connection, chosen, about + (", one link" if link else ""), now)
    what = "That link" if link else f"Key {kid} of {service}" + (f" at {office}" if office else "")
    out.print(f"{what} is revoked.")


def _write_revoked(connection: Connection, chosen: Settings, about: str, now: datetime) -> None:
    """A key must end at once, also where the root key is lost and no line can be written."""
    try:
        audit_line.write(connection, chosen, "revoke link key", about, now)
    except (RootKeyMissing, RootKeyMismatch) as error:
        err.print(f"The audit log has no line of this. {error}", markup=False, soft_wrap=True)


def _of_link(service: str, kid: int, link: str) -> tuple[str, str]:
    steps = link.partition("?")[0].rstrip("/").split("/")
    try:
        claimed = token.read(steps[-1])
    except TokenRefused as error:
        raise NotFound(f"This is not the address of a link. {error}") from None
    if claimed.kid != kid or steps[-3:-2] != [service]:
        raise NotFound(f"That link belongs to {steps[-3]} and key {claimed.kid}.")
    return steps[-2], claimed.nonce.hex()
