"""GET /staff/offices: where it goes well and where not, beyond chance; by name, never by rank."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.catalog.directory import Office
from cxserver.findings import do_first
from cxserver.results import (
    charts,
    cuts,
    funnel,
    office_list,
    slices,
    small_office,
    sparkline,
    suppression,
    table,
    trend,
)
from cxserver.results.funnel import Funnel, Point, Position
from cxserver.results.office_list import OfficeRow
from cxserver.results.question import Filters
from cxserver.results.slices import Slice
from cxserver.results.sparkline import Scale, Sparkline
from cxserver.results.table import Cell, Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.pictures import answer
from cxserver.staff.pictures import plots as pictures
from cxserver.staff.pictures.answer import Charts
from cxserver.staff.pictures.picture import Picture
from cxserver.staff.results import do_first_block, small_office_page

_SCORES = ("response", "trust", "satisfaction")
_PLACES: Mapping[Position, str] = {
    "within": "usual range",
    "above": "clearly higher",
    "below": "clearly lower",
}
_ENDS = ("At least", "At most")
_SATISFIED = ("Satisfaction 4 or 5", *_ENDS, "Trust to expect", "Compared")
_BEST: Mapping[str, str] = {"trust": "a 4 or 5", "thumbs": "thumbs up"}
_HOW = (
    "Few answers scatter more, so the shaded limits are wide on the left: 95 of 100 offices lie "
    "within the darker area by chance, 998 of 1,000 within both. Offices with fewer than 30 "
    "answers are in the table alone."
)
# The names of more would lie on each other; the table has them all.
_NAMED = 12
# A sentence with more of them is a list.
_SAID = 3


@dataclass(frozen=True, slots=True)
class Link:
    """A spot in the funnel that leads to its office."""

    spot: charts.Spot
    title: str
    href: str

    @property
    def is_outside(self) -> bool:
        """Whether it lies beyond the outer limits."""
        return self.spot.outside != "within"


def show(request: Request, visit: Visit) -> Response:
    """The funnels and the list of the offices."""
    filters = Filters.read(request.query_params, visit.reading())
    if small_office.is_small(visit.connection, filters):
        return small_office_page.show(request, visit, filters)
    if filters.refusal:
        return guard.page(visit, "offices.html", filters=filters, state="refused")
    counted = cuts.read(visit.connection, filters.scope(), ("office",), _SCORES)
    result = {part.group["office"]: part for part in counted.slices}
    hidden = {office for (office,) in counted.hidden}
    if not result and not hidden:
        return guard.page(visit, "offices.html", filters=filters, state="empty")
    # Of an office that is partly hidden the shown part alone is not compared.
    whole = {slug: item for slug, item in result.items() if slug not in hidden}
    scale = slices.trust_scale(result.values())
    plots = [_plot(whole, measure, filters, visit.path) for measure in (scale, "satisfaction")]
    drawn = plots[0].funnel
    if request.query_params.get("format") == "csv":
        table_ = as_table(filters, visit.path, result, hidden, drawn, scale)
        return download.response("offices", table_)
    if "chart" in request.query_params:
        return answer.response(visit, filters, "offices", _pictures(plots, filters))
    listed = _listed(
        request, visit, filters, office_list.rows(filters.offices, result, hidden, drawn)
    )
    first = do_first_block.make(visit, filters, do_first.read(visit.reading(), filters))
    return guard.page(
        visit,
        "offices.html",
        filters=filters,
        state="full",
        plots=[plot for plot in plots if plot.funnel is not None],
        listed=listed,
        first=first,
        summary=summary(drawn, filters.offices),
        withheld=bool(hidden),
        named=_NAMED,
        how=_HOW,
        overall=table.percent(drawn.overall) if drawn else "",
    )


@dataclass(frozen=True, slots=True)
class Plot:
    """A funnel of one measure, placed, with its links; `best` are its best answers."""

    title: str
    best: str
    funnel: Funnel | None
    placed: charts.Plot | None
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Listed:
    """The offices of one page, in the order asked for, and the pages beside it."""

    rows: Sequence[OfficeRow]
    sort: str
    page: int
    pages: int
    scale: Scale
    sparks: Mapping[str, Sparkline | None]


def _plot(whole: Mapping[str, Slice], measure: str, filters: Filters, path: str) -> Plot:
    fit = comparable(whole, measure)
    drawn = funnel.funnel(fit) if len(fit) > 1 else None
    placed = charts.funnel(drawn) if drawn else None
    links = _links(drawn, filters, path) if drawn else []
    title = "Satisfaction" if measure == "satisfaction" else "Trust"
    return Plot(title, _BEST.get(measure, "a 4 or 5"), drawn, placed, links)


def _pictures(plots: Sequence[Plot], filters: Filters) -> Charts:
    """The funnels, to be passed on without their page."""
    return {
        plot.title.lower(): partial(_picture, plot, plot.funnel, plot.placed, filters)
        if plot.funnel and plot.placed
        else None
        for plot in plots
    }


def _picture(plot: Plot, drawn: Funnel, placed: charts.Plot, filters: Filters) -> Picture:
    outside = [spot.name for spot in placed.spots if spot.outside != "within"]
    names = {slug: filters.directory.offices[slug].name for slug in outside}
    return Picture(
        f"{plot.title} by office: the share who gave {plot.best}",
        summary(drawn, filters.offices),
        answer.days(filters),
        pictures.funnel(
            placed, names if len(names) <= _NAMED else {}, table.percent(drawn.overall)
        ),
        (_HOW,),
    )


def _listed(request: Request, visit: Visit, filters: Filters, every: Sequence[OfficeRow]) -> Listed:
    sort = request.query_params.get("sort", "") or "verdict"
    if sort not in office_list.SORTS:
        raise HTTPException(422, f"Choose an order: {', '.join(office_list.SORTS)}.")
    pages = max(1, -(-len(every) // office_list.PAGE))
    asked = request.query_params.get("page", "1")
    page = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
    page = min(max(page, 1), pages)
    start = (page - 1) * office_list.PAGE
    rows = office_list.ordered(every, sort)[start : start + office_list.PAGE]
    series = trend.by_office(visit.reading(), filters, [row.office.slug for row in rows])
    scale = sparkline.scale(list(series.values()))
    sparks = {slug: sparkline.line(blocks, scale, frozenset()) for slug, blocks in series.items()}
    return Listed(rows, sort, page, pages, scale, sparks)


def comparable(shown: Mapping[str, Slice], scale: str = "trust") -> dict[str, tuple[int, int]]:
    """The offices with enough answers to be compared: how many gave trust a 4 or 5, of how many.

    All on one `scale`, that of most: thumbs are not held against points.
    """
    result = {slug: item.score(scale) for slug, item in shown.items()}
    least = suppression.NOT_FOR_COMPARISON
    return {slug: (item.top, item.n) for slug, item in result.items() if item.n >= least}


def summary(drawn: Funnel | None, offices: Sequence[Office]) -> str:
    """What the funnel says."""
    if drawn is None:
        if len(offices) == 1:
            return (
                "This is one office, and offices are compared here with each other. How it stands "
                "against the weeks before is on the Overview."
            )
        least = suppression.NOT_FOR_COMPARISON
        return f"To compare offices takes {least} answers at each of two. There are not as many."
    if not drawn.outside:
        return "No office differs from the others by more than chance alone would explain."
    names = {office.slug: office.name for office in offices}
    lines = []
    for where, way in (("below", "lower"), ("above", "higher")):
        these = [names[item.name] for item in drawn.outside if item.outside == where]
        if these:
            lines.append(
                f"{_who(these)} {way} than other offices, more than chance alone would explain."
            )
    rest = len(drawn.points) - len(drawn.outside)
    return f"{' '.join(lines)} {_others(rest)}".strip()


def as_table(
    filters: Filters,
    path: str,
    slices: Mapping[str, Slice],
    hidden: Set[str],
    drawn: Funnel | None,
    scale: str = "trust",
) -> Table:
    """Every office by name, also those without answers."""
    points = {point.name: point for point in drawn.points} if drawn else {}
    rows = tuple(
        (
            table.name(office.name, path + "/" + filters.query(office=office.slug)),
            *_cells(slices.get(office.slug), office.slug in hidden, scale),
            *_judged(points.get(office.slug)),
        )
        for office in filters.offices
    )
    trust = f"Trust {_BEST[scale].removeprefix('a ')}"
    return Table("Offices by name", ("Office", "People", trust, *_ENDS, *_SATISFIED), rows)


def _cells(part: Slice | None, is_hidden: bool, scale: str) -> tuple[Cell, ...]:
    if part is None:
        cell = table.hidden() if is_hidden else table.nothing()
        return (cell,) * 7
    n = table.partly(part.n) if is_hidden else table.count(part.n)
    return n, *table.score(part.score(scale)), *table.score(part.score("satisfaction"))


def _judged(point: Point | None) -> tuple[Cell, Cell]:
    if point is None:
        return table.nothing(), Cell("not for comparison", "not for comparison", "none")
    place = _PLACES[point.outside]
    return Cell(table.percent(point.estimate), point.estimate), Cell(place, place)


def _links(drawn: Funnel, filters: Filters, path: str) -> list[Link]:
    points = {point.name: point for point in drawn.points}
    return [
        Link(
            spot,
            f"{filters.directory.offices[spot.name].name}: "
            f"{table.percent(points[spot.name].share)} of {points[spot.name].n:,} people, "
            f"{_PLACES[spot.outside]}",
            path + "/" + filters.query(office=spot.name),
        )
        for spot in charts.funnel(drawn).spots
    ]


def _who(names: Sequence[str]) -> str:
    if len(names) > _SAID:
        return f"{len(names)} offices are"
    every = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
    return f"{every} {'are' if names[1:] else 'is'}"


def _others(n: int) -> str:
    if not n:
        return ""
    if n == 1:
        return "The other office differs by no more than is usual."
    return f"The other {n} offices differ by no more than is usual."


ROUTES = (GuardedRoute("/offices", show, roles.EVERYONE, label="Offices", group="Every day"),)
