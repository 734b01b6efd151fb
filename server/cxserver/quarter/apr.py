"""The indicators of a fiscal year for the agency's performance report and plan (A-11 §280.12).

A row for each service and measure: what was wanted, what came of it, and how many answered. The
counts are those of the four quarters' files added up; service levels are told as they were given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cxserver.catalog.directory import Directory, Service
from cxserver.errors import ServerError
from cxserver.instrument.scale import FIVE_POINT, THUMBS, Scale
from cxserver.quarter import counts, fiscal, indicators
from cxserver.quarter.counts import Counts
from cxserver.quarter.formats import words
from cxserver.quarter.indicators import Indicator

HEAD = ("service", "measure", "unit", "period", "target", "actual", "n")
_SHARE = "share of answers"

# By service and measure: `trust`, `satisfaction`, a driver's code, the name of an indicator.
Targets = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One measure. `code` is what targets call it; `actual` is a share, or a number as given."""

    service: str
    code: str
    measure: str
    unit: str
    period: str
    actual: float | str
    n: int | None
    target: str = ""

    @property
    def actual_text(self) -> str:
        """`actual` as people say it."""
        return self.actual if isinstance(self.actual, str) else f"{self.actual:.1%}"


def read(connection: Connection, known: Directory, year: int, targets: Targets) -> list[Row]:
    """Every service's rows. Raises ServerError for a target of something that is not there."""
    quarters = fiscal.of_year(year)
    groups = [
        group
        for quarter in quarters
        for group in counts.read(connection, quarter)
        if not group.flagged
    ]
    levels = {quarter: indicators.read(connection, quarter) for quarter in quarters}
    rows = []
    for slug, service in sorted(known.services.items()):
        mine = [group for group in groups if group.service == slug]
        given = {item: None for each in levels.values() for item in each.get(slug, ())}
        rows += [*_of_answers(service, mine, year), *_of_levels(slug, given)]
    return _with(rows, targets)


def targets(rows: Iterable[Mapping[str, str | None]]) -> Targets:
    """Targets from the rows of a file: service, measure, target. Raises ServerError."""
    wanted: dict[tuple[str, str], str] = {}
    for line, row in enumerate(rows, 2):
        cells = [(row.get(name) or "").strip() for name in ("service", "measure", "target")]
        service, measure, target = cells
        if not all(cells) or (service, measure) in wanted:
            raise ServerError(f"line {line}: wants service, measure and target, each pair once.")
        wanted[service, measure] = target
    return wanted


def _of_answers(service: Service, mine: Sequence[counts.Group], year: int) -> Iterator[Row]:
    all_ = counts.total(item.counts for item in mine)
    for scale, said in ((FIVE_POINT, "Trust: 4 or 5"), (THUMBS, "Trust: thumb up")):
        yield from _scored(service, "trust", said, _on(all_, "trust", scale), scale, year)
    given = _on(all_, "satisfaction", FIVE_POINT)
    yield from _scored(service, "satisfaction", "Satisfaction: 4 or 5", given, FIVE_POINT, year)
    codes = [code for item in mine for code in service.surveys[item.survey].drivers]
    for code in dict.fromkeys(codes):
        yield from _driver(service, code, mine, year)


def _on(tally: Counts, measure: str, scale: Scale) -> tuple[int, ...]:
    given = tally.measured.get(measure, {})
    return tuple(given.get(value, 0) for value in scale.values)


def _scored(
    service: Service, code: str, said: str, given: Sequence[int], scale: Scale, year: int
) -> Iterator[Row]:
    n = sum(given)
    if n:
        pairs = zip(scale.points, given, strict=True)
        good = sum(count for point, count in pairs if scale.is_good(point))
        yield Row(service.slug, code, said, _SHARE, f"{year}", good / n, n)


def _driver(service: Service, code: str, mine: Sequence[counts.Group], year: int) -> Iterator[Row]:
    """Rated drivers by their points; tapped ones by how many of those asked named them as good."""
    offering = [item for item in mine if code in service.surveys[item.survey].drivers]
    rated, tapped = (
        counts.total(
            item.counts
            for item in offering
            if (service.surveys[item.survey].driver_mode == "likert") is likert
        )
        for likert in (True, False)
    )
    name = words.name(service.surveys[offering[-1].survey], code)
    points = rated.points(f"driver:{code}")
    yield from _scored(service, code, f"{name}: 4 or 5", points, FIVE_POINT, year)
    if tapped.n:
        share = tapped.taps(code)[0] / tapped.n
        said = f"{name}: named as what went well"
        yield Row(service.slug, code, said, _SHARE, f"{year}", share, tapped.n)


def _of_levels(slug: str, levels: Iterable[Indicator]) -> Iterator[Row]:
    """Each as it was given: the mean of four quarters' waits is nobody's wait."""
    for item in sorted(
        levels, key=lambda indicator: (indicator.name, indicator.office, indicator.period)
    ):
        where = f" at {item.office}" if item.office else ""
        yield Row(slug, item.name, f"{item.name}{where}", item.unit, item.period, item.value, None)


def _with(rows: Sequence[Row], wanted: Targets) -> list[Row]:
    strange = sorted(wanted.keys() - {(row.service, row.code) for row in rows})
    if strange:
        service, measure = strange[0]
        raise ServerError(
            f"There is a target for '{measure}' of '{service}', and no such measure in this year."
        )
    return [
        Row(
            row.service,
            row.code,
            row.measure,
            row.unit,
            row.period,
            row.actual,
            row.n,
            wanted.get((row.service, row.code), ""),
        )
        for row in rows
    ]
