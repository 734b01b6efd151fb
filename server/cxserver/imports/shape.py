"""The map: a TOML file that says what somebody else's file means in the words of the catalog."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cxserver.errors import ServerError
from cxserver.imports.moments import DateOrder
from cxserver.imports.values import Values
from cxserver.instrument import drivers, instruments
from cxserver.instrument.survey import DriverMode

Form = Literal["touchpoints", "v1", "wide", "v2", "csv"]
FORMS: tuple[Form, ...] = get_args(Form)
# Of these a line is a person's answer; of the others a line is counts.
ROWS: tuple[Form, ...] = ("touchpoints", "v2", "csv")
# These tell no day: their people stand on the first day of their quarter.
OF_QUARTERS: tuple[str, ...] = ("v1", "wide", "v2")

_MAPS = Path(__file__).parent / "maps"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """What stands in which column; empty: nowhere."""

    id: str = ""
    date: str = ""
    service: str = ""
    office: str = ""
    channel: str = ""
    language: str = ""
    trust: str = ""
    satisfaction: str = ""
    comment: str = ""
    taps: str = ""
    taps_positive: str = ""
    taps_negative: str = ""


class Questionnaire(_Part):
    """The questionnaire. `drivers` is how they were asked; empty: as the instrument does."""

    instrument: str
    driver_mode: DriverMode | None = None
    trust_statement: str = "own"
    satisfaction_statement: str = "own"

    @field_validator("instrument")
    @classmethod
    def _known(cls, code: str) -> str:
        if code not in instruments.BY_CODE:
            raise ValueError(f"is none of {', '.join(instruments.CODES)}")
        return code


class Words(_Part):
    """What stood on the screen, in one language. `labels` are the answers, the worst first."""

    trust: str = ""
    satisfaction: str = ""
    comment: str = ""
    drivers: Mapping[str, str] = {}
    labels: tuple[str, ...] = ()


class Map(_Part):
    """The whole map. What stands at its top holds for every row whose column says nothing."""

    service: str = ""
    office: str = ""
    channel: str = ""
    language: str = "en"
    quarter: str = Field("", pattern=r"^(20\d\d)Q([1-4])$|^$")
    timezone: str = ""
    zero: Literal["", "not asked"] = ""
    survey: Questionnaire
    wording: Mapping[str, Words] = {}
    columns: Columns = Columns()
    drivers: Mapping[str, str] = {}
    services: Mapping[str, str] = {}
    offices: Mapping[str, str] = {}
    channels: Mapping[str, str] = {}
    languages: Mapping[str, str] = {}
    values: Mapping[str, int | Mapping[str, int]] = {}
    nothing: tuple[str, ...] = ()
    dates: DateOrder = "year-month-day"
    respondents: Literal["volume", "points"] = "volume"
    part_of_quarter: bool = False
    leave_out: Mapping[str, tuple[str, ...]] = {}
    taps: Mapping[str, str] = {}

    @field_validator("drivers")
    @classmethod
    def _codes(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        strange = sorted(set(given) - set(drivers.CODES))
        if strange:
            raise ValueError(f"'{strange[0]}' is not a driver: {', '.join(drivers.CODES)}")
        return given

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            return ZoneInfo(name).key if name else name
        except (KeyError, ValueError, OSError):
            raise ValueError("is not a time zone such as America/New_York or UTC") from None

    def values_of(self, column: str) -> Values:
        """What the cells of a column stand for."""
        zero = self.zero == "not asked"
        return Values.of(self.values, column, self.nothing, zero_is_nothing=zero)

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages that were asked in, the first one first."""
        return tuple(self.wording) or (self.language,)


def read(path: Path) -> Map:
    """The map in this file. Raises ServerError that names every fault."""
    try:
        objects = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"{path.name} is not a TOML file: {error}") from None
    return parse(objects, path.name)


def parse(objects: Mapping[str, object], name: str) -> Map:
    """The map that these tables are. Raises ServerError that names every fault."""
    try:
        return Map.model_validate(objects)
    except ValidationError as error:
        faults = [
            f"{name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise ServerError("\n".join(faults)) from None


def example(form: Form) -> str:
    """A map for this format, with comments, to begin with."""
    return (_MAPS / f"{form}.toml").read_text(encoding="utf-8")
