"""GET /api/v1/quarters/{quarter}: what is filed with OMB, open to everybody where that is agreed.

Only whole quarters, and no set of fewer than 11 answers, nor one that would give such a set away.
No comment is ever in it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cxserver import db
from cxserver.api import representation, visitor
from cxserver.api.items import Rejected
from cxserver.api.schemas import FiledQuarter, FiledRow, QuarterQuery, Taps
from cxserver.errors import NotFound
from cxserver.intake.answer_service import AnswerService
from cxserver.periods import Period
from cxserver.quarter import filing, fiscal
from cxserver.quarter.filing import Order
from cxserver.quarter.filing_set import Drawer
from cxserver.quarter.sets import FileSet
from cxserver.results import suppression

_POINTS = ("1", "2", "3", "4", "5")


async def show(request: Request) -> Response:
    """The quarter's rows."""
    try:
        visitor.check_address(request)
        body = await visitor.readers(request).run(partial(_told, request))
    except Rejected as rejected:
        return visitor.refused(request, rejected)
    return representation.respond(request, body)


def rows(open_: Drawer) -> list[FiledRow]:
    """A row for each set of files."""
    hidden = _hidden(open_.sets)
    return [_row(item, item.key in hidden) for item in open_.sets]


def _told(request: Request) -> dict[str, Any]:
    intake: AnswerService = request.app.state.services.intake
    _check_open(request, intake)
    query = visitor.question(QuarterQuery, request)
    quarter = _quarter(request, intake)
    # Flagged answers stay out, as they do in the files; no comment is looked at.
    wanted = Order(quarter, query.form)
    with db.read(intake.staff_engine) as connection:
        open_ = filing.open_drawer(connection, wanted, intake.clock())
    filed_quarter = FiledQuarter(
        quarter=quarter.name,
        first_day=quarter.start,
        last_day=fiscal.last_day(quarter),
        form=query.form,
        agency=open_.agency.name,
        omb_contact=open_.agency.omb_contact or None,
        rows=rows(open_),
    )
    return filed_quarter.model_dump(mode="json", by_alias=True)


def _check_open(request: Request, intake: AnswerService) -> None:
    """Raise Rejected: 404 where nothing is published and no key reads everything."""
    agency = intake.directory.agency
    if agency and agency.omb_contact:
        return
    if agency and "authorization" in request.headers:
        with db.read(intake.staff_engine) as connection:
            key = visitor.key_of(connection, request, intake.directory.today(intake.clock()))
        visitor.note_use(intake, key)
        if key.service is None and key.office is None:
            return
    raise Rejected(404, "not_open", "The quarters of this agency are not open here.")


def _quarter(request: Request, intake: AnswerService) -> Period:
    try:
        quarter = fiscal.named(request.path_params["quarter"])
    except NotFound as error:
        raise Rejected(404, "no_quarter", str(error)) from None
    # Whoever looked at a running quarter each day would see who answered that day.
    if not fiscal.ended(quarter, intake.clock(), filing.zones(intake.directory)):
        raise Rejected(404, "not_over", "This quarter is not over.")
    return quarter


def _hidden(sets: Sequence[FileSet]) -> set[tuple[str, str, int]]:
    """What is too small, and what stands beside it: a service's total is told elsewhere."""
    by_service: dict[str, dict[str, FileSet]] = defaultdict(dict)
    for item in sets:
        by_service[item.service.slug][item.stem] = item
    hidden = set()
    for mine in by_service.values():
        shown = suppression.line({stem: file_set.counts.n for stem, file_set in mine.items()})
        hidden |= {file_set.key for stem, file_set in mine.items() if shown[stem] is None}
    return hidden


def _row(file_set: FileSet, hidden: bool) -> FiledRow:
    numbers: Mapping[str, Any] = dict.fromkeys(("n", "trust", "satisfaction", "drivers"))
    return FiledRow(
        service=file_set.service.slug,
        channel=file_set.channel.ours,
        omb_channel=file_set.channel.omb,
        transaction_point=file_set.transaction_point,
        surveys=[survey.name for survey in file_set.surveys],
        hidden=hidden,
        **(numbers if hidden else _numbers(file_set)),
    )


def _numbers(file_set: FileSet) -> Mapping[str, Any]:
    given = file_set.counts.measured
    asks_satisfaction = any(
        survey.wording[survey.languages[0]].satisfaction for survey in file_set.surveys
    )
    return {
        "n": file_set.counts.n,
        "trust": _counts(given.get("trust", {}), file_set.survey.trust_scale.values),
        "satisfaction": _counts(given.get("satisfaction", {}), _POINTS)
        if asks_satisfaction
        else None,
        "drivers": {code: _taps(file_set, code) for code in file_set.survey.drivers},
    }


def _counts(given: Mapping[str, int], values: Sequence[str]) -> dict[str, int]:
    return {value: given.get(value, 0) for value in values}


def _taps(file_set: FileSet, code: str) -> Taps:
    positive, negative = file_set.counts.taps(code)
    rated = file_set.survey.driver_mode == "likert"
    points = list(file_set.counts.points(f"driver:{code}")) if rated else None
    return Taps(positive=positive, negative=negative, counts=points)
