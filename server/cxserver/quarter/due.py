"""When things are due to OMB: the quarters (A-11 §280.16) and the four dates of a year (§280.14).

The text contradicts itself. Its rule is "the last business day of the month following the last
day of the quarter"; of its four dates for fiscal year 2022, two are the last Friday instead. We
compute the rule, let a published date stand beside it, and remind before the earlier one.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from cxserver import periods
from cxserver.periods import Period
from cxserver.quarter import fiscal

REMIND = (30, 7, 1)

# §280.16 prints these. A date that OMB publishes for a quarter is added here.
PUBLISHED = {
    "2022Q1": date(2022, 1, 28),
    "2022Q2": date(2022, 4, 29),
    "2022Q3": date(2022, 7, 29),
    "2022Q4": date(2022, 10, 28),
}

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due: by the rule, and by a date that OMB published, if there is one."""

    what: str
    section: str
    rule: date
    published: date | None = None

    @property
    def day(self) -> date:
        """The earlier of the two: whoever meets it meets both."""
        return min(self.rule, self.published or self.rule)

    @property
    def reminders(self) -> tuple[date, ...]:
        """The days to be reminded on."""
        return tuple(self.day - timedelta(days=before) for before in REMIND)


def of_quarter(quarter: Period) -> Due:
    """When the feedback of a quarter is due."""
    return Due(
        f"Feedback data of {quarter.name}",
        "§280.16",
        last_business_day(periods.of("month", quarter.end)),
        PUBLISHED.get(quarter.name),
    )


def of_year(year: int) -> list[Due]:
    """Everything that is due for a fiscal year, in the order of its days."""
    every = [*of_the_agency(year), *(of_quarter(quarter) for quarter in fiscal.of_year(year))]
    return sorted(every, key=lambda due: due.day)


def of_the_agency(year: int) -> list[Due]:
    """The four dates of a fiscal year that are no quarter's."""
    return [
        Due("Designate at least two services", "§280.14", date(year - 1, 12, 31)),
        Due("CX capacity assessment", "§280.14", date(year, 2, 24)),
        Due("Deep dive with OMB", "§280.14", date(year, 3, 31)),
        Due("CX action plan", "§280.14", date(year, 5, 31)),
    ]


def last_business_day(month: Period) -> date:
    """The last day of a month that is no weekend and no federal holiday.

    A day off that a president gives once (a day of mourning, a Christmas Eve) moves no date.
    """
    # Half a second to load: only whoever asks for a date waits for it.
    import holidays

    # Of its categories, "public" alone: "government" also holds what was given once.
    free = holidays.country_holidays(
        "US", years=(month.start.year, month.start.year + 1), categories=("public",)
    )
    day = month.end - _DAY
    while day.weekday() >= 5 or day in free:
        day -= _DAY
    return day
