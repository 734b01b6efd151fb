"""Rules about length and approval: how many questions, how long, and who allowed it."""

from collections.abc import Iterator
from datetime import timedelta

from cxserver.instrument import burden
from cxserver.instrument.draft import Draft
from cxserver.instrument.finding import CLEARED, Finding


def free_texts_are_few(draft: Draft) -> Iterator[Finding]:
    """One or at most two questions with a free answer, none of them forced."""
    count = burden.free_texts(draft)
    if count > burden.MOST_FREE_TEXTS:
        yield Finding("survey", f"{count} free texts; §280.10 allows {burden.MOST_FREE_TEXTS}")
    if count == 0:
        yield Finding(
            "survey.comment",
            "no free text; §280.10 asks for one unless the format cannot take it",
            warning=True,
        )


def questions_are_few(draft: Draft) -> Iterator[Finding]:
    """At most fifteen questions."""
    count = burden.questions(draft)
    if count > burden.MOST_QUESTIONS:
        yield Finding("survey", f"{count} questions; §280.10 allows {burden.MOST_QUESTIONS}")


def five_minutes_are_enough(draft: Draft) -> Iterator[Finding]:
    """At most five minutes of burden."""
    took = burden.seconds(draft)
    if took > burden.MOST_SECONDS:
        yield Finding("survey", f"takes about {took} seconds; §280.10 allows {burden.MOST_SECONDS}")


def burden_was_approved(draft: Draft) -> Iterator[Finding]:
    """The clearance names a number of minutes; a longer survey goes beyond it."""
    if draft.approval is None:
        return
    took, allowed = burden.seconds(draft), draft.approval.burden_minutes * 60
    if took > allowed:
        yield Finding(
            "survey",
            f"takes about {took} seconds; its clearance says {allowed} (burden_minutes)",
            CLEARED,
            warning=True,
        )


def clearance_is_in_force(draft: Draft) -> Iterator[Finding]:
    """No question to the public without an unexpired approval."""
    if draft.approval is None:
        yield Finding("survey.clearance", "no approval to ask the public is named", CLEARED)
        return
    left = draft.approval.expires - draft.today
    if left < timedelta(0):
        yield Finding("survey.clearance", f"expired on {draft.approval.expires}", CLEARED)
    elif left < timedelta(days=60):
        yield Finding(
            "survey.clearance",
            f"expires on {draft.approval.expires}, in {left.days} days",
            CLEARED,
            warning=True,
        )
