"""GET /staff/response: whom we reach, by channel and language, and what is not known of it."""

import functools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cxserver.accounts import roles
from cxserver.errors import QuestionRefused
from cxserver.results import charts, cuts, question, small_office, table
from cxserver.results.question import CHANNELS, Filters
from cxserver.results.table import Cell, Table
from cxserver.staff import download, guard
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.pictures import answer
from cxserver.staff.pictures import bars as picture_bars
from cxserver.staff.pictures.picture import Picture
from cxserver.staff.results import small_office_page

# A channel and a language; None is all of them.
Way = tuple[str | None, str | None]
# How many came by each; a number that is None is hidden.
Ways = Mapping[Way, int | None]
_ANSWERS = ("response",)
_WITHHELD = (
    "“Not shown” and “partly hidden” stand where a small group at one office could be worked out."
)
# The files of those who see channels and languages apart: kind and label.
_LISTS: Mapping[str, str] = {"channels": "channels", "languages": "languages"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One channel or language: how many came by it, and how wide its bar is."""

    label: str
    text: str
    width: float


def show(request: Request, visit: Visit) -> Response:
    """How many answers came by which channel, in which language."""
    filters = _by_months(Filters.read(request.query_params, visit.reading()))
    if small_office.is_small(visit.connection, filters):
        return small_office_page.show(request, visit, filters)
    if not filters.may_cut:
        return guard.page(visit, "response.html", filters=filters, state="refused")
    ways, partly = crossed(visit, filters) if filters.holds_rows else margins(visit, filters)
    if not ways[None, None]:
        return guard.page(visit, "response.html", filters=filters, state="empty")
    numbers = as_table(ways, partly)
    if request.query_params.get("format") == "csv":
        kind = request.query_params.get("kind", "")
        return download.response(*as_file(ways, partly, kind))
    rows = {"channels": _channel_bars(ways, partly), "languages": _language_bars(ways, partly)}
    if "chart" in request.query_params:
        drawn = {
            name: functools.partial(_picture, filters, name, rows[name], bool(partly))
            for name in rows
        }
        return answer.response(visit, filters, "response", drawn)
    return guard.page(
        visit,
        "response.html",
        filters=filters,
        state="full",
        numbers=numbers,
        n=ways[None, None],
        files=[] if _is_crossed(ways) else list(_LISTS.items()),
        withheld=_WITHHELD if partly else "",
        channels=rows["channels"],
        languages=rows["languages"],
    )


def _channel_bars(ways: Ways, partly: Set[Way]) -> list[Bar]:
    counts = {code: ways.get((code, None)) for code in channels(ways)}
    return bars(counts, CHANNELS, {code for code, _ in partly if code})


def _language_bars(ways: Ways, partly: Set[Way]) -> list[Bar]:
    counts = {code: ways.get((None, code)) for code in languages(ways)}
    names = {code: question.language_name(code) for code in counts}
    return bars(counts, names, {code for _, code in partly if code})


def _picture(filters: Filters, name: str, rows: Sequence[Bar], is_part: bool) -> Picture:
    """One of the two lists, to be passed on without its page."""
    return Picture(
        f"Answers by {name.removesuffix('s')}",
        "How many people answered.",
        answer.days(filters),
        picture_bars.parts(rows),
        (_WITHHELD,) if is_part else (),
    )


def _by_months(filters: Filters) -> Filters:
    """Without filters by channel and language, which stand beside each other here; in days that
    channels are counted by.
    """
    whole = filters.but(channel=None, language=None)
    return whole if whole.holds_rows else whole.by_months()


def crossed(visit: Visit, filters: Filters) -> tuple[Ways, Set[Way]]:
    """Every channel in every language, for those who hold the rows."""
    by = ("channel", "language")
    ways: dict[Way, int] = {(None, None): 0}
    for part in cuts.read(visit.connection, filters.scope(), by, _ANSWERS).slices:
        channel, language = part.group["channel"], part.group["language"]
        for way in ((channel, language), (channel, None), (None, language), (None, None)):
            ways[way] = ways.get(way, 0) + part.n
    return ways, frozenset()


def margins(visit: Visit, filters: Filters) -> tuple[Ways, Set[Way]]:
    """Channels, and languages, each out of its own cut tables; and which are partly hidden."""
    total = cuts.read(visit.connection, filters.scope(), (), _ANSWERS).slices
    ways: dict[Way, int | None] = {(None, None): sum(item.n for item in total)}
    partly: set[Way] = set()
    for cut in ("channel", "language"):
        counted = cuts.read(visit.connection, filters.scope(), (cut,), _ANSWERS)
        counts = {name: None for (name,) in counted.hidden} | {
            part.group[cut]: part.n for part in counted.slices
        }
        ways |= {_way(cut, name): n for name, n in counts.items()}
        partly |= {_way(cut, name) for (name,) in counted.hidden}
    return ways, partly


def _way(cut: str, name: str) -> Way:
    return (name, None) if cut == "channel" else (None, name)


def channels(ways: Ways) -> list[str]:
    """The channels that answers came by, in the order of the vocabulary."""
    result = {channel for channel, _ in ways if channel is not None and ways[channel, None] != 0}
    return [code for code in CHANNELS if code in result] + sorted(result - CHANNELS.keys())


def languages(ways: Ways) -> list[str]:
    """The languages that answers came in."""
    return sorted({code for _, code in ways if code is not None and ways[None, code] != 0})


def as_table(ways: Ways, partly: Set[Way] = frozenset()) -> Table:
    """Channels down, languages across, with totals; or the totals alone, one under the other."""
    if not _is_crossed(ways):
        return _as_list(ways, partly)
    codes = languages(ways)
    head = ("Channel", *(question.language_name(code) for code in codes), "All")
    rows = [
        (_channel(channel), *(_cell(ways, (channel, code)) for code in (*codes, None)))
        for channel in channels(ways)
    ]
    rows.append((table.name("All"), *(_cell(ways, (None, code)) for code in (*codes, None))))
    return Table("Answers by channel and language", head, tuple(rows))


def as_file(ways: Ways, partly: Set[Way], kind: str = "") -> tuple[str, Table]:
    """The name and the table of a file with one kind of row: a channel in a language; or, for
    those who see channels and languages apart, one of the two lists. Raises QuestionRefused.
    """
    if _is_crossed(ways):
        rows = tuple(
            (_channel(channel), table.plain(question.language_name(code)), table.count(n))
            for channel in channels(ways)
            for code in languages(ways)
            if (n := ways.get((channel, code)))
        )
        return "response", Table("Answers", ("Channel", "Language", "People"), rows)
    kind = kind or "channels"
    if kind not in _LISTS:
        raise QuestionRefused(f"Choose a kind of file: {', '.join(_LISTS)}.")
    listed = _channels(ways, partly) if kind == "channels" else _languages(ways, partly)
    head = (kind.removesuffix("s").capitalize(), "People")
    return f"response-{kind}", Table(_LISTS[kind], head, tuple(listed))


def bars(
    counts: Mapping[str, int | None], names: Mapping[str, str], partly: Set[str] = frozenset()
) -> list[Bar]:
    """The bars of a list of counts: shares of all where every count is whole."""
    widths = charts.parts(counts)
    total = 0 if partly else sum(n or 0 for n in counts.values())
    return [
        Bar(names.get(code, code), _told(n, total, code in partly), widths.get(code, 0.0))
        for code, n in counts.items()
    ]


def _as_list(ways: Ways, partly: Set[Way]) -> Table:
    rows = [*_channels(ways, partly), *_languages(ways, partly)]
    rows.append((table.name("All"), _cell(ways, (None, None))))
    head = ("Channel or language", "People")
    return Table("Answers by channel, and by language", head, tuple(rows))


def _channels(ways: Ways, partly: Set[Way]) -> list[tuple[Cell, Cell]]:
    return [(_channel(code), _cell(ways, (code, None), partly)) for code in channels(ways)]


def _languages(ways: Ways, partly: Set[Way]) -> list[tuple[Cell, Cell]]:
    return [
        (table.name(question.language_name(code)), _cell(ways, (None, code), partly))
        for code in languages(ways)
    ]


def _is_crossed(ways: Ways) -> bool:
    return any(channel and language for channel, language in ways)


def _channel(code: str) -> Cell:
    return table.name(CHANNELS.get(code, code))


def _told(n: int | None, total: int, is_part: bool) -> str:
    if n is None:
        return table.HIDDEN
    if is_part:
        return f"{n:,} ({table.PARTLY})"
    return f"{n:,} ({table.percent(n / total)})" if total else f"{n:,}"


def _cell(ways: Ways, way: Way, partly: Set[Way] = frozenset()) -> Cell:
    n = ways.get(way, 0)
    if n is None:
        return table.hidden()
    return table.partly(n) if way in partly else table.count(n)


ROUTES = (GuardedRoute("/response", show, roles.EVERYONE, label="Response", group="Collecting"),)
