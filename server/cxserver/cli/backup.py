"""`cx backup`, `cx restore`, `cx copy`: keep the data safe, bring it back, move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from cxserver import clock, db
from cxserver.backups import copying, erasures, restoring, taking
from cxserver.backups.erasures import Kind
from cxserver.backups.restoring import Restored
from cxserver.backups.taking import Backup
from cxserver.cli.console import (
    OPERATE,
    Data,
    Json,
    app,
    check_there,
    database,
    err,
    out,
    say_json,
    settings,
)
from cxserver.errors import BackupUnfit
from cxserver.intake import answer_service
from cxserver.settings import Settings
from cxserver.timekeeping import evidence

_AGAIN = {
    Kind.REDACTION: "comments redacted",
    Kind.QUARANTINE: "quarantines",
    Kind.RESTORATION: "quarantines undone",
    Kind.IMPORT: "imports removed",
    Kind.LINK_KEY: "link keys or links revoked",
    Kind.API_KEY: "API keys revoked",
    Kind.MEMBER: "people removed from the staff pages",
    Kind.DISPOSAL: "days deleted by retention",
    Kind.HOLD: "legal holds placed",
    Kind.LIFT: "legal holds lifted",
}
_REOPENS = (
    "Invites that were answered after the backup open again: those answers are lost.",
    "Whoever repeats an answer from before it reads that it was answered already.",
    "Everybody on the staff pages signs in again; unused sign-in links and pairing codes end.",
    "Changes since then are gone: catalog, keys, notes, replies, decisions. Apply your catalog "
    "again. `cx key issue` gives a key that was created since once more.",
    "Email that was sent since may be sent again.",
    "Answers that wait on kiosks arrive by themselves.",
)


@app.command(rich_help_panel=OPERATE)
def backup(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where backups lie. Default: CX_BACKUP_DIR."),
    ] = None,
    keep: Annotated[
        int, typer.Option(min=0, help="Delete all but so many newest backups there. 0: none.")
    ] = 0,
    data: Data = None,
    json: Json = False,
) -> None:
    """Back up the database while the server runs.

    Each backup is a folder of its own. It holds neither the root key nor sessions.
    The tables may still be those of an older release.
    """
    chosen = settings(data)
    parent = (folder or chosen.backups).absolute()
    with _database_to_keep(chosen) as engine:
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("Backing up", total=None)
            result = taking.take(
                engine,
                parent,
                clock.now(),
                lambda n, total: progress.update(task, completed=n, total=total),
            )
        for place in dict.fromkeys((chosen.backups.absolute(), parent)):
            _list_erasures(engine, result, place)
    gone = taking.prune(parent, keep) if keep else []
    if json:
        say_json(_as_json(result) | {"deleted": [str(path) for path in gone]})
        return
    _say_backup(result)
    for path in gone:
        out.print(f"Deleted {path}.", soft_wrap=True, markup=False)


@app.command(rich_help_panel=OPERATE)
def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of one backup.")],
    erased: Annotated[
        list[Path] | None,
        typer.Option("--erasures", help="Another list of what was erased since."),
    ] = None,
    without: Annotated[
        bool, typer.Option("--without-erasures", help="There is no list: it is lost.")
    ] = False,
    close_links: Annotated[
        bool,
        typer.Option(
            "--close-links", help="Revoke every link key: no link made before opens again."
        ),
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Restore a backup into an empty place.

    What was erased after the backup is erased again. Start no server before it ends.
    """
    chosen = settings(data)
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Checking", total=None)
        wanted = restoring.check(chosen, folder, lambda more: progress.update(task, advance=more))
        named = restoring.lists(chosen, folder, erased or ())
        _check_lists(named, without)
        result = restoring.restore(
            chosen,
            folder,
            wanted,
            named,
            clock.now(),
            lambda words: progress.update(task, description=words),
            close_links=close_links,
        )
    if json:
        say_json(_restored_as_json(result))
        return
    _say_restored(result)
    with database(chosen) as engine, db.read(engine) as connection:
        if evidence.is_doubtful(connection, clock.now()):
            out.print("The backup is older than a day. Is this clock right? cx jobs confirm-clock")


