"""Rows of counts: OMB's v1 detail file (seven rows, one survey), and its wide rows.

They tell how many gave each point in a quarter. Who and on which day, nobody knows any more: they
are counted on the quarter's first day, so that months, quarters and years add up as they should.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from cxserver.catalog.directory import Service
from cxserver.errors import ServerError
from cxserver.imports import cells, filed, versions
from cxserver.imports.filed import Header
from cxserver.imports.ground import Ground
from cxserver.imports.rejected import RowRefused
from cxserver.imports.shape import Words
from cxserver.imports.sheet import Line, Sheet
from cxserver.instrument import statements
from cxserver.instrument.scale import FIVE_POINT
from cxserver.instrument.survey import DriverMode, Survey
from cxserver.periods import Period
from cxserver.quarter.formats import v1, wide, words

_TAPS = re.compile(r"\+([0-9,]+) / [−-]([0-9,]+) taps of ([0-9,]+) answers")

# People pass over a question; half of them do not. From here on another number stands there.
_FAR = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of one survey in a quarter: (measure, value) → n, and where they were made.

    `header` is what the agency told beside them.
    """

    survey: Survey
    day: date
    office: str
    channel: str
    language: str
    people: int
    counts: Mapping[tuple[str, str], int]
    header: Header | None = None


@dataclass
class _Pile:
    """One survey while its questions are read."""

    words: dict[str, str] = field(default_factory=dict)
    rated: bool = False
    tapped: bool = False
    most: int = 0
    # Shares are of the people that the row tells: they are no evidence of how many there were.
    most_counted: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def points(self, question: str, text: str, given: list[int], *, shares: bool = False) -> None:
        """The people of each point of a question; they may be made of `shares`."""
        self.words[question] = text
        self.rated |= question not in ("satisfaction", "trust")
        measure = question if question in ("satisfaction", "trust") else f"driver:{question}"
        self.counts.update({(measure, str(at)): n for at, n in enumerate(given, 1) if n})
        self.most = max(self.most, sum(given))
        self.most_counted = max(self.most_counted, 0 if shares else sum(given))

    def taps(self, driver: str, text: str, match: re.Match[str]) -> None:
        """The taps of a driver."""
        positive, negative, people = (int(group.replace(",", "")) for group in match.groups())
        self.words[driver] = _label(text)
        self.tapped = True
        sides = {"positive": positive, "negative": negative}
        self.counts.update({(f"driver:{driver}", side): n for side, n in sides.items() if n})
        self.most = max(self.most, people, positive + negative)
        self.most_counted = max(self.most_counted, people)

    def counted(
        self,
        ground: Ground,
        where: tuple[Service, str, str],
        quarter: Period,
        people: int | None,
        column: str = "",
    ) -> Counted:
        """All of it. Raises RowRefused."""
        if self.rated and self.tapped:
            rule = "some drivers are rated and some are tapped"
            raise RowRefused("", rule, "import them as two files")
        n = self.most if people is None else people
        if n < self.most:
            rule = f"{n:,} people answered, and {self.most:,} gave points to one question"
            raise RowRefused("", rule, "look at the numbers again")
        if people and self.most_counted and people >= _FAR * self.most_counted:
            if ground.map.respondents == "volume":
                raise RowRefused(column, *_far_more(people, self.most_counted))
            n = self.most
        service, office, channel = where
        language = ground.language("", "")
        counts = {("response", "all"): n, **self.counts} if n else {}
        survey = self._survey(ground, service, language)
        return Counted(survey, quarter.start, office, channel, language, n, counts)

    def _survey(self, ground: Ground, service: Service, language: str) -> Survey:
        given = ground.map.wording.get(language, Words())
        worded = given.model_copy(
            update={
                "trust": self.words.get("trust", ""),
                "satisfaction": self.words.get("satisfaction", ""),
                "comment": "",
                "drivers": self.words,
            }
        )
        codes = frozenset(self.words) - {"trust", "satisfaction"}
        how: DriverMode = "tap" if self.tapped else "likert"
        return versions.make(
            ground.map, service.slug, service.name, {language: worded}, codes, how, "counts"
        )


