"""The pages the public sees: the survey, the thanks, and every refusal. Text in, HTML out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

from cxserver import tables
from cxserver.catalog.directory import Agency, Service
from cxserver.comments.replies import Reply
from cxserver.instrument.answers import COMMENT_LIMIT, Problem
from cxserver.instrument.scale import EVERY_POINT, ScaleName
from cxserver.instrument.survey import Survey, Wording
from cxserver.pages import environment, language
from cxserver.public import sentences

Static = Callable[[str], str]
# The addresses of all modules that a script loads.
Imports = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Values:
    """What the person has typed or chosen so far, as it was sent: it may be invalid.

    `scale` is that of `trust`, where it is known.
    """

    satisfaction: int | None = None
    trust: int | None = None
    drivers: tuple[str, ...] = ()
    scores: Mapping[str, int] = field(default_factory=dict)
    comment: str = ""
    questions: Mapping[str, str] = field(default_factory=dict)
    scale: ScaleName | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One showing of one survey.

    `notice` is a code of `sentences.NOTICES`; `host` the origin of the page that frames this one.
    """

    agency: Agency
    service: Service
    survey: Survey
    office_name: str
    language: str
    stamp: str
    static: Static
    values: Values = field(default_factory=Values)
    problems: tuple[Problem, ...] = ()
    notice: str = ""
    host: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class CatalogText:
    """A text of the catalog and the language it is in, which may not be the page's."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the error summary; `target` is the id of the control to fix, if there is one."""

    subject: str
    text: str
    target: str


def survey_page(view: View) -> str:
    """The screen with its questions, what was answered so far, and what is wrong with it."""
    return _survey("survey.html", view)


def kiosk_page(
    *,
    agency: Agency,
    service: Service,
    office_name: str,
    office: str,
    release: str,
    path: str,
    static: Static,
    imports: Imports,
    demo: bool = False,
    problems: tuple[Problem, ...] = (),
) -> str:
    """All that a kiosk ever shows, in every language of its survey, as one document. `problems` are
    marked as its script marks them: for a picture.
    """
    survey = service.survey
    view = View(agency, service, survey, office_name, survey.languages[0], "", static, demo=demo)
    view = replace(view, problems=problems)
    speeches = [
        _survey(
            "kiosk-language.html",
            replace(view, language=code),
            kiosk=True,
            fault_texts=sentences.script(_words(code), len(survey.trust_scale.points)),
        )
        for code in survey.languages
    ]
    return _render(
        "kiosk.html",
        view.language,
        agency=agency,
        static=static,
        imports=imports,
        service=service,
        office=office,
        release=release,
        path=path,
        ends=_ends(agency, service).isoformat(),
        speeches=speeches,
        noscript=[_noscript(code) for code in survey.languages],
    )


def _ends(agency: Agency, service: Service) -> datetime:
    """The first moment at which nobody may be asked any more: 44 USC 3507."""
    day = service.clearance.expires + timedelta(days=1)
    return datetime.combine(day, time(), ZoneInfo(agency.timezone)).astimezone(UTC)


def _noscript(code: str) -> CatalogText:
    return CatalogText(_words(code).text(sentences.NEEDS_SCRIPT), code)


def _survey(template: str, view: View, **more: object) -> str:
    words = _words(view.language)
    wording = _wording(view.survey, view.language)
    return _render(
        template,
        view.language,
        agency=view.agency,
        static=view.static,
        demo=view.demo,
        host=view.host,
        survey=view.survey,
        clearance=view.service.clearance,
        office_name=view.office_name,
        stamp=view.stamp,
        replying="later" if view.service.replies else "never",
        values=view.values,
        wording=wording,
        notice=sentences.notice(words, view.notice),
        faults=_faults(view, words, wording),
        errors={problem.field: sentences.problem(words, problem) for problem in view.problems},
        **more,
    )


def thanks_page(
    *,
    agency: Agency | None,
    language: str,
    static: Static,
    demo: bool = False,
    counted: str = "",
    host: str = "",
    base_url: str = "",
    code: str | None = None,
    carried: str = "",
) -> str:
    """The page after an answer. It names no service: anyone may open its address.

    `code` is what a reply of the office is read under; "" where there may be one that cannot be
    shown. `carried` brings it along to the page in another language.
    """
    return _render(
        "thanks.html",
        language,
        agency=agency,
        static=static,
        demo=demo,
        counted=counted,
        host=host,
        base_url=base_url,
        reply_code=code,
        carried=carried,
        days=tables.REPLY_DAYS,
        replying="shown" if code else "never",
    )


def reply_page(
    *,
    agency: Agency | None,
    language: str,
    static: Static,
    path: str,
    demo: bool = False,
    requested: str = "",
    typed: str = "",
    wrong: bool = False,
    reply: Reply | None = None,
    office_name: str = "",
) -> str:
    """Where a code is typed, what is `wrong` with the one that was `typed`, or what it opens."""
    return _render(
        "reply.html",
        language,
        agency=agency,
        static=static,
        path=path,
        demo=demo,
        requested=requested,
        typed=typed,
        wrong=wrong,
        reply=reply,
        office_name=office_name,
        days=tables.REPLY_DAYS,
        replying="shown",
        host="",
    )


