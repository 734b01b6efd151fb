"""How many questions a survey asks, and how long they take. A-11 §280.10 limits both."""

from cxserver.instrument.draft import Draft

MOST_QUESTIONS = 15
MOST_SECONDS = 300
MOST_FREE_TEXTS = 2

# A scale is read and tapped, a list is read through, a text is thought about and typed.
SCALE_SECONDS = 8
LIST_SECONDS = 10
TEXT_SECONDS = 30


def scales(draft: Draft) -> int:
    """Trust, satisfaction where it is asked, and in Likert mode one scale for each driver."""
    return (
        1 + draft.asks_satisfaction + (len(draft.drivers) if draft.driver_mode == "likert" else 0)
    )


def lists(draft: Draft) -> int:
    """The list of drivers, and extra questions with choices."""
    drivers = 1 if draft.drivers and draft.driver_mode != "likert" else 0
    return drivers + sum(not question.free_text for question in draft.questions)


def free_texts(draft: Draft) -> int:
    """The comment, and extra questions without choices."""
    return int(draft.comment) + sum(question.free_text for question in draft.questions)


def questions(draft: Draft) -> int:
    """All questions of the survey."""
    return scales(draft) + lists(draft) + free_texts(draft)


def seconds(draft: Draft) -> int:
    """The time the survey takes, estimated question by question."""
    return (
        scales(draft) * SCALE_SECONDS
        + lists(draft) * LIST_SECONDS
        + free_texts(draft) * TEXT_SECONDS
    )