def _far_more(people: int, most: int) -> tuple[str, str]:
    rule = f"{people:,} people answered, it says, and no question has the points of over {most:,}"
    cure = (
        "if this is how many were asked, or a share of points was lost, correct the file; where "
        'the points are right, respondents = "points" in the map counts them'
    )
    return rule, cure


def check(ground: Ground) -> None:
    """Raises ServerError for an instrument whose trust has no five points."""
    if versions.kind(ground.map).scale.points != (1, 2, 3, 4, 5):
        raise ServerError("v1 and wide count points from 1 to 5: not those of a thumb.")


def v1_lines(
    ground: Ground, sheet: Sheet, beside: Sheet | None = None
) -> Iterator[Counted | RowRefused]:
    """The one survey of a v1 detail file, with the header file `beside` it."""
    if "survey_instrument_reference" in sheet.columns:
        raise ServerError(f"{sheet.name} is the header file. The counts are in the detail file.")
    sheet.require(*v1.DETAIL)
    check(ground)
    pile, quarters, last, sound = _Pile(), set[str](), 1, True
    header = None
    try:
        header = filed.read(beside, part=ground.map.part_of_quarter) if beside else None
    except RowRefused as refused:
        yield refused
    for line in sheet.lines():
        last = line.number
        try:
            quarters.add(_v1_row(ground, line, pile))
        except RowRefused as refused:
            sound = False
            yield _at(refused, line)
    if not sound or not pile.words:
        return
    try:
        yield _v1_survey(ground, pile, quarters, header)
    except RowRefused as refused:
        refused.line = refused.line or last
        yield refused


def wide_lines(ground: Ground, sheet: Sheet) -> Iterator[Counted | RowRefused]:
    """The surveys of a wide file: each row is one."""
    needed = [name for name in wide.HEADER if name.startswith("q") or "year" in name]
    sheet.require("collection_quarter", *(name for name in needed if not name.startswith("q1")))
    check(ground)
    for line in sheet.lines():
        try:
            yield _wide_row(ground, line)
        except RowRefused as refused:
            yield _at(refused, line)


def _v1_survey(ground: Ground, pile: _Pile, quarters: set[str], header: Header | None) -> Counted:
    if len(quarters) > 1:
        cure = "one file holds one quarter"
        raise RowRefused("start_date", "the rows are of more than one quarter", cure)
    quarter = ground.past_quarter("", quarters.pop())
    map, service_name = ground.map, header.service if header else ""
    service = ground.service("service", "" if map.service else service_name)
    way = header.channel if header and not map.channel else ""
    where = (service, ground.office("", "", service).slug, ground.channel("mode", way))
    if header is None:
        return pile.counted(ground, where, quarter, None)
    if header.quarter != quarter.name:
        rule = f"the header is of {header.quarter}, and the counts are of {quarter.name}"
        raise RowRefused("start_date", rule, "give the two files of one survey", 2, header.file)
    try:
        return replace(pile.counted(ground, where, quarter, header.people), header=header)
    except RowRefused as refused:
        refused.file, refused.line = header.file, 2
        refused.column = refused.column or "response_count"
        raise


def _v1_row(ground: Ground, line: Line, pile: _Pile) -> str:
    """Lay a row on the pile; its quarter."""
    if line.fault:
        raise line.fault
    question = _v1_asked(line["standardized_question_identifier"])
    columns = [f"likert_scale_{point}" for point in range(1, 6)]
    volume = line["response_volume"]
    total = cells.count("response_volume", volume) if volume else None
    text = line["customized_question_text"]
    taps = _TAPS.fullmatch(line["notes"])
    if taps:
        pile.taps(question, text, taps)
    elif text and any(line[name] for name in columns):
        given = _turned(ground, cells.counts(columns, [line[name] for name in columns], total))
        if total is not None and sum(given) != total:
            rule = f"the points are of {sum(given):,} people, and the row says {total:,}"
            raise RowRefused("response_volume", rule, "look at the numbers again")
        if sum(given) or ground.map.zero != "not asked":
            pile.points(question, text, given)
    return _v1_quarter(ground, line)


