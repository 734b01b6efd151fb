"""What the API takes and gives. The same models check requests and write the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

BATCH = 100
_POINT: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 5}


class Item(BaseModel):
    """One person's answers."""

    model_config = ConfigDict(extra="forbid")

    link: Annotated[str, Field(max_length=1000, description="The whole address of the link.")]
    key: Annotated[
        UUID | None,
        Field(description="A random UUID of this answer; needed for places, ignored for invites."),
    ] = None
    survey: Annotated[
        str | None,
        Field(max_length=64, description="`<service>/<n>`, the version shown. Default: current."),
    ] = None
    language: Annotated[str | None, Field(max_length=16)] = None
    answered_at: Annotated[
        datetime | None, Field(description="Kiosks only: when it was answered, with time zone.")
    ] = None
    trust: Annotated[Any, Field(description="1 to 5", json_schema_extra=_POINT)] = None
    satisfaction: Annotated[Any, Field(description="1 to 5", json_schema_extra=_POINT)] = None
    drivers: Annotated[
        Any, Field(description="Tapped drivers, a list; or the points of each, an object.")
    ] = None
    comment: Annotated[Any, Field(description="At most 2,000 characters.")] = None
    questions: Annotated[Any, Field(description="Answers to the agency's own questions.")] = None


class Batch(BaseModel):
    """Answers that waited on a device."""

    model_config = ConfigDict(extra="forbid")

    device_now: Annotated[
        datetime | None, Field(description="The device's clock, to correct `answered_at`.")
    ] = None
    items: Annotated[list[dict[str, Any]], Field(max_length=BATCH)]


class Receipt(BaseModel):
    """An answer was stored, now or before."""

    status: Literal["stored", "same"]
    receipt: str


class Fault(BaseModel):
    """One field that does not fit."""

    field: str
    code: str


class Problem(BaseModel):
    """Why not (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    faults: list[Fault] = []


class Result(BaseModel):
    """What became of one item of a batch."""

    key: str | None
    status: int
    receipt: str | None = None
    error: Problem | None = None


class Results(BaseModel):
    """What became of each item, in order."""

    results: list[Result]
