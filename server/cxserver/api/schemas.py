"""What programs may ask of `GET /api/v1/…`, and what they are told."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST, USUAL = 1000, 200
_SLUG = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

By = Literal["office", "service", "channel", "language", "week", "month", "quarter"]
Channel = Literal["email", "sms", "web", "phone", "kiosk", "poster", "site", "paper"]


def _day(value: Any) -> Any:
    # Only this form: a bare number would be taken for seconds since 1970.
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day such as 2026-10-01")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise ValueError("a number such as 200")
    return value


Slug = Annotated[str, Field(pattern=_SLUG)]
Day = Annotated[date, BeforeValidator(_day)]


PERIOD = (
    r"^(2[0-9]{3}(-[01][0-9](-[0-3][0-9])?|-W[0-5][0-9]|Q[1-4])|(this|last)-(week|month|quarter))$"
)
Named = Annotated[
    str | None,
    Field(
        pattern=PERIOD,
        description="Days by name instead of `from` and `to`: 2026-11, 2026-W45, 2027Q1 (fiscal), "
        "2026-11-04; or this-week, this-month, this-quarter up to today; or last-week and so on.",
    ),
]


class Query(BaseModel):
    """The part of both questions that says whose answers, and of which days."""

    model_config = ConfigDict(extra="forbid")

    service: Annotated[Slug | None, Field(description="Only this service.")] = None
    office: Annotated[Slug | None, Field(description="Only what was given at this office.")] = None
    under: Annotated[
        Slug | None, Field(description="Only this office and the offices below it.")
    ] = None


class FiguresQuery(Query):
    """What `GET /api/v1/results` is asked."""

    by: Annotated[By, Field(description="What the rows are of.")] = "office"
    channel: Annotated[Channel | None, Field(description="Only answers by this channel.")] = None
    language: Annotated[
        str | None, Field(pattern=r"^[a-z]{2,3}$", description="Only answers in this language.")
    ] = None
    start: Annotated[
        Day | None,
        Field(alias="from", description="The first day. Default: the first of last month."),
    ] = None
    period: Named = None
    end: Annotated[
        Day | None,
        Field(alias="to", description="The last day, included; at most two years from the first."),
    ] = None
    without_flagged: Annotated[
        Literal["true", "false"], Field(description="Leave out answers with a flag.")
    ] = "false"


class FindingsQuery(Query):
    """What `GET /api/v1/findings` is asked."""

    start: Annotated[
        Day | None,
        Field(alias="from", description="The first day. Default: the last 28 days released."),
    ] = None
    period: Named = None
    end: Annotated[
        Day | None,
        Field(alias="to", description="The last day, included; at most two years from the first."),
    ] = None


class RowsQuery(Query):
    """What a list is asked that is read page by page."""

    start: Annotated[Day | None, Field(alias="from", description="The first day.")] = None
    period: Named = None
    end: Annotated[Day | None, Field(alias="to", description="The last day, included.")] = None
    cursor: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_-]{8,160}$", description="`next` of the page before."),
    ] = None
    limit: Annotated[
        Annotated[int, Field(ge=1, le=MOST)],
        BeforeValidator(_number),
        Field(description="Rows of a page, at most."),
    ] = USUAL


class AnswersQuery(RowsQuery):
    """What `GET /api/v1/responses` is asked."""


class CommentsQuery(RowsQuery):
    """What `GET /api/v1/comments` is asked. For keys without rows the days are whole weeks."""


class QuarterQuery(BaseModel):
    """What `GET /api/v1/quarters/{quarter}` is asked."""

    model_config = ConfigDict(extra="forbid")

    form: Annotated[
        Literal["v1", "wide", "v2"],
        Field(alias="format", description="The rows of this format of OMB's."),
    ] = "v2"


class Score(BaseModel):
    """Answers to a question with 5 points. Shares lie between 0 and 1, with their 95 % interval."""

    counts: Annotated[list[int], Field(description="How many gave a 1, 2, 3, 4, 5.")]
    top2: float | None
    low: float | None
    high: float | None
    mean: float | None


class Thumbs(BaseModel):
    """Thumbs down and up, and the share of those up with its 95 % interval."""

    down: int
    up: int
    share: float | None
    low: float | None
    high: float | None


class Taps(BaseModel):
    """A driver: how many named it. Where it was rated instead, the points 1 to 5."""

    positive: int
    negative: int
    counts: list[int] | None = None


class FigureRow(BaseModel):
    """One group. Where it is hidden, all of its numbers are null."""

    office: str | None = None
    service: str | None = None
    channel: str | None = None
    language: str | None = None
    week: str | None = None
    month: str | None = None
    quarter: str | None = None
    hidden: bool
    n: int | None
    trust: Annotated[Score | None, Field(description="Of those who were asked on five points.")]
    thumbs: Annotated[Thumbs | None, Field(description="Of those who were asked by thumbs.")]
    satisfaction: Score | None
    drivers: dict[str, Taps] | None


class Figures(BaseModel):
    """The results of some days."""

    model_config = ConfigDict(populate_by_name=True)

    by: By
    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]
    rows: list[FigureRow]


class FindingRow(BaseModel):
    """Something that is named more often at an office than elsewhere, beyond chance."""

    service: str
    office: str
    driver: Annotated[str, Field(description="The code of what is named.")]
    title: str
    text: Annotated[str, Field(description="How often, how many people, how sure, of what kind.")]
    since: Annotated[str, Field(description="How long it has stood out, in words.")]
    is_worked_on: Annotated[bool, Field(description="Whether a colleague has taken it.")]
    named: Annotated[int, Field(description="So many people of `n` named it.")]
    n: int
    named_elsewhere: Annotated[int, Field(description="The same at other offices.")]
    n_elsewhere: int
    chance: Annotated[
        float, Field(description="How often such a finding is chance, adjusted for all compared.")
    ]


class Findings(BaseModel):
    """What to do first, the most people first."""

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]
    summary: str
    rows: list[FindingRow]
    named_most: Annotated[list[str], Field(description="Of each service what is named most.")]


_FEW = "Null where fewer than 5 people of that office share it."


class AnswerRow(BaseModel):
    """One person's answers, as the export has them, without words."""

    service: str
    office: str
    channel: str
    language: str
    survey: str
    month: Annotated[str, Field(description="As 2026-11.")]
    week: Annotated[str, Field(description="As 2026-W45, from Monday to Sunday.")]
    day: Annotated[date, Field(description="The office's local date.")]
    answered_hour: Annotated[str | None, Field(description=_FEW)]
    delay: str
    trust: Annotated[int, Field(description="1 to 5; on the scale `thumbs` 0 or 1.")]
    satisfaction: Annotated[int | None, Field(description="Null where it was not asked.")]
    drivers_positive: list[str]
    drivers_negative: list[str]
    driver_scores: dict[str, int]
    questions: Annotated[dict[str, str], Field(description="The answers that were chosen.")]
    flags: list[str]
    scale: str


