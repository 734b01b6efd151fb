"""The first rows of a file as a map would read them, and how much of each column can be read.

Nothing of the catalog is needed, and no words that somebody wrote are shown.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from zoneinfo import ZoneInfo

from cxserver.imports import cells, moments
from cxserver.imports.rejected import RowRefused
from cxserver.imports.shape import Map
from cxserver.imports.sheet import Line, Sheet
from cxserver.imports.versions import kind, mode
from cxserver.instrument.scale import FIVE_POINT

ROWS = 5
_RATED = ("trust", "satisfaction")
# The offices' own zones are in the catalog; a day does not hang on them here.
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it would be read. `readable` and `empty` are cells, of `rows`."""

    meaning: str
    name: str
    shown: tuple[str, ...]
    readable: int
    empty: int
    rows: int
    fault: str = ""

    @property
    def share(self) -> float | None:
        """How many of the cells that are filled can be read; None where none is."""
        filled = self.rows - self.empty
        return self.readable / filled if filled else None


def of(map: Map, sheet: Sheet) -> list[Column]:
    """Every column that the map names. Raises ServerError when the file lacks one."""
    named = map.columns.model_dump(exclude_defaults=True) | dict(map.drivers)
    sheet.require(*named.values())
    lines = list(sheet.lines())
    return [_column(map, meaning, name, lines) for meaning, name in named.items()]


def _column(map: Map, meaning: str, name: str, lines: list[Line]) -> Column:
    read, faults, readable = _reader(map, meaning, name), Counter[str](), 0
    for line in lines:
        try:
            readable += read(line[name]) != ""
        except RowRefused as refused:
            faults[f"{refused.rule}. Fix: {refused.cure}"] += 1
    empty = sum(not line[name] for line in lines)
    shown = tuple(_shown(read, line[name]) for line in islice(lines, ROWS))
    fault = faults.most_common(1)[0][0] if faults else ""
    return Column(meaning, name, shown, readable, empty, len(lines), fault)


def _reader(map: Map, meaning: str, name: str) -> Callable[[str], str]:
    if meaning == "date":
        return lambda cell: _day(map, name, cell)
    if meaning in _RATED or (meaning in map.drivers and mode(map) == "likert"):
        points = kind(map).scale.points if meaning == "trust" else FIVE_POINT.points
        return lambda cell: _point(map, name, cell, points)
    if meaning in map.drivers:
        return lambda cell: "tapped" if cells.tap(name, cell) else "not tapped" if cell else ""
    if meaning == "comment":
        return lambda cell: f"text of {len(cell):,} characters" if cell else ""
    names = getattr(map, f"{meaning}s", {})
    return lambda cell: _named(names, cell)


def _day(map: Map, name: str, cell: str) -> str:
    if not cell:
        return ""
    return moments.moment(name, cell, _UTC, _UTC, map.dates)[0].isoformat()


def _point(map: Map, name: str, cell: str, points: tuple[int, ...]) -> str:
    value = cells.point(name, cell, points, map.values_of(name))
    if value is None:
        return "no answer" if cell else ""
    return f"{value} of {points[-1]}" if len(points) > 2 else ("down", "up")[value]


def _named(names: object, cell: str) -> str:
    return str(names.get(cell, cell)) if isinstance(names, Mapping) else cell


def _shown(read: Callable[[str], str], cell: str) -> str:
    try:
        return read(cell) or "–"
    except RowRefused:
        return "cannot be read"
