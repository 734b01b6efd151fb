"""OMB's first format: a header file of one row, and a detail file of seven rows.

The columns are those of Touchpoints (GSA/touchpoints, `Form#to_a11_header_csv` and
`#to_a11_submissions_csv`), in their order and spelling.
"""

from collections.abc import Sequence

from cxserver.quarter import filing_set, fiscal
from cxserver.quarter.filing_set import Drawer
from cxserver.quarter.formats import words
from cxserver.quarter.sets import FileSet

HEADER = (
    "submission comment",
    "survey_instrument_reference",
    "agency_poc_name",
    "agency_poc_email",
    "department",
    "bureau",
    "service",
    "transaction_point",
    "mode",
    "start_date",
    "end_date",
    "total_volume",
    "survey_opp_volume",
    "response_count",
    "OMB_control_number",
    "federal_register_url",
)
DETAIL = (
    "standardized_question_number",
    "standardized_question_identifier",
    "customized_question_text",
    *(f"likert_scale_{point}" for point in range(1, 6)),
    "response_volume",
    "notes",
    "start_date",
    "end_date",
)

Cell = str | int
Rows = list[Sequence[Cell]]


def files(open_: Drawer, file_set: FileSet) -> dict[str, Rows]:
    """The two files of a set, by the end of their names."""
    return {"v1-header.csv": header(open_, file_set), "v1-detail.csv": detail(open_, file_set)}


def header(open_: Drawer, file_set: FileSet) -> Rows:
    """The header file."""
    volume = open_.disclosed.volumes.get((file_set.service.slug, file_set.channel.ours))
    return [
        HEADER,
        (
            _comment(open_, file_set),
            ", ".join(survey.name for survey in file_set.surveys),
            open_.agency.filing.contact_name,
            open_.agency.filing.contact_mail,
            open_.agency.name,
            file_set.service.definition["owner"],
            file_set.service.name,
            file_set.transaction_point,
            file_set.channel.mode,
            *_days(open_),
            volume.served if volume else "",
            volume.offered if volume else "",
            file_set.counts.n,
            file_set.service.clearance.omb_control_number,
            open_.agency.filing.federal_register_url,
        ),
    ]


def detail(open_: Drawer, file_set: FileSet) -> Rows:
    """The detail file: satisfaction, trust, five drivers."""
    rows = (
        _row(open_, file_set, number, question) for number, question in enumerate(words.IN_ORDER, 1)
    )
    return [DETAIL, *rows]


def _row(open_: Drawer, file_set: FileSet, number: int, question: str) -> Sequence[Cell]:
    text = words.text(file_set.survey, question)
    points = filing_set.points(file_set, question)
    tapped = bool(text) and points is None
    return (
        number,
        f"answer_{number:02}",
        text,
        # Empty, never 0: nobody was asked for a point.
        *(points if points is not None else ("",) * 5),
        sum(points) if points is not None else "",
        filing_set.taps(file_set, question) if tapped else "",
        *_days(open_),
    )


def _comment(open_: Drawer, file_set: FileSet) -> str:
    """All that has no column: the texts, the indicators, the drivers without a row."""
    said = open_.disclosed.reflections.get(file_set.service.slug)
    beside = [
        filing_set.beside(file_set, code)
        for code in words.BESIDE
        if code in file_set.survey.drivers
    ]
    indicators = open_.disclosed.indicators.get(file_set.service.slug, ())
    parts = [
        said.reflection if said else "",
        f"Recent accomplishments: {said.accomplishments}" if said and said.accomplishments else "",
        f"Asked as well: {'; '.join(beside)}." if beside else "",
        f"Service levels: {'; '.join(each.sentence for each in indicators)}." if indicators else "",
    ]
    return "\n".join(part for part in parts if part)


def _days(open_: Drawer) -> tuple[str, str]:
    quarter = open_.quarter
    return quarter.start.isoformat(), fiscal.last_day(quarter).isoformat()
