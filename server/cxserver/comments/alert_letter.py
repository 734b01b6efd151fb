"""The letter to a team: what somebody wrote, where, and what to do now. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from cxserver.catalog.directory import Agency, Alert, Directory, Service
from cxserver.mail import Letter

_GONE = "(These words are no longer stored.)"
_UNKNOWN = "We don't know who wrote this. People answer without a name."


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that is not mailed yet, with what was written (masked; None where it is gone)."""

    service: str
    day: date
    response: str
    alert: str
    office: str
    tries: int
    survey: int | None
    comment: str | None
    questions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Part:
    """One comment in a letter: the words, what else is to know, and where it can be taken on."""

    said: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    where: str


def write(directory: Directory, base_url: str, these: Sequence[Waiting]) -> Letter | None:
    """The letter on one alert, or on several of one list; None where the catalog no longer has
    that list.
    """
    alert = _alert(directory.agency, these[0].alert)
    if alert is None:
        return None
    offices = dict.fromkeys(_office(directory, item) for item in these)
    place = next(iter(offices)) if len(offices) == 1 else f"{len(offices)} offices"
    head = f"Somebody wrote words from your list “{alert.name}”."
    subject = f"Alert: {alert.name}, {place}"
    if len(these) > 1:
        head = f"{len(these)} comments have words from your list “{alert.name}”."
        subject = f"Alert: {alert.name}, {len(these)} comments, {place}"
    parts = [_part(directory, base_url, item, alert) for item in these]
    return Letter(to=alert.mail, subject=subject, text=_text(head, parts), html=_html(head, parts))


def _office(directory: Directory, waiting: Waiting) -> str:
    # What exists may be a second older here than what was answered.
    return (
        directory.offices[waiting.office].name
        if waiting.office in directory.offices
        else waiting.office
    )


def _part(directory: Directory, base_url: str, waiting: Waiting, alert: Alert) -> _Part:
    service = directory.services.get(waiting.service)
    facts = [
        ("Service", service.name if service else waiting.service),
        ("Office", _office(directory, waiting)),
    ]
    if alert.next_steps:
        facts.append(("What to do now", alert.next_steps))
    # The staff page knows it by the Monday of its week: nobody there is told the day.
    week = waiting.day - timedelta(days=waiting.day.weekday())
    where = f"{base_url}/staff/comments/{waiting.service}/{week.isoformat()}/{waiting.response}"
    return _Part(_said(service, waiting), facts, where)


def _alert(agency: Agency | None, code: str) -> Alert | None:
    alerts = agency.alerts if agency else ()
    return next((alert for alert in alerts if alert.code == code), None)


def _said(service: Service | None, waiting: Waiting) -> list[tuple[str, str]]:
    """Each question that was answered in words, and the words."""
    if waiting.comment is None or waiting.survey is None:
        return [("", _GONE)]
    survey = service.surveys.get(waiting.survey) if service else None
    if survey is None:
        return [("", words) for words in (waiting.comment, *waiting.questions.values()) if words]
    wording = survey.wording[survey.languages[0]]
    answered = [(wording.comment, waiting.comment)]
    answered += [
        (question.text, waiting.questions.get(question.code, ""))
        for question in wording.questions
        if not question.choices
    ]
    return [(question, words) for question, words in answered if words]


def _text(head: str, parts: Sequence[_Part]) -> str:
    lines = [head, ""]
    for at, part in enumerate(parts, start=1):
        if len(parts) > 1:
            lines += [f"Comment {at} of {len(parts)}", ""]
        for question, words in part.said:
            # Every line is marked: nothing that was written can pass for a line of ours.
            lines += [question, *(f"> {line}" for line in words.splitlines()), ""]
        lines += [f"{name}: {fact}" for name, fact in part.facts]
        lines += ["", f"Read it and assign it: {part.where}", ""]
    return "\n".join([*lines, _UNKNOWN, ""])


def _html(head: str, parts: Sequence[_Part]) -> str:
    lines = [f"<p>{escape(head)}</p>"]
    for at, part in enumerate(parts, start=1):
        if len(parts) > 1:
            lines.append(f"<h2>Comment {at} of {len(parts)}</h2>")
        for question, words in part.said:
            quoted = "<br>".join(escape(line) for line in words.splitlines())
            lines += [f"<p>{escape(question)}</p>", f'<blockquote dir="auto">{quoted}</blockquote>']
        facts = "<br>".join(f"{escape(name)}: <b>{escape(fact)}</b>" for name, fact in part.facts)
        lines += [
            f"<p>{facts}</p>",
            f'<p><a href="{escape(part.where)}">Read it and assign it</a></p>',
        ]
    body = "\n".join([*lines, f"<p>{escape(_UNKNOWN)}</p>"])
    return f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><body>\n{body}\n</body></html>'
