"""A guessed map as the TOML text that a person goes on with."""

import json
from collections.abc import Iterable, Iterator, Mapping

from cxserver.imports import shape
from cxserver.imports.guess import Guess
from cxserver.imports.shape import Map


def of(guess: Guess) -> str:
    """The text. What only a person can know is marked with "fill in"."""
    if guess.form in ("v1", "v2", "wide"):
        return shape.example(guess.form)
    return "\n".join(_lines(guess)) + "\n"


def preview_map(guess: Guess) -> Map:
    """The map of a guess, with what is still missing filled with anything: to look at rows."""
    return shape.parse(
        {
            "survey": {"instrument": _instrument(guess), "driver_mode": _mode(guess)},
            "dates": guess.dates or "month/day/year",
            "columns": dict(guess.columns),
            "drivers": dict(guess.drivers),
        },
        "the guessed map",
    )


def _mode(guess: Guess) -> str:
    return "tap" if guess.are_taps or guess.is_thumbs else "likert"


def _instrument(guess: Guess) -> str:
    if guess.is_thumbs:
        return "a11-v2-thumbs"
    if guess.are_taps:
        return "a11-2022"
    return "a11-2018" if "satisfaction" in guess.columns else "a11-v2-five-point"


def _lines(guess: Guess) -> Iterator[str]:
    yield f"# A guess: look at every line. cx import run FILE --from {guess.form} --map THIS"
    yield from (f"# {note}" for note in guess.notes)
    yield 'service = ""               # fill in: a service of the catalog'
    yield 'office = ""                # fill in: for rows that name no office'
    yield 'channel = ""               # fill in: how they were asked, such as "email" or "web"'
    yield 'language = "en"'
    if guess.dates != "year-month-day":
        order = guess.dates or "month/day/year"
        yield f'{"" if guess.dates else "# "}dates = "{order}"'
    yield f'\n[survey]\ninstrument = "{_instrument(guess)}"\ndriver_mode = "{_mode(guess)}"'
    yield "\n[wording.en]               # as people saw it"
    spoken = ("trust", "satisfaction", "comment")
    named = {what: guess.columns[what] for what in spoken if what in guess.columns}
    yield from _table({what: guess.texts[name] for what, name in named.items()})
    yield "\n[columns]"
    yield from _table(guess.columns)
    if guess.drivers:
        yield "\n[drivers]"
        yield from _table(guess.drivers)


def _table(pairs: Mapping[str, str]) -> Iterable[str]:
    return (f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in pairs.items())
