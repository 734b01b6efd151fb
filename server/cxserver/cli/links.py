"""`cx link`: make one link here, or with --csv one for each person in a file."""

import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.markup import escape
from rich.progress import Progress, TaskID
from sqlalchemy import Engine

from cxsdk import Issuer, Link, token
from cxsdk.links import CHANNELS, channel_named
from cxserver import clock, db
from cxserver.catalog import directory, fingerprints, linkkeys, names, placements
from cxserver.catalog.rootkey import RootKeys
from cxserver.cli import mailmerge
from cxserver.cli.console import LINKS, Data, Json, app, database, err, say_json, settings
from cxserver.cli.mailmerge import Outcome, People
from cxserver.errors import NotFound, ServerError
from cxserver.export import files
from cxserver.settings import Settings

_TIME = "2026-11-02T15:00:00-05:00"
# The screen need not move more often than this.
_STEP = 200_000


@app.command(rich_help_panel=LINKS)
def link(
    service: Annotated[str, typer.Argument(help="The service's short name in the catalog.")] = "",
    office: Annotated[str, typer.Argument(help="The office's short name.")] = "",
    channel: Annotated[
        str, typer.Option(help="email, sms, web or phone; or kiosk, poster or site.")
    ] = "email",
    done_at: Annotated[
        str | None, typer.Option(help=f"When the visit ended, such as {_TIME}.")
    ] = None,
    ref: Annotated[str | None, typer.Option(help="Your own number for the visit.")] = None,
    expires_at: Annotated[str | None, typer.Option(help="When a place link ends.")] = None,
    place: Annotated[
        str | None, typer.Option(help="Where the link will be, such as East door.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="en or es.")] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            help="A file with one row for each person. Its columns service, office, ref, done_at, "
            "language and channel replace the options given here.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="With --csv: the file to write. Use - to print."),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make one survey link, or one for each row of a CSV file.

    `cx link check` tells you whether the links that your own program makes will open.
    """
    options = _Options(service, office, channel, _time("--done-at", done_at), language)
    single = {"--ref": ref, "--expires-at": expires_at, "--place": place, "--json": json or None}
    if people is not None:
        _refuse("--csv", single)
        _merge(people, file or Path("-"), options, data)
        return
    _refuse("a single link", {"--output": file})
    for name, value in (("SERVICE", service), ("OFFICE", office)):
        if not value:
            raise typer.BadParameter("name one, or give a file with --csv.", param_hint=name)
    with _mint(options, data) as mint:
        minted = mint.single(ref, _time("--expires-at", expires_at), place)
    if json:
        ends = minted.expires_at.astimezone(UTC).isoformat()
        say_json({"link": minted, "channel": channel, "expires_at": ends})
    else:
        typer.echo(minted)


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command line says, for all the rows of a file that say nothing else."""

    service: str
    office: str
    channel: str
    done_at: datetime | None
    language: str | None


@dataclass(slots=True)
class _Mint:
    """Mints with this server's own keys, looking each office up once."""

    engine: Engine
    chosen: Settings
    roots: RootKeys
    options: _Options
    _issuers: dict[tuple[str, str], Issuer | str] = field(default_factory=dict)

    def __call__(self, cells: dict[str, str]) -> Link:
        """The link of one row. Raises CxError, ServerError."""
        service = cells.get("service") or self.options.service
        office = cells.get("office") or self.options.office
        channel = channel_named(cells.get("channel") or self.options.channel)
        if CHANNELS[channel].is_place:
            raise ServerError(
                f"A {channel} link is for many people, but each row is one person. Use "
                f"another channel."
            )
        return self._issuer(service, office).issue_link(
            service,
            office,
            channel=channel,
            done_at=self._done_at(cells),
            ref=cells.get("ref") or None,
            language=cells.get("language") or self.options.language,
        )

    def single(self, ref: str | None, expires_at: datetime | None, place: str | None) -> Link:
        """The one link that was asked for. Raises CxError, NotFound."""
        options = self.options
        minted = self._issuer(options.service, options.office).issue_link(
            options.service,
            options.office,
            channel=channel_named(options.channel),
            done_at=options.done_at,
            ref=ref,
            expires_at=expires_at,
            place=place,
            language=options.language,
        )
        if CHANNELS[minted.channel].is_place:
            self._note(minted, place)
        return minted

    def _note(self, minted: Link, place: str | None) -> None:
        # Minting remembers nothing; `cx doctor` has to know what hangs where, to warn in time.
        kid = token.read(minted.partition("?")[0].rpartition("/")[2]).kid
        where = minted.service, minted.office, minted.channel, place
        with db.write(self.engine) as connection:
            known = directory.load(connection)
            ends = directory.date_at(known.offices.get(minted.office), minted.expires_at)
            today = known.today(clock.now())
            placements.note(connection, *where, ends, today, kid=kid)

    def _issuer(self, service: str, office: str) -> Issuer:
        if (service, office) not in self._issuers:
            self._issuers[service, office] = self._open(service, office)
        issuer = self._issuers[service, office]
        if isinstance(issuer, str):
            raise NotFound(issuer)
        return issuer

    def _open(self, service: str, office: str) -> Issuer | str:
        if not service or not office:
            return "The service or office is missing. Fill in its cell, or give it to `cx link`."
        try:
            with db.write(self.engine) as connection:
                known = directory.load(connection)
                names.check_office(known, office, service)
                names.check_language(known, service, self.options.language)
                today = known.today(clock.now())
                keys = linkkeys.minting(connection, self.roots, service, today)
        except NotFound as error:
            return str(error)
        return Issuer(self.chosen.base_url, [key.text for key in keys], clock=clock.now)

    def _done_at(self, cells: dict[str, str]) -> datetime | None:
        text = cells.get("done_at")
        if text:
            return _read_time(text)
        # An empty cell among filled ones is a mistake, not "just now".
        if text is not None and self.options.done_at is None:
            raise ServerError("done_at is empty. Enter when the visit ended.")
        return self.options.done_at


@contextmanager
def _mint(options: _Options, data: Path | None) -> Iterator[_Mint]:
    chosen = settings(data)
    with database(chosen) as engine:
        with db.read(engine) as connection:
            roots = fingerprints.read(connection, chosen.root_key_path)
        yield _Mint(engine, chosen, roots, options)


def _merge(source: Path, target: Path, options: _Options, data: Path | None) -> None:
    people = People(source)
    watched = err.is_terminal
    with _mint(options, data) as mint, Progress(console=err, disable=not watched) as bar:
        task = bar.add_task("Making links", total=people.length)
        steps = _Steps(bar, task)
        with _output(target) as file:
            outcome = mailmerge.write(people, mint, file, steps)
        bar.update(task, completed=people.length)
    _tell(outcome, source, target)
    if outcome.failed:
        raise typer.Exit(1)


@contextmanager
def _output(target: Path) -> Iterator[TextIO]:
    if str(target) == "-":
        # Held back until it is whole: a fault in the last row leaves no half file behind a `>`.
        whole = io.StringIO(newline="")
        yield whole
        sys.stdout.write(whole.getvalue())
        return
    with files.whole_text(target) as draft:
        yield draft


@dataclass(slots=True)
class _Steps:
    """Moves the bar in steps: a call for each row would cost more than minting its link."""

    bar: Progress
    task: TaskID
    waiting: int = 0

    def __call__(self, characters: int) -> None:
        self.waiting += characters
        if self.waiting >= _STEP:
            self.bar.advance(self.task, self.waiting)
            self.waiting = 0


def _tell(outcome: Outcome, source: Path, target: Path) -> None:
    for fault in outcome.faults:
        err.print(f"{escape(source.name)}, {escape(fault)}", soft_wrap=True)
    if (more := outcome.failed - len(outcome.faults)) > 0:
        err.print(f"… and {more:,} more.")
    if outcome.shared:
        rows = "row repeats" if outcome.shared == 1 else "rows repeat"
        err.print(f"{outcome.shared:,} {rows} the ref of an earlier row. They share one answer.")
    where = "" if str(target) == "-" else f" in {escape(str(target))}"
    failed = f"{outcome.failed:,} rows failed. The column 'error' says why."
    text = f"{outcome.minted:,} links{where}. {failed if outcome.failed else ''}"
    err.print(text.strip(), soft_wrap=True)


def _refuse(what: str, given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if value is not None:
            raise typer.BadParameter(f"you can't use this with {what}.", param_hint=name)


def _time(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return _read_time(text)
    except ServerError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _read_time(text: str) -> datetime:
    try:
        result = datetime.fromisoformat(text)
    except ValueError:
        raise ServerError(f"'{text}' is not a time such as {_TIME}.") from None
    if result.utcoffset() is None:
        raise ServerError(f"The time '{text}' has no time zone. Write it as in {_TIME}.")
    return result
