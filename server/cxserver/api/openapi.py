"""GET /api/v1/openapi.json: written from the models that check the requests."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxserver.api import gets
from cxserver.api.models import (
    Batch,
    IssuedLink,
    Item,
    LinkOrder,
    LinkReport,
    Receipt,
    Results,
    SignedQuestion,
)
from cxserver.api.schemas import AnswersPage, CommentsPage, Figures, FiledQuarter, Findings
from cxserver.web import problem_details
from cxserver.web.problem_details import Problem

# What may be wrong with anything that is sent.
_BODY = {
    "400": "not UTF-8",
    "408": "too slow",
    "413": "too large",
    "415": "not application/json",
    "500": "our own fault: send it again",
    "503": "the server or its database does not answer: send it again",
}
_PROBLEMS = {
    **_BODY,
    "404": "the link does not work",
    "409": "other answers were given before",
    "410": "the link is over",
    "422": "does not fit the survey",
    "500": "our own fault: send it again, it will not count twice",
    "429": "too many answers come from there: send it again later",
    "503": "not known to be saved: send it again",
}


async def show(request: Request) -> Response:
    """The OpenAPI 3.1 document."""
    return JSONResponse(_document(request.app.state.services.intake.settings.base_url))


@cache
def _document(base_url: str) -> dict[str, Any]:
    sent = [
        (model, "validation")
        for model in (Item, Batch, LinkOrder, SignedQuestion, Receipt, Results, Problem)
    ]
    returned = (IssuedLink, LinkReport, Figures, Findings, AnswersPage, CommentsPage, FiledQuarter)
    models = [*sent, *((model, "serialization") for model in returned)]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # a list of pairs is invariant
    return {
        "openapi": "3.1.0",
        "info": {"title": "cxsdk survey server", "version": "1"},
        "servers": [{"url": base_url}],
        "paths": {
            "/api/v1/responses": {
                "get": gets.responses(_told(gets.PROBLEMS)),
                "post": _responses(base_url),
            },
            "/api/v1/links": {"post": _links()},
            "/api/v1/links/check": {"post": _link_check()},
            "/api/v1/results": {"get": gets.results(_told(gets.PROBLEMS))},
            "/api/v1/findings": {"get": gets.findings(_told(gets.PROBLEMS))},
            "/api/v1/comments": {"get": gets.comments(_told(gets.PROBLEMS))},
            "/api/v1/quarters/{quarter}": {"get": gets.quarter(_told(gets.PROBLEMS))},
            "/api/v1/openapi.json": {"get": _this()},
        },
        "components": {"schemas": schemas["$defs"], "securitySchemes": gets.SECURITY},
    }


def _responses(base_url: str) -> dict[str, Any]:
    sent = {"schema": {"oneOf": [_ref("Item"), _ref("Batch")]}, "examples": _examples(base_url)}
    return {
        "summary": "Store one person's answers, or a batch of them",
        "operationId": "storeResponses",
        "parameters": [_idempotency_key()],
        "requestBody": {"required": True, "content": {"application/json": sent}},
        "responses": {
            "200": _json("stored before, a test, or the results of a batch", "Receipt", "Results"),
            "201": _json("stored now", "Receipt"),
            **_told(_PROBLEMS),
        },
    }


def _links() -> dict[str, Any]:
    example = {
        "service": "permits",
        "office": "riverside",
        "channel": "sms",
        "done_at": "2026-11-04T10:15:00-05:00",
        "ref": "case-1001",
        "language": "es",
    }
    sent = {"application/json": {"schema": _ref("LinkOrder"), "example": example}}
    return {
        "summary": "Make a link, with a key that `cx api-key issue --links` made",
        "operationId": "issueLink",
        "security": [{"key": []}],
        "requestBody": {"required": True, "content": sent},
        "responses": {
            "201": _json("the link", "IssuedLink"),
            **_told(
                _BODY
                | {
                    "400": "not UTF-8; or there is a key in the address: take it for lost",
                    "401": "no key, or one that is unknown, cut off, revoked or expired",
                    "403": "the key makes no links, or not for that service or office",
                    "422": "no such office (`detail` names the nearest), its survey is closed, or "
                    "an argument does not fit",
                }
            ),
        },
    }


def _link_check() -> dict[str, Any]:
    sent = {"application/json": {"schema": _ref("SignedQuestion")}}
    return {
        "summary": "Ask whether the links of a program would open; `Issuer.check` of the SDK does",
        "operationId": "checkLinks",
        "security": [],
        "requestBody": {"required": True, "content": sent},
        "responses": {
            "200": _json("what the links of each office would meet", "LinkReport"),
            **_told(_BODY | {"401": "no key of this server signed it", "422": "not a question"}),
        },
    }


def _told(problems: Mapping[str, str]) -> dict[str, Any]:
    content = {problem_details.MEDIA_TYPE: {"schema": _ref("Problem")}}
    return {status: {"description": text, "content": content} for status, text in problems.items()}


def _this() -> dict[str, Any]:
    document = {"application/json": {"schema": {"type": "object"}}}
    return {
        "summary": "This document",
        "operationId": "openapi",
        "responses": {"200": {"description": "OpenAPI 3.1", "content": document}},
    }


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "May be sent with a single item; it must then equal its `key`.",
        "schema": {"type": "string", "format": "uuid"},
    }


def _examples(base_url: str) -> dict[str, Any]:
    """Each is taken as it stands, once its link is a genuine one."""
    token = "A" * 20 + "." + "A" * 22
    invite = {
        "link": f"{base_url}/s/permits/riverside/{token}",
        "trust": 4,
        "satisfaction": 5,
        "drivers": ["ease", "employee"],
        "comment": "Quick and clear.",
    }
    device = {
        "link": f"{base_url}/k/permits/riverside/{token}",
        "key": "0f9a3f0e-5a57-4c3b-9a4e-3f1f0a2c6d11",
        "survey": "permits/1",
        "language": "es",
        "answered_at": "2026-11-04T10:15:00-05:00",
        "clock_offset": 2,
        "trust": 2,
        "satisfaction": 3,
    }
    batch = {"device_now": "2026-11-04T10:20:00-05:00", "items": [device]}
    return {
        "invite": {"summary": "One answer to an invite", "value": invite},
        "batch": {"summary": "What waited on a kiosk", "value": batch},
    }


def _json(text: str, *names: str) -> dict[str, Any]:
    schema = {"oneOf": [_ref(name) for name in names]} if len(names) > 1 else _ref(names[0])
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
