"""Turn a sound draft into a survey version: the final words in every language."""

from typing import get_args

from cxserver.instrument import instruments, statements
from cxserver.instrument.draft import Draft, DraftQuestion
from cxserver.instrument.instruments import Instrument
from cxserver.instrument.survey import Choice, DriverMode, Icons, Question, Survey, Wording

_MODES: dict[str, DriverMode] = {mode: mode for mode in get_args(DriverMode)}


def compose(draft: Draft, n: int) -> Survey:
    """Version `n` of the draft's survey. The draft must have passed `composition.check`."""
    kind = instruments.BY_CODE[draft.instrument]
    return Survey(
        service=draft.service,
        n=n,
        instrument=draft.instrument,
        driver_mode=_MODES[draft.driver_mode],
        drivers=draft.drivers,
        # §280.10 names the second base "[5-star option]": the form goes with the sentence.
        satisfaction_icons="stars" if draft.satisfaction_statement == "experience" else "none",
        trust_icons=_trust_icons(draft, kind),
        comment=draft.comment,
        languages=draft.languages,
        wording={language: _wording(draft, kind, language) for language in draft.languages},
        trust_statement="own" if draft.trust_text else draft.trust_statement,
        satisfaction_statement="own" if draft.satisfaction_text else draft.satisfaction_statement,
        scale=kind.scale.name,
        asks_satisfaction=draft.asks_satisfaction,
    )


def _trust_icons(draft: Draft, kind: Instrument) -> Icons:
    if "thumbs" in kind.icons:
        return "thumbs"
    return "stars" if draft.trust_icons == "stars" else "none"


def _wording(draft: Draft, kind: Instrument, language: str) -> Wording:
    trust = draft.trust_text or statements.TRUST[draft.trust_statement]
    agreement = statements.AGREEMENT[language]
    thumbs = kind.scale.name == "thumbs"
    satisfaction, labels = _satisfaction(draft, language)
    neutral, positive, negative = _driver_questions(draft.driver_mode, kind, language)
    return Wording(
        service_name=_service_name(draft, language),
        satisfaction=satisfaction,
        satisfaction_labels=labels,
        trust=_filled(draft, trust[language], language),
        trust_labels=statements.THUMBS[language] if thumbs else agreement,
        drivers_question=neutral,
        drivers_question_positive=positive,
        drivers_question_negative=negative,
        drivers={code: _driver_text(draft, kind, code, language) for code in draft.drivers},
        driver_labels=agreement,
        comment=statements.COMMENT[language],
        questions=tuple(_question(question, language) for question in draft.questions),
    )


def _satisfaction(draft: Draft, language: str) -> tuple[str, tuple[str, ...]]:
    """The statement and its labels; nothing where it is not asked."""
    if not draft.asks_satisfaction:
        return "", ()
    text = draft.satisfaction_text or statements.SATISFACTION[draft.satisfaction_statement]
    stars = draft.satisfaction_statement == "experience"
    labels = statements.STARS if stars else statements.AGREEMENT
    return _filled(draft, text[language], language), labels[language]


def _service_name(draft: Draft, language: str) -> str:
    return draft.names.get(language) or draft.names["en"]


def _agency_name(draft: Draft, language: str) -> str:
    given = draft.agency_statement_name.get(language)
    name = draft.agency_names.get(language) or draft.agency_names["en"]
    return given or statements.bare_agency(name, language)


def _filled(draft: Draft, text: str, language: str) -> str:
    given = draft.statement_name.get(language)
    name = given or statements.bare_name(_service_name(draft, language), language)
    population = draft.relevant_population.get(language, "")
    agency = _agency_name(draft, language)
    return statements.fill(text, language, name=name, population=population, agency=agency)


def _driver_questions(mode: str, kind: Instrument, language: str) -> tuple[str, str, str]:
    """The question above the drivers: neutral, after a good rating, after a poor one."""
    neutral = statements.DRIVERS_QUESTION[language]
    if mode == "tap":
        return neutral, kind.positive[language], kind.negative[language]
    if mode == "likert":
        neutral = statements.DRIVERS_AGREEMENT[language]
    # One multiple-choice question, or one statement each: these do not turn with the rating.
    return neutral, neutral, neutral


def _driver_text(draft: Draft, kind: Instrument, code: str, language: str) -> str:
    own = draft.driver_statements.get(code)
    if own:
        return _filled(draft, own[language], language)
    if draft.driver_mode == "likert":
        return kind.baseline(code)[language]
    return statements.TAPS[code][language]


def _question(question: DraftQuestion, language: str) -> Question:
    return Question(
        code=question.code,
        text=question.texts[language],
        category=question.category,
        choices=tuple(Choice(choice.code, choice.texts[language]) for choice in question.choices),
    )
