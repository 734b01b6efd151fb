"""The catalog file: the TOML shape that agencies write, as models.

Only the shape of single values is checked here; what must agree with what is in `consistency` and
in `instrument.composition`. Every required field carries an example: it documents the file, and
it stands in for a value that could not be read while the rest of the file is judged.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from cxserver.catalog.directory import OPEN_CASES_AT
from cxserver.catalog.values import (
    Channel,
    ControlNumber,
    Description,
    Flag,
    Language,
    Mail,
    Mask,
    Name,
    Names,
    Origin,
    Phrase,
    ServiceType,
    Slug,
    Stage,
    Text,
    Texts,
    Timezone,
    WebAddress,
    Whole,
)


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"'{twice[0]}' appears twice")
    return values


class Table(BaseModel):
    """A TOML table: unknown keys are faults, because a misspelt rule would not apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Translation(Table):
    """The names of an agency or a service in another language."""

    name: Name | None = None
    description: Description | None = None


def _as_list(value: Any) -> Any:
    # One sentence was all that earlier catalogs could have.
    return [value] if isinstance(value, str) else value


_Mails = Annotated[tuple[Mail, ...], AfterValidator(_each_once)]


class AlertThen(Table):
    """`[[agency.alert.then]]`: who is mailed next when nobody has acknowledged an alert in time."""

    team: Name = Field(examples=["Regional safety team"])
    mail: _Mails = Field(examples=[("duty@agency.gov",)], min_length=1, max_length=20)


class Alert(Table):
    """`[[agency.alert]]`: phrases in people's words, the team that is mailed at once, what to do
    then, and who is mailed when nobody acknowledges the alert.
    """

    code: Slug = Field(examples=["crisis"])
    name: Name = Field(examples=["Crisis"])
    team: Name | None = None
    mail: _Mails = Field(examples=[("team@agency.gov",)], min_length=1, max_length=20)
    next_steps: Annotated[tuple[Text, ...], BeforeValidator(_as_list)] = Field((), max_length=6)
    acknowledge_within: Whole = Field(30, ge=5, le=1440)
    then: tuple[AlertThen, ...] = Field((), max_length=5)
    en: tuple[Phrase, ...] = Field((), max_length=200)
    es: tuple[Phrase, ...] = Field((), max_length=200)


class Publish(Table):
    """`[agency] publish`: the quarters as an open API, agreed with OMB."""

    omb_contact: Name = Field(examples=["Letter of 2 October 2026, A. Smith"])


class Filing(Table):
    """`[agency.filing]`: what a quarter's files say of the agency, who signs them, and whether
    staff are reminded of them.
    """

    official: Name | None = None
    official_mail: Mail | None = None
    reminders: Annotated[bool, Strict()] | None = None
    contact_name: Name | None = None
    contact_mail: Mail | None = None
    federal_register_url: WebAddress | None = None


# The score up to which a comment opens a case by itself; 0 is never.
LowScore = Annotated[int, Field(ge=0, le=4, strict=True)]


class Agency(Table):
    """`[agency]`: the organization."""

    slug: Slug = Field(examples=["va"])
    name: Name = Field(examples=["Department of Veterans Affairs"])
    timezone: Timezone = Field(examples=["America/New_York"])
    contact_url: WebAddress = Field(examples=["https://www.va.gov/contact-us/"])
    privacy_url: WebAddress = Field(examples=["https://www.va.gov/privacy-policy/"])
    urgent_help: Texts = {}
    mask: tuple[Mask, ...] = ()
    alert: tuple[Alert, ...] = Field((), max_length=20)
    reads_within_days: Annotated[int, Field(ge=1, le=90, strict=True)] | None = None
    open_cases_at: LowScore = OPEN_CASES_AT
    publish: Publish | None = None
    filing: Filing = Filing()
    statement_name: Names = {}
    demonstration: Flag = False
    es: Translation = Translation()


class Clearance(Table):
    """`[clearance.x]`: an approval under the Paperwork Reduction Act."""

    omb_control_number: ControlNumber = Field(examples=["2900-0876"])
    expires: Annotated[date, Strict()] = Field(examples=[date(2028, 3, 31)])
    burden_minutes: Whole = Field(examples=[1], ge=1, le=60)
    approved_responses: Whole = Field(examples=[500_000], ge=1, le=2_000_000_000)


