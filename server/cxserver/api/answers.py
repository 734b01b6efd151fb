"""POST /api/v1/responses: one answer, or a batch of answers that waited on a device."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxserver.api.models import BATCH, Batch, Fault, Item, Problem, Receipt, Result, Results
from cxserver.errors import AnswerUnstorable, StoreUnavailable
from cxserver.instrument import answers
from cxserver.instrument.answers import AnswersRefused
from cxserver.instrument.survey import Survey
from cxserver.intake.desk import Desk
from cxserver.intake.entry import Sheet
from cxserver.intake.gate import Opened, Refused
from cxserver.pages import body

BATCH_LIMIT = 1024 * 1024
ITEM_LIMIT = 64 * 1024
# A kiosk may have been without a network this long.
LATE = timedelta(days=14)
SKEW = timedelta(minutes=15)
_ANSWERS = ("trust", "satisfaction", "drivers", "comment", "questions")
_TITLES = {
    404: "This link does not work.",
    409: "Another answer was given before. It is kept.",
    410: "This link is over.",
    413: "This is too large.",
    422: "This does not fit.",
    503: "We could not confirm that it was saved. Send it again; it will not count twice.",
}


class Rejected(Exception):
    """One item that is not taken, with the problem to tell."""

    def __init__(self, status: int, code: str, detail: str = "", faults: list[Fault] | None = None):
        super().__init__(code)
        self.problem = Problem(
            title=_TITLES[status], status=status, code=code, detail=detail, faults=faults or []
        )


async def take(request: Request) -> Response:
    """One item → 201, 200, 409, 422 …; a batch → 200 with a result for each."""
    text = await body.read(request, "application/json", BATCH_LIMIT)
    desk: Desk = request.app.state.counter.desk
    try:
        sent = _parse(text)
        if "items" in sent:
            return await _batch(desk, sent)
        if len(text.encode()) > ITEM_LIMIT:
            raise Rejected(413, "too_long")
        _check_header(request, sent)
        status, receipt = await _one(desk, sent, timedelta(0))
    except Rejected as rejected:
        return problem(rejected.problem)
    return JSONResponse(receipt.model_dump(), status)


def problem(told: Problem) -> Response:
    """A problem document."""
    headers = {"retry-after": "5"} if told.status == 503 else None
    return JSONResponse(
        told.model_dump(), told.status, headers, media_type="application/problem+json"
    )


async def _batch(desk: Desk, sent: dict[str, Any]) -> Response:
    if isinstance(sent["items"], list) and len(sent["items"]) > BATCH:
        raise Rejected(413, "too_many", f"A batch holds {BATCH} items at most.")
    batch = _validated(Batch, sent)
    offset = timedelta(0)
    if batch.device_now is not None:
        offset = desk.clock() - _aware("device_now", batch.device_now)
    results = [await _result(desk, item, offset) for item in batch.items]
    return JSONResponse(Results(results=results).model_dump(exclude_none=True))


async def _result(desk: Desk, item: dict[str, Any], offset: timedelta) -> Result:
    key = str(item.get("key"))[:64] if item.get("key") is not None else None
    try:
        status, receipt = await _one(desk, item, offset)
    except Rejected as rejected:
        return Result(key=key, status=rejected.problem.status, error=rejected.problem)
    return Result(key=key, status=status, receipt=receipt.receipt)


async def _one(desk: Desk, sent: dict[str, Any], offset: timedelta) -> tuple[int, Receipt]:
    item = _validated(Item, sent)
    moment = _moment(item, desk.clock(), offset)
    opened = await _open(desk, item.link, moment.answered_at)
    if not opened.token.kind.is_place and item.answered_at is not None:
        raise Rejected(422, "invalid", faults=[Fault(field="answered_at", code="unknown")])
    if opened.token.kind.is_place and item.key is None:
        raise Rejected(422, "invalid", faults=[Fault(field="key", code="required")])
    survey = _survey(opened, item.survey)
    try:
        checked = answers.check(survey, {name: sent[name] for name in _ANSWERS if name in sent})
    except AnswersRefused as refused:
        faults = [Fault(field=found.field, code=found.code) for found in refused.problems]
        raise Rejected(422, "invalid", faults=faults) from None
    sheet = Sheet(
        opened=opened,
        survey=survey,
        language=_language(item, survey),
        answered_at=moment.answered_at,
        sid=item.key.bytes if item.key else b"",
        flags=moment.flags,
    )
    try:
        outcome = await desk.store(sheet, checked)
    except StoreUnavailable:
        raise Rejected(503, "unavailable") from None
    except AnswerUnstorable:
        raise Rejected(422, "unstorable") from None
    if outcome.kind == "different":
        raise Rejected(409, "already_answered")
    status = 201 if outcome.kind == "stored" else 200
    return status, Receipt(status=outcome.kind, receipt=outcome.receipt)


@dataclass(frozen=True, slots=True)
class _Moment:
    answered_at: datetime
    flags: tuple[str, ...] = ()


def _moment(item: Item, now: datetime, offset: timedelta) -> _Moment:
    if item.answered_at is None:
        return _Moment(now)
    corrected = _aware("answered_at", item.answered_at) + offset
    flags = ("clock",) if abs(offset) > SKEW or corrected > now + SKEW else ()
    if now - corrected > LATE:
        raise Rejected(410, "too_late", "Answers are taken for 14 days.")
    return _Moment(min(corrected, now).astimezone(UTC), flags)


def _aware(field: str, value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise Rejected(422, "invalid", faults=[Fault(field=field, code="timezone")])
    return value


async def _open(desk: Desk, link: str, at: datetime) -> Opened:
    path = urlsplit_path(link).removeprefix(desk.settings.path)
    steps = path.split("/")
    if len(steps) != 5 or steps[0] or steps[1] not in ("s", "k"):
        raise Rejected(404, "not_found")
    try:
        return await desk.open(steps[2], steps[3], steps[4], at, kiosk=steps[1] == "k")
    except Refused as refused:
        raise Rejected(refused.status, refused.code) from None


def urlsplit_path(link: str) -> str:
    """The path of an address; "" when it is none."""
    try:
        return urlsplit(link).path
    except ValueError:
        return ""


def _survey(opened: Opened, name: str | None) -> Survey:
    service = opened.service
    if name is None:
        return service.survey
    for version in service.surveys.values():
        if version.name == name:
            return version
    raise Rejected(422, "invalid", faults=[Fault(field="survey", code="unknown")])


def _language(item: Item, survey: Survey) -> str:
    asked = item.language or parse_qs(urlsplit(item.link).query).get("lang", [""])[0]
    return asked if asked in survey.languages else survey.languages[0]


def _check_header(request: Request, sent: Mapping[str, Any]) -> None:
    header = request.headers.get("idempotency-key")
    if header is not None and header.strip('"') != sent.get("key"):
        raise Rejected(422, "invalid", faults=[Fault(field="key", code="header")])


def _validated(model: type[Any], sent: dict[str, Any]) -> Any:
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        faults = [
            Fault(field=".".join(str(step) for step in found["loc"])[:80], code=found["type"])
            for found in error.errors(include_url=False, include_input=False)
        ]
        raise Rejected(422, "invalid", faults=faults) from None


def _parse(text: str) -> dict[str, Any]:
    try:
        sent = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Rejected(422, "invalid", f"This is not the JSON we take: {error}"[:200]) from None
    if not isinstance(sent, dict):
        raise Rejected(422, "invalid", "An object is expected.")
    return sent


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A parser that takes the last of two keys would let a proxy and us read different answers.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def not_found(error: HTTPException) -> Response:
    """The API's twin of an error page."""
    title = _TITLES.get(error.status_code, "This cannot be done.")
    return problem(
        Problem(title=title, status=error.status_code, code=str(error.detail).lower()[:40])
    )
