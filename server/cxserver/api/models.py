"""What the API takes and gives. The same models check requests and write the OpenAPI document."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cxsdk.token import Channel
from cxserver.instrument.answers import COMMENT_LIMIT
from cxserver.intake.standing import Code
from cxserver.web.problem_details import Problem

BATCH = 100
# Seconds: a device that has lost its clock may stand in 1970.
CENTURY = 100 * 366 * 86_400
# What the survey itself checks (`instrument.answers`) is only described here.
_POINT: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 5}
_TRUST: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 5}
_SATISFACTION: dict[str, Any] = {"type": ["integer", "null"], "minimum": 1, "maximum": 5}
_DRIVERS: dict[str, Any] = {
    "oneOf": [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": _POINT},
        {"type": "null"},
    ]
}
_COMMENT: dict[str, Any] = {"type": ["string", "null"], "maxLength": COMMENT_LIMIT}
_QUESTIONS: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": {"type": "string"},
}

_NUMBER = re.compile(r"\s*[-+]?[\d.]+\s*")
_ITEM = {"$ref": "#/components/schemas/Item"}
_NO_ITEM = "Anything else is taken too, and gets a result with the status 422."


def _moment(value: Any) -> Any:
    # A bare number would be taken for seconds since 1970, in text too.
    if value is not None and (not isinstance(value, str) or _NUMBER.fullmatch(value)):
        raise ValueError("a moment such as 2026-11-04T10:15:00-05:00")
    return value


_Moment = Annotated[datetime | None, BeforeValidator(_moment)]


def _require_trust(schema: dict[str, Any]) -> None:
    # Here it may be missing, so that the survey's own check tells of it with all the rest.
    del schema["properties"]["trust"]["default"]
    schema["required"].append("trust")


class Item(BaseModel):
    """One person's answers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_require_trust)

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
        _Moment, Field(description="Kiosks only: when it was answered, with time zone.")
    ] = None
    clock_offset: Annotated[
        int | None,
        Field(
            strict=True,
            ge=-CENTURY,
            le=CENTURY,
            description="Kiosks only: seconds to add to `answered_at`, as the device measured them "
            "when it was answered. Goes before `device_now`.",
        ),
    ] = None
    test: Annotated[
        bool,
        Field(
            strict=True,
            description="Kiosks only: check everything, store and count nothing (200, `tested`).",
        ),
    ] = False
    trust: Annotated[
        Any,
        Field(
            description="1 to 5; where it is asked by thumbs, 0 (down) or 1 (up).",
            json_schema_extra=_TRUST,
        ),
    ] = None
    satisfaction: Annotated[
        Any,
        Field(
            description="1 to 5; left out where the survey does not ask it.",
            json_schema_extra=_SATISFACTION,
        ),
    ] = None
    drivers: Annotated[
        Any,
        Field(
            description="Tapped drivers, a list; or the points of each, an object.",
            json_schema_extra=_DRIVERS,
        ),
    ] = None
    comment: Annotated[
        Any,
        Field(description="At most 2,000 characters (code points).", json_schema_extra=_COMMENT),
    ] = None
    questions: Annotated[
        Any,
        Field(description="Answers to the agency's own questions.", json_schema_extra=_QUESTIONS),
    ] = None


class Batch(BaseModel):
    """Answers that waited on a device."""

    model_config = ConfigDict(extra="forbid")

    device_now: Annotated[
        _Moment, Field(description="The device's clock, to correct `answered_at`.")
    ] = None
    items: Annotated[
        list[Any],
        Field(
            description="Each is judged by itself: one that does not fit keeps none back.",
            max_length=BATCH,
            json_schema_extra={"items": {"anyOf": [_ITEM, {"description": _NO_ITEM}]}},
        ),
    ]


class LinkOrder(BaseModel):
    """What a link is for: the arguments of `issue_link` in the SDK."""

    model_config = ConfigDict(extra="forbid")

    service: Annotated[str, Field(max_length=32, description="The service's slug.")]
    office: Annotated[str, Field(max_length=32, description="The office's slug.")]
    channel: Channel = "email"
    done_at: Annotated[
        _Moment,
        Field(description="When the interaction ended, with time zone. Default: now. Not a place."),
    ] = None
    ref: Annotated[
        str | None,
        Field(
            max_length=500,
            description="Your number of the interaction: the same `ref` and `done_at` make the "
            "same link. Needs `done_at`.",
        ),
    ] = None
    expires_at: Annotated[
        _Moment,
        Field(description="Places only: when the link ends. Default: as late as may be."),
    ] = None
    place: Annotated[
        str | None, Field(max_length=200, description="Places only: where it will be.")
    ] = None
    language: Annotated[
        str | None, Field(max_length=16, description="The page opens in this language.")
    ] = None


class IssuedLink(BaseModel):
    """A link, and the last moment at which it opens."""

    url: str
    expires_at: datetime


class SignedQuestion(BaseModel):
    """Which offices a program makes links for, signed under the key that makes them."""

    model_config = ConfigDict(extra="forbid")

    signed: Annotated[
        str,
        Field(
            max_length=60_000,
            description="A JSON array of service, key number, office or null, UTC seconds and the "
            "offices; then `.` and its signature. `Issuer.check` of the SDK writes it.",
        ),
    ]


class OfficeStanding(BaseModel):
    """What a link for one office meets, and offices with a similar name if there is no such."""

    office: str
    code: Code
    nearest: list[str]


class LinkReport(BaseModel):
    """What links would meet. No office is in it where the question's time is 15 minutes off."""

    now: datetime
    base_url: str
    offices: list[OfficeStanding]


class Receipt(BaseModel):
    """An answer was stored, now or before; or it was a test, and its receipt is empty."""

    status: Literal["stored", "same", "tested"]
    receipt: str


class Result(BaseModel):
    """What became of one item of a batch."""

    key: str | None
    status: int
    receipt: str | None = None
    error: Problem | None = None


class Results(BaseModel):
    """What became of each item, in order."""

    results: list[Result]