class Choice(Table):
    """One choice of an extra question."""

    code: Slug = Field(examples=["new"])
    en: Name | None = None
    es: Name | None = None


class Question(Table):
    """`[[service.x.survey.question]]`: an extra question. Without choices it is a free text."""

    code: Slug = Field(examples=["purpose"])
    text: Texts = Field(examples=[{"en": "Why did you come?"}])
    choices: tuple[Choice, ...] = Field((), max_length=20)
    category: str = ""
    reason: Text | None = None


class Survey(Table):
    """`[service.x.survey]`: what is asked. The rules about it are in `instrument.composition`."""

    instrument: str = "a11-2022"
    clearance: str = Field(examples=["umbrella"])
    languages: Annotated[tuple[Language, ...], AfterValidator(_each_once)] = Field(
        ("en",), min_length=1
    )
    statement_name: Names = {}
    trust_statement: str = ""
    trust_text: Texts = {}
    trust_icons: str = "none"
    relevant_population: Names = {}
    satisfaction: Flag | None = None
    satisfaction_statement: str = ""
    satisfaction_text: Texts = {}
    omb_reference: Name | None = None
    drivers: tuple[str, ...] = ()
    drivers_not_applicable: dict[str, Text] = {}
    driver_statements: dict[str, Texts] = {}
    driver_mode: str = "tap"
    comment: Flag = True
    question: tuple[Question, ...] = Field((), max_length=100)


class Office(Table):
    """`[[service.x.office]]`: a unit where the service is given, or a unit above such units."""

    slug: Slug = Field(examples=["402"])
    name: Name = Field(examples=["Togus VA Medical Center"])
    timezone: Timezone | None = None
    parent: str | None = None
    serves: Flag = True
    reads_within_days: Annotated[int, Field(ge=1, le=90, strict=True)] | None = None


class Rule(Table):
    """`[records] answers = …`: how long a kind of record is kept, and the schedule that says so."""

    years: Whole = Field(examples=[3], ge=1, le=100)
    schedule: Name = Field(examples=["GRS 6.5 010"])


# Nothing is deleted without a rule.
_NO_RULE = Rule.model_construct(years=0, schedule="")


class Records(Table):
    """`[records]` and `[service.x.records]`: what retention deletes, and when."""

    answers: Rule = _NO_RULE
    comments: Rule = _NO_RULE
    cases: Rule = _NO_RULE
    replies: Rule = _NO_RULE
    audit: Rule = _NO_RULE

    def rules(self) -> dict[str, Rule]:
        """Those that are written in the file, by kind."""
        every = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: rule for name, rule in every if rule.years}


Percent = Annotated[int, Field(ge=0, le=100, strict=True)]


class Targets(Table):
    """`[service.x.targets]`: what the service wants to reach, in percent; 0 is no target."""

    trust: Percent = 0
    satisfaction: Percent = 0
    response_rate: Percent = 0


class Service(Table):
    """`[service.x]`: what the public receives, the unit of observation."""

    name: Name = Field(examples=["Outpatient visit"])
    description: Description = Field(examples=["Care at a clinic."])
    type: ServiceType = Field(examples=["benefits"])
    owner: Name = Field(examples=["Veterans Health Administration"])
    channels: Annotated[tuple[Channel, ...], AfterValidator(_each_once)] = Field(
        examples=[("email",)], min_length=1
    )
    designated: Flag = False
    embed_origins: Annotated[tuple[Origin, ...], AfterValidator(_each_once)] = Field(
        (), max_length=50
    )
    sample: Annotated[float, Field(gt=0, le=1, strict=True)] = 1.0
    rest_days: Annotated[int, Field(ge=0, le=3650, strict=True)] = 0
    replies: Flag = False
    part_of: Slug | None = None
    stage: Stage | None = None
    open_cases_at: LowScore | None = None
    records: Records = Records()
    targets: Targets = Targets()
    es: Translation = Translation()
    survey: Survey
    office: tuple[Office, ...] = ()


class File(Table):
    """A whole catalog file."""

    agency: Agency
    records: Records = Records()
    clearance: dict[str, Clearance] = {}
    service: dict[str, Service] = {}
