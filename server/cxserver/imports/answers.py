"""A row that is one person's answer: Touchpoints, OMB's v2 file, or any CSV file."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from cxserver.catalog.directory import Office
from cxserver.errors import ServerError
from cxserver.imports import cells, moments, versions
from cxserver.imports.bench import Answer, AnswerLine, Bench
from cxserver.imports.ground import Ground
from cxserver.imports.rejected import RowRefused
from cxserver.imports.shape import Map
from cxserver.imports.sheet import Line, Sheet
from cxserver.imports.values import Values
from cxserver.instrument import drivers
from cxserver.instrument.scale import FIVE_POINT
from cxserver.quarter.formats import v2

# What a file says where a driver was not on this version of the survey.
_NOT_ASKED = "null"
_TOUCHPOINTS = {"id": "ID", "date": "Created At", "office": "Location Code"}
# What its staff took out there is taken out here. What they filed away ("Archived") counts.
_TAKEN_OUT = {"Flagged": ("true",), "Spam": ("true",), "Deleted": ("true",)}


class Reader(Protocol):
    """What makes answers of the lines of one file."""

    def read(self, line: Line) -> Answer:
        """The line's answer. Raises RowRefused."""

    def leaves_out(self, line: Line) -> str:
        """The column that says to leave a line out; "" when none does."""


def with_defaults(map: Map, sheet: Sheet) -> Map:
    """The map, with the names that Touchpoints always gives to its columns."""
    given = map.columns.model_dump(exclude_defaults=True)
    there = {name.casefold(): name for name in sheet.columns}
    usual = {
        what: there[name.casefold()]
        for what, name in _TOUCHPOINTS.items()
        if name.casefold() in there
    }
    taken_out = {
        there[name.casefold()]: marks
        for name, marks in _TAKEN_OUT.items()
        if name.casefold() in there
    }
    return map.model_copy(
        update={
            "columns": map.columns.model_copy(update=usual | given),
            "leave_out": taken_out | dict(map.leave_out),
        }
    )


class Rows:
    """Rows whose columns are named in the map."""

    def __init__(self, ground: Ground, sheet: Sheet):
        self._ground, self._map = ground, ground.map
        self._columns = ground.map.columns
        named = [*self._columns.model_dump(exclude_defaults=True).values()]
        if not self._columns.trust:
            raise ServerError("The map does not name the column for trust. Add it: [columns] trust")
        sheet.require(*named, *self._map.drivers.values(), *self._map.leave_out)
        self._bench = Bench(ground)
        self._mode = versions.mode(self._map)
        self._asked = self._drivers_asked()
        # The same few words stand in every row.
        self._points: dict[tuple[str, str], int | None] = {}
        self._marks = {
            column: frozenset(mark.casefold() for mark in marks)
            for column, marks in self._map.leave_out.items()
        }
        self._refuse_other_scales(sheet)

    def leaves_out(self, line: Line) -> str:
        """The column that says to leave a line out; "" when none does."""
        columns = (
            column for column, marks in self._marks.items() if line[column].casefold() in marks
        )
        return next(columns, "")

    def _refuse_other_scales(self, sheet: Sheet) -> None:
        scales = {self._columns.trust: self._bench.points}
        rated = self._map.drivers.values() if self._mode == "likert" else ()
        scales |= dict.fromkeys((self._columns.satisfaction, *rated), FIVE_POINT.points)
        scales.pop("", None)
        given: dict[str, Counter[str]] = {column: Counter() for column in scales}
        for line in sheet.lines():
            for column, counted in given.items():
                counted[line[column]] += 1
        for column, points in scales.items():
            cells.other_scale(column, given[column], points, self._map.values_of(column))

    def read(self, line: Line) -> Answer:
        """The line's answer. Raises RowRefused."""
        column = self._columns
        service = self._ground.service(column.service, line[column.service])
        office = self._ground.office(column.office, line[column.office], service)
        self._bench.unseen(column.id, line[column.id])
        when = self._when(line, office)
        answer_line = self._told(line)
        how = {
            "channel": self._ground.channel(column.channel, line[column.channel]),
            "language": self._ground.language(column.language, line[column.language]),
        }
        return self._bench.answer(service, office, when, how, answer_line, self._asked)

    def _when(self, line: Line, office: Office) -> tuple[date, datetime]:
        column = self._columns.date
        if not column:
            return self._bench.of_quarter(office)
        given = ZoneInfo(self._map.timezone) if self._map.timezone else office.zone
        order = self._map.dates
        day, at = moments.moment(column, line[column], given, office.zone, order)
        return self._ground.past_day(column, day), at

    def _drivers_asked(self) -> tuple[str, ...]:
        lists = self._columns.taps or self._columns.taps_positive or self._columns.taps_negative
        worded = {code for words in self._map.wording.values() for code in words.drivers}
        offered = set(versions.kind(self._map).drivers) if lists and not worded else set[str]()
        return tuple(sorted(set(self._map.drivers) | worded | offered))

    def _told(self, line: Line) -> AnswerLine:
        column, answer_line = self._columns, AnswerLine(comment=line[self._columns.comment])
        answer_line.trust = self._point(line, column.trust, self._bench.points)
        answer_line.satisfaction = self._point(line, column.satisfaction, FIVE_POINT.points)
        for code, name in self._map.drivers.items():
            if self._mode != "likert":
                answer_line.either |= {code} if cells.tap(name, line[name]) else set()
            elif (point := self._point(line, name, FIVE_POINT.points)) is not None:
                answer_line.scores[code] = point
        for name, taps in (
            (column.taps, answer_line.either),
            (column.taps_positive, answer_line.positive),
            (column.taps_negative, answer_line.negative),
        ):
            taps |= set(self._taps(name, line[name]))
        return answer_line

    def _point(self, line: Line, column: str, points: tuple[int, ...]) -> int | None:
        key = column, line[column]
        if key not in self._points:
            self._points[key] = cells.point(*key, points, self._map.values_of(column))
        return self._points[key]

    def _taps(self, column: str, cell: str) -> Iterator[str]:
        for text in cell.replace(";", ",").split(","):
            named = text.strip()
            code = self._map.taps.get(named, named)
            if code and code not in drivers.CODES:
                cure = "tell under [taps] which driver each text is"
                raise RowRefused(column, "a tap in this list is none of the drivers", cure)
            if code:
                yield code


