"""GET /staff/response: whom we reach, by channel and language, and what is not known of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cxserver.staff import access, charts, filters, rooms, smalloffice, table, veil
from cxserver.staff.filters import CHANNELS, Filters
from cxserver.staff.rooms import Room, Visit
from cxserver.staff.table import Cell, Table

Ways = Mapping[tuple[str | None, str | None], int | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """One channel or language: how many came by it, and how wide its bar is."""

    label: str
    told: str
    width: float


def show(request: Request, visit: Visit) -> Response:
    """How many answers came by which channel, in which language."""
    asked = Filters.read(request.query_params, visit)
    if smalloffice.is_asked_for(visit.connection, asked):
        return smalloffice.show(request, visit, asked)
    hidden = veil.of(visit.connection, asked)
    whole = asked.but(channel=None, language=None)
    if not hidden.shows(whole):
        return rooms.page(visit, "response.html", asked=asked, state="hidden")
    if not hidden.n(whole):
        return rooms.page(visit, "response.html", asked=asked, state="empty")
    ways = hidden.ways(whole)
    numbers = as_table(ways)
    if request.query_params.get("format") == "csv":
        return table.download("response", numbers)
    return rooms.page(
        visit,
        "response.html",
        asked=asked,
        state="full",
        numbers=numbers,
        n=ways.get((None, None)),
        withheld=len(asked.offices) > 1 and None in ways.values(),
        channels=bars({code: ways.get((code, None)) for code in channels(ways)}, CHANNELS),
        languages=bars(
            {code: ways.get((None, code)) for code in languages(ways)},
            {code: filters.language_name(code) for code in languages(ways)},
        ),
    )


def channels(ways: Ways) -> list[str]:
    """The channels that answers came by, in the order of the vocabulary."""
    found = {channel for channel, _ in ways if channel is not None and ways[channel, None] != 0}
    return [code for code in CHANNELS if code in found] + sorted(found - CHANNELS.keys())


def languages(ways: Ways) -> list[str]:
    """The languages that answers came in."""
    return sorted({one for _, one in ways if one is not None and ways[None, one] != 0})


def as_table(ways: Ways) -> Table:
    """Channels down, languages across, with totals; hidden so that no number follows."""
    codes = languages(ways)
    head = ("Channel", *(filters.language_name(code) for code in codes), "All")
    rows = [
        (table.name(CHANNELS.get(channel, channel)), *_cells(ways, channel, [*codes, None]))
        for channel in channels(ways)
    ]
    rows.append((table.name("All"), *_cells(ways, None, [*codes, None])))
    return Table("Answers by channel and language", head, tuple(rows))


def bars(counts: Mapping[str, int | None], names: Mapping[str, str]) -> list[Bar]:
    """The bars of a list of counts: shares of all where the total is shown."""
    widths = charts.parts(counts)
    total = sum(n or 0 for n in counts.values())
    whole = all(n is not None for n in counts.values())
    return [
        Bar(names.get(code, code), _told(n, total if whole else 0), widths.get(code, 0.0))
        for code, n in counts.items()
    ]


def _told(n: int | None, total: int) -> str:
    if n is None:
        return table.HIDDEN
    return f"{n:,} ({table.percent(n / total)})" if total else f"{n:,}"


def _cells(ways: Ways, channel: str | None, codes: list[str | None]) -> tuple[Cell, ...]:
    return tuple(_cell(ways, channel, code) for code in codes)


def _cell(ways: Ways, channel: str | None, code: str | None) -> Cell:
    if (channel, code) not in ways:
        return table.nothing()
    n = ways[channel, code]
    if n == 0:
        return table.nothing()
    return table.hidden() if n is None else table.count(n)


ROOMS = (Room("/response", show, access.EVERYONE, label="Response"),)
