"""GET and POST of a survey link: show the sheet, take the answers, say thanks."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cxsdk import keys, token
from cxserver import db
from cxserver.comments.replies import hash_of
from cxserver.errors import AnswerUnstorable, ClearanceSpent, FloodRefused, StoreUnavailable
from cxserver.instrument import answers, flags
from cxserver.instrument.answers import Answers, AnswersRefused, Problem
from cxserver.instrument.scale import EVERY_POINT, FIVE_POINT
from cxserver.instrument.survey import Survey
from cxserver.intake import gate, lookout
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.entry import FAST, Sheet
from cxserver.intake.gate import LinkNotOpen, Opened
from cxserver.intake.stamp import Stamp
from cxserver.intake.store import Outcome
from cxserver.pages import language
from cxserver.public import framing, replies, screen, services
from cxserver.public.screen import Values
from cxserver.results import count
from cxserver.web import form_body, static_files
from cxserver.web.client_network import network_of

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 64 * 1024
FIELDS = 40
# A place's page may stay open over a working day, not over a weekend.
PLACE_STAMP = timedelta(hours=24)
_RATINGS = {str(point): point for point in FIVE_POINT.points}
_TRUST = {str(point): point for point in EVERY_POINT}


async def show(request: Request) -> Response:
    """GET /s/{service}/{office}/{token}: looking changes nothing."""
    intake = services.of(request).intake
    try:
        opened = await intake.open(*_address(request))
    except LinkNotOpen as refused:
        return _trimmed(request) or services.refuse(request, refused)
    if await intake.is_answered(opened):
        return services.page(request, "already_answered", 200, service=opened.service)
    return _sheet(request, opened, intake.clock())


async def take(request: Request) -> Response:
    """POST of the form: 303 to the thanks, or the sheet again with every word kept."""
    form = _Form.parse(await form_body.read(request, FORM, FORM_LIMIT))
    intake = services.of(request).intake
    try:
        opened, stamp = await intake.reopen(*_address(request), form.stamp)
    except LinkNotOpen as refused:
        return services.refuse(request, refused, values=form.values)
    now = intake.clock()
    turn = _Turn(request, opened, form, now, stamp if _is_fresh(opened, stamp, now) else None)
    if form.switch:
        return turn.again(200)
    if turn.stamp is None:
        return turn.again(422, notice="stamp")
    try:
        checked = answers.check(turn.survey, answers.from_form(turn.survey, form.pairs))
    except AnswersRefused as refused:
        return turn.again(422, problems=tuple(refused.problems))
    return await _store(turn, turn.stamp, checked)


async def thanks(request: Request) -> Response:
    """GET /s/{service}/{office}/thanks: names no service, for its address proves nothing."""
    public = services.of(request)
    service, office = request.path_params["service"], request.path_params["office"]
    if not keys.SLUG.match(service) or not keys.SLUG.match(office):
        raise HTTPException(404)
    framed = public.intake.directory.services.get(service)
    code = replies.arrived(request)
    text = screen.thanks_page(
        agency=public.intake.directory.agency,
        language=services.speaks(request, None),
        static=public.files.url,
        demo=public.demo,
        counted=_counted(request, office) if public.demo else "",
        host=services.host_of(request, framed),
        base_url=public.intake.settings.base_url,
        code=code,
        carried=request.query_params["code"] if code else "",
    )
    return HTMLResponse(text, headers=framing.headers(framed, demo=public.demo))


async def options(request: Request) -> Response:
    """OPTIONS: what may be done here; no other site is let in."""
    return Response(status_code=204, headers={"allow": "GET, HEAD, POST, OPTIONS"})


@dataclass(frozen=True, slots=True)
class _Form:
    """A form as it was sent: `pairs` without the stamp and the language switch."""

    pairs: list[tuple[str, str]]
    stamp: str
    switch: str

    @classmethod
    def parse(cls, text: str) -> "_Form":
        try:
            sent = parse_qsl(text, keep_blank_values=True, errors="strict")
        except ValueError:  # not UTF-8 behind the percent signs
            raise HTTPException(400) from None
        named = dict(sent)
        rest = [(name, value) for name, value in sent if name not in ("stamp", "switch")]
        return cls(_bounded(rest), named.get("stamp", ""), named.get("switch", ""))

    @property
    def values(self) -> Values:
        """What to show back: all that was typed, whatever it is worth."""
        fields = dict(self.pairs)
        scores = {
            name.removeprefix("driver-"): _RATINGS[value]
            for name, value in self.pairs
            if name.startswith("driver-") and value in _RATINGS
        }
        return Values(
            satisfaction=_RATINGS.get(fields.get("satisfaction", "")),
            trust=_TRUST.get(fields.get("trust", "")),
            drivers=tuple(value for name, value in self.pairs if name == "drivers"),
            scores=scores,
            # Sent twice it is refused; but whichever was the person's own, it comes back.
            comment="\n".join(value for name, value in self.pairs if name == "comment"),
            questions={
                name.removeprefix("question-"): value
                for name, value in self.pairs
                if name.startswith("question-")
            },
        )


@dataclass(frozen=True, slots=True)
class _Turn:
    """One coming-back of a sheet. `stamp` is None when it proves nothing any more."""

    request: Request
    opened: Opened
    form: _Form
    now: datetime
    stamp: Stamp | None

    @property
    def survey(self) -> Survey:
        """The version that was shown; the current one when nothing proves which it was."""
        service = self.opened.service
        shown = self.stamp.survey if self.stamp else service.current
        return service.surveys.get(shown, service.survey)

    @property
    def language(self) -> str:
        """The language of the sheet."""
        return services.speaks(self.request, self.opened.service)

    def again(
        self,
        status: int,
        *,
        problems: tuple[Problem, ...] = (),
        notice: str = "",
        headers: dict[str, str] | None = None,
    ) -> Response:
        """The sheet once more, with everything that was typed on it.

        A sound stamp is kept: the sheet stays the same sheet, so it cannot count twice.
        """
        public = services.of(self.request)
        agency = public.intake.directory.agency
        if agency is None:
            raise HTTPException(404)
        fresh = self.stamp is None
        view = screen.View(
            agency=agency,
            service=self.opened.service,
            survey=self.survey,
            office_name=self.opened.office.name,
            language=self.language,
            stamp=public.intake.stamp(self.opened, self.now) if fresh else self.form.stamp,
            static=public.files.url,
            values=self.form.values,
            problems=problems,
            notice=notice,
            host=services.host_of(self.request, self.opened.service),
            demo=public.demo,
        )
        framed = framing.headers(self.opened.service, demo=public.demo, kind=self.opened.token.kind)
        return HTMLResponse(screen.survey_page(view), status, {**framed, **(headers or {})})


async def _store(turn: _Turn, stamp: Stamp, checked: Answers) -> Response:
    intake, service = services.of(turn.request).intake, turn.opened.service
    network = network_of(turn.request)
    code = replies.code_of(intake, service, stamp.sid, checked)
    values = replace(turn.form.values, scale=turn.survey.scale)
    sheet = Sheet(
        opened=turn.opened,
        survey=turn.survey,
        language=turn.language,
        answered_at=turn.now,
        sid=stamp.sid,
        opened_at=stamp.opened_at,
        flags=(flags.FAST,) if turn.now - stamp.opened_at < FAST else (),
        reply=hash_of(code) if code else None,
    )
    try:
        outcome = await intake.store(sheet, checked, network)
    except FloodRefused as refused:
        return turn.again(429, notice="flood", headers={"retry-after": str(refused.wait)})
    except StoreUnavailable:
        return turn.again(503, notice="unsaved", headers={"retry-after": "5"})
    except AnswerUnstorable:
        return turn.again(422, problems=(Problem("comment", "text"),))
    except ClearanceSpent:
        return services.refuse(turn.request, gate.spent(service), values=values)
    if outcome.kind == "different":
        return services.page(turn.request, "conflict", 409, service=service, values=values)
    if outcome.kind == "stored":
        today = intake.directory.today(turn.now)
        intake.meter.count(service.slug, today, turn.now - stamp.opened_at)
        await _look_out(intake, sheet, checked, outcome, network)
    return _to_thanks(turn, await replies.carried(intake, outcome, code))


async def _look_out(
    intake: AnswerService, sheet: Sheet, checked: Answers, outcome: Outcome, network: str
) -> None:
    if outcome.row is None:
        return
    noted = lookout.noted(sheet, checked, sheet.answered_at, outcome.row, network)
    if noted:
        await intake.lookout.note(intake.directory, sheet.answered_at, [noted])


def _to_thanks(turn: _Turn, carried: str) -> Response:
    intake = services.of(turn.request).intake
    service, office = turn.opened.service.slug, turn.opened.office.slug
    where = f"{intake.settings.path}/s/{service}/{office}/thanks?lang={turn.language}"
    host = services.host_of(turn.request, turn.opened.service)
    where += f"&o={quote(host, safe='')}" if host else ""
    where += f"&code={carried}" if carried else ""
    # None of these needs quoting, which costs more than the rest of the response.
    return Response(status_code=303, headers={"location": where})


def _sheet(request: Request, opened: Opened, now: datetime) -> Response:
    public = services.of(request)
    compress = static_files.takes_gzip(request)
    content = public.sheets.page(
        public.intake.directory,
        opened.service,
        opened.office.name,
        public.intake.stamp(opened, now),
        services.speaks(request, opened.service),
        _RATINGS.get(request.query_params.get("r", "")),
        notice=_notice(request, opened),
        host=services.host_of(request, opened.service),
        compress=compress,
    )
    headers = {**framing.headers(opened.service, demo=public.demo, kind=opened.token.kind)}
    headers["vary"] = "accept-encoding, accept-language"
    if compress:
        headers["content-encoding"] = "gzip"
    return HTMLResponse(content, headers=headers)


def _notice(request: Request, opened: Opened) -> str:
    requested = request.query_params.get("lang", "")[:16]
    known = not requested or language.offers(opened.service.survey.languages, requested)
    return "" if known else "language"


def _is_fresh(opened: Opened, stamp: Stamp | None, now: datetime) -> bool:
    if stamp is None or stamp.survey not in opened.service.surveys:
        return False
    return not opened.token.kind.is_place or now - stamp.opened_at <= PLACE_STAMP


def _bounded(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    # No page of ours sends so many. The words among them are shown back all the same.
    if len(pairs) <= FIELDS:
        return pairs
    one_each = list(dict(pairs).items())
    return [*one_each[:FIELDS], ("", "")]


def _address(request: Request) -> tuple[str, str, str]:
    given = request.path_params
    return given["service"], given["office"], given["token"]


def _trimmed(request: Request) -> Response | None:
    # Mail programs make links out of text, and take a bracket or a full stop along.
    text: str = request.path_params["token"]
    bare = text.strip().strip("<(").rstrip(">),.")
    if bare == text or not token.FORM.match(bare):
        return None
    intake = services.of(request).intake
    service, office, _ = _address(request)
    if not keys.SLUG.match(service) or not keys.SLUG.match(office):
        return None
    return RedirectResponse(f"{intake.settings.path}/s/{service}/{office}/{bare}", status_code=308)


def _counted(request: Request, slug: str) -> str:
    intake = services.of(request).intake
    office = intake.directory.offices.get(slug)
    if office is None:
        return ""
    with db.read(intake.engine) as connection:
        n = count.of_office(connection, slug)
    return f"{office.name}, {n - 1} → {n}" if n else ""
