"""A program at the door: which key it shows, what that key reads, what it asks."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial, wraps
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from cxserver import db
from cxserver.accounts import api_keys
from cxserver.accounts.api_keys import ApiKey
from cxserver.api import representation
from cxserver.api.items import Rejected
from cxserver.api.schemas import Query
from cxserver.catalog import names
from cxserver.catalog.directory import Directory
from cxserver.disclosure.audience import audience
from cxserver.errors import ApiKeyRefused, NotFound
from cxserver.intake.answer_service import AnswerService
from cxserver.reading_queue import ReadingQueue
from cxserver.results import scopes
from cxserver.results.scopes import Scope
from cxserver.web import problem_details

_NOT_LET_IN = (401, 403)
_RULES, _NAME = 5, 80
_NOTHING = Scope(services=frozenset(), offices=frozenset())
_IN_ADDRESS = (
    "A key does not belong in an address, which is written into logs. Take this one for lost: "
    "revoke it, and send the next as `Authorization: Bearer`."
)

_MAKES_LINKS = "This key makes links and reads nothing. To read: `cx api-key issue NAME`."


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: a live key, and all the answers it reads."""

    key: ApiKey
    seen: Scope
    connection: Connection
    directory: Directory
    now: datetime

    @property
    def today(self) -> date:
        """The agency's date."""
        return self.directory.today(self.now)

    def check(self, query: Query) -> None:
        """Raise Rejected (403) when this is about what the key does not read."""
        services, offices = self.seen.services, self.seen.offices
        wanted = (
            (query.service, services, self.directory.services),
            *((office, offices, self.directory.offices) for office in (query.office, query.under)),
        )
        for name, read, known in wanted:
            visible = known.keys() if read is None else known.keys() & read
            if name is not None and name not in visible:
                hint = names.hint(name, visible)
                raise Rejected(403, "not_yours", f"This key reads no '{name}'. {hint}")


def receives(
    model: type[Query],
    answer: Callable[[Visitor, Any], dict[str, Any]],
    columns: Sequence[str] = (),
) -> Callable[[Request], Awaitable[Response]]:
    """A handler: checks the key, reads what is asked as `model`, and sends what `answer` gives;
    as CSV in these columns, where they are the same for all rows.
    """

    @wraps(answer)
    async def handler(request: Request) -> Response:
        try:
            check_address(request)
            body = await readers(request).run(partial(_answered, request, model, answer))
        except Rejected as rejected:
            return refused(request, rejected)
        return representation.respond(request, body, columns)

    return handler


def check_address(request: Request) -> None:
    """Raise Rejected (400) where a key stands in the address."""
    if any("cxa1_" in part for pair in request.query_params.multi_items() for part in pair):
        raise Rejected(400, "key_in_address", _IN_ADDRESS)


def refused(request: Request, rejected: Rejected) -> Response:
    """The problem document; it says how to show a key where that was the problem. Who was not let
    in is in the server's log, by the reason alone.
    """
    problem = rejected.problem
    if problem.status in _NOT_LET_IN:
        intake: AnswerService = request.app.state.services.intake
        intake.log.note("warning", "api_refused", problem.code)
    headers = {}
    if problem.status == 401:
        headers["www-authenticate"] = 'Bearer realm="results"' + (
            ', error="invalid_token"' if problem.code == "key_refused" else ""
        )
    return problem_details.response(problem, headers)


def scope(key: ApiKey, directory: Directory) -> Scope:
    """All the answers that a key reads: closed batches, unless it reads rows. What is no longer in
    the catalog shows nothing.
    """
    try:
        below = scopes.unit(directory, key.office) if key.office is not None else Scope()
    except NotFound:
        return _NOTHING
    service = frozenset({key.service}) if key.service is not None else None
    return below.narrowed(Scope(services=service, audience=audience(key.rows)))


def _answered(
    request: Request, model: type[Query], answer: Callable[[Visitor, Any], dict[str, Any]]
) -> dict[str, Any]:
    intake: AnswerService = request.app.state.services.intake
    now = intake.clock()
    with db.read(intake.staff_engine) as connection:
        key = key_of(connection, request, intake.directory.today(now))
        if key.links:
            raise Rejected(403, "not_yours", _MAKES_LINKS)
        visitor = Visitor(key, scope(key, intake.directory), connection, intake.directory, now)
        query = question(model, request)
        visitor.check(query)
        body = answer(visitor, query)
    note_use(intake, key)
    return body


def readers(request: Request) -> ReadingQueue:
    """The queue before the results."""
    intake: AnswerService = request.app.state.services.intake
    return intake.readers


def note_use(intake: AnswerService, key: ApiKey) -> None:
    """Write down that a key was used today: once a day, after its last read."""
    today = intake.directory.today(intake.clock())
    if key.used == today:
        return
    # Results are no worse for not having noted it.
    with suppress(SQLAlchemyError), db.write(intake.staff_engine) as connection:
        api_keys.touch(connection, key, today)


def key_of(connection: Connection, request: Request, today: date) -> ApiKey:
    """The live key that a request shows. Raises Rejected (401)."""
    sent = request.headers.getlist("authorization")
    scheme, _, text = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        raise Rejected(401, "key_missing", "Send a key: `Authorization: Bearer cxa1_…`.")
    try:
        return api_keys.find(connection, text.strip(), today)
    except ApiKeyRefused as error:
        raise Rejected(401, "key_refused", str(error)) from None


def question(model: type[Any], request: Request) -> Any:
    """What the parameters of an address ask. Raises Rejected (422), which says what does not fit
    and what would.
    """
    try:
        return model.model_validate(once(request))
    except ValidationError as error:
        detail = _rules(error, model)
        raise Rejected(422, "invalid", detail, problem_details.faults(error)) from None


def _rules(error: ValidationError, model: type[BaseModel]) -> str:
    """A sentence for each parameter that does not fit, without what was sent."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    rules = []
    for fault in error.errors(include_url=False, include_input=False)[:_RULES]:
        name = str(fault["loc"][0]) if fault["loc"] else ""
        if fault["type"] == "extra_forbidden":
            names = ", ".join(known)
            rules.append(f"`{name[:_NAME]}`: there is no such parameter, only {names}.")
        else:
            rules.append(f"`{name}`: {fault['msg'].removeprefix('Value error, ')}.")
    return " ".join(dict.fromkeys(rules))


def once(request: Request) -> dict[str, Any]:
    """The parameters of an address. Raises Rejected (422) for one that appears twice."""
    pairs = request.query_params.multi_items()
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Rejected(422, "invalid", "A parameter appears twice.")
    return result
