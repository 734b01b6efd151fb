"""What a number means: the words, the scale and the form behind it, by survey version. Pure.

Two numbers may be compared when these are the same; a version that only added a driver leaves
trust what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cxserver.catalog.directory import Directory
from cxserver.instrument.survey import Survey

# A version that so few of the answers used is a straggler (a page that was open, a kiosk that was
# offline). It cannot move a share by more than this, and by far less unless all of it changed.
STRAGGLERS = 0.05

# What is known of a number, in the order in which a reader would miss it.
ASPECTS = ("instrument", "scale", "wording", "imported")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What stood on the screen for one measure in one language, and whether by another system."""

    instrument: tuple[str, ...]
    scale: tuple[str, ...]
    wording: tuple[str, ...]
    imported: bool = False

    def changed(self, other: "Meaning") -> str | None:
        """The first aspect that is not the same in the two."""
        for aspect in ASPECTS:
            if getattr(self, aspect) != getattr(other, aspect):
                return aspect
        return None


def versions(directory: Directory) -> dict[str, Survey]:
    """Every survey version that there is, by its name."""
    return {
        survey.name: survey
        for service in directory.services.values()
        for survey in service.surveys.values()
    }


def ours(
    answers: Mapping[tuple[str, str], int], surveys: Mapping[str, Survey]
) -> dict[str, set[str]]:
    """Which versions of our own asking are in use, by service: imports have versions of theirs."""
    everyone: dict[str, int] = {}
    counts: dict[str, int] = {}
    for (version, _), n in answers.items():
        service = version.partition("/")[0]
        everyone[service] = everyone.get(service, 0) + n
        counts[version] = counts.get(version, 0) + n
    result: dict[str, set[str]] = {}
    for version, n in counts.items():
        service = version.partition("/")[0]
        if (
            version in surveys
            and not surveys[version].origin
            and n >= STRAGGLERS * everyone[service]
        ):
            result.setdefault(service, set()).add(version)
    return result


def service_name(survey: Survey) -> str:
    """What the survey calls its service, in English where it can."""
    return survey.wording.get("en", next(iter(survey.wording.values()))).service_name


def meaning(survey: Survey, language: str, measure: str) -> Meaning | None:
    """What `measure` (a tally's: "trust", "driver:ease" …) meant there, None when not asked."""
    result = _asked(survey, language, measure)
    return replace(result, imported=True) if result and survey.origin else result


def _asked(survey: Survey, language: str, measure: str) -> Meaning | None:
    words = survey.wording.get(language)
    if words is None:
        return None
    if measure in ("trust", "thumbs"):
        scale = (survey.scale, survey.trust_icons, *words.trust_labels)
        return Meaning((survey.instrument, survey.trust_statement), scale, (words.trust,))
    if measure == "satisfaction":
        if not survey.asks_satisfaction:
            return None
        scale = (survey.satisfaction_icons, *words.satisfaction_labels)
        basis = (survey.instrument, survey.satisfaction_statement)
        return Meaning(basis, scale, (words.satisfaction,))
    if measure.startswith("driver:"):
        return _driver(survey, language, measure.removeprefix("driver:"))
    if measure.startswith("question:"):
        return _question(survey, language, measure.removeprefix("question:"))
    return Meaning((survey.instrument,), (), ())


def in_use(
    answers: Mapping[tuple[str, str], int], surveys: Mapping[str, Survey], measure: str
) -> dict[str, list[Meaning | None]]:
    """What a measure meant, by service and language, in `answers`: (version, language) → n."""
    everyone: dict[str, int] = {}
    for (version, language), n in answers.items():
        where = _where(version, language)
        everyone[where] = everyone.get(where, 0) + n
    result: dict[str, list[Meaning | None]] = {}
    for (version, language), n in sorted(answers.items()):
        where = _where(version, language)
        if not n or n < STRAGGLERS * everyone[where] or version not in surveys:
            continue
        understood = meaning(surveys[version], language, measure)
        if understood not in result.setdefault(where, []):
            result[where].append(understood)
    return result


def switch(
    before: Mapping[str, list[Meaning | None]], after: Mapping[str, list[Meaning | None]]
) -> str | None:
    """Why numbers from before and after do not compare, in words; None when they do."""
    for where in sorted(before.keys() & after.keys()):
        for old in before[where]:
            for new in after[where]:
                if old != new:
                    return _reason(old, new)
    return None


def _where(version: str, language: str) -> str:
    return f"{version.partition('/')[0]} {language}"


def _reason(old: Meaning | None, new: Meaning | None) -> str:
    if old is None or new is None:
        return "The question was added." if old is None else "The question was taken out."
    aspect = old.changed(new)
    if aspect == "instrument" and old.wording == new.wording:
        # The words are the same: what is different is what they belong to.
        aspect = "scale" if old.scale != new.scale else "questionnaire"
        if aspect == "questionnaire" and old.instrument[0] == new.instrument[0]:
            aspect = "imported" if old.imported is not new.imported else aspect
    if aspect == "imported":
        return "The answers of one side were collected by another system, and imported."
    if aspect == "questionnaire":
        return f"The questionnaire changed from {old.instrument[0]} to {new.instrument[0]}."
    if aspect == "scale":
        return "The answers to choose from changed."
    if aspect == "wording":
        return f"The words changed from {_quoted(old)} to {_quoted(new)}."
    return f"The question itself changed from {_quoted(old)} to {_quoted(new)}."


def _quoted(meaning: Meaning) -> str:
    return f"“{meaning.wording[0] if meaning.wording else meaning.instrument[0]}”"


def _driver(survey: Survey, language: str, code: str) -> Meaning | None:
    words = survey.wording[language]
    if code not in survey.drivers:
        return None
    if survey.driver_mode == "likert":
        scale = ("likert", *words.driver_labels)
        return Meaning((survey.instrument,), scale, (words.drivers[code],))
    # Which list opens depends on the trust rating, and a longer list draws taps from the others.
    offered = tuple(words.drivers[driver] for driver in survey.drivers)
    questions = (words.drivers_question_positive, words.drivers_question_negative, words.trust)
    basis = (survey.instrument, survey.driver_mode, survey.scale)
    return Meaning(basis, offered, (words.drivers[code], *questions))


def _question(survey: Survey, language: str, code: str) -> Meaning | None:
    for question in survey.wording[language].questions:
        if question.code == code:
            offered = tuple(f"{choice.code}={choice.label}" for choice in question.choices)
            return Meaning((survey.instrument,), offered, (question.text,))
    return None
