"""A date is read in the order that the map names, and never guessed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.imports import moments
from cxserver.imports.moments import DateOrder
from cxserver.imports.rejected import RowRefused

NEW_YORK = ZoneInfo("America/New_York")
ISO: DateOrder = "year-month-day"
US: DateOrder = "month/day/year"
DAY_FIRST: DateOrder = "day/month/year"


def read(cell: str, order: DateOrder, zone: ZoneInfo = NEW_YORK) -> tuple[date, datetime]:
    day, at = moments.moment("When", cell, zone, NEW_YORK, order)
    return day, at.astimezone(UTC)


@pytest.mark.parametrize(
    ("cell", "order", "day", "hour"),
    [
        ("2023-07-31", ISO, date(2023, 7, 31), 16),
        ("2023-07-31 14:05:33 UTC", ISO, date(2023, 7, 31), 14),
        ("2023-07-31 23:05:33 -0400", ISO, date(2023, 7, 31), 3),
        ("2023-07-31T14:05:33Z", ISO, date(2023, 7, 31), 14),
        ("7/31/2023", US, date(2023, 7, 31), 16),
        ("07/31/23 14:05", US, date(2023, 7, 31), 18),
        ("07/31/2023 02:05:33 PM", US, date(2023, 7, 31), 18),
        ("07/31/2023 12:00:00 am", US, date(2023, 7, 31), 4),
        ("30/09/2021", DAY_FIRST, date(2021, 9, 30), 16),
        ("30.09.2021 08:30", DAY_FIRST, date(2021, 9, 30), 12),
        ("03/04/2023", US, date(2023, 3, 4), 17),
        ("03/04/2023", DAY_FIRST, date(2023, 4, 3), 16),
        ("Jul 31, 2023, 2:05 PM", ISO, date(2023, 7, 31), 18),
        ("31 July 2023", ISO, date(2023, 7, 31), 16),
        ("Mon, 31 Jul 2023 14:05:33 GMT", ISO, date(2023, 7, 31), 14),
    ],
)
def test_every_written_form_is_read(cell: str, order: DateOrder, day: date, hour: int) -> None:
    read_day, at = read(cell, order)
    assert (read_day, at.hour) == (day, hour)


@pytest.mark.parametrize(
    ("cell", "order", "says"),
    [
        ("07/31/2023", ISO, "which number"),
        ("31.07.2023 08:00", ISO, "which number"),
        ("07/31/2023", DAY_FIRST, "not a date with day/month/year"),
        ("2/30/2023", US, "not a date with month/day/year"),
        ("45138.59", ISO, "spreadsheet's number"),
        ("45138", US, "spreadsheet's number"),
        ("31 Sommer 2023", ISO, "not a date"),
        ("7/31/2023 14:05 PM", US, "not a date"),
        ("yesterday", ISO, "not a date"),
        ("", US, "not a date"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_refused(
    cell: str, order: DateOrder, says: str
) -> None:
    with pytest.raises(RowRefused) as refused:
        read(cell, order)
    assert says in refused.value.rule
    # A fix that names one order for another would change what the data mean.
    assert refused.value.cure


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)))
def test_the_same_moment_reads_the_same_in_every_form(at: datetime) -> None:
    at = at.replace(minute=0, second=0, microsecond=0)
    written = {
        (f"{at:%Y-%m-%d %H:%M}", ISO),
        (f"{at:%m/%d/%Y %I:%M:%S %p}", US),
        (f"{at:%d/%m/%Y %H:%M}", DAY_FIRST),
        (f"{at:%d %b %Y %H:%M}", US),
    }
    assert len({read(cell, order, ZoneInfo("UTC")) for cell, order in written}) == 1
