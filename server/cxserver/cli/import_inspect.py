"""`cx import inspect`: what a file would be read as, before anything is imported."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cxserver.cli.console import Json, err, out, plain_table, say_json
from cxserver.cli.imports import imports
from cxserver.imports import guess, map_text, preview, shape, sheet
from cxserver.imports.preview import Column


@imports.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="The CSV file, in UTF-8.")],
    map: Annotated[
        Path | None, typer.Option("--map", help="Show it as this map reads it. Default: a guess.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how a file would be read, and guess its map.

    Save the guess with `cx import inspect FILE > map.toml`. Nothing is imported.
    """
    page = sheet.read(file, file.read_bytes())
    guessed = None if map else guess.of(page)
    chosen = shape.read(map) if map else map_text.preview_map(guess.of(page))
    columns = preview.of(chosen, page)
    if json:
        form = guessed.form if guessed else None
        notes = list(guessed.notes) if guessed else []
        say_json({"from": form, "notes": notes, "columns": [_as_json(item) for item in columns]})
        return
    _show(file.name, columns, to_map=guessed is not None)
    if guessed:
        err.print(f"This looks like --from {guessed.form}. A map to go on with:\n")
        for note in guessed.notes:
            err.print(f"- {note}", soft_wrap=True, markup=False)
        typer.echo(map_text.of(guessed), nl=False)


def _show(name: str, columns: list[Column], *, to_map: bool) -> None:
    if columns:
        table = plain_table(f"In {name}", "meaning", "column", "readable", "the first rows")
        for item in columns:
            shown = escape(" · ".join(item.shown))
            table.add_row(item.meaning, escape(item.name), _share(item), shown)
        (err if to_map else out).print(table)
    for item in columns:
        if item.fault:
            err.print(f"Column '{item.name}': {item.fault}.", soft_wrap=True, markup=False)


def _share(item: Column) -> str:
    if item.share is None:
        return "all empty"
    # 9,999 of 10,000 are not all of them.
    percent = 100 if item.share == 1 else min(99, round(100 * item.share))
    return f"{percent} %" + (f", {item.empty:,} empty" if item.empty else "")


def _as_json(item: Column) -> dict[str, Any]:
    return {
        "meaning": item.meaning,
        "column": item.name,
        "rows": item.rows,
        "empty": item.empty,
        "readable": item.readable,
        "shown": item.shown,
        "fault": item.fault,
    }
