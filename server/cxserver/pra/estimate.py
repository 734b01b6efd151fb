"""How long one survey takes, question by question, and what that comes to for all answers. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from cxserver.instrument import burden
from cxserver.instrument.survey import Survey, Wording


@dataclass(frozen=True, slots=True)
class Line:
    """One question: what people read, what they choose from, and the seconds it takes."""

    text: str
    options: tuple[str, ...]
    seconds: int

    @property
    def kind(self) -> str:
        """What people do with it."""
        if self.seconds == burden.TEXT_SECONDS:
            return "read and type"
        return "read and choose one" if self.seconds == burden.SCALE_SECONDS else "read and choose"


@dataclass(frozen=True, slots=True)
class Burden:
    """What is asked of the public: `responses` of `minutes` each."""

    responses: int
    minutes: int

    @property
    def hours(self) -> float:
        """Hours a year, as the form of OMB asks for them."""
        return self.responses * self.minutes / 60


def lines(survey: Survey, language: str) -> list[Line]:
    """Every question of the survey in one language, in the order of the screen."""
    words = survey.wording[language]
    return [*_ratings(words), *_drivers(survey, words), *_others(survey, words)]


def seconds(survey: Survey) -> int:
    """What all questions take together."""
    return sum(line.seconds for line in lines(survey, survey.languages[0]))


def _ratings(words: Wording) -> Iterator[Line]:
    for text, labels in (
        (words.satisfaction, words.satisfaction_labels),
        (words.trust, words.trust_labels),
    ):
        if text:
            yield Line(text, labels, burden.SCALE_SECONDS)


def _drivers(survey: Survey, words: Wording) -> Iterator[Line]:
    if survey.driver_mode == "likert":
        for code in survey.drivers:
            yield Line(words.drivers[code], words.driver_labels, burden.SCALE_SECONDS)
    elif survey.drivers:
        questions = (
            words.drivers_question,
            words.drivers_question_positive,
            words.drivers_question_negative,
        )
        # Neutral at first; it turns with the rating.
        text = " / ".join(dict.fromkeys(questions))
        options = tuple(words.drivers[code] for code in survey.drivers)
        yield Line(text, options, burden.LIST_SECONDS)


def _others(survey: Survey, words: Wording) -> Iterator[Line]:
    for question in words.questions:
        labels = tuple(choice.label for choice in question.choices)
        yield Line(question.text, labels, burden.LIST_SECONDS if labels else burden.TEXT_SECONDS)
    if survey.comment:
        yield Line(words.comment, (), burden.TEXT_SECONDS)
