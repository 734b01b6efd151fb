"""GET /staff/drivers: why. What people name as good, and as what could be better."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.catalog.directory import Service
from cxserver.findings import do_first
from cxserver.results import charts, cuts, drivers, small_office, suppression, table, wording
from cxserver.results import sentences as words
from cxserver.results.drivers import Taps
from cxserver.results.measures import Share
from cxserver.results.question import Filters
from cxserver.results.table import Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.pictures import answer, bars
from cxserver.staff.pictures.picture import Picture
from cxserver.staff.results import do_first_block, small_office_page

_HOW = (
    "The thin line at the end of each bar is where it most likely lies (95 of 100 times). Where "
    "people choose from a list, those who gave trust a 4 or 5 (or thumbs up) are asked what went "
    "well, and all others what could be better."
)
_ENDS = ("At least", "At most")
_HEAD = ("Driver", "People asked", "Could be better", *_ENDS, "Went well", *_ENDS)


@dataclass(frozen=True, slots=True)
class Row:
    """One driver in the chart: its name, its bars, its shares in words."""

    label: str
    pair: charts.Pair
    worse: str
    better: str


def show(request: Request, visit: Visit) -> Response:
    """The drivers of what is asked for."""
    filters = Filters.read(request.query_params, visit.reading())
    if small_office.is_small(visit.connection, filters):
        return small_office_page.show(request, visit, filters)
    if filters.refusal:
        return guard.page(visit, "drivers.html", filters=filters, state="refused")
    surveys = wording.versions(visit.directory)
    counted = cuts.read(visit.connection, filters.scope(), within=("survey",))
    taps = [item for item in drivers.per_person(counted.slices, surveys) if item.n]
    if not taps:
        state = "withheld" if counted.hidden else "unasked" if counted.slices else "empty"
        return guard.page(visit, "drivers.html", filters=filters, state=state)
    services = filters.services_in(filters.of_office())
    if "chart" in request.query_params:
        drawn = {"drivers": partial(_picture, filters, taps, services, bool(counted.hidden))}
        return answer.response(visit, filters, "drivers", drawn)
    first = do_first_block.make(visit, filters, do_first.read(visit.reading(), filters))
    numbers = as_table(taps, services)
    if request.query_params.get("format") == "csv":
        return download.response("drivers", numbers)
    return guard.page(
        visit,
        "drivers.html",
        filters=filters,
        state="full",
        partial=bool(counted.hidden),
        numbers=numbers,
        rows=_rows(taps, services),
        how=_HOW,
        sentences=sentences(taps, services),
        first=first,
        wrote=_wrote(visit, filters, taps),
    )


def as_table(taps: Sequence[Taps], services: Sequence[Service]) -> Table:
    """Each driver in the order of the survey, with the intervals of both sides."""
    rows = tuple(
        (
            table.name(words.driver(services, tap)),
            table.count(tap.n),
            *table.share(tap.could_be_better),
            *table.share(tap.went_well),
        )
        for tap in taps
    )
    return Table("What people named", _HEAD, rows)


def sentences(taps: Sequence[Taps], services: Sequence[Service]) -> list[str]:
    """What is named most, for worse and for better."""
    fit, worse = _fit(taps), _worse(taps)
    better = max(fit, key=lambda item: item.went_well.hits, default=None)
    lines = []
    if worse and worse.could_be_better.hits:
        name = words.driver(services, worse)
        result = _said(worse.could_be_better)
        lines.append(f"Most named as what could be better: “{name}”, {result}.")
    if better and better.went_well.hits:
        name = words.driver(services, better)
        lines.append(f"Most named as what went well: “{name}”, {_said(better.went_well)}.")
    return lines


def _picture(
    filters: Filters, taps: Sequence[Taps], services: Sequence[Service], is_part: bool
) -> Picture:
    """What people named, to be passed on without its page."""
    return Picture(
        "Of 100 people who answered",
        " ".join(sentences(taps, services)),
        answer.days(filters),
        bars.drivers(_rows(taps, services)),
        (_HOW, answer.PARTLY) if is_part else (_HOW,),
    )


def _wrote(visit: Visit, filters: Filters, taps: Sequence[Taps]) -> tuple[str, str]:
    """Where the words are of those who named what is named most: its name, and the query."""
    worse = _worse(taps)
    if not (worse and worse.could_be_better.hits and roles.sees_comments(visit.member)):
        return "", ""
    name = words.driver(filters.services_in(filters.of_office()), worse)
    return name, filters.query(period=None, channel=None, driver=f"{worse.code}-negative")


def _fit(taps: Sequence[Taps]) -> list[Taps]:
    return [tap for tap in taps if suppression.staff(tap.n) not in ("none", "hidden")]


def _worse(taps: Sequence[Taps]) -> Taps | None:
    return max(_fit(taps), key=lambda item: item.could_be_better.hits, default=None)


def _rows(taps: Sequence[Taps], services: Sequence[Service]) -> list[Row]:
    return [
        Row(
            words.driver(services, pair.taps),
            pair,
            _told(pair.taps, good=False),
            _told(pair.taps, good=True),
        )
        for pair in charts.drivers(taps)
    ]


def _said(share: Share) -> str:
    """By how many: people first, for “of 100” alone does not tell how many answered."""
    by = f"by {share.people} people"
    if share.share is None or share.n < suppression.NOT_FOR_COMPARISON:
        return by
    return f"{by} ({_of_100(share.share)})"


def _told(taps: Taps, *, good: bool) -> str:
    result = taps.went_well if good else taps.could_be_better
    if result.share is None or result.n < suppression.NOT_FOR_COMPARISON:
        return result.people
    return _of_100(result.share)


def _of_100(share: float) -> str:
    return f"{100 * share:.0f} of 100" if share >= 0.005 else "under 1 of 100"


ROUTES = (GuardedRoute("/drivers", show, roles.EVERYONE, label="Drivers", group="Every day"),)
