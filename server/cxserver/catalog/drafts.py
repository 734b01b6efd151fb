"""Hand a service's survey to the instrument, with the keys that could not be read."""

from collections.abc import Collection, Mapping
from datetime import date

from cxserver.catalog.file import Choice, Question, Translation
from cxserver.catalog.shape import Shape
from cxserver.catalog.values import Language
from cxserver.instrument.draft import Approval, Draft, DraftChoice, DraftQuestion


def draft_of(shape: Shape, slug: str, today: date) -> Draft:
    """The survey of service `slug` as the rules read it."""
    service = shape.file.service[slug]
    survey = service.survey
    agency = shape.file.agency
    return Draft(
        service=slug,
        names=named(service.name, service.es),
        agency_names=named(agency.name, agency.es),
        agency_statement_name=_plain(agency.statement_name),
        today=today,
        approval=_approval(shape, survey.clearance),
        designated=service.designated,
        channels=service.channels,
        instrument=survey.instrument,
        languages=survey.languages,
        trust_statement=survey.trust_statement,
        trust_text=_plain(survey.trust_text),
        trust_icons=survey.trust_icons,
        relevant_population=_plain(survey.relevant_population),
        satisfaction=survey.satisfaction,
        satisfaction_statement=survey.satisfaction_statement,
        satisfaction_text=_plain(survey.satisfaction_text),
        statement_name=_plain(survey.statement_name),
        omb_reference=survey.omb_reference or "",
        driver_mode=survey.driver_mode,
        drivers=survey.drivers,
        drivers_not_applicable=survey.drivers_not_applicable,
        driver_statements={code: _plain(texts) for code, texts in survey.driver_statements.items()},
        comment=survey.comment,
        questions=tuple(
            _question(shape, ("service", slug, "survey", "question", index), question)
            for index, question in enumerate(survey.question)
        ),
    )


def unsound_of(shape: Shape, slug: str) -> Collection[str]:
    """The keys whose values the rules must not judge, of the service, survey and clearance."""
    clearance = shape.file.service[slug].survey.clearance
    unsound = (
        shape.unsound_keys("service", slug)
        | shape.unsound_keys("service", slug, "survey")
        | shape.unsound_keys("clearance", clearance)
    )
    if not shape.sound("agency", "statement_name"):
        unsound |= {"agency.statement_name"}
    declared = shape.sound("clearance", clearance) and clearance in shape.file.clearance
    # An undeclared or unreadable clearance is told once, where it is named or written.
    return unsound if declared else unsound | {"clearance"}


def named(name: str, es: Translation) -> dict[str, str]:
    """A name per language."""
    return {"en": name} | ({"es": es.name} if es.name else {})


def _approval(shape: Shape, clearance: str) -> Approval | None:
    result = shape.file.clearance.get(clearance)
    return Approval(result.expires, result.burden_minutes) if result else None


def _question(shape: Shape, path: tuple[str | int, ...], question: Question) -> DraftQuestion:
    whole = shape.sound(*path)
    unsound = shape.unsound_keys(*path) if whole else frozenset(Question.model_fields)
    return DraftQuestion(
        code=question.code,
        texts=_plain(question.text),
        choices=tuple(_choice(choice) for choice in question.choices),
        category=question.category,
        reason=question.reason or "",
        unsound=unsound | _choices_unsound(shape, path),
    )


def _choices_unsound(shape: Shape, path: tuple[str | int, ...]) -> frozenset[str]:
    inside = (*path, "choices")
    below = any(bad[: len(inside)] == inside for bad in shape.unsound)
    return frozenset({"choices"}) if below else frozenset()


def _choice(choice: Choice) -> DraftChoice:
    labels = {"en": choice.en, "es": choice.es}
    return DraftChoice(choice.code, {lang: label for lang, label in labels.items() if label})


def _plain(texts: Mapping[Language, str]) -> dict[str, str]:
    return {str(language): text for language, text in texts.items()}
