"""An answer made ready for the database: its row, its use-once key, its counts. Pure.

The row carries no token, no person and no exact time. The use-once key is a keyed hash with no
column in common with the row, so nothing joins the two (docs/reference/what-we-store.md).
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from cxserver.catalog.directory import Clearance
from cxserver.catalog.rootkey import RootKeys
from cxserver.instrument import cleaning, flags, masking, phrases
from cxserver.instrument.answers import Answers
from cxserver.instrument.phrases import Phrases
from cxserver.instrument.survey import Survey
from cxserver.intake.gate import GRACE, Opened
from cxserver.response_id import ResponseId

# Faster than anybody can read two statements: worth a second look, never a reason to drop.
FAST = timedelta(seconds=2)
_BUCKETS = (1, 4, 24)
_KEPT = timedelta(days=30)

Tally = tuple[str, date, str, str, str, int, bool, str, str]


class UseKey(NamedTuple):
    """What a link or a page of a place answers under, once.

    `bucket` is the first day of a month that was signed: never of today, nor of a device's clock,
    so that a retry after midnight or in the next month meets its own key.
    """

    service: str
    bucket: date
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer, ready to be stored. `response` is the row, `tallies` what it adds one to,
    `clearance` what it uses up.

    `alerts` names the lists of phrases that its words stand on; `reply` is the hash of the code
    under which the office may answer, if there are words to be answered.
    """

    key: UseKey
    body_hash: bytes
    receipt: str
    ends: date
    forget: date
    response: Mapping[str, Any]
    tallies: tuple[Tally, ...]
    clearance: Clearance
    alerts: tuple[str, ...] = ()
    reply: bytes | None = None
    exclusion: str | None = None
    arrived: datetime | None = None

    @property
    def row(self) -> ResponseId:
        """What names the response among all of them."""
        return ResponseId(self.response["service"], self.response["day"], self.response["id"])


@dataclass(frozen=True, slots=True)
class Sheet:
    """The circumstances of one answer. `sid` names the sheet of a place; an invite needs none.
    `opened_at` is in the stamp of a place's page; what comes as JSON carries no stamp.

    `reply` is the hash of a code that the person is shown when there are words to be answered.
    What is `flooded` is stored, and counts nowhere before somebody looked.
    """

    opened: Opened
    survey: Survey
    language: str
    answered_at: datetime
    sid: bytes = b""
    opened_at: datetime | None = None
    flags: tuple[str, ...] = ()
    flooded: bool = False
    mask: tuple[str, ...] = ()
    phrases: Phrases = phrases.NONE
    reply: bytes | None = None


class Secrets:
    """The two secrets behind use-once keys, derived once."""

    def __init__(self, roots: RootKeys):
        self.key = roots.purpose_secret("use-once")
        self.body = roots.purpose_secret("body")


def prepare(
    sheet: Sheet,
    answers: Answers,
    hidden: Secrets,
    now: datetime,
    masked: Mapping[str, str] | None = None,
) -> Entry:
    """The entry for these answers, which arrived `now`: masked, hashed, counted.

    `masked` are its `words` if they were masked already, by what they were.
    """
    response = _response(sheet, answers, now, masked or {})
    exclusion = _exclude(response) if sheet.flooded else None
    invite = not sheet.opened.token.kind.is_place
    ends = (sheet.opened.token.ends + GRACE if invite else sheet.answered_at + _KEPT).date()
    typed = _typed(sheet.survey, response)
    return Entry(
        key=use_key(sheet.opened, hidden, sheet.sid, sheet.opened_at),
        body_hash=_body_hash(sheet, answers, hidden.body),
        receipt=secrets.token_hex(16),
        ends=ends,
        forget=ends + _KEPT,
        response=response,
        tallies=() if exclusion else tuple(tallies(response, sheet.survey)),
        clearance=sheet.opened.service.clearance,
        alerts=sheet.phrases.matched(typed) if typed else (),
        reply=sheet.reply if typed else None,
        exclusion=exclusion,
        arrived=now.replace(minute=0, second=0, microsecond=0),
    )


def _exclude(response: dict[str, Any]) -> str:
    """Take it out of all counts: one exclusion for what a service gets too much of in a day."""
    exclusion = f"{flags.FLOOD}-{response['counted_day']:%Y%m%d}"
    response.update(counted_day=None, excluded=exclusion)
    return exclusion


