"""`cx root-key …`: check, export and rotate the secret that every link key is derived from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cxserver import clock, db
from cxserver.audit import rotation
from cxserver.catalog import fingerprints, rootkey
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
from cxserver.errors import DatabaseUnfit

root_key_app = typer.Typer(
    help="Check, export or rotate the root key, the secret behind every link.",
    no_args_is_help=True,
)
app.add_typer(root_key_app, name="root-key", rich_help_panel=OPERATE)


@root_key_app.command()
def check(data: Data = None, json: Json = False) -> None:
    """Compare the root key file with the database.

    A fingerprint tells keys apart and opens nothing. Exits with 1 if they do not match.
    """
    chosen = settings(data)
    with database(chosen) as engine, db.read(engine) as connection:
        wanted = fingerprints.recorded(connection)
        reason = ""
        try:
            fingerprints.read(connection, chosen.root_key_path)
        except DatabaseUnfit as error:
            reason = str(error)
    if json:
        present = _present(chosen.root_key_path)
        say_json({"database": wanted, "file": present, "matches": not reason, "reason": reason})
    elif not reason:
        _show(wanted)
        out.print(f"{chosen.root_key_path} is the root key of this database.", soft_wrap=True)
    if not reason:
        return
    if json:
        raise typer.Exit(1)
    raise DatabaseUnfit(reason)


@root_key_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to write. It must not exist yet.")],
    data: Data = None,
) -> None:
    """Write a copy of the root key for safekeeping.

    Whoever has the copy can make links. Only you can read the file.
    """
    chosen = settings(data)
    with database(chosen) as engine, db.read(engine) as connection:
        roots = fingerprints.read(connection, chosen.root_key_path)
    rootkey.export(roots, file)
    out.print(f"Wrote {file} (fingerprint {', '.join(roots.fingerprints)}).", soft_wrap=True)
    out.print("Keep it apart from the database. To use it, copy it to CX_ROOT_KEY_FILE.")


@root_key_app.command()
def rotate(data: Data = None) -> None:
    """Add an epoch to the root key: new link keys are derived from it.

    Keys and links made before go on working. Copy the file to every server afterward.
    """
    chosen = settings(data)
    with database(chosen) as engine, db.write(engine) as connection:
        roots = rotation.rotate(connection, chosen.root_key_path, clock.now())
    out.print(f"{chosen.root_key_path} now has {roots.newest} epochs. Next:", soft_wrap=True)
    out.print("1. Copy this file to every server, and keep a new copy in a safe place.")
    out.print("2. Create new keys (cx key issue), give them to your programs, revoke the old ones.")


def _present(path: Path) -> Sequence[str]:
    try:
        return rootkey.read(path).fingerprints
    except DatabaseUnfit:
        return ()


def _show(wanted: Sequence[str]) -> None:
    table = plain_table("", "epoch", "fingerprint")
    for epoch, fingerprint in enumerate(wanted, start=1):
        table.add_row(str(epoch), fingerprint)
    out.print(table)
