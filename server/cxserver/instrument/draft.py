"""A survey as an agency asks for it, before the rules of A-11 §280.10 have been applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cxserver.instrument import instruments
from cxserver.instrument.instruments import Instrument


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

    `names` is the service's name per language, `agency_names` the agency's; both hold "en".
    `agency_statement_name` is the latter for the middle of a sentence. `satisfaction` is what the
    catalog says of it, if it says anything. The defaults are those of the catalog file.
    """

    service: str
    names: Mapping[str, str]
    today: date
    agency_names: Mapping[str, str] = field(default_factory=lambda: {"en": "this agency"})
    agency_statement_name: Mapping[str, str] = field(default_factory=dict)
    approval: Approval | None = None
    designated: bool = False
    channels: tuple[str, ...] = ()
    instrument: str = "a11-2022"
    languages: tuple[str, ...] = ("en",)
    trust_statement: str = ""
    trust_text: Mapping[str, str] = field(default_factory=dict)
    trust_icons: str = "none"
    relevant_population: Mapping[str, str] = field(default_factory=dict)
    satisfaction: bool | None = None
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

    @property
    def kind(self) -> Instrument | None:
        """The instrument, if it is one we know."""
        return instruments.BY_CODE.get(self.instrument)

    @property
    def asks_satisfaction(self) -> bool:
        """Whether satisfaction is asked: as the catalog says, else wherever it is needed."""
        if self.kind is None or self.kind.satisfaction == "required":
            return True
        if self.satisfaction is not None:
            return self.satisfaction
        # §280.10 wants both scores of a designated service; OMB's form of 2023 has only trust.
        return self.designated or bool(self.satisfaction_statement or self.satisfaction_text)
