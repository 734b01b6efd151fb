"""POST /api/v1/responses: one answer, or a batch of answers that waited on a device."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxserver.api import items, json_body
from cxserver.api.items import Checked, Rejected
from cxserver.api.models import BATCH, Batch, Receipt, Result, Results
from cxserver.errors import AnswerUnstorable, ClearanceSpent, FloodRefused, StoreUnavailable
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.store import Outcome
from cxserver.web import form_body, problem_details
from cxserver.web.client_network import network_of
from cxserver.web.problem_details import Fault

BATCH_LIMIT = 1024 * 1024
ITEM_LIMIT = 64 * 1024
# Of one batch this many wait in the queue together: they share commits, and leave room to others.
AT_ONCE = 50


async def take(request: Request) -> Response:
    """One item → 201, 200, 409, 422 …; a batch → 200 with a result for each."""
    text = await form_body.read(request, "application/json", BATCH_LIMIT)
    intake: AnswerService = request.app.state.services.intake
    network = network_of(request)
    try:
        sent = json_body.parse(text)
        if "items" in sent:
            return await _batch(intake, network, sent)
        if len(text.encode()) > ITEM_LIMIT:
            raise Rejected(413, "too_long")
        _check_header(request, sent)
        item = await items.check(intake, sent, timedelta(0))
    except Rejected as rejected:
        return _rejection(rejected)
    [outcome] = await _store(intake, network, [item])
    if isinstance(outcome, Rejected):
        return _rejection(outcome)
    return JSONResponse(_receipt(outcome).model_dump(), _status(outcome))


def _rejection(rejected: Rejected) -> Response:
    later = {"retry-after": str(rejected.wait)} if rejected.wait else {}
    return problem_details.response(rejected.problem, later)


async def _batch(intake: AnswerService, network: str, sent: dict[str, Any]) -> Response:
    if isinstance(sent["items"], list) and len(sent["items"]) > BATCH:
        raise Rejected(413, "too_many", f"A batch may have {BATCH} items at most.")
    batch = items.validated(Batch, sent)
    offset = timedelta(0)
    if batch.device_now is not None:
        offset = intake.clock() - items.aware("device_now", batch.device_now)
    checked = [await _checked(intake, item, offset) for item in batch.items]
    outcomes = await _store(intake, network, checked)
    results = map(_result, batch.items, outcomes)
    body = Results(results=list(results)).model_dump()
    for result in body["results"]:
        # One of the two is there. The key always is, so that each result can be told apart.
        del result["receipt" if result["receipt"] is None else "error"]
    return JSONResponse(body)


async def _checked(intake: AnswerService, item: Any, offset: timedelta) -> Checked | Rejected:
    await asyncio.sleep(0)  # a hundred signatures are no reason to keep others waiting
    try:
        if not isinstance(item, dict):
            raise Rejected(422, "invalid", "An object is expected.")
        return await items.check(intake, item, offset, batch=True)
    except Rejected as rejected:
        return rejected


async def _store(
    intake: AnswerService, network: str, given: Sequence[Checked | Rejected]
) -> list[Outcome | None | Rejected]:
    """What became of each, in order; None of a test. Twins go one after the other."""
    outcomes: list[Outcome | None | Rejected] = [
        item if isinstance(item, Rejected) else None for item in given
    ]
    turns: dict[object, list[tuple[int, Checked]]] = defaultdict(list)
    for at, item in enumerate(given):
        if isinstance(item, Checked) and not item.test:
            turns[item.once].append((at, item))
    room = asyncio.Semaphore(AT_ONCE)

    async def in_turn(twins: Sequence[tuple[int, Checked]]) -> None:
        for at, item in twins:
            async with room:
                outcomes[at] = await _stored(intake, item, network)

    await asyncio.gather(*map(in_turn, turns.values()))
    await _note(intake, network, given, outcomes)
    return outcomes


async def _stored(intake: AnswerService, item: Checked, network: str) -> Outcome | Rejected:
    try:
        outcome = await intake.store(item.sheet, item.answers, network)
    except FloodRefused as refused:
        return Rejected(429, "too_many_answers", wait=refused.wait)
    except StoreUnavailable:
        return Rejected(503, "unavailable")
    except AnswerUnstorable:
        return Rejected(422, "unstorable")
    except ClearanceSpent:
        return Rejected(410, "survey_closed")
    return Rejected(409, "already_answered") if outcome.kind == "different" else outcome


async def _note(
    intake: AnswerService,
    network: str,
    given: Sequence[Checked | Rejected],
    outcomes: Sequence[Outcome | None | Rejected],
) -> None:
    noted = [
        item.noted(outcome.row, network)
        for item, outcome in zip(given, outcomes, strict=True)
        if isinstance(item, Checked) and isinstance(outcome, Outcome) and outcome.row
    ]
    await intake.lookout.note(intake.directory, intake.clock(), [item for item in noted if item])


def _result(item: Any, outcome: Outcome | None | Rejected) -> Result:
    key = _named(item)
    if isinstance(outcome, Rejected):
        return Result(key=key, status=outcome.problem.status, error=outcome.problem)
    return Result(key=key, status=_status(outcome), receipt=_receipt(outcome).receipt)


def _status(outcome: Outcome | None) -> int:
    return 201 if outcome and outcome.kind == "stored" else 200


def _receipt(outcome: Outcome | None) -> Receipt:
    if outcome is None:
        return Receipt(status="tested", receipt="")
    return Receipt.model_validate({"status": outcome.kind, "receipt": outcome.receipt})


def _named(item: Any) -> str | None:
    # Told back as it came, so that a device finds its own; but half a character cannot be told.
    key = item.get("key") if isinstance(item, dict) else None
    return key[:64].encode("utf-8", "replace").decode() if isinstance(key, str) else None


def _check_header(request: Request, sent: Mapping[str, Any]) -> None:
    header = request.headers.get("idempotency-key")
    if header is not None and header.strip('"') != sent.get("key"):
        raise Rejected(422, "invalid", faults=[Fault(field="key", code="header")])
