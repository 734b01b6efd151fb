"""Which way more answers come by than before, in words. Pure."""

from collections.abc import Mapping

from cxserver.instrument.survey import Survey
from cxserver.results import suppression, wording
from cxserver.results.mix import Shift

_COME: Mapping[str, str] = {
    "email": "by email",
    "sms": "by text message",
    "web": "after a visit on the web",
    "phone": "after a call",
    "kiosk": "from the kiosk",
    "poster": "from the poster",
    "site": "from the website",
    "paper": "on paper",
}


def clause(shift: Shift, surveys: Mapping[str, Survey], *, shares: bool) -> str:
    """What moved, for the middle of a sentence: "more answers come from the kiosk".

    With `shares` it says how many came that way. They are a cut by channel and by days, which
    only those who hold the rows may see.
    """
    side = "more" if shift.moved > 0 else "fewer"
    about = f" about {_service(shift.service, surveys)}" if shift.service else ""
    come = f" come {_COME.get(shift.channel, f'by {shift.channel}')}" if shift.channel else ""
    many = f" ({_of(*shift.after)}, before {_before(shift)})" if shares else ""
    if not come:
        return f"{side} of the answers are{about}{many}"
    return f"{side} answers{about}{come}{many}"


def _before(shift: Shift) -> str:
    """Short, where both are of 100."""
    if not shift.before[0]:
        return "none"
    if min(shift.before[1], shift.after[1]) < suppression.NOT_FOR_COMPARISON:
        return _of(*shift.before)
    return str(_percent(*shift.before))


def _of(hits: int, n: int) -> str:
    few = n < suppression.NOT_FOR_COMPARISON
    return f"{hits} of {n}" if few else f"{_percent(hits, n)} of 100"


def _percent(hits: int, n: int) -> int:
    return round(100 * hits / n)


def _service(slug: str, surveys: Mapping[str, Survey]) -> str:
    """The service's name, as its newest survey says it."""
    versions = [survey for survey in surveys.values() if survey.service == slug]
    newest = max(versions, key=lambda survey: survey.n, default=None)
    return wording.service_name(newest) if newest else slug
