"""GET /api/v1/openapi.json: written from the models that check the requests."""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cxserver.api.models import Batch, Item, Problem, Receipt, Results

_PROBLEMS = {
    "400": "not UTF-8",
    "404": "the link does not work",
    "408": "too slow",
    "409": "other answers were given before",
    "410": "the link is over",
    "413": "too large",
    "415": "not application/json",
    "422": "does not fit the survey",
    "503": "not known to be saved: send it again",
}


async def show(request: Request) -> Response:
    """The OpenAPI 3.1 document."""
    return JSONResponse(_document())


@cache
def _document() -> dict[str, Any]:
    models = [(model, "validation") for model in (Item, Batch, Receipt, Results, Problem)]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # a list of pairs is invariant
    return {
        "openapi": "3.1.0",
        "info": {"title": "cxsdk survey server", "version": "1"},
        "paths": {"/api/v1/responses": {"post": _responses()}},
        "components": {"schemas": schemas["$defs"]},
    }


def _responses() -> dict[str, Any]:
    told = {
        status: {
            "description": text,
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
        for status, text in _PROBLEMS.items()
    }
    return {
        "summary": "Store one person's answers, or a batch of them",
        "operationId": "storeResponses",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"oneOf": [_ref("Item"), _ref("Batch")]}}},
        },
        "responses": {
            "200": _json("stored before, or the results of a batch", "Receipt", "Results"),
            "201": _json("stored now", "Receipt"),
            **told,
        },
    }


def _json(text: str, *names: str) -> dict[str, Any]:
    schema = {"oneOf": [_ref(name) for name in names]} if len(names) > 1 else _ref(names[0])
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