class V2:
    """OMB's 17 columns. They tell no day: the map tells the quarter, whose first day is taken."""

    def __init__(self, ground: Ground, sheet: Sheet):
        sheet.require(*v2.HEADER)
        self._ground, self._bench = ground, Bench(ground)
        map = ground.map
        if not (map.service and map.office and map.channel and map.quarter):
            raise ServerError(
                "A v2 file tells only what people answered. The map must tell service, office, "
                "channel and quarter."
            )

    def read(self, line: Line) -> Answer:
        """The line's answer. Raises RowRefused."""
        if not line["external_id"]:
            raise RowRefused("external_id", "the row has no id", "give each row one")
        self._bench.unseen("external_id", line["external_id"])
        service = self._ground.service("", "")
        office = self._ground.office("", "", service)
        how = {"channel": self._ground.channel("", ""), "language": self._ground.language("", "")}
        answer_line = AnswerLine(comment=line["question_4"])
        answer_line.trust = cells.point(
            "question_1", line["question_1"], self._bench.points, Values()
        )
        asked_drivers = [item for item in drivers.ALL if self._was_asked(line, item.omb)]
        for item in asked_drivers:
            for side, taps in (
                ("positive", answer_line.positive),
                ("negative", answer_line.negative),
            ):
                taps |= (
                    {item.code}
                    if cells.tap(f"{side}_{item.omb}", line[f"{side}_{item.omb}"])
                    else set()
                )
        when = self._bench.of_quarter(office)
        return self._bench.answer(
            service, office, when, how, answer_line, tuple(item.code for item in asked_drivers)
        )

    def leaves_out(self, line: Line) -> str:
        """None does."""
        return ""

    def _was_asked(self, line: Line, name: str) -> bool:
        both = {line[f"positive_{name}"], line[f"negative_{name}"]}
        if _NOT_ASKED in both and len(both) == 2:
            rule = "a driver is on one list and not on the other"
            raise RowRefused(f"positive_{name}", rule, "write null in both, or 0 and 1")
        return _NOT_ASKED not in both
