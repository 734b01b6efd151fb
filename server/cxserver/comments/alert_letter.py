"""The letter to a team: what somebody wrote, where, and what to do now. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape

from cxserver.catalog import office_time
from cxserver.catalog.directory import Alert, Directory, Service, Team
from cxserver.comments.acknowledging import Acknowledgment
from cxserver.comments.escalation import AlertKey, Mailed
from cxserver.mail import Letter

GONE = "(These words are no longer stored.)"
_ACKNOWLEDGE = "Acknowledge it on the first page"
_UNKNOWN = "We don't know who wrote this. People answer without a name."


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that is to be mailed to the team of a step, with what was written (masked; None
    where it is gone) and who has been told of it before.
    """

    service: str
    day: date
    response: str
    alert: str
    office: str
    tries: int
    survey: int | None
    comment: str | None
    questions: Mapping[str, str]
    step: int = 0
    before: tuple[Mailed, ...] = ()
    acknowledged: Acknowledgment | None = None

    @property
    def key(self) -> AlertKey:
        """What names the alert."""
        return AlertKey(self.service, self.day, self.response, self.alert)


@dataclass(frozen=True, slots=True)
class _Part:
    """One comment in a letter: the words, what else is to know, and where it can be taken on."""

    said: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]
    where: str


def write(
    directory: Directory, base_url: str, these: Sequence[Waiting], now: datetime
) -> Letter | None:
    """The letter on one alert, or on several of one list, to the team whose turn it is; None where
    the catalog no longer has that list or that team.
    """
    alert = directory.alert(these[0].alert)
    team = alert.team(these[0].step) if alert else None
    if alert is None or team is None:
        return None
    offices = dict.fromkeys(_office(directory, item) for item in these)
    place = next(iter(offices)) if len(offices) == 1 else f"{len(offices)} offices"
    head = f"Somebody wrote words from your list “{alert.name}”."
    subject = f"Alert: {alert.name}, {place}"
    if len(these) > 1:
        head = f"{len(these)} comments have words from your list “{alert.name}”."
        subject = f"Alert: {alert.name}, {len(these)} comments, {place}"
    if these[0].step:
        head = f"{head} Nobody has acknowledged {'it' if len(these) == 1 else 'them'} yet."
        subject = f"{subject}, nobody has acknowledged {'it' if len(these) == 1 else 'them'}"
    parts = [_part(directory, base_url, item, alert, now) for item in these]
    first_page = f"{base_url}/staff/"
    head = f"{head} {_ask(alert, team, these)}"
    text, html = _text(head, parts, first_page), _html(head, parts, first_page)
    return Letter(to=team.mail, subject=subject, text=text, html=html)


def _ask(alert: Alert, team: Team, these: Sequence[Waiting]) -> str:
    """What the team is asked to do, and what happens if it does not."""
    to = f"This mail is for: {team.name}."
    if all(item.acknowledged for item in these):
        return to
    then = alert.team(these[0].step + 1)
    if then is None:
        return f"{to} Please acknowledge it. No other team is told after you."
    minutes = round(alert.acknowledge_within.total_seconds() / 60)
    return (
        f"{to} Please acknowledge it within {minutes} minutes. If nobody does, we tell the next "
        f"team: {then.name}."
    )


def _office(directory: Directory, waiting: Waiting) -> str:
    # What exists may be a second older here than what was answered.
    return (
        directory.offices[waiting.office].name
        if waiting.office in directory.offices
        else waiting.office
    )


def _part(
    directory: Directory, base_url: str, waiting: Waiting, alert: Alert, now: datetime
) -> _Part:
    service = directory.services.get(waiting.service)
    facts = [
        ("Service", service.name if service else waiting.service),
        ("Office", _office(directory, waiting)),
    ]
    if alert.next_steps:
        facts.append(("What to do now", " ".join(alert.next_steps)))
    facts += _before(directory, waiting, now)
    # The staff page knows it by the Monday of its week: nobody there is told the day.
    week = waiting.day - timedelta(days=waiting.day.weekday())
    where = f"{base_url}/staff/comments/{waiting.service}/{week.isoformat()}/{waiting.response}"
    return _Part(
        said(service, waiting.survey, waiting.comment, waiting.questions) or [("", GONE)],
        facts,
        where,
    )


def _before(directory: Directory, waiting: Waiting, now: datetime) -> list[tuple[str, str]]:
    """Who was told before, and when."""
    office = directory.offices.get(waiting.office)
    facts = []
    for letter in waiting.before:
        if letter.step >= waiting.step:
            continue
        at = office_time.moment_text(office, letter.at or letter.tried, now)
        how = "" if letter.at else " (the mail server did not take it)"
        facts.append(("Told before", f"{letter.team}, {at}{how}"))
    if waiting.acknowledged:
        at = office_time.moment_text(office, waiting.acknowledged.at, now)
        facts.append(("Acknowledged", f"{waiting.acknowledged.who}, {at}"))
    return facts


def said(
    service: Service | None, version: int | None, comment: str | None, questions: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Each question that was answered in words, and the words; nothing where they are gone."""
    if comment is None or version is None:
        return []
    survey = service.surveys.get(version) if service else None
    if survey is None:
        return [("", words) for words in (comment, *questions.values()) if words]
    wording = survey.wording[survey.languages[0]]
    answered = [(wording.comment, comment)]
    answered += [
        (question.text, questions.get(question.code, ""))
        for question in wording.questions
        if not question.choices
    ]
    return [(question, words) for question, words in answered if words]


def _text(head: str, parts: Sequence[_Part], first_page: str) -> str:
    lines = [head, ""]
    for at, part in enumerate(parts, start=1):
        if len(parts) > 1:
            lines += [f"Comment {at} of {len(parts)}", ""]
        for question, words in part.said:
            # Every line is marked: nothing that was written can pass for a line of ours.
            lines += [question, *(f"> {line}" for line in words.splitlines()), ""]
        lines += [f"{name}: {fact}" for name, fact in part.facts]
        lines += ["", f"Read it and assign it: {part.where}", ""]
    return "\n".join([*lines, f"{_ACKNOWLEDGE}: {first_page}", "", _UNKNOWN, ""])


def _html(head: str, parts: Sequence[_Part], first_page: str) -> str:
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
    lines.append(f'<p><a href="{escape(first_page)}">{_ACKNOWLEDGE}</a></p>')
    body = "\n".join([*lines, f"<p>{escape(_UNKNOWN)}</p>"])
    return f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><body>\n{body}\n</body></html>'
