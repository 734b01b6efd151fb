"""The part of the OpenAPI document about reading: parameters, examples and statuses."""

from typing import Any

from pydantic import BaseModel

from cxserver.api.schemas import (
    AnswersQuery,
    CommentsQuery,
    FiguresQuery,
    FindingsQuery,
    QuarterQuery,
)

SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key that `cx api-key issue` printed: cxa1_….",
    }
}
PROBLEMS = {
    "400": "there is a key in the address: take it for lost",
    "401": "no key, or one that is unknown, cut off, revoked or expired",
    "403": "the key does not read that service, that office, rows or comments",
    "422": "a parameter does not fit",
    "500": "our own fault",
    "503": "the database does not answer: try again",
}
_TEXT = {"type": "string"}
_HEADERS = {
    "ETag": {"description": "Send it again as `If-None-Match`.", "schema": _TEXT},
    "Link": {"description": "The next page, with `rel=next`, if there is one.", "schema": _TEXT},
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
_FINDINGS: dict[str, Any] = {
    "from": "2026-10-05",
    "to": "2026-11-01",
    "summary": "1 office stands out beyond chance.",
    "rows": [
        {
            "service": "permits",
            "office": "riverside",
            "driver": "efficiency",
            "title": "It takes too long at Riverside Office",
            "text": "21 of 100 people name “Time it took” as what could be better; …",
            "since": "since Oct 5",
            "is_worked_on": False,
            "named": 38,
            "n": 181,
            "named_elsewhere": 90,
            "n_elsewhere": 800,
            "chance": 0.0004,
        }
    ],
    "named_most": ["“Time it took” is named most as what could be better: by 38 of 181 people."],
}
_ANSWERS: dict[str, Any] = {
    "rows": [
        {
            "service": "permits",
            "office": "riverside",
            "channel": "email",
            "language": "en",
            "survey": "permits/1",
            "month": "2026-10",
            "week": "2026-W44",
            "day": "2026-10-28",
            "answered_hour": None,
            "delay": "4",
            "trust": 4,
            "satisfaction": 5,
            "drivers_positive": ["ease"],
            "drivers_negative": [],
            "driver_scores": {},
            "questions": {},
            "flags": [],
            "scale": "five-point",
        }
    ],
    "next": None,
}


_COMMENTS: dict[str, Any] = {
    "rows": [
        {
            "service": "permits",
            "office": "riverside",
            "week": "2026-W44",
            "trust": 4,
            "satisfaction": 5,
            "drivers_positive": ["ease"],
            "drivers_negative": [],
            "driver_scores": {},
            "scale": "five-point",
            "comment": "Quick, and kind.",
            "questions": {},
        }
    ],
    "next": None,
}


_FILED: dict[str, Any] = {
    "quarter": "2026Q1",
    "first_day": "2025-10-01",
    "last_day": "2025-12-31",
    "format": "v2",
    "agency": "Department of Everyday Affairs",
    "omb_contact": "Letter of 2 October 2025, A. Smith",
    "rows": [
        {
            "service": "permits",
            "channel": "email",
            "omb_channel": "email",
            "transaction_point": "post_interaction",
            "surveys": ["permits/1"],
            "hidden": False,
            "n": 40,
            "trust": {"1": 1, "2": 2, "3": 4, "4": 13, "5": 20},
            "satisfaction": {"1": 1, "2": 2, "3": 4, "4": 13, "5": 20},
            "drivers": {"ease": {"positive": 11, "negative": 3, "counts": None}},
        }
    ],
}


def results(statuses: dict[str, Any]) -> dict[str, Any]:
    """GET /api/v1/results."""
    return _operation(
        "Counts; of closed batches for keys that read no rows",
        "results",
        FiguresQuery,
        ("Figures", "a row for each group", _FIGURES),
        statuses,
    )


def findings(statuses: dict[str, Any]) -> dict[str, Any]:
    """GET /api/v1/findings."""
    return _operation(
        "What to do first, in the words of the staff pages; of closed batches for every key",
        "findings",
        FindingsQuery,
        ("Findings", "the most people first", _FINDINGS),
        statuses,
    )


def responses(statuses: dict[str, Any]) -> dict[str, Any]:
    """GET /api/v1/responses."""
    return _operation(
        "What people answered, row by row, for keys that read rows",
        "listResponses",
        AnswersQuery,
        ("AnswersPage", "one page", _ANSWERS),
        statuses,
    )


def comments(statuses: dict[str, Any]) -> dict[str, Any]:
    """GET /api/v1/comments."""
    return _operation(
        "What people wrote, for keys that read comments",
        "listComments",
        CommentsQuery,
        ("CommentsPage", "one page", _COMMENTS),
        statuses,
    )


def quarter(statuses: dict[str, Any]) -> dict[str, Any]:
    """GET /api/v1/quarters/{quarter}."""
    operation = _operation(
        "A quarter as it is filed with OMB: open to everybody where the agency has switched it on",
        "quarter",
        QuarterQuery,
        ("FiledQuarter", "a row for each set of files", _FILED),
        {
            **statuses,
            "404": {**statuses["401"], "description": "not open, not over, or no quarter"},
        },
    )
    name = {
        "name": "quarter",
        "in": "path",
        "required": True,
        "description": "A fiscal quarter that is over: 2026Q1 is October to December 2025.",
        "schema": {"type": "string", "pattern": "^20[0-9]{2}Q[1-4]$"},
    }
    operation["security"].append({})
    operation["parameters"].insert(0, name)
    return operation


def _operation(
    summary: str,
    name: str,
    query: type[BaseModel],
    success: tuple[str, str, dict[str, Any]],
    statuses: dict[str, Any],
) -> dict[str, Any]:
    model, text, example = success
    content = {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{model}"},
            "example": example,
        },
        "text/csv": {"schema": {"type": "string", "description": "`rows` alone, with a header."}},
    }
    return {
        "summary": summary,
        "operationId": name,
        "security": [{"key": []}],
        "parameters": _parameters(query),
        "responses": {
            "200": {"description": text, "headers": _HEADERS, "content": content},
            "304": {"description": "as it was when you were given that ETag"},
            **statuses,
        },
    }


def _parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    result = []
    for name, schema in query.model_json_schema()["properties"].items():
        # A parameter is left out, never null.
        options = [item for item in schema.pop("anyOf", []) if item != {"type": "null"}]
        text = schema.pop("description")
        flattened = {**schema, **(options[0] if options else {})}
        flattened.pop("title", None)
        if flattened.get("default", "") is None:
            del flattened["default"]
        result.append(
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": text,
                "schema": flattened,
            }
        )
    return result
