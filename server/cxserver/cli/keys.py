"""`cx key …`: cut, list and withdraw keys."""

from typing import Annotated

import typer

from cxsdk import TokenRefused, token
from cxserver import clock, db
from cxserver.catalog import linkkeys, rootkey
from cxserver.cli.console import Data, Json, app, database, out, plain_table, say_json, settings
from cxserver.errors import NotFound

key = typer.Typer(help="Keys that agencies mint with.", no_args_is_help=True)
app.add_typer(key, name="key")

Service = Annotated[str, typer.Argument(help="The service's slug, as in the catalogue.")]


@key.command()
def issue(
    service: Service,
    office: Annotated[str | None, typer.Option(help="Cut the key for this office alone.")] = None,
    data: Data = None,
) -> None:
    """Cut a key and print it, once. Keep it in a secret store and give it as CX_KEY."""
    chosen = settings(data)
    roots = rootkey.read(chosen.root_key_path)
    with database(chosen) as engine, db.write(engine) as connection:
        cut = linkkeys.issue(connection, roots, service, office, clock.now().date())
    typer.echo(cut.text)


@key.command("list")
def list_keys(data: Data = None, json: Json = False) -> None:
    """Every key that was cut, and whether it is withdrawn. The keys themselves are not kept."""
    with database(settings(data)) as engine, db.read(engine) as connection:
        records = linkkeys.records(connection)
    if json:
        say_json(
            [
                {
                    "service": record.service,
                    "kid": record.kid,
                    "office": record.office,
                    "issued": record.issued.isoformat(),
                    "revoked": ["all" if not at else at for at in record.revoked],
                }
                for record in records
            ]
        )
        return
    if not records:
        out.print("No key has been cut yet. `cx key issue SERVICE` cuts the first.")
        return
    table = plain_table("", "service", "key", "for", "issued", "withdrawn")
    for record in records:
        gone = ", ".join(at or "everywhere" for at in record.revoked)
        scope = record.office or "all offices"
        table.add_row(record.service, str(record.kid), scope, str(record.issued), gone)
    out.print(table)


@key.command()
def revoke(
    service: Service,
    kid: Annotated[int, typer.Argument(help="The key's number, from `cx key list`.")],
    office: Annotated[str, typer.Option(help="Withdraw it at this office only.")] = "",
    link: Annotated[str, typer.Option(help="Withdraw this one link only (its address).")] = "",
    data: Data = None,
) -> None:
    """Withdraw a key, a key at one office, or one link. Running servers follow in a minute."""
    office, nonce = _of_link(service, kid, link) if link else (office, "")
    with database(settings(data)) as engine, db.write(engine) as connection:
        linkkeys.revoke(connection, service, kid, clock.now().date(), office, nonce)
    what = "That link" if link else f"Key {kid} of {service}" + (f" at {office}" if office else "")
    out.print(f"{what} is withdrawn.")


def _of_link(service: str, kid: int, link: str) -> tuple[str, str]:
    steps = link.partition("?")[0].rstrip("/").split("/")
    try:
        claimed = token.read(steps[-1])
    except TokenRefused as error:
        raise NotFound(f"This is not the address of a link: {error}") from None
    if claimed.kid != kid or steps[-3:-2] != [service]:
        raise NotFound(f"That link was minted for {steps[-3]} with key {claimed.kid}.")
    return steps[-2], claimed.nonce.hex()
