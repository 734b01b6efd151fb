"""One item of the API, checked: its link, its moment, its survey, its answers; or why not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from cxsdk.token import Kind
from cxserver.api.models import Item
from cxserver.errors import ServerError
from cxserver.instrument import answers
from cxserver.instrument.answers import Answers, AnswersRefused
from cxserver.instrument.flags import CLOCK
from cxserver.instrument.survey import Survey
from cxserver.intake import gate, lookout
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.entry import Sheet
from cxserver.intake.gate import LinkNotOpen, Opened
from cxserver.intake.lookout import Noted
from cxserver.response_id import ResponseId
from cxserver.web import problem_details
from cxserver.web.problem_details import TITLES, Fault, Problem

# A kiosk may have been without a network this long.
LATE = timedelta(days=14)
SKEW = timedelta(minutes=15)
_ANSWERS = ("trust", "satisfaction", "drivers", "comment", "questions")
_FIELDS = 40


class Rejected(ServerError):
    """One item that is not taken, with the problem to tell; `wait` seconds until the next try."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        faults: list[Fault] | None = None,
        wait: int = 0,
    ):
        super().__init__(code)
        self.wait = wait
        self.problem = Problem(
            title=TITLES[status], status=status, code=code, detail=detail, faults=faults or []
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """An item that fits. `at` is its corrected moment, even when that lies ahead of our clock."""

    sheet: Sheet
    answers: Answers
    at: datetime
    test: bool

    @property
    def once(self) -> tuple[str, str, bytes]:
        """What two items share when only one of them may be stored."""
        opened, sid = self.sheet.opened, self.sheet.sid
        if opened.token.kind.is_place:
            return opened.service.slug, "", sid
        return opened.service.slug, opened.office.slug, opened.token.nonce

    def noted(self, row: ResponseId, network: str) -> Noted | None:
        """What the lookout wants to know of it, once it is stored as `row`: places only."""
        return lookout.noted(self.sheet, self.answers, self.at, row, network)


async def check(
    intake: AnswerService, sent: dict[str, Any], offset: timedelta, *, batch: bool = False
) -> Checked:
    """The item in `sent`; `offset` is the batch's, of the device's clock. Raises Rejected."""
    item = validated(Item, sent)
    opened = await _recognise(intake, item.link)
    if batch and opened.token.kind is not Kind.KIOSK:
        # Only a kiosk has a queue. Anybody else could hand in a hundred people at once.
        raise Rejected(422, "batch_kiosk_only", "Send the answers of this link one by one.")
    # The link may have ended a doubt about the clock.
    now = intake.clock()
    moment = _moment(item, now, offset)
    _admit(intake, opened, now, moment.answered_at)
    _check_kind(opened, item)
    survey = _survey(opened, item.survey)
    try:
        given = answers.check(survey, {name: sent[name] for name in _ANSWERS if name in sent})
    except AnswersRefused as refused:
        faults = [Fault(field=problem.field, code=problem.code) for problem in refused.problems]
        raise Rejected(422, "invalid", faults=faults) from None
    sheet = Sheet(
        opened=opened,
        survey=survey,
        language=_language(item, survey),
        answered_at=moment.answered_at,
        sid=item.key.bytes if item.key else b"",
        flags=moment.flags,
    )
    return Checked(sheet, given, moment.corrected, item.test)


def aware(field: str, value: datetime) -> datetime:
    """A moment that says its time zone. Raises Rejected."""
    if value.utcoffset() is None:
        raise Rejected(422, "invalid", faults=[Fault(field=field, code="timezone")])
    return value


def validated(model: type[Any], sent: dict[str, Any]) -> Any:
    """The model of what was sent. Raises Rejected."""
    if len(sent) > _FIELDS:  # sixty thousand would take the validator half a second to tell
        raise Rejected(422, "invalid", f"An object has at most {_FIELDS} fields.")
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise Rejected(422, "invalid", faults=problem_details.faults(error)) from None


@dataclass(frozen=True, slots=True)
class _Moment:
    """When it counts, and when the device says it was: bursts are judged by the second."""

    answered_at: datetime
    corrected: datetime
    flags: tuple[str, ...] = ()


def _moment(item: Item, now: datetime, offset: timedelta) -> _Moment:
    if item.answered_at is None:
        return _Moment(now, now)
    if item.clock_offset is not None:
        # As it was when the person answered: the clock may have been put right since.
        offset = timedelta(seconds=item.clock_offset)
    try:
        corrected = (aware("answered_at", item.answered_at) + offset).astimezone(UTC)
    except OverflowError:  # the year 0 or 10,000
        raise Rejected(422, "invalid", faults=[Fault(field="answered_at", code="range")]) from None
    flags = (CLOCK,) if abs(offset) > SKEW or corrected > now + SKEW else ()
    if now - corrected > LATE:
        raise Rejected(410, "too_late", "Answers are taken for 14 days.")
    return _Moment(min(corrected, now), corrected, flags)


async def _recognise(intake: AnswerService, link: str) -> Opened:
    result = gate.address(link, intake.settings.path)
    if result is None:
        raise Rejected(404, "not_found")
    try:
        return await intake.recognise(
            result.service, result.office, result.text, kiosk=result.kiosk
        )
    except LinkNotOpen as refused:
        intake.note_refused(refused)
        raise Rejected(refused.status, refused.code) from None


def _admit(intake: AnswerService, opened: Opened, now: datetime, answered_at: datetime) -> None:
    try:
        # Only a kiosk's word is taken for when it was.
        kiosk = opened.token.kind is Kind.KIOSK
        intake.admit(opened, now, answered_at if kiosk else None)
    except LinkNotOpen as refused:
        intake.note_refused(refused)
        raise Rejected(refused.status, refused.code) from None


def _check_kind(opened: Opened, item: Item) -> None:
    """What is for kiosks alone, and what places need. Raises Rejected."""
    said = {
        "answered_at": item.answered_at is not None,
        "clock_offset": item.clock_offset is not None,
        "test": item.test,
    }
    if opened.token.kind is not Kind.KIOSK and any(said.values()):
        faults = [Fault(field=name, code="unknown") for name, is_said in said.items() if is_said]
        raise Rejected(422, "invalid", faults=faults)
    if opened.token.kind.is_place and item.key is None:
        raise Rejected(422, "invalid", faults=[Fault(field="key", code="required")])


def _survey(opened: Opened, name: str | None) -> Survey:
    service = opened.service
    if name is None:
        return service.survey
    for version in service.surveys.values():
        if version.name == name and not version.origin:
            return version
    raise Rejected(422, "invalid", faults=[Fault(field="survey", code="unknown")])


def _language(item: Item, survey: Survey) -> str:
    code = item.language or parse_qs(urlsplit(item.link).query).get("lang", [""])[0]
    return code if code in survey.languages else survey.languages[0]
