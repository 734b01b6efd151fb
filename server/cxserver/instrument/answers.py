"""One person's answers, checked against the survey version that was shown to them."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from cxserver.errors import ServerError
from cxserver.instrument.scale import FIVE_POINT
from cxserver.instrument.survey import Question, Survey

COMMENT_LIMIT = 2000

Point = Literal[1, 2, 3, 4, 5]
Trust = Literal[0, 1, 2, 3, 4, 5]


class Answers(BaseModel):
    """Answers that fit their survey. Points are 1 (worst) to 5 (best).

    `trust` is 0 or 1 where it is asked by thumbs; `satisfaction` is None where it is not asked.
    `drivers` are tapped codes; their polarity follows trust, as its scale tells.
    `scores` are the points per driver of a Likert survey. `questions` maps an extra question's
    code to the chosen code or the typed text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    satisfaction: Point | None = None
    trust: Trust
    drivers: tuple[str, ...] = ()
    scores: dict[str, Point] = {}
    comment: str = ""
    questions: dict[str, str] = {}

    def canonical(self) -> bytes:
        """The same bytes for the same answers, whatever the door they came by."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in what was sent: the field, a code that pages translate, and a number to show."""

    field: str
    code: str
    number: int = 0


class AnswersRefused(ServerError):
    """What was sent does not fit the survey. `problems` names every fault."""

    def __init__(self, problems: list[Problem]):
        super().__init__("; ".join(f"{problem.field}: {problem.code}" for problem in problems))
        self.problems = problems


def check(survey: Survey, sent: dict[str, Any]) -> Answers:
    """The answers in `sent` (JSON shape), or AnswersRefused with every fault. A-11 §280.10."""
    problems: list[Problem] = []
    values: dict[str, Any] = {
        "satisfaction": _satisfaction(survey, sent.get("satisfaction"), problems),
        "trust": _required("trust", sent.get("trust"), survey.trust_scale.points, problems),
        "comment": _text("comment", sent.get("comment"), problems),
    }
    if survey.driver_mode == "likert":
        values["scores"] = _scores(survey, sent.get("drivers"), problems)
    else:
        values["drivers"] = _taps(survey, sent.get("drivers"), problems)
    values["questions"] = _questions(survey, sent.get("questions"), problems)
    if values["comment"] and not survey.comment:
        problems.append(Problem("comment", "unknown"))
    known = {"satisfaction", "trust", "drivers", "comment", "questions"}
    problems += [Problem(name[:40], "unknown") for name in sorted(set(sent) - known)]
    if problems:
        raise AnswersRefused(problems)
    return Answers(**values)


def from_form(survey: Survey, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Form fields as the JSON shape that `check` reads.

    `drivers` repeats; a Likert driver is `driver-<code>`, an extra question `question-<code>`.
    Only the exact option values become numbers: int() would take "٣" and " 5 ".
    Raises AnswersRefused when a field other than `drivers` appears twice.
    """
    points = {
        "trust": _digits(survey.trust_scale.points),
        "satisfaction": _digits(FIVE_POINT.points),
    }
    sent: dict[str, Any] = {}
    taps: list[str] = []
    scores: dict[str, Any] = {}
    questions: dict[str, str] = {}
    names = [name for name, _ in pairs if name != "drivers"]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AnswersRefused([Problem(name[:40], "twice") for name in twice])
    for name, value in pairs:
        if name == "drivers":
            taps.append(value)
        elif name.startswith("driver-"):
            scores[name.removeprefix("driver-")] = points["satisfaction"].get(value, value)
        elif name.startswith("question-"):
            questions[name.removeprefix("question-")] = value
        elif name in points:
            sent[name] = points[name].get(value, value)
        else:
            sent[name] = value
    if scores:
        sent["drivers"] = scores
    elif taps:
        sent["drivers"] = taps
    if questions:
        sent["questions"] = questions
    return sent


def _digits(points: tuple[int, ...]) -> dict[str, int]:
    return {str(point): point for point in points}


def _satisfaction(survey: Survey, value: Any, problems: list[Problem]) -> Any:
    if survey.asks_satisfaction:
        return _required("satisfaction", value, FIVE_POINT.points, problems)
    if value not in (None, ""):
        problems.append(Problem("satisfaction", "unknown"))
    return None


def _required(field: str, value: Any, points: tuple[int, ...], problems: list[Problem]) -> Any:
    if value is None or value == "":
        problems.append(Problem(field, "required", len(points)))
        return None
    return _point(field, value, points, problems)


def _point(field: str, value: Any, points: tuple[int, ...], problems: list[Problem]) -> Any:
    if value is None or value == "":
        return None
    # bool is an int in Python, and 5.0 == 5: the type is compared, not the value alone.
    if type(value) is not int or value not in points:
        problems.append(Problem(field, "choice"))
        return None
    return value


def _text(field: str, value: Any, problems: list[Problem]) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or any("\ud800" <= char <= "\udfff" for char in value):
        problems.append(Problem(field, "text"))
        return ""
    # Browsers send CRLF for one Return key; the person saw one character.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > COMMENT_LIMIT:
        problems.append(Problem(field, "long", len(text) - COMMENT_LIMIT))
    return text


def _taps(survey: Survey, value: Any, problems: list[Problem]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        problems.append(Problem("drivers", "choice"))
        return ()
    if set(value) - set(survey.drivers):
        problems.append(Problem("drivers", "choice"))
    return tuple(code for code in survey.drivers if code in value)


def _scores(survey: Survey, value: Any, problems: list[Problem]) -> dict[str, Any]:
    # Kiosks of before sent an empty list where nothing was rated; some may still hold such answers.
    if value is None or value == []:
        return {}
    if not isinstance(value, dict) or set(value) - set(survey.drivers):
        problems.append(Problem("drivers", "choice"))
        return {}
    points = {
        code: _point(f"driver-{code}", value[code], FIVE_POINT.points, problems)
        for code in survey.drivers
        if code in value
    }
    return {code: point for code, point in points.items() if point is not None}


def _questions(survey: Survey, value: Any, problems: list[Problem]) -> dict[str, str]:
    if value is None:
        return {}
    questions = {question.code: question for question in _asked(survey)}
    if not isinstance(value, dict) or set(value) - set(questions):
        problems.append(Problem("questions", "unknown"))
        return {}
    texts: dict[str, str] = {}
    for code in sorted(value):
        text = _text(f"question-{code}", value[code], problems)
        choices = {choice.code for choice in questions[code].choices}
        if text and choices and text not in choices:
            problems.append(Problem(f"question-{code}", "choice"))
        if text:
            texts[code] = text
    return texts


def _asked(survey: Survey) -> tuple[Question, ...]:
    return survey.wording[survey.languages[0]].questions
