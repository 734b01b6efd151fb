"""The words of a survey as OMB gets them, and when two versions may share a file. Pure."""

from typing import Any

from cxserver.instrument import drivers, statements
from cxserver.instrument.survey import Survey, Wording
from cxserver.quarter.formats import fits
from cxserver.quarter.formats.fits import Format

# The order of OMB's rows since fiscal year 2021.
IN_ORDER = (
    "satisfaction",
    "trust",
    "effectiveness",
    "ease",
    "efficiency",
    "transparency",
    "employee",
)
# Asked by us, with no row of their own there.
BESIDE = tuple(code for code in drivers.CODES if code not in IN_ORDER)


def filed(survey: Survey) -> Wording:
    """The wording that is filed: English where there is any."""
    return survey.wording["en" if "en" in survey.wording else survey.languages[0]]


def text(survey: Survey, measure: str) -> str:
    """The question behind a measure as it was shown; empty when it was not asked."""
    words = filed(survey)
    if measure == "satisfaction":
        return _plain(words.satisfaction)
    if measure == "trust":
        return _plain(words.trust)
    if measure not in survey.drivers:
        return ""
    if survey.driver_mode == "likert":
        return _plain(words.drivers[measure])
    # A label alone, such as "Ease", would not say what was asked.
    return _plain(f"{words.drivers_question} {words.drivers[measure]}")


def name(survey: Survey, code: str) -> str:
    """What a driver is called on the screen."""
    return _plain(filed(survey).drivers[code])


def likeness(survey: Survey, form: Format) -> tuple[Any, ...]:
    """Versions of a survey with the same likeness go into the same file.

    Counts are filed under a text: other words, scales or ways of asking are another file. In v2
    the text of trust and the scale are told once for a file; a driver that only some versions
    asked is `null` in the rows of the others.
    """
    if form == "v2":
        return (fits.scale_of(survey), text(survey, "trust"))
    shown = tuple(text(survey, measure) for measure in (*IN_ORDER, *BESIDE))
    labels = tuple(map(_plain, (*filed(survey).satisfaction_labels, *filed(survey).trust_labels)))
    return (survey.instrument, survey.driver_mode, shown, labels)


def _plain(words: str) -> str:
    """Without the breaks that a narrow screen needs."""
    return words.replace(statements.SHY, "")
