"""What the commands share: the options, the two consoles, the database behind --data."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import OperationalError
from typer.core import TyperGroup

from cxsdk.errors import CxError
from cxserver import db
from cxserver.errors import ServerError
from cxserver.settings import Settings

START = "Start"
LINKS = "Links"
RESULTS = "Results"
COMMENTS = "Comments"
QUARTER = "Quarter"
OPERATE = "Operate"
# The headings of `cx --help`, each with its commands, in the order of the work.
HEADINGS = {
    START: ("demo", "migrate", "catalog", "instruments", "serve"),
    LINKS: ("key", "link", "poster", "embed", "kiosk"),
    RESULTS: ("results", "fix-first", "export", "import", "api-key"),
    COMMENTS: ("review",),
    QUARTER: ("quarter", "indicators", "pra"),
    OPERATE: ("doctor", "jobs", "staff", "audit", "recount", "prove-unlinkable"),
}


class Headed(TyperGroup):
    """The commands in the order of their headings; an error becomes a sentence and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises typer.Exit where it failed for a reason that we can say."""
        try:
            return super().invoke(ctx)
        except (ServerError, CxError) as error:
            say_error(str(error))
        except OSError as error:
            say_error(f"{error.filename or 'input or output'}: {error.strerror or error}")
        except OperationalError as error:
            say_error(f"The database does not answer: {error.orig}")
        raise typer.Exit(1)

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        names = [name for under in HEADINGS.values() for name in under]
        return sorted(self.commands, key=names.index)


app = typer.Typer(
    name="cx",
    cls=Headed,
    help="Send signed survey links and count the answers, as OMB Circular A-11 §280 asks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
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
    given = {"data_dir": data} if data else {}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # one optional field by name
    except ValidationError as error:
        faults = [f"CX_{fault['loc'][0]}: {fault['msg']}".upper() for fault in error.errors()]
        raise ServerError("\n".join(faults)) from None


@contextmanager
def database(chosen: Settings) -> Iterator[Engine]:
    """The migrated database of an installation. Raises DatabaseUnfit, ServerError."""
    _check_there(chosen)
    engine = db.open_engine(chosen)
    try:
        db.check_migrated(engine)
        yield engine
    finally:
        engine.dispose()


def _check_there(chosen: Settings) -> None:
    """A folder that was mistyped must not be made, with an empty database in it."""
    url = make_url(chosen.database)
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists():
        return
    raise ServerError(
        f"There is no database {url.database}. Check the folder (--data or CX_DATA_DIR). "
        "To create a new one: cx migrate"
    )


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
