"""A few comments for a page about something else: the newest, and those that show a finding.

They are chosen by their random ids out of whole weeks, never by day: the week is all that is said
of when something was written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

from cxserver.comments.readable import ReadableComment
from cxserver.comments.shelf import Search, Shelf, monday_of
from cxserver.instrument.scale import THUMBS
from cxserver.periods import Span
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope

_DAY = timedelta(days=1)
_LOOKED_AT = 100
# With so few offices a week is read by the index on the office.
_FEW = 64
# Of the comments of many offices one in 32 is looked at, unless these are too few.
_PART = "08"
# A thumb down is as low as a 1, a thumb up as high as a 5.
_UP = 4


class Place(Protocol):
    """A driver at an office of a service."""

    @property
    def service(self) -> str: ...
    @property
    def office(self) -> str: ...
    @property
    def driver(self) -> str: ...


def low_first(
    reader: Reading, scope: Scope, span: Span, most: int, *, many: bool
) -> list[ReadableComment]:
    """The newest comments of these days, those with the lowest trust first. Those that matched an
    alert phrase are left out: they stand above all. `many`: whether so many people answered that a
    part of their comments is enough to look at.
    """
    shelf, result = _shelf(reader, scope), list[ReadableComment]()
    is_wide = many and (scope.offices is None or len(scope.offices) > _FEW)
    for days in _weeks(span):
        part = shelf.some(Search(), days, _LOOKED_AT, _PART) if is_wide else []
        enough = len(part) == _LOOKED_AT
        result += _readable(part if enough else shelf.some(Search(), days, _LOOKED_AT))
        if len(result) >= most:
            break
    return sorted(result, key=_low)[:most]


def showing(
    reader: Reading, places: Sequence[Place], span: Span, most: int = 2
) -> list[list[ReadableComment]]:
    """For each of these: what people wrote who named the driver there as what could be better."""
    wishes = [
        (
            Search(services=frozenset({place.service}), driver=(place.driver, "negative")),
            Scope(offices=frozenset({place.office})),
        )
        for place in places
    ]
    days = [day for week in _weeks(span) for day in week]
    chosen = _shelf(reader, Scope()).some_each(wishes, days, _LOOKED_AT)
    return [sorted(_readable(comments), key=_new)[:most] for comments in chosen]


def _shelf(reader: Reading, scope: Scope) -> Shelf:
    seen = reader.scope.narrowed(replace(scope, span=Span()))
    return Shelf(reader.connection, reader.directory, seen, reader.now)


def _readable(comments: list[ReadableComment]) -> list[ReadableComment]:
    return [
        item
        for item in comments
        if item.texts and not item.comment.alerted and item.comment.is_released
    ]


def _low(item: ReadableComment) -> tuple[int, int, str]:
    comment = item.comment
    trust = 1 + _UP * comment.trust if comment.scale is THUMBS else comment.trust
    return trust, -comment.monday.toordinal(), comment.id


def _new(item: ReadableComment) -> tuple[int, str]:
    return -item.comment.monday.toordinal(), item.comment.id


def _weeks(span: Span) -> Iterator[list[date]]:
    """The days of a span by week, the newest week first: whole weeks, for no day is told."""
    days = _days(span)
    monday = monday_of(days[0])
    while monday >= monday_of(days[-1]):
        yield [monday + n * _DAY for n in range(7)]
        monday -= 7 * _DAY


def _days(span: Span) -> list[date]:
    """The days of a span, the newest first."""
    assert span.start is not None and span.end is not None  # noqa: S101  # windows have both
    return [span.end - n * _DAY for n in range(1, (span.end - span.start).days + 1)]
