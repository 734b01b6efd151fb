"""Dates on the command line: read in one form, refused in words a person can act on."""

import re
from datetime import date
from typing import Annotated

import typer

_SHAPE = "YYYY-MM-DD"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read(text: str) -> date:
    """The date in `2026-11-02`. Raises typer.BadParameter."""
    if not _DATE.fullmatch(text):  # Python would also take 20261102 and 2026-W45-1
        raise typer.BadParameter(f"'{text}' is not a date such as 2026-11-02 (year-month-day).")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is not a date: {error}.") from None


def check_order(first: date | None, last: date | None) -> None:
    """Raise typer.BadParameter when the first day is after the last."""
    if first and last and first > last:
        raise typer.BadParameter(
            f"The first day ({first}) is after the last day ({last}).", param_hint="--from"
        )


From = Annotated[
    date | None,
    typer.Option("--from", parser=read, metavar=_SHAPE, help="The first day."),
]
To = Annotated[
    date | None,
    typer.Option("--to", parser=read, metavar=_SHAPE, help="The last day, included."),
]
DayAtOffice = Annotated[
    date, typer.Option("--day", parser=read, metavar=_SHAPE, help="The date at the office.")
]
Expires = Annotated[
    date | None,
    typer.Option(
        "--expires",
        parser=read,
        metavar=_SHAPE,
        help="The last day of your clearance. Default: a year from now.",
    ),
]
