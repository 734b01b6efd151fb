"""The part of the OpenAPI document about reading: parameters, examples and statuses."""

from typing import Any

from cxserver.api.reading import AnswersQuery, FiguresQuery, Query

SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key that `cx api-key issue` printed: cxa1_….",
    }
}
PROBLEMS = {
    "400": "there is a key in the address: take it for lost",
    "401": "no key, or one that is unknown, cut off, withdrawn or over",
    "403": "the key does not read that service or office",
    "422": "a parameter does not fit",
    "500": "our own fault",
    "503": "the database does not answer: try again",
}
_SCORE = {"counts": [1, 2, 4, 13, 20], "top2": 0.825, "low": 0.6805, "high": 0.9125, "mean": 4.225}
_FIGURES: dict[str, Any] = {
    "by": "office",
    "from": "2026-10-01",
    "to": "2026-10-31",
    "rows": [
        {
            "office": "riverside",
            "hidden": False,
            "n": 40,
            "trust": _SCORE,
            "thumbs": None,
            "satisfaction": _SCORE,
            "drivers": {"ease": {"positive": 11, "negative": 3}},
        },
        {
            "office": "lakeside",
            "hidden": True,
            "n": None,
            "trust": None,
            "thumbs": None,
            "satisfaction": None,
            "drivers": None,
        },
    ],
}
_ANSWERS: dict[str, Any] = {
    "rows": [
        {
            "service": "permits",
            "office": "riverside",
            "channel": "email",
            "language": "en",
            "survey": "permits/1",
            "week": "2026-W44",
            "day": "2026-10-28",
            "answered_hour": None,
            "delay": "4",
            "trust": 4,
            "satisfaction": 5,
            "drivers_positive": ["ease"],
            "drivers_negative": [],
            "driver_scores": {},
            "comment": None,
            "questions": {},
            "flags": [],
            "scale": "five-point",
        }
    ],
    "next": None,
}


def results(statuses: dict[str, Any]) -> dict[str, Any]:
    """GET /api/v1/results."""
    return _operation(
        "Counts of whole months, as far as small numbers let them be told",
        "results",
        FiguresQuery,
        ("Figures", "a row for each group", _FIGURES),
        statuses,
    )


def responses(statuses: dict[str, Any]) -> dict[str, Any]:
    """GET /api/v1/responses."""
    return _operation(
        "What people answered, row by row, of weeks that are over",
        "listResponses",
        AnswersQuery,
        ("AnswersPage", "one page", _ANSWERS),
        statuses,
    )


def _operation(
    summary: str,
    name: str,
    query: type[Query],
    found: tuple[str, str, dict[str, Any]],
    statuses: dict[str, Any],
) -> dict[str, Any]:
    model, text, example = found
    content = {"schema": {"$ref": f"#/components/schemas/{model}"}, "example": example}
    return {
        "summary": summary,
        "operationId": name,
        "security": [{"key": []}],
        "parameters": _parameters(query),
        "responses": {
            "200": {"description": text, "content": {"application/json": content}},
            **statuses,
        },
    }


def _parameters(query: type[Query]) -> list[dict[str, Any]]:
    found = []
    for name, schema in query.model_json_schema()["properties"].items():
        # A parameter is left out, never null.
        options = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
        text = schema.pop("description")
        told = {**schema, **(options[0] if options else {})}
        told.pop("title", None)
        if told.get("default", "") is None:
            del told["default"]
        found.append(
            {"name": name, "in": "query", "required": False, "description": text, "schema": told}
        )
    return found
