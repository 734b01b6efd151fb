"""`cx demo`: a whole invented agency on this machine. Nothing in it is a government survey."""

import shutil
import socket
import sys
from datetime import timedelta
from pathlib import Path

import segno
from rich.console import Console
from rich.markup import escape
from sqlalchemy import Engine, func, select

from cxsdk import Issuer
from cxserver import clock, db, tables
from cxserver.audit import adoption
from cxserver.catalog import apply, check, directory, fingerprints, linkkeys
from cxserver.catalog.rootkey import RootKeys
from cxserver.demo import entrance, front, people
from cxserver.demo.front import Stage
from cxserver.errors import CatalogRefused
from cxserver.intake import closing, cut_tables, entry, store
from cxserver.intake.entry import Secrets
from cxserver.settings import Settings
from cxserver.web import server
from cxserver.web.app import CxApp, create_app

BATCH = 1000
# The poster that phones scan leads here.
SERVICE, OFFICE = "permits", "riverside"

console = Console(highlight=False)


def run(data: Path, port: int, answers: int, lan: bool) -> None:
    """Prepare the folder `data` if it is new, then serve it until Ctrl-C."""
    address = _address() if lan else "127.0.0.1"
    settings = Settings(
        data_dir=data,
        database_url="",
        root_key_file=None,
        base_url=f"http://{address}:{port}",
        allowed_hosts=("127.0.0.1", "localhost"),
        queue_size=2000,
        # Here people sign in with the link it prints, whatever the shell is set up for.
        oidc_issuer="",
    )
    stage = prepare(settings, answers)
    app = build(settings, stage)

    async def when_up() -> None:
        _greet(settings, stage, port, lan)

    server.serve_app(app, "0.0.0.0" if lan else "127.0.0.1", port, when_up)  # noqa: S104  # --lan asks
    console.print("\nStopped. The answers stay in", escape(str(data)))


def build(settings: Settings, stage: Stage) -> CxApp:
    """The application with the demonstration's own pages."""
    return create_app(settings, demo=True, more_routes=front.routes(stage))


def prepare(settings: Settings, answers: int) -> Stage:
    """Make the database and the invented answers, or find them made. Returns what to show."""
    engine = db.open_engine(settings)
    try:
        roots = adoption.migrate(engine, settings.root_key_path, clock.now()).roots
        _apply(engine)
        _answer(engine, roots, answers)
        _release(engine)
        with db.write(engine) as connection:
            today = directory.today(connection, clock.now())
            key = linkkeys.current(connection, roots, SERVICE, today)
    finally:
        engine.dispose()
    return Stage(key=key.text, folder=_folder(), data=settings.data_dir, base_url=settings.base_url)


def _apply(engine: Engine) -> None:
    now = clock.now()
    report = check.read(Path(__file__).parent / "catalog.toml", now)
    if report.catalog is None:
        raise CatalogRefused(report.faults)
    today = report.catalog.today(now)
    with db.write(engine) as connection:
        apply.apply(connection, report.catalog, today)


def _answer(engine: Engine, roots: RootKeys, answers: int) -> None:
    with db.read(engine) as connection:
        stored = connection.execute(select(func.count()).select_from(tables.responses)).scalar_one()
        known = directory.load(connection)
    if stored or not answers:
        return
    hidden = Secrets(roots)
    waiting = [
        entry.prepare(sheet, given, hidden, sheet.answered_at)
        for sheet, given in people.sheets(known, answers, clock.now())
    ]
    with console.status(f"Inventing {answers:,} answers"):
        for start in range(0, len(waiting), BATCH):
            for result in store.write(engine, waiting[start : start + BATCH]):
                if isinstance(result, Exception):
                    raise result


def _release(engine: Engine) -> None:
    """Close the batches that are due, as the server does each hour, before anybody looks."""
    with db.read(engine) as connection:
        known = directory.load(connection)
    with console.status("Counting the answers"):
        closing.close_due(engine, known, clock.now())
        cut_tables.draw_due(engine, known, clock.now())


def _greet(settings: Settings, stage: Stage, port: int, lan: bool) -> None:
    home = f"http://127.0.0.1:{port}/"
    console.print(f"\nThe demonstration is up: [bold]{home}[/bold]   (Ctrl-C stops it)")
    console.print("Open it, answer a survey, and watch the count go up.")
    console.print("The staff pages, with this link, once:")
    console.print(f"{home}staff/sign-in/{_let_in(settings)}", soft_wrap=True)
    console.print(f"Data: {settings.data_dir}", soft_wrap=True)
    console.print(f"For `cx` in another shell: {stage.setup}", soft_wrap=True, markup=False)
    if lan:
        link = Issuer(settings.base_url, stage.key).issue_link(
            SERVICE, OFFICE, channel="poster", expires_at=clock.now() + timedelta(days=1)
        )
        console.print("\nScan this with a phone on the same network:\n")
        segno.make(link, error="m").terminal(out=sys.stdout, compact=True)
        console.print(link, soft_wrap=True)


def _let_in(settings: Settings) -> str:
    engine = db.open_engine(settings)
    try:
        with db.write(engine) as connection:
            roots = fingerprints.read(connection, settings.root_key_path)
            return entrance.link(connection, roots, clock.now())
    finally:
        engine.dispose()


def _address() -> str:
    # No packet is sent: the system only says which of its addresses it would send from.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _folder() -> Path:
    """Where this very `cx` lies, for the PATH of a shell."""
    beside = Path(sys.executable).with_name("cx")
    return (beside if beside.exists() else Path(shutil.which("cx") or sys.argv[0])).parent
