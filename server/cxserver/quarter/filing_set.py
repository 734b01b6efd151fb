"""One quarter opened for filing: everything that its files are made of."""

from dataclasses import dataclass

from cxserver.catalog.directory import Agency, Service
from cxserver.periods import Period
from cxserver.quarter.disclosed_figures import DisclosedFigures
from cxserver.quarter.formats import words
from cxserver.quarter.formats.fits import Format
from cxserver.quarter.sets import FileSet, LeftOut


@dataclass(frozen=True, slots=True)
class Drawer:
    """A quarter in one format: its sets, what the agency tells of it, and what is left out.

    `services` are all that exist, with answers or without. `flagged` is how many answers carry a
    flag, whether they are `with_flagged` in or left out.
    """

    agency: Agency
    services: tuple[Service, ...]
    quarter: Period
    form: Format
    sets: tuple[FileSet, ...]
    left_out: tuple[LeftOut, ...]
    disclosed: DisclosedFigures
    draft: bool
    with_flagged: bool
    flagged: int


def taps(file_set: FileSet, code: str) -> str:
    """`+12 / −3 taps of 100 answers`."""
    positive, negative = file_set.counts.taps(code)
    return f"+{positive} / −{negative} taps of {file_set.counts.n} answers"


def beside(file_set: FileSet, code: str) -> str:
    """The counts of a driver that has no row of its own, in words."""
    if file_set.survey.driver_mode != "likert":
        return f"{words.name(file_set.survey, code)}: {taps(file_set, code)}"
    points = ", ".join(
        f"{point}: {n}" for point, n in enumerate(file_set.counts.points(f"driver:{code}"), 1)
    )
    return f"{words.name(file_set.survey, code)} {points}"


def measure_of(measure: str) -> str:
    """How the tallies name what OMB's row is about."""
    return measure if measure in ("satisfaction", "trust") else f"driver:{measure}"


def points(file_set: FileSet, measure: str) -> list[int] | None:
    """How many gave 1 to 5; None where it was not asked or was tapped: nobody gave a point."""
    if not words.text(file_set.survey, measure):
        return None
    if measure not in ("satisfaction", "trust") and file_set.survey.driver_mode != "likert":
        return None
    return list(file_set.counts.points(measure_of(measure)))
