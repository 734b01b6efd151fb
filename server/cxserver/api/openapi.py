"""GET /api/v1/openapi.json: written from the models that check the requests."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxserver.api import gets
from cxserver.api.models import Batch, Item, Receipt, Results
from cxserver.api.reading import AnswersPage, CommentsPage, Figures, FiledQuarter
from cxserver.web import problem_details
from cxserver.web.problem_details import Problem

_PROBLEMS = {
    "400": "not UTF-8",
    "404": "the link does not work",
    "408": "too slow",
    "409": "other answers were given before",
    "410": "the link is over",
    "413": "too large",
    "415": "not application/json",
    "422": "does not fit the survey",
    "500": "our own fault: send it again, it will not count twice",
    "503": "not known to be saved: send it again",
}


async def show(request: Request) -> Response:
    """The OpenAPI 3.1 document."""
    return JSONResponse(_document(request.app.state.services.intake.settings.base_url))


@cache
def _document(base_url: str) -> dict[str, Any]:
    sent = [(model, "validation") for model in (Item, Batch, Receipt, Results, Problem)]
    returned = (Figures, AnswersPage, CommentsPage, FiledQuarter)
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
            "/api/v1/results": {"get": gets.results(_told(gets.PROBLEMS))},
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
