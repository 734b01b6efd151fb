"""The letter to a team: what somebody wrote, where, and what to do now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from cxserver.catalog.directory import Agency, Alert, Directory, Service
from cxserver.mail import Letter

_GONE = "(These words are no longer stored.)"
_UNKNOWN = "Nobody knows who wrote this: people answer without a name."


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


def write(directory: Directory, base_url: str, one: Waiting) -> Letter | None:
    """The letter; None where the catalogue no longer has this alert."""
    alert = _alert(directory.agency, one.alert)
    if alert is None:
        return None
    # What exists may be a second older here than what was answered.
    office = directory.offices[one.office].name if one.office in directory.offices else one.office
    service = directory.services.get(one.service)
    said = _said(service, one)
    head = f"Somebody wrote words that stand on your list “{alert.name}”."
    facts = [("Service", service.name if service else one.service), ("Office", office)]
    if alert.next_steps:
        facts.append(("What to do now", alert.next_steps))
    # The staff page knows it by the Monday of its week: nobody there is told the day.
    week = one.day - timedelta(days=one.day.weekday())
    where = f"{base_url}/staff/comments/{one.service}/{week.isoformat()}/{one.response}"
    return Letter(
        to=alert.mail,
        subject=f"Alert: {alert.name}, {office}",
        text=_text(head, said, facts, where),
        html=_html(head, said, facts, where),
    )


def _alert(agency: Agency | None, code: str) -> Alert | None:
    alerts = agency.alerts if agency else ()
    return next((alert for alert in alerts if alert.code == code), None)


def _said(service: Service | None, one: Waiting) -> list[tuple[str, str]]:
    """Each question that was answered in words, and the words."""
    if one.comment is None or one.survey is None:
        return [("", _GONE)]
    survey = service.surveys.get(one.survey) if service else None
    if survey is None:
        return [("", words) for words in (one.comment, *one.questions.values()) if words]
    wording = survey.wording[survey.languages[0]]
    asked = [(wording.comment, one.comment)]
    asked += [
        (question.text, one.questions.get(question.code, ""))
        for question in wording.questions
        if not question.choices
    ]
    return [(question, words) for question, words in asked if words]


def _text(head: str, said: list[tuple[str, str]], facts: list[tuple[str, str]], where: str) -> str:
    lines = [head, ""]
    for question, words in said:
        # Every line is marked: nothing that was written can pass for a line of ours.
        lines += [question, *(f"> {line}" for line in words.splitlines()), ""]
    lines += [f"{name}: {fact}" for name, fact in facts]
    return "\n".join([*lines, "", f"Read it and take it on: {where}", "", _UNKNOWN, ""])


def _html(head: str, said: list[tuple[str, str]], facts: list[tuple[str, str]], where: str) -> str:
    parts = [f"<p>{escape(head)}</p>"]
    for question, words in said:
        quoted = "<br>".join(escape(line) for line in words.splitlines())
        parts += [f"<p>{escape(question)}</p>", f'<blockquote dir="auto">{quoted}</blockquote>']
    told = "<br>".join(f"{escape(name)}: <b>{escape(fact)}</b>" for name, fact in facts)
    link = f'<a href="{escape(where)}">Read it and take it on</a>'
    parts += [f"<p>{told}</p>", f"<p>{link}</p>", f"<p>{escape(_UNKNOWN)}</p>"]
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><body>\n{body}\n</body></html>'
