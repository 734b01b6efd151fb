"""Rules about the questions an agency adds of its own."""

from collections.abc import Iterator

from cxserver.instrument import drivers, finding
from cxserver.instrument.draft import Draft
from cxserver.instrument.finding import Finding


def questions_have_reasons(draft: Draft) -> Iterator[Finding]:
    """Additional questions only "if applicable and absolutely necessary"."""
    for number, question in enumerate(draft.questions, 1):
        if not question.reason and "reason" not in question.unsound:
            yield Finding(
                f"survey.question[{number}].reason",
                "is missing; §280.10 allows an extra question only if it is absolutely necessary",
            )


def questions_map_to_a_category(draft: Draft) -> Iterator[Finding]:
    """Each question maps to one of the drivers; "none" is for what is no driver at all."""
    allowed = (*drivers.CODES, "none")
    for number, question in enumerate(draft.questions, 1):
        if question.category not in allowed and "category" not in question.unsound:
            yield Finding(
                f"survey.question[{number}].category",
                f"must be a driver or 'none'{finding.hint(question.category, allowed)}; "
                "§280.10 maps each question to one category",
            )


def question_codes_differ(draft: Draft) -> Iterator[Finding]:
    """Codes are what answers are stored under."""
    sound = [question for question in draft.questions if "code" not in question.unsound]
    for code in finding.repeated([question.code for question in sound]):
        yield Finding("survey.question", f"code '{code}' appears twice", "")
    for question in draft.questions:
        if "choices" in question.unsound:
            continue
        for code in finding.repeated([choice.code for choice in question.choices]):
            yield Finding("survey.question", f"'{question.code}' has two choices '{code}'", "")
        if len(question.choices) == 1:
            yield Finding("survey.question", f"'{question.code}' has only one choice", "")


def questions_are_translated(draft: Draft) -> Iterator[Finding]:
    """Every text of an extra question exists in every language of the survey."""
    for number, question in enumerate(draft.questions, 1):
        key = f"survey.question[{number}]"
        if "text" not in question.unsound:
            yield from finding.untranslated(f"{key}.text", question.texts, draft.languages)
        if "choices" in question.unsound:
            continue
        for choice in question.choices:
            yield from finding.untranslated(
                f"{key}.choices.{choice.code}", choice.texts, draft.languages
            )
