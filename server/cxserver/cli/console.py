"""What the commands share: the options, the two consoles, the database behind --data."""

import json
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from typer.core import TyperGroup

from cxsdk import __version__
from cxsdk.errors import CxError, UnknownChannel
from cxserver import db
from cxserver.errors import NotFound, ServerError
from cxserver.settings import SECRETS, Settings

START = "Start"
LINKS = "Links"
RESULTS = "Results"
COMMENTS = "Comments"
QUARTER = "Quarter"
OPERATE = "Operate"
# The headings of `cx --help`, each with its commands, in the order of the work.
HEADINGS = {
    START: ("demo", "migrate", "catalog", "instruments", "serve"),
    LINKS: ("key", "link", "link check", "poster", "embed", "kiosk"),
    RESULTS: ("results", "fix-first", "answers", "export", "import", "api-key"),
    COMMENTS: ("review",),
    QUARTER: ("quarter", "indicators", "pra"),
    OPERATE: (
        *("doctor", "jobs", "staff", "audit", "records", "root-key"),
        *("backup", "restore", "copy", "recount", "prove-unlinkable"),
    ),
}


class Headed(TyperGroup):
    """The commands in the order of their headings; an error becomes a sentence and exit code 1.

    A name that does not exist is exit code 2, as a command that was typed wrongly is.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises typer.Exit where it failed for a reason that we can say."""
        try:
            return super().invoke(ctx)
        except (NotFound, UnknownChannel) as error:
            say_error(str(error))
            raise typer.Exit(2) from None
        except (ServerError, CxError) as error:
            say_error(str(error))
        except OSError as error:
            say_error(_of_file(error))
        except OperationalError as error:
            say_error(db.damage(error) or f"The database does not answer: {error.orig}")
        except DatabaseError as error:
            if not (sentence := db.damage(error)):
                raise
            say_error(sentence)
        raise typer.Exit(1)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """`cx link check …` is a command; `cx link SERVICE OFFICE` is one too."""
        if (words := " ".join(args[:2])) in self.commands:
            args = [words, *args[2:]]
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        names = [name for under in HEADINGS.values() for name in under]
        return sorted(self.commands, key=names.index)


app = typer.Typer(
    name="cx",
    cls=Headed,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def version() -> str:
    """The versions that a report of a fault should name."""
    return f"cx {__version__} (Python {platform.python_version()})"


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version())
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_say_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Send signed survey links and count the answers, as OMB Circular A-11 §280 asks."""


# Into a pipe or file nothing is cut off to fit a terminal that is not there.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True, highlight=False)

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The data folder. Default: CX_DATA_DIR, or ./cx-data."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def settings(data: Path | None) -> Settings:
    """The settings, with --data in the place of CX_DATA_DIR. Raises ServerError."""
    # As text, so that it is trimmed and checked as the variable is.
    given = {"data_dir": str(data)} if data else {}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # one optional field by name
    except ValidationError as error:
        raise ServerError("\n".join(map(_sentence, error.errors()))) from None


def _sentence(fault: ErrorDetails) -> str:
    """What is wrong with a setting, with its value as it was typed, unless it is a secret."""
    field = str(fault["loc"][0])
    name = f"CX_{field}".upper()
    text = fault["msg"].removeprefix("Value error, ")
    if text.startswith(name):
        return text
    # Our own sentences show it where it may be seen.
    is_ours = fault["type"] == "value_error"
    shown = "" if is_ours or field in SECRETS else f", not {fault['input']!r}"
    return f"{name}: {text}{shown}"


@contextmanager
def database(chosen: Settings) -> Iterator[Engine]:
    """The migrated database of an installation. Raises DatabaseUnfit, ServerError."""
    check_there(chosen)
    engine = db.open_engine(chosen)
    try:
        db.check_migrated(engine)
        yield engine
    finally:
        engine.dispose()


def check_there(chosen: Settings) -> None:
    """A folder that was mistyped must not be made, with an empty database in it."""
    url = make_url(chosen.database)
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists():
        return
    raise ServerError(
        f"There is no database {url.database}. Check the folder (--data or CX_DATA_DIR). "
        "To create a new one: cx migrate"
    )


def _of_file(error: OSError) -> str:
    name = error.filename or "input or output"
    folder = Path(str(name)).parent
    if isinstance(error, FileNotFoundError) and not folder.is_dir():
        return f"{name}: there is no folder {folder}. Create it, or check the spelling."
    return f"{name}: {error.strerror or error}"


def plain_table(title: str, first: str, *others: str) -> Table:
    """A table without rules; its first column is never cut, for it is typed again."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True, overflow="ignore")
    for name in others:
        table.add_column(name, justify="right")
    return table


def say_error(text: str) -> None:
    """A fault, on standard error."""
    err.print(f"[red]cx:[/red] {escape(text)}", soft_wrap=True)


def say_json(value: Any) -> None:
    """A value for a program."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
