"""A chart of a page as a file, at the page's own address with `chart=` and its name.

The page's handler makes it out of what it has just worked out for the page. So nobody gets a figure
in a picture that the page does not show to them, and no other rule says who may see what.
"""

from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from cxserver.errors import QuestionRefused
from cxserver.results.question import CHANNELS, Filters, language_name
from cxserver.staff.guard import Visit
from cxserver.staff.pictures import picture
from cxserver.staff.pictures.picture import Picture

PARTLY = "Partly hidden: small groups of people are left out, so that nobody can be singled out."
# None is a chart that the page has, but not of these days.
Charts = Mapping[str, Callable[[], Picture] | None]


def response(visit: Visit, filters: Filters, page: str, charts: Charts) -> Response:
    """The chart that was asked for as an SVG file. Raises QuestionRefused for a name that the page
    does not have, and HTTPException (404) where the page shows no such chart.
    """
    name = visit.request.query_params["chart"]
    if name not in charts:
        raise QuestionRefused(f"Choose a chart: {', '.join(charts)}.")
    draw = charts[name]
    if draw is None:
        raise HTTPException(404, "There is nothing to draw in these days.")
    svg = picture.document(draw(), place(filters), source(visit, filters))
    disposition = f'attachment; filename="{page}-{name}.svg"'
    return Response(svg, media_type="image/svg+xml", headers={"content-disposition": disposition})


def place(filters: Filters) -> str:
    """Whose answers these are."""
    parts = [filters.place[:1].upper() + filters.place[1:]]
    if filters.channel:
        parts.append(CHANNELS[filters.channel].lower())
    if filters.language:
        parts.append(f"in {language_name(filters.language)}")
    return ", ".join(parts)


def days(filters: Filters) -> str:
    """Which days they are about."""
    window = filters.window
    return window.days if window.title == window.days else f"{window.title}: {window.days}"


def source(visit: Visit, filters: Filters) -> list[str]:
    """Who asked, and how new the numbers are; and that they are invented, where they are."""
    agency = visit.directory.agency
    today = f"{filters.today:%b} {filters.today.day}, {filters.today.year}"
    lines = [f"Source: {agency.name if agency else 'survey'}, {_counted(filters)}. Made {today}."]
    if visit.staff.demo or (agency is not None and agency.demonstration):
        lines.append("Demonstration: no government survey.")
    return lines


def _counted(filters: Filters) -> str:
    if filters.holds_rows:
        return "all counted answers"
    updated = filters.fresh.updated
    through = f"answers through {updated:%b} {updated.day}, " if updated else "answers "
    return f"{through}counted by the day they arrived"
