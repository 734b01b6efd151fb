"""Every sentence said about an answer or a link: refusals, notices and problems, by code."""

from dataclasses import dataclass

from cxserver.instrument.answers import COMMENT_LIMIT, Problem
from cxserver.pages.language import Words


@dataclass(frozen=True, slots=True)
class Refusal:
    """What happened, and what to do now."""

    title: str
    text: str


def mark(message: str) -> str:
    """The message itself: marks a text for the translators where it cannot be translated yet."""
    return message


# One text for every link that is not genuine: it must not tell which part was wrong.
REFUSALS = {
    "not_found": Refusal(
        mark("This link does not work"),
        mark("It may have been cut off. Open it again from the message, or copy all of it."),
    ),
    "expired": Refusal(
        mark("This survey has closed"),
        mark("It closed 48 hours after your visit. Nothing more is needed."),
    ),
    "expired_place": Refusal(
        mark("This survey has closed"),
        mark("The code or device you used is out of date. Please tell the staff of this office."),
    ),
    # Whatever is wrong with a kiosk's link, whoever stands before the device did not send for it.
    "device": Refusal(
        mark("Out of service"),
        mark("This device is not taking answers now."),
    ),
    "revoked": Refusal(
        mark("This link has been revoked"),
        mark("If you got it in a message you were not expecting, you can delete it."),
    ),
    "not_yet_valid": Refusal(
        mark("This link is not active yet"),
        mark("Please open it again in a few minutes."),
    ),
    "already_answered": Refusal(
        mark("We already have your answer"),
        mark("Thank you. Nothing more is needed. You can close this page."),
    ),
    "conflict": Refusal(
        mark("We already have your answer"),
        mark("Your first answer is kept. What you sent just now was not added."),
    ),
    "survey_closed": Refusal(
        mark("This survey has ended"),
        mark("We no longer collect answers here. Nothing more is needed."),
    ),
    # 44 USC 3512: nobody has to answer a question that has no approval. So it is not asked.
    "unapproved": Refusal(
        mark("This survey has ended"),
        mark(
            "We no longer collect answers here: our approval to ask has ended. "
            "Nothing more is needed."
        ),
    ),
    "spent": Refusal(
        mark("This survey has ended"),
        mark("We have all the answers we were approved to collect. Nothing more is needed."),
    ),
    "late": Refusal(
        mark("This survey has closed"),
        mark("The time to answer ended before you pressed Send. Your answer was not added."),
    ),
    "too_long": Refusal(
        mark("That was too much to send"),
        mark("Please go back, make your comment shorter, and press Send again."),
    ),
    "unsupported": Refusal(
        mark("We could not read what was sent"),
        mark("Please open your link again and use the form on the page."),
    ),
    "method": Refusal(
        mark("This page cannot do that"),
        mark("Please open your link again and use the form on the page."),
    ),
    "timeout": Refusal(
        mark("The connection was too slow"),
        mark("Please go back and press Send again. Your answer will not be counted twice."),
    ),
    "busy": Refusal(
        mark("We cannot take answers right now"),
        mark("Please try again in a few minutes. Your link stays the same."),
    ),
    "bad_request": Refusal(
        mark("We could not read what was sent"),
        mark("Please go back and press Send again, or open your link again."),
    ),
    "error": Refusal(
        mark("Something went wrong on our side"),
        mark("Please go back and press Send again. Your answer will not be counted twice."),
    ),
}

NOTICES = {
    "unsaved": mark(
        "We could not confirm that your answer was saved. Press Send again; "
        "it will not be counted twice."
    ),
    "flood": mark(
        "Many answers are coming in just now, and yours was not saved. Your answers are below: "
        "wait a minute and press Send again."
    ),
    "language": mark("We do not have this page in the language you asked for."),
    "stamp": mark("This page had been open too long. Your answers are below: press Send again."),
    "check": mark("Please check your answers below and press Send again."),
}

_SUBJECTS = {
    "satisfaction": mark("Satisfaction"),
    "trust": mark("Trust"),
    "drivers": mark("What contributed"),
    "comment": mark("Your words"),
}

_PROBLEMS = {
    "required": mark("choose one of the five answers"),
    "thumb": mark("choose one of the two answers"),
    "choice": mark("choose from the answers shown"),
    "text": mark("some characters cannot be read; please type them again"),
    "twice": mark("two answers arrived; please choose one"),
}
_POINTS = mark("{point} of 5")
_THUMBS = (mark("Thumbs down: no"), mark("Thumbs up: yes"))
NEEDS_SCRIPT = mark("This screen needs JavaScript. Please tell the staff of this office.")
_FORM_PROBLEM = mark("The page sent something we did not ask for. Please press Send again.")

_DRIVERS = {
    "effectiveness": mark("Got what I needed"),
    "ease": mark("Ease"),
    "efficiency": mark("Time it took"),
    "transparency": mark("Clear instructions"),
    "humanity": mark("Fair treatment"),
    "employee": mark("Staff"),
    "other": mark("Something else"),
}


def refusal(words: Words, code: str, minutes: int = 0) -> Refusal:
    """The refusal with this code, in the reader's language."""
    result = REFUSALS.get(code, REFUSALS["error"])
    text = words.text(result.text)
    if code == "not_yet_valid" and minutes > 0:
        text = words.counted(
            "Please open it again in about {n} minute.",
            "Please open it again in about {n} minutes.",
            minutes,
        )
    return Refusal(words.text(result.title), text)


def notice(words: Words, code: str) -> str:
    """The notice with this code; "" for no code."""
    return words.text(NOTICES.get(code, NOTICES["check"])) if code else ""


def problem(words: Words, fault: Problem) -> str:
    """What to do about one fault."""
    if fault.code == "long":
        return overlong(words, fault.number)
    if fault.code == "required" and fault.number == len(_THUMBS):
        return words.text(_PROBLEMS["thumb"])
    return words.text(_PROBLEMS.get(fault.code, _FORM_PROBLEM))


def overlong(words: Words, number: int, **shown: str) -> str:
    """How many characters are too many. With n="{n}" a script fills in the number."""
    return words.counted(
        "{n} character too many; {limit} are allowed",
        "{n} characters too many; {limit} are allowed",
        number,
        limit=words.number(COMMENT_LIMIT),
        **shown,
    )


def script(words: Words, points: int) -> dict[str, str]:
    """What a script says about faults, when it checks answers before there is a server to ask.

    Trust has so many `points`.
    """
    named = {name: subject(words, name) for name in ("satisfaction", "trust", "comment")}
    missing = problem(words, Problem("trust", "required", points))
    problems = {code: problem(words, Problem("", code)) for code in ("required", "text")}
    return {
        **named,
        **problems,
        "required-trust": missing,
        "over-one": overlong(words, 1, n="{n}"),
        "over-many": overlong(words, 2, n="{n}"),
    }


def subject(words: Words, name: str) -> str:
    """What a field is called."""
    return words.text(_SUBJECTS[name]) if name in _SUBJECTS else ""


def driver(words: Words, code: str) -> str:
    """A driver in two words."""
    return words.text(_DRIVERS[code]) if code in _DRIVERS else code


def points(words: Words, point: int) -> str:
    """A rating, read back."""
    return words.text(_POINTS, point=words.number(point))


def thumb(words: Words, point: int) -> str:
    """A thumb, read back: 0 is down, 1 is up."""
    return words.text(_THUMBS[point])
