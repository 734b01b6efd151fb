"""`cx serve`, `cx migrate`, `cx demo`: set up, and let the public in."""

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from cxserver import db, log
from cxserver import demo as demonstration
from cxserver.catalog import rootkey
from cxserver.cli.console import Data, app, out, settings
from cxserver.errors import ServerError
from cxserver.web import server


@app.command()
def migrate(data: Data = None) -> None:
    """Make the tables, or bring them up to date; make the root key when there is none."""
    chosen = settings(data)
    made = rootkey.make(chosen.root_key_path)
    engine = db.open_engine(chosen)
    try:
        db.migrate(engine)
        found = db.check_durable(engine)
    finally:
        engine.dispose()
    if made:
        out.print(f"Made the root key {chosen.root_key_path}. Back it up, apart from the data.")
    told = ", ".join(f"{name}={value}" for name, value in found.items())
    out.print(f"The tables are up to date ({engine.dialect.name}: {told}).", soft_wrap=True)


@app.command("serve")
def serve_public(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.")] = 1,
    data: Data = None,
) -> None:
    """Serve the surveys. Put a web server that speaks https before it."""
    chosen = settings(data)
    if workers > 1 and chosen.database.startswith("sqlite"):
        raise ServerError("SQLite has one writing process. Set CX_DATABASE_URL, or --workers 1.")
    if data:
        os.environ["CX_DATA_DIR"] = str(data)
    _check_free(host, port)
    log.configure()
    server.public(host, port, workers)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    data: Annotated[Path, typer.Option("--data", help="Folder of the demonstration.")] = Path(
        "cx-demo"
    ),
    answers: Annotated[
        int, typer.Option(help="Invented answers to begin with, when the folder is new.")
    ] = 4000,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let telephones on this network in, and show a QR code.")
    ] = False,
) -> None:
    """A whole invented agency on this machine: mint, answer, watch the count go up."""
    _check_free("0.0.0.0" if lan else "127.0.0.1", port)  # noqa: S104  # asked for by --lan
    log.configure()
    demonstration.run(data.absolute(), port, answers, lan)


def _check_free(host: str, port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise ServerError(
                f"Port {port} cannot be used ({error.strerror}). "
                f"Use another: --port {port + 1}, or make run PORT={port + 1}."
            ) from None
