"""Closed batches: answers are released at least five at a time. Pure.

A unit is a service at an office. Each of its counted answers has a counted day, and a unit's
batches follow from nothing but how many answers have which counted day. So a job that ran every
night, a job that caught up after a week, two nodes that ran at once and a rebuild from the rows
all close the same batches. Every total that is shown adds up whole batches, so the people in one
total and not in another are none, or at least five.

An answer that is excluded before its batch closes is no arrival. An answer that is excluded
later stays one (see `changes`): otherwise a rebuild would move the bounds of later batches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from cxserver.disclosure import ENOUGH

FINISHED_AFTER = time(3)
"""Local time after which yesterday is finished: no answer of yesterday is on its way any more."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers of one unit that are released together, under the day `through`.

    `first` is the first counted day that has an answer in the batch, `through` the last day of
    the batch (of an import: the last day of the month it is released under), `n` its answers.
    """

    first: date
    through: date
    n: int


def close(
    arrivals: Mapping[date, int],
    last_finished: date,
    closed_through: date | None = None,
    enough: int = ENOUGH,
) -> list[Batch]:
    """The batches of a unit that end on a day up to `last_finished`, oldest first.

    `arrivals` are counted answers by counted day. `closed_through` is the `through` of the
    unit's last batch: only what comes after it is closed. Answers that wait for more are in no
    batch. Raises ValueError for a negative number of answers.
    """
    batches: list[Batch] = []
    first: date | None = None
    waiting = 0
    for day in _days(arrivals, last_finished, closed_through):
        first = first or day
        waiting += arrivals[day]
        if waiting >= enough:
            batches.append(Batch(first, day, waiting))
            first, waiting = None, 0
    return batches


def import_batches(months: Mapping[date, int], enough: int = ENOUGH) -> dict[date, Batch]:
    """The batch that releases each month of an import, for one unit; in order of the months.

    `months` are the answers in the file by the first day of their month. A month of fewer than
    `enough` is released with the next month of the file that has answers, and what is left at
    the end with the batch before it, under that batch's `through`: a few answers must not carry
    a large month into a later period. A month that is missing from the result has no answers,
    or the whole file has fewer than `enough`. Raises ValueError for a day that does not begin a
    month, and for a negative number of answers.
    """
    if any(month.day != 1 for month in months):
        raise ValueError("a month is written as its first day")
    released: dict[date, Batch] = {}
    waiting: list[date] = []
    last: Batch | None = None
    for month in _days(months):
        waiting.append(month)
        n = sum(months[each] for each in waiting)
        if n >= enough:
            last = Batch(waiting[0], _last_day(month), n)
            released |= dict.fromkeys(waiting, last)
            waiting = []
    return _with_rest(released, last, {month: months[month] for month in waiting})


def finished_day(now: datetime, zone: tzinfo) -> date:
    """The last day that is finished at an office in `zone`: yesterday, from 03:00 local time on;
    the day before yesterday until then.

    Raises ValueError if `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("a time needs its zone")
    local = now.astimezone(zone)
    return local.date() - (_DAY if local.time() >= FINISHED_AFTER else 2 * _DAY)


def counted_day(stored_on: date, closed_through: date | None) -> date:
    """The day under which an answer is counted for release.

    `stored_on` is the office's local date when the answer was stored (or restored, if it was
    excluded before it was in a batch). A batch that is closed never grows, so an answer that is
    committed late, or stored by a slow clock, counts on the day after `closed_through`.
    """
    if closed_through is None:
        return stored_on
    return max(stored_on, closed_through + _DAY)


def _days(
    arrivals: Mapping[date, int], last: date = date.max, after: date | None = None
) -> list[date]:
    """The days with answers after `after` and up to `last`, in order."""
    if any(n < 0 for n in arrivals.values()):
        raise ValueError("fewer than no answers")
    return sorted(
        day for day, n in arrivals.items() if n and day <= last and (after is None or day > after)
    )


def _with_rest(
    released: dict[date, Batch], last: Batch | None, rest: Mapping[date, int]
) -> dict[date, Batch]:
    """The same, with the months at the end that were too small added to the last batch."""
    if last is None or not rest:
        return released
    grown = Batch(last.first, last.through, last.n + sum(rest.values()))
    same = [month for month, batch in released.items() if batch == last]
    return released | dict.fromkeys([*same, *rest], grown)


def _last_day(month: date) -> date:
    """The last day of the month that begins on this day."""
    return (month + timedelta(days=31)).replace(day=1) - _DAY