def home_page(
    *, agency: Agency | None, language: str, static: Static, path: str, demo: bool = False
) -> str:
    """What the server is, for whoever opens its own address."""
    return _render(
        "home.html",
        language,
        agency=agency,
        static=static,
        path=path,
        demo=demo,
        replying="shown",
        host="",
    )


def refusal_page(
    code: str,
    *,
    agency: Agency | None,
    language: str,
    static: Static,
    demo: bool = False,
    service_name: str = "",
    minutes: int = 0,
    values: Values | None = None,
    host: str = "",
    device: bool = False,
    pairing: str = "",
) -> str:
    """Why there is no survey here, in plain words, with what to do next. Codes: `sentences`.

    A `device` of an office leads nowhere but to `pairing`, where staff pair it again.
    """
    return _render(
        "refusal.html",
        language,
        agency=agency,
        static=static,
        demo=demo,
        host=host,
        service_name=service_name,
        refusal=sentences.refusal(_words(language), "device" if device else code, minutes),
        answered=_answered(_words(language), values) if values else [],
        pairing=pairing,
        device=device,
    )


def pairing_page(
    *,
    agency: Agency | None,
    language: str,
    static: Static,
    imports: Imports,
    path: str,
    demo: bool = False,
    typed: str = "",
    problem: str = "",
) -> str:
    """Where staff type a device's pairing code. `problem` is "" or "code" (wrong) or "many"."""
    return _render(
        "pairing.html",
        language,
        agency=agency,
        static=static,
        imports=imports,
        path=path,
        demo=demo,
        typed=typed,
        problem=problem,
    )


@cache
def _templates() -> jinja2.Environment:
    return environment.make(Path(__file__).parent / "templates")


def _words(code: str) -> language.Words:
    return language.words(code)


def _render(
    template: str, code: str, *, agency: Agency | None, demo: bool = False, **values: object
) -> str:
    return environment.render(
        _templates(),
        template,
        code,
        agency=agency,
        demo=demo or (agency is not None and agency.demonstration),
        agency_name=_agency_name(agency, code),
        urgent=_translated(agency.urgent_help if agency else {}, code, ""),
        limit=COMMENT_LIMIT,
        **values,
    )


def _agency_name(agency: Agency | None, code: str) -> CatalogText:
    if agency is None:
        return CatalogText("", code)
    return _translated({language.SOURCE: agency.name, **agency.names}, code, agency.name)


def _translated(texts: Mapping[str, str], code: str, otherwise: str) -> CatalogText:
    for spoken in (code, language.SOURCE, *texts):
        if texts.get(spoken):
            return CatalogText(texts[spoken], spoken)
    return CatalogText(otherwise, code)


def _wording(survey: Survey, code: str) -> Wording:
    return survey.wording.get(code) or survey.wording[survey.languages[0]]


def _faults(view: View, words: language.Words, wording: Wording) -> list[Fault]:
    faults = []
    for problem in view.problems:
        subject = _subject(problem.field, words, wording)
        text = sentences.problem(words, problem)
        faults.append(Fault(subject, text, _target(problem.field, view.survey, wording)))
    # Three unknown fields are one thing to be told, not three.
    return list(dict.fromkeys(faults))


def _subject(name: str, words: language.Words, wording: Wording) -> str:
    kind, _, code = name.partition("-")
    if kind == "driver":
        return wording.drivers.get(code, "")
    if kind == "question":
        return next((question.text for question in wording.questions if question.code == code), "")
    return sentences.subject(words, name)


def _target(name: str, survey: Survey, wording: Wording) -> str:
    """The id of the first control of a field; "" for a field that is not on the page."""
    targets = {"trust": f"trust-{survey.trust_scale.points[0]}"}
    if survey.asks_satisfaction:
        targets["satisfaction"] = "satisfaction-1"
    if survey.comment:
        targets["comment"] = "comment"
    if survey.driver_mode == "likert":
        targets |= {f"driver-{code}": f"driver-{code}-1" for code in survey.drivers}
    elif survey.drivers:
        targets["drivers"] = "drivers-1"
    for question in wording.questions:
        first = f"question-{question.code}"
        targets[first] = f"{first}-1" if question.choices else first
    return targets.get(name, "")


def _answered(words: language.Words, values: Values) -> list[tuple[str, str]]:
    """What the person answered, in words to read and copy."""
    answered = []
    if values.satisfaction in (1, 2, 3, 4, 5):
        read = sentences.points(words, values.satisfaction)
        answered.append((sentences.subject(words, "satisfaction"), read))
    if values.trust in EVERY_POINT:
        read = _trust(words, values.trust, values.scale)
        answered.append((sentences.subject(words, "trust"), read))
    named = [sentences.driver(words, code) for code in values.drivers]
    if named:
        answered.append((sentences.subject(words, "drivers"), ", ".join(named)))
    for code, point in values.scores.items():
        answered.append((sentences.driver(words, code), sentences.points(words, point)))
    for text in (values.comment, *values.questions.values()):
        if text.strip():
            answered.append((sentences.subject(words, "comment"), text))
    return answered


def _trust(words: language.Words, point: int, scale: ScaleName | None) -> str:
    thumbs = scale == "thumbs" and point in (0, 1)
    return sentences.thumb(words, point) if thumbs else sentences.points(words, point)