def use_key(
    opened: Opened, hidden: Secrets, sid: bytes = b"", opened_at: datetime | None = None
) -> UseKey:
    """The key under which a visit, or a sheet of a place, is used once."""
    service, token = opened.service.slug, opened.token
    if token.kind.is_place:
        scope = f"sheet|{service}|".encode() + sid
        signed = opened_at or token.ends
    else:
        # Not the key or kind: a reminder by another channel is still the same visit.
        scope = f"visit|{service}|{opened.office.slug}|".encode() + token.nonce
        signed = token.moment
    month = signed.astimezone(UTC).date().replace(day=1)
    return UseKey(service, month, hmac.digest(hidden.key, scope, "sha256"))


def tallies(response: Mapping[str, Any], survey: Survey) -> Iterable[Tally]:
    """The counts one response adds one to; the same function recounts all of them."""
    where = (
        response["service"],
        response["day"],
        response["office"],
        response["channel"],
        response["language"],
        response["survey"],
        flags.is_suspect(response["flags"]),
    )
    yield (*where, "response", "all")
    if response["satisfaction"] is not None:
        yield (*where, "satisfaction", str(response["satisfaction"]))
    scale, trust = survey.trust_scale, response["trust"]
    yield (*where, "trust", scale.value(trust))
    side = "positive" if scale.is_good(trust) else "negative"
    drivers = response["drivers"]
    for code in drivers:
        value = str(drivers[code]) if isinstance(drivers, dict) else side
        yield (*where, f"driver:{code}", value)
    for question in survey.wording[survey.languages[0]].questions:
        chosen = response["questions"].get(question.code)
        if chosen and question.choices:
            yield (*where, f"question:{question.code}", chosen)


def words(sheet: Sheet, answers: Answers) -> list[str]:
    """What the person wrote in their own words, cleaned, still to be masked."""
    typed = (text for code, text in answers.questions.items() if not _choices(sheet)[code])
    return [cleaning.clean(text) for text in (answers.comment, *typed) if text]


def _response(
    sheet: Sheet, answers: Answers, now: datetime, masked: Mapping[str, str]
) -> dict[str, Any]:
    comment, questions = _words(sheet, answers, masked)
    typed = (answers.comment, *answers.questions.values())
    noted = (flags.CONTROL,) if any(map(cleaning.holds_controls, typed)) else ()
    flooded = (flags.FLOOD,) if sheet.flooded else ()
    at = sheet.answered_at
    return {
        "service": sheet.opened.service.slug,
        "day": at.astimezone(sheet.opened.office.zone).date(),
        "id": secrets.token_hex(16),
        "office": sheet.opened.office.slug,
        "channel": sheet.opened.channel,
        "language": sheet.language,
        "survey": sheet.survey.n,
        "answered_hour": at.replace(minute=0, second=0, microsecond=0),
        "delay": _delay(sheet),
        "satisfaction": answers.satisfaction,
        "trust": answers.trust,
        "drivers": dict(answers.scores) or list(answers.drivers),
        "comment": comment,
        "questions": questions,
        "flags": ";".join(sorted({*sheet.flags, *noted, *flooded})),
        "excluded": None,
        "counted_day": now.astimezone(sheet.opened.office.zone).date(),
    }


def _words(sheet: Sheet, answers: Answers, masked: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    def safe(text: str) -> str:
        clean = cleaning.clean(text)
        known = masked.get(clean)
        return masking.mask(clean, sheet.mask) if known is None else known

    choices = _choices(sheet)
    questions = {
        code: text if choices[code] else safe(text) for code, text in answers.questions.items()
    }
    return safe(answers.comment), questions


def _choices(sheet: Sheet) -> dict[str, Any]:
    """The choices of each question, by its code; none where people write."""
    questions = sheet.survey.wording[sheet.survey.languages[0]].questions
    return {question.code: question.choices for question in questions}


def _typed(survey: Survey, response: Mapping[str, Any]) -> list[str]:
    """What the person wrote, as it is stored: choices are no words of theirs."""
    texts = [response["comment"]]
    if response["questions"]:
        questions = survey.wording[survey.languages[0]].questions
        texts += [
            response["questions"].get(item.code, "") for item in questions if not item.choices
        ]
    return [text for text in texts if text.strip()]


def _delay(sheet: Sheet) -> str:
    token = sheet.opened.token
    if token.kind.is_place:
        return "self"
    hours = (sheet.answered_at - token.moment) / timedelta(hours=1)
    return next((str(limit) for limit in _BUCKETS if hours <= limit), "48")


def _body_hash(sheet: Sheet, answers: Answers, secret: bytes) -> bytes:
    # The token (or sheet) is part of the message: without it nobody can try all the possible
    # answers against the hash and learn which response belongs to it.
    name = sheet.sid if sheet.opened.token.kind.is_place else sheet.opened.text.encode()
    return hmac.digest(secret, name + b"|" + answers.canonical(), "sha256")
