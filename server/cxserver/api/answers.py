"""POST /api/v1/responses: one answer, or a batch of answers that waited on a device."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxsdk.token import Kind
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
    400: "This could not be read.",
    404: "This link does not work.",
    405: "This address does not do that.",
    408: "This took too long.",
    409: "Another answer was given before. It is kept.",
    410: "This link is over.",
    413: "This is too large.",
    415: "Send application/json in UTF-8.",
    422: "This does not fit.",
    500: "Something went wrong on our side. Send it again; it will not count twice.",
    503: "We could not confirm that it was saved. Send it again; it will not count twice.",
}


# What the pages of the same refusals are called.
_CODES = {
    400: "bad_request",
    405: "method",
    408: "timeout",
    413: "too_long",
    415: "unsupported",
    500: "error",
    503: "unavailable",
}
# The first few faults tell the programmer enough.
_FAULTS = 20
_FIELDS = 40


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


def problem(told: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document."""
    later = {"retry-after": "5"} if told.status == 503 else {}
    return JSONResponse(
        told.model_dump(),
        told.status,
        {**later, **(headers or {})},
        media_type="application/problem+json",
    )


async def _batch(desk: Desk, sent: dict[str, Any]) -> Response:
    if isinstance(sent["items"], list) and len(sent["items"]) > BATCH:
        raise Rejected(413, "too_many", f"A batch holds {BATCH} items at most.")
    batch = _validated(Batch, sent)
    offset = timedelta(0)
    if batch.device_now is not None:
        offset = desk.clock() - _aware("device_now", batch.device_now)
    results = [await _result(desk, item, offset) for item in batch.items]
    told = Results(results=results).model_dump()
    for result in told["results"]:
        # One of the two is there. The key always is, so that each result can be told apart.
        del result["receipt" if result["receipt"] is None else "error"]
    return JSONResponse(told)


async def _result(desk: Desk, item: Any, offset: timedelta) -> Result:
    key = _named(item)
    try:
        if not isinstance(item, dict):
            raise Rejected(422, "invalid", "An object is expected.")
        status, receipt = await _one(desk, item, offset)
    except Rejected as rejected:
        return Result(key=key, status=rejected.problem.status, error=rejected.problem)
    return Result(key=key, status=status, receipt=receipt.receipt)


def _named(item: Any) -> str | None:
    # Told back as it came, so that a device finds its own; but half a character cannot be told.
    key = item.get("key") if isinstance(item, dict) else None
    return key[:64].encode("utf-8", "replace").decode() if isinstance(key, str) else None


async def _one(desk: Desk, sent: dict[str, Any], offset: timedelta) -> tuple[int, Receipt]:
    item = _validated(Item, sent)
    moment = _moment(item, desk.clock(), offset)
    opened = await _open(desk, item.link, moment.answered_at)
    if opened.token.kind is not Kind.KIOSK and item.answered_at is not None:
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
    try:
        corrected = (_aware("answered_at", item.answered_at) + offset).astimezone(UTC)
    except OverflowError:  # the year 0 or 10,000
        raise Rejected(422, "invalid", faults=[Fault(field="answered_at", code="range")]) from None
    flags = ("clock",) if abs(offset) > SKEW or corrected > now + SKEW else ()
    if now - corrected > LATE:
        raise Rejected(410, "too_late", "Answers are taken for 14 days.")
    return _Moment(min(corrected, now), flags)


def _aware(field: str, value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise Rejected(422, "invalid", faults=[Fault(field=field, code="timezone")])
    return value


async def _open(desk: Desk, link: str, at: datetime) -> Opened:
    path = urlsplit_path(link).removeprefix(desk.settings.path)
    steps = path.split("/")
    if len(steps) != 5 or steps[0] or steps[1] not in ("s", "k"):
        raise Rejected(404, "not_found")
    kiosk = steps[1] == "k"
    try:
        # Only a kiosk's word is taken for when it was.
        when = at if kiosk else desk.clock()
        return await desk.open(steps[2], steps[3], steps[4], when, kiosk=kiosk)
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
    if len(sent) > _FIELDS:  # sixty thousand would take the validator half a second to tell
        raise Rejected(422, "invalid", f"An object has at most {_FIELDS} fields.")
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        faults = [
            Fault(field=".".join(str(step) for step in found["loc"])[:80], code=found["type"])
            for found in error.errors(include_url=False, include_input=False)[:_FAULTS]
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


def refused(status: int, headers: Mapping[str, str]) -> Response:
    """The API's twin of an error page."""
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    title = _TITLES.get(status, "This cannot be done.")
    return problem(Problem(title=title, status=status, code=_CODES.get(status, code)), headers)
