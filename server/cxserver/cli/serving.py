"""`cx demo`, `cx migrate`, `cx serve`: set up and start the server."""

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from cxserver import clock, db, log
from cxserver import demo as demonstration
from cxserver.audit import adoption
from cxserver.catalog.rootkey import RootKeys
from cxserver.cli import banner
from cxserver.cli.console import START, Data, app, out, settings
from cxserver.errors import ServerError
from cxserver.settings import Settings
from cxserver.web import server


@app.command(rich_help_panel=START)
def migrate(data: Data = None) -> None:
    """Create or update the database tables.

    The first time, it creates the root key too. Every server needs the same root key file.
    """
    chosen = settings(data)
    engine = db.open_engine(chosen)
    try:
        adopted = adoption.migrate(engine, chosen.root_key_path, clock.now())
        result = db.check_durable(engine)
    finally:
        engine.dispose()
    if adopted.made:
        _say_made(chosen.root_key_path, adopted.roots)
    durability = ", ".join(f"{name}={value}" for name, value in result.items())
    out.print(f"The tables are up to date ({engine.dialect.name}: {durability}).", soft_wrap=True)


def _say_made(path: Path, roots: RootKeys) -> None:
    out.print(
        f"Created the root key {path} (fingerprint {roots.fingerprints[0]}). Keep a copy apart "
        "from the data, and give every server of this installation the same file.",
        soft_wrap=True,
    )


@app.command("serve", rich_help_panel=START)
def serve_public(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    workers: Annotated[
        int, typer.Option(help="The number of processes. More than one needs PostgreSQL.")
    ] = 1,
    data: Data = None,
) -> None:
    """Start the survey server.

    Put a web server with https in front of it.
    """
    chosen = settings(data)
    if workers > 1 and chosen.database.startswith("sqlite"):
        raise ServerError(
            "SQLite works with one process only. Use --workers 1, or set CX_DATABASE_URL."
        )
    if data:
        os.environ["CX_DATA_DIR"] = str(data)
    _check_free(host, port)
    log.configure(chosen.log_level)

    def announce(running: Settings) -> None:
        out.print(banner.text(running, host, port, workers), markup=False, soft_wrap=True)
        banner.note(running, host, port, workers)

    server.public(host, port, workers, announce)


@app.command(rich_help_panel=START)
def demo(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    data: Annotated[Path, typer.Option("--data", help="The folder for the demo.")] = Path(
        "cx-demo"
    ),
    answers: Annotated[
        int, typer.Option(help="How many invented answers a new folder starts with.")
    ] = 4000,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let phones on this network in, and show a QR code.")
    ] = False,
) -> None:
    """Try everything with an invented agency on this machine."""
    _check_free("0.0.0.0" if lan else "127.0.0.1", port)  # noqa: S104  # asked for by --lan
    log.configure(settings(None).log_level)
    demonstration.run(data.absolute(), port, answers, lan)


def _check_free(host: str, port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise ServerError(
                f"Port {port} cannot be used ({error.strerror}). "
                f"Use another one: --port {port + 1}, or make run PORT={port + 1}."
            ) from None
