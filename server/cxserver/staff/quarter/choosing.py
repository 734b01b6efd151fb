"""Which quarter and format the filing pages are about, read from an address or a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from cxserver import periods
from cxserver.errors import NotFound
from cxserver.periods import Period
from cxserver.quarter import filing, fiscal
from cxserver.quarter.filing import Order
from cxserver.quarter.formats import fits
from cxserver.quarter.formats.fits import Format
from cxserver.results import question
from cxserver.staff.guard import Visit

DEFAULT: Format = "v2"
# The running one and two years before it; an older one is opened by its address.
_LISTED = 9


@dataclass(frozen=True, slots=True)
class Chosen:
    """A quarter, and the format to file it in."""

    quarter: Period
    form: Format

    def query(self, **more: str) -> str:
        """As an address carries it, `?` and all."""
        fields = {"quarter": self.quarter.name, "format": self.form} | more
        return "?" + urlencode({name: value for name, value in fields.items() if value})


def read(visit: Visit) -> Chosen:
    """What was asked for: by default the quarter that ended last. Raises HTTPException(422)."""
    name, form = _asked(visit, "quarter"), _asked(visit, "format") or DEFAULT
    if form not in fits.FORMATS:
        raise HTTPException(422, f"Choose a format: {', '.join(fits.FORMATS)}.")
    try:
        return Chosen(fiscal.named(name) if name else last_ended(visit), form)
    except NotFound as error:
        raise HTTPException(422, str(error)) from None


def last_ended(visit: Visit) -> Period:
    """The last quarter that is over at every office."""
    running = periods.of("quarter", question.today_of(visit.directory, visit.now))
    before = periods.previous(running)
    over = fiscal.ended(before, visit.now, filing.zones(visit.directory))
    return before if over else periods.previous(before)


def listed(visit: Visit) -> list[Period]:
    """The quarters to choose from, the newest first."""
    quarters = [periods.of("quarter", question.today_of(visit.directory, visit.now))]
    while len(quarters) < _LISTED:
        quarters.append(periods.previous(quarters[-1]))
    return quarters


def order(chosen: Chosen) -> Order:
    """What to file. Flagged answers stay out, as they do by default."""
    return Order(chosen.quarter, chosen.form)


def field(visit: Visit, name: str) -> str:
    """What was typed into a field, "" for nothing."""
    result: Mapping[str, Sequence[str]] = visit.form
    return result.get(name, [""])[0].replace("\r\n", "\n").replace("\x00", "").strip()


def said(moment: datetime) -> str:
    """A moment as the log tells it."""
    return f"{moment:%Y-%m-%d %H:%M}"


def _asked(visit: Visit, name: str) -> str:
    if visit.request.method == "POST":
        return field(visit, name)
    return visit.request.query_params.get(name, "")
