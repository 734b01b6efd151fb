"""`cx …`: every command prints for a person, takes --json where a program reads, never prompts."""

import sys

from sqlalchemy.exc import OperationalError

from cxsdk.errors import CxError
from cxserver.cli import (
    answers,
    apikeys,
    apr,
    burden,
    bursts,
    catalog,
    doctor,
    due,
    embed,
    figures,
    history,
    imports,
    indicators,
    insight,
    instruments,
    jobs,
    keys,
    kiosk,
    links,
    poster,
    quarter,
    request,
    review,
    serving,
    staff,
    submission,
)
from cxserver.cli.console import app, say_error
from cxserver.errors import ServerError

__all__ = [
    "answers",
    "apikeys",
    "apr",
    "burden",
    "bursts",
    "catalog",
    "doctor",
    "due",
    "embed",
    "figures",
    "history",
    "indicators",
    "imports",
    "insight",
    "instruments",
    "jobs",
    "keys",
    "kiosk",
    "links",
    "poster",
    "quarter",
    "request",
    "review",
    "run",
    "serving",
    "staff",
    "submission",
]


def run() -> None:
    """Run the command line; an error becomes a sentence and a non-zero exit."""
    try:
        app()
    except (ServerError, CxError) as error:
        say_error(str(error))
    except OSError as error:
        say_error(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except OperationalError as error:
        say_error(f"The database does not answer: {error.orig}")
    else:
        return
    sys.exit(1)
