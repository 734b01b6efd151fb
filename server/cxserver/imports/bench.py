"""An answer out of what a line says: checked like any other, masked, without a name of its own."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from cxserver.catalog.directory import Office, Service
from cxserver.imports import versions
from cxserver.imports.ground import Ground
from cxserver.imports.rejected import RowRefused
from cxserver.imports.shape import Map
from cxserver.instrument import answers as answering
from cxserver.instrument import cleaning, flags, masking
from cxserver.instrument.answers import Answers, AnswersRefused
from cxserver.instrument.survey import Survey


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer: what it was asked with (not numbered yet), and the row but for that.

    `hidden` are taps on the list that was not on the screen when the answer was sent.
    """

    survey: Survey
    response: Mapping[str, Any]
    hidden: int = 0


@dataclass
class AnswerLine:
    """What a line says, in our words; None and empty where it says nothing."""

    satisfaction: int | None = None
    trust: int | None = None
    scores: dict[str, int] = field(default_factory=dict)
    positive: set[str] = field(default_factory=set)
    negative: set[str] = field(default_factory=set)
    either: set[str] = field(default_factory=set)
    comment: str = ""


class Bench:
    """What all rows need: ids that were seen, versions that were made, the rules of an answer."""

    def __init__(self, ground: Ground):
        versions.check(ground.map)
        self._ground = ground
        self._ids: set[str] = set()
        self._versions: dict[tuple[str, tuple[str, ...]], Survey] = {}
        agency = ground.known.agency
        self._mask = agency.mask if agency else ()
        self.points = versions.kind(ground.map).scale.points

    def unseen(self, column: str, id: str) -> None:
        """Raises RowRefused for an id that stood in the file before."""
        if id and id in self._ids:
            rule = "another row of this file has the same id"
            raise RowRefused(column, rule, "leave one of them out: an answer counts once")
        self._ids.add(id)

    def of_quarter(self, office: Office) -> tuple[date, datetime]:
        """The day of an answer of which only the quarter is known."""
        first = self._ground.past_quarter("", self._ground.map.quarter).start
        return first, datetime.combine(first, time(12), office.zone)

    def answer(
        self,
        service: Service,
        office: Office,
        when: tuple[date, datetime],
        how: Mapping[str, str],
        answer_line: AnswerLine,
        driver_codes: tuple[str, ...],
    ) -> Answer:
        """The answer, checked as any other is. Raises RowRefused."""
        survey = self._version(service, driver_codes)
        answers, hidden = _checked(survey, answer_line, self._ground.map)
        noted = {flags.CONTROL} if cleaning.holds_controls(answer_line.comment) else set()
        day, at = when
        response = {
            "service": service.slug,
            "day": day,
            "id": secrets.token_hex(16),
            "office": office.slug,
            **how,
            "answered_hour": at.astimezone(UTC).replace(minute=0),
            "delay": "self",
            "satisfaction": answers.satisfaction,
            "trust": answers.trust,
            "drivers": dict(answers.scores) or list(answers.drivers),
            "comment": masking.mask(cleaning.clean(answers.comment), self._mask),
            "questions": {},
            "flags": ";".join(sorted({flags.IMPORTED, *noted})),
            "counted_day": self._ground.today,
        }
        return Answer(survey, response, hidden)

    def _version(self, service: Service, driver_codes: tuple[str, ...]) -> Survey:
        key = (service.slug, driver_codes)
        if key not in self._versions:
            self._versions[key] = versions.of_map(
                self._ground.map, service.slug, service.name, driver_codes
            )
        return self._versions[key]


_RULES = {
    "required": ("there is no answer to trust", "leave the row out: without it nothing is counted"),
    "long": ("the text is too long", "shorten it to 2,000 characters"),
    "text": ("the text holds half a character", "save the file as CSV UTF-8 again"),
    "unknown": ("the survey did not ask for this", "add its words under [wording.…] in the map"),
    "choice": ("this was not among the answers to choose from", "look at the map's [survey]"),
}


def _checked(survey: Survey, answer_line: AnswerLine, map: Map) -> tuple[Answers, int]:
    """The answers, and how many taps were on the hidden list."""
    good = answer_line.trust is not None and survey.trust_scale.is_good(answer_line.trust)
    shown, other = (
        (answer_line.positive, answer_line.negative)
        if good
        else (answer_line.negative, answer_line.positive)
    )
    hidden = other - shown - answer_line.either
    sent: dict[str, Any] = {"trust": answer_line.trust}
    sent["drivers"] = answer_line.scores or sorted(shown | answer_line.either)
    if answer_line.comment:
        sent["comment"] = answer_line.comment
    # Elsewhere a question could be passed over; then it counts as not asked.
    passed_over = answer_line.satisfaction is None and survey.asks_satisfaction
    as_asked = replace(survey, asks_satisfaction=False) if passed_over else survey
    if answer_line.satisfaction is not None:
        sent["satisfaction"] = answer_line.satisfaction
    try:
        return answering.check(as_asked, sent), len(hidden)
    except AnswersRefused as error:
        first = error.problems[0]
        rule, cure = _RULES.get(first.code, _RULES["choice"])
        raise RowRefused(_column(map, first.field), rule, cure) from None


def _column(map: Map, field: str) -> str:
    return str(getattr(map.columns, field, "")) or field