@app.command("copy", rich_help_panel=OPERATE)
def copy_to(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="The address of an empty database, as postgresql://NAME@HOST/DATABASE or "
            "sqlite:///FILE.",
        ),
    ],
    data: Data = None,
    json: Json = False,
) -> None:
    """Copy everything into another database.

    Stop the server first. Both databases are compared before the copy counts as done.
    """
    chosen = settings(data)
    target = db.open_engine(_target(chosen, to))
    try:
        with database(chosen) as engine, _held_folder(chosen):
            counts = _copied(engine, target)
            where = target.url.render_as_string(hide_password=True)
    finally:
        target.dispose()
    if json:
        say_json({"to": where, "rows": counts})
        return
    rows, answers = sum(counts.values()), counts["responses"]
    out.print(f"Copied {rows:,} rows ({answers:,} answers) to {where}.", soft_wrap=True)
    out.print("Both are the same. Next: set CX_DATABASE_URL to the new address on every server.")


def _copied(engine: Engine, target: Engine) -> dict[str, int]:
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("Copying", total=copying.total(engine))
        return copying.copy(engine, target, lambda n: progress.update(task, advance=n))


def _target(chosen: Settings, to: str) -> Settings:
    try:
        url = make_url(to)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql") or not url.database:
        raise typer.BadParameter(
            "use postgresql://NAME@HOST/DATABASE or sqlite:///FILE.", param_hint="--to"
        )
    return chosen.model_copy(update={"database_url": to})


@contextmanager
def _database_to_keep(chosen: Settings) -> Iterator[Engine]:
    """The database, of this release or of an older one. Raises DatabaseUnfit, ServerError."""
    check_there(chosen)
    engine = db.open_engine(chosen)
    try:
        version = db.table_version(engine)
        if version is None:
            db.check_migrated(engine)
        else:
            db.check_not_newer(version)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _held_folder(chosen: Settings) -> Iterator[None]:
    """Nobody serves from the data folder meanwhile. Raises AlreadyServing."""
    lock = answer_service.hold_folder(chosen)
    try:
        yield
    finally:
        if lock:
            lock.close()


def _list_erasures(engine: Engine, result: Backup, folder: Path) -> None:
    if result.manifest.tables == db.newest_table_version():
        erasures.follow(engine, folder)
    else:  # what was erased by an older release before this is erased in the backup, too
        erasures.begin(folder)


def _check_lists(named: tuple[Path, ...], without: bool) -> None:
    if named or without:
        return
    raise BackupUnfit(
        f"There is no list of what was erased since ({erasures.NAME}), beside the backup or in "
        "CX_BACKUP_DIR. Without it, comments that were redacted since come back, and legal holds "
        "that were placed since are lost. Name it with "
        "--erasures FILE, or, if it is lost, add --without-erasures."
    )


def _say_backup(result: Backup) -> None:
    size = sum(part.bytes for part in result.manifest.files.values())
    out.print(
        f"{result.folder}: {result.manifest.answers:,} answers, {size / 1e6:,.1f} MB.",
        soft_wrap=True,
        markup=False,
    )
    keys = ", ".join(result.manifest.root_keys)
    out.print(f"It needs the root key with fingerprint {keys}, which is not in it.")


def _say_restored(result: Restored) -> None:
    taken = f"{result.manifest.taken:%Y-%m-%d %H:%M} UTC"
    out.print(f"Restored {result.manifest.answers:,} answers, as of {taken}. All totals agree.")
    for kind, n in result.replayed.done.items():
        out.print(f"Again: {n:,} {_AGAIN[kind]}.")
    for sentence in result.replayed.refused:
        out.print(f"Not done again: {sentence}", soft_wrap=True, markup=False)
    out.print("What is different now:")
    for sentence in _REOPENS:
        out.print(f"- {sentence}", soft_wrap=True)
    _say_closed(result)


def _say_closed(result: Restored) -> None:
    if not result.closed:
        out.print(
            "To close every link of before instead, restore again into another empty place with "
            "--close-links, or revoke its key: cx key list, cx key revoke SERVICE KEY",
            soft_wrap=True,
        )
        return
    out.print(
        f"Revoked {len(result.closed):,} link keys: no link of before opens. Create new ones:"
    )
    for service in sorted({key.service for key in result.closed}):
        out.print(f"  cx key issue {service}")
    out.print("Then pair kiosks and print posters anew.")


def _as_json(result: Backup) -> dict[str, Any]:
    return {"folder": str(result.folder), "manifest": result.manifest.model_dump(mode="json")}


def _restored_as_json(result: Restored) -> dict[str, Any]:
    return {
        "manifest": result.manifest.model_dump(mode="json"),
        "again": {kind.value: n for kind, n in result.replayed.done.items()},
        "refused": list(result.replayed.refused),
        "lists": [str(path) for path in result.lists],
        "reopens": list(_REOPENS),
        "keys_revoked": [{"service": key.service, "kid": key.kid} for key in result.closed],
    }