def _v1_asked(identifier: str) -> str:
    known = {f"answer_{number:02}": question for number, question in enumerate(words.IN_ORDER, 1)}
    if identifier not in known:
        cure = f"it is one of {', '.join(known)}"
        raise RowRefused("standardized_question_identifier", "no such question", cure)
    return known[identifier]


def _v1_quarter(ground: Ground, line: Line) -> str:
    days = {name: line[name] for name in ("start_date", "end_date")}
    result = cells.quarter(days, part=ground.map.part_of_quarter)
    return ground.past_quarter("start_date", result.name).name


def _wide_row(ground: Ground, line: Line) -> Counted:
    if line.fault:
        raise line.fault
    year, number = line["collection_year"], line["collection_quarter"]
    quarter = ground.past_quarter("collection_quarter", f"{year}Q{number}")
    column = ground.map.columns
    named = column.service or ("" if ground.map.service else "service_name")
    service = ground.service(named, line[named])
    office = ground.office(column.office, line[column.office], service).slug
    way = column.channel or ("" if ground.map.channel else "channel")
    volume = line["volume_of_respondents"]
    people = cells.count("volume_of_respondents", volume) if volume else None
    pile = _Pile()
    for number_, question in enumerate((*words.IN_ORDER, *_more(ground)), 1):
        if question:
            _wide_question(ground, line, pile, f"q{number_}", question, people)
    where = service, office, ground.channel(way, line[way])
    return pile.counted(ground, where, quarter, people, "volume_of_respondents")


def _more(ground: Ground) -> tuple[str, ...]:
    """What the agency's own questions 8 to 11 are, as the map tells ([drivers] other = "q9")."""
    by_column = {column: code for code, column in ground.map.drivers.items()}
    return tuple(by_column.get(f"q{number}", "") for number in range(8, wide.QUESTIONS + 1))


def _wide_question(
    ground: Ground, line: Line, pile: _Pile, name: str, question: str, people: int | None
) -> None:
    text = line[f"{name}_text"]
    columns = [f"{name}_{point}" for point in range(1, 6)]
    if not text:
        return
    if any(line[column] for column in columns):
        _five_points(line, name)
        said = [line[column] for column in columns]
        given, shares = _turned(ground, cells.counts(columns, said, people)), "%" in "".join(said)
        if sum(given) or ground.map.zero != "not asked":
            pile.points(question, text, given, shares=shares)
        return
    for part in line["operational_metrics"].split("; "):
        label, _, numbers = part.partition(": ")
        match = _TAPS.fullmatch(numbers)
        if match and _label(text) == label:
            pile.taps(question, text, match)


def _five_points(line: Line, name: str) -> None:
    column = f"{name}_point_scale"
    scale = line[column]
    if scale and cells.count(column, scale) != len(FIVE_POINT.points):
        cure = "leave the question out: the points of another scale are not those of this one"
        raise RowRefused(column, f"the question had {scale} points, and not five", cure)


def _turned(ground: Ground, given: list[int]) -> list[int]:
    """The counts, each at the point that the map says its number stands for."""
    values = ground.map.values_of("")
    if not values.turns_numbers:
        return given
    points = [values.words.get(str(number), 0) for number in range(1, len(given) + 1)]
    if sorted(points) != list(range(1, len(given) + 1)):
        rule = "the numbers under [values] are not the five points in another order"
        raise RowRefused("", rule, 'write all of them, such as "1" = 5 and so on to "5" = 1')
    at = dict(zip(points, given, strict=True))
    return [at[point] for point in sorted(at)]


def _label(text: str) -> str:
    """A driver's own words, without the question that stood above all of them."""
    for question in statements.DRIVERS_QUESTION.values():
        text = text.removeprefix(f"{question} ")
    return text


def _at(refused: RowRefused, line: Line) -> RowRefused:
    refused.line = refused.line or line.number
    return refused
