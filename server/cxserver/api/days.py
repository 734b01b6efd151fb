"""Which days a program asks for: by their first and last, or by the name of a period. Pure."""

from datetime import date, timedelta
from typing import Literal, Protocol, cast

from cxserver import periods
from cxserver.api.items import Rejected
from cxserver.periods import Period
from cxserver.web.problem_details import Fault

_DAY = timedelta(days=1)
_TWICE = "Name `period`, or `from` and `to`, not both."


class Question(Protocol):
    """A question that names days."""

    period: str | None
    start: date | None
    end: date | None


def given(question: Question, today: date) -> tuple[date | None, date | None]:
    """The first and the last day, as far as they are named; never after today of a running period.

    Raises Rejected.
    """
    if question.period is None:
        return question.start, question.end
    if question.start is not None or question.end is not None:
        raise Rejected(422, "invalid", _TWICE, [Fault(field="period", code="twice")])
    period = _period(question.period, today)
    if period.start > today:
        rule = f"`period`: {period.name} has not begun."
        raise Rejected(422, "invalid", rule, [Fault(field="period", code="future")])
    return period.start, min(period.end - _DAY, today)


def _period(name: str, today: date) -> Period:
    when, _, kind = name.partition("-")
    if when in ("this", "last"):
        running = periods.of(cast(Literal["week", "month", "quarter"], kind), today)
        return running if when == "this" else periods.previous(running)
    try:
        return periods.named(name)
    except ValueError:
        rule = f"`period`: there is no {name} in the calendar."
        raise Rejected(422, "invalid", rule, [Fault(field="period", code="unknown")]) from None