class AnswersPage(BaseModel):
    """One page. It may hold fewer rows than asked for; the last one has no `next`."""

    rows: list[AnswerRow]
    next: str | None


class CommentRow(BaseModel):
    """What one person wrote."""

    service: str
    office: str
    week: Annotated[str, Field(description="As 2026-W45, from Monday to Sunday.")]
    trust: Annotated[int, Field(description="1 to 5; on the scale `thumbs` 0 or 1.")]
    satisfaction: Annotated[int | None, Field(description="Null where it was not asked.")]
    drivers_positive: list[str]
    drivers_negative: list[str]
    driver_scores: dict[str, int]
    scale: str
    comment: Annotated[str, Field(description="Empty where only a question was answered.")]
    questions: Annotated[dict[str, str], Field(description="The answers that were typed.")]


class CommentsPage(BaseModel):
    """One page. It may hold fewer rows than asked for; the last one has no `next`."""

    rows: list[CommentRow]
    next: str | None


class FiledRow(BaseModel):
    """What is filed together. Where it is hidden, all of its numbers are null."""

    service: str
    channel: str
    omb_channel: Annotated[str, Field(description="The same in OMB's words.")]
    transaction_point: str
    surveys: list[str]
    hidden: Annotated[bool, Field(description="Fewer than 11 answers, or they would follow.")]
    n: int | None
    trust: Annotated[
        dict[str, int] | None, Field(description="How many gave a 1 to 5; or a thumb `up`, `down`.")
    ]
    satisfaction: Annotated[
        dict[str, int] | None, Field(description="How many gave a 1 to 5; null if not asked.")
    ]
    drivers: dict[str, Taps] | None


class FiledQuarter(BaseModel):
    """A quarter as it is filed with OMB, without what anybody wrote."""

    model_config = ConfigDict(populate_by_name=True)

    quarter: str
    first_day: date
    last_day: date
    form: Annotated[str, Field(alias="format")]
    agency: str
    omb_contact: Annotated[str | None, Field(description="Where OMB agreed to publish it.")]
    rows: list[FiledRow]
