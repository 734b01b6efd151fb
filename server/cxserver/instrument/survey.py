"""One version of one service's survey, its final words frozen in every language."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Literal

from pydantic import TypeAdapter

from cxserver.instrument import scale as scales
from cxserver.instrument.scale import Scale, ScaleName

DriverMode = Literal["tap", "choice", "likert"]
Icons = Literal["none", "stars", "thumbs"]
# Where its numbers come from: our own asking, answers that were imported, or counts that were.
Origin = Literal["", "answers", "counts"]

# What came after the first surveys were stored. A survey that does without shows what it always
# did, and so keeps its fingerprint: another one would make a new version of every survey.
_LATER: dict[str, object] = {
    "scale": "five-point",
    "asks_satisfaction": True,
    "origin": "",
    "batch": "",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of an extra question: the code that is stored and the words that are shown."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """An extra question. Without choices it is a free text."""

    code: str
    text: str
    category: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """All question text of a survey in one language.

    `satisfaction_labels` and `trust_labels` hold a text for each point, the worst first; a
    question that is not asked has no text and no labels. `drivers` maps
    a driver's code to its tap label (modes tap and choice) or to its statement (mode likert).
    """

    service_name: str
    satisfaction: str
    satisfaction_labels: tuple[str, ...]
    trust: str
    trust_labels: tuple[str, ...]
    drivers_question: str
    drivers_question_positive: str
    drivers_question_negative: str
    drivers: dict[str, str]
    driver_labels: tuple[str, ...]
    comment: str
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey version. `name` is `<service>/<n>`; `wording` is keyed by language.

    `trust_statement` and `satisfaction_statement` say which base statement of A-11 §280.10 the
    words come from, or "own": two bases do not measure the same thing and share no trend.
    `scale` is that of trust; satisfaction has five points wherever it is asked. `origin` is empty
    but for the past of another system: nobody is asked with such a version, and `batch` names the
    import that brought it. No two imports share a version, so each can be taken out again.
    """

    service: str
    n: int
    instrument: str
    driver_mode: DriverMode
    drivers: tuple[str, ...]
    satisfaction_icons: Icons
    trust_icons: Icons
    comment: bool
    languages: tuple[str, ...]
    wording: dict[str, Wording] = field(hash=False)
    trust_statement: str = "increased"
    satisfaction_statement: str = "satisfied"
    scale: ScaleName = "five-point"
    asks_satisfaction: bool = True
    origin: Origin = ""
    batch: str = ""

    @property
    def name(self) -> str:
        """The name that answers carry: `<service>/<n>`."""
        return f"{self.service}/{self.n}"

    @property
    def trust_scale(self) -> Scale:
        """The points that trust can be given."""
        return scales.BY_NAME[self.scale]


_JSON: TypeAdapter[Survey] = TypeAdapter(Survey)


def to_json(survey: Survey) -> str:
    """The survey as JSON text, equal for equal surveys."""
    return _JSON.dump_json(survey).decode()


def from_json(text: str) -> Survey:
    """The survey that `to_json` wrote."""
    return _JSON.validate_json(text)


def fingerprint(survey: Survey) -> str:
    """The SHA-256 of everything but the number: equal when the same survey would be shown."""
    shown = asdict(survey)
    del shown["n"]
    for name, usual in _LATER.items():
        if shown[name] == usual:
            del shown[name]
    canonical = json.dumps(shown, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
