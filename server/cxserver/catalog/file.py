"""The catalog file: the TOML shape that agencies write, as models.

Only the shape of single values is checked here; what must agree with what is in `consistency` and
in `instrument.composition`. Every required field carries an example: it documents the file, and
it stands in for a value that could not be read while the rest of the file is judged.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict

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


class Alert(Table):
    """`[[agency.alert]]`: phrases in people's words, and the team that is mailed at once."""

    code: Slug = Field(examples=["crisis"])
    name: Name = Field(examples=["Crisis"])
    mail: Annotated[tuple[Mail, ...], AfterValidator(_each_once)] = Field(
        examples=[("team@agency.gov",)], min_length=1, max_length=20
    )
    next_steps: Text | None = None
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
    publish: Publish | None = None
    filing: Filing = Filing()
    statement_name: Names = {}
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
    es: Translation = Translation()
    survey: Survey
    office: tuple[Office, ...] = ()


class File(Table):
    """A whole catalog file."""

    agency: Agency
    clearance: dict[str, Clearance] = {}
    service: dict[str, Service] = {}
