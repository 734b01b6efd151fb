"""A survey as an agency asks for it, before the rules of A-11 §280.10 have been applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class DraftChoice:
    """One option of an extra question, with its label in each language."""

    code: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """An extra question. `unsound` names the keys whose values could not be read."""

    code: str
    texts: Mapping[str, str]
    choices: tuple[DraftChoice, ...] = ()
    category: str = ""
    reason: str = ""
    unsound: frozenset[str] = frozenset()

    @property
    def free_text(self) -> bool:
        """Whether the person types the answer."""
        return not self.choices


@dataclass(frozen=True, slots=True)
class Approval:
    """What the Paperwork Reduction Act clearance of this survey allows."""

    expires: date
    burden_minutes: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything the rules look at, for one service, on the day `today`.

    `names` is the service's name per language and always holds "en". The defaults are those of
    the catalogue file.
    """

    service: str
    names: Mapping[str, str]
    today: date
    approval: Approval | None = None
    designated: bool = False
    channels: tuple[str, ...] = ()
    instrument: str = "a11-2022"
    languages: tuple[str, ...] = ("en",)
    trust_statement: str = ""
    trust_text: Mapping[str, str] = field(default_factory=dict)
    trust_icons: str = "none"
    relevant_population: Mapping[str, str] = field(default_factory=dict)
    satisfaction_statement: str = ""
    satisfaction_text: Mapping[str, str] = field(default_factory=dict)
    statement_name: Mapping[str, str] = field(default_factory=dict)
    omb_reference: str = ""
    driver_mode: str = "tap"
    drivers: tuple[str, ...] = ()
    drivers_not_applicable: Mapping[str, str] = field(default_factory=dict)
    driver_statements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    comment: bool = True
    questions: tuple[DraftQuestion, ...] = ()
