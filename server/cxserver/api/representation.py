"""What a program reads, in the form it asks for: JSON, or rows of CSV (RFC 4180).

Both have an ETag, so that who reads each night is sent only what has changed (RFC 9110, 8.8.3).
Nobody in between keeps a copy: the answer stays `no-store`, and the program keeps its own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cxserver.export import cells

CSV, JSON = "text/csv", "application/json"


def respond(request: Request, body: Mapping[str, Any], columns: Sequence[str] = ()) -> Response:
    """The body as JSON; or its `rows` as CSV for who prefers that. 304 where nothing changed.

    `columns` are those of the CSV, where they are the same for all rows.
    """
    is_csv = prefers_csv(request.headers.get("accept", ""))
    content = (as_csv(body["rows"], columns) if is_csv else _as_json(body)).encode()
    headers = {"etag": f'"{sha256(content).hexdigest()[:32]}"', "vary": "Accept, Authorization"}
    if cursor := body.get("next"):
        query = request.url.include_query_params(cursor=cursor).query
        headers["link"] = f'<?{query}>; rel="next"'
    if _is_known(request.headers.get("if-none-match", ""), headers["etag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=CSV if is_csv else JSON)


def prefers_csv(accept: str) -> bool:
    """Whether an `Accept` header ranks CSV above JSON. Without a word of CSV it is JSON."""
    ranks = dict(_ranks(accept))
    return ranks.get(CSV, 0.0) > ranks.get(JSON, 0.0)


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """The rows as CSV, in `columns`. Without them, what lies within a field becomes columns of its
    own: `trust_top2`.
    """
    flat = rows if columns else [dict(_flat("", row)) for row in rows]
    names = columns or _columns(flat)
    lines = [names, *([_cell(row.get(name)) for name in names] for row in flat)]
    return "".join(cells.line(line) for line in lines)


def _columns(flat: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every name, but of a field that is taken apart in one row and null in another."""
    names = dict.fromkeys(name for row in flat for name in row)
    return [
        name
        for name in names
        if any(row.get(name) is not None for row in flat)
        or not any(other.startswith(f"{name}_") for other in names)
    ]


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}_{key}" if name else str(key), item)
    elif isinstance(value, list) and value and isinstance(value[0], int):
        for point, count in enumerate(value, 1):
            yield f"{name}_{point}", count
    else:
        yield name, value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else cells.inert(cells.plain(value))


def _ranks(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weights = [text[2:] for text in parameters if text.startswith("q=")]
        try:
            yield media, float(weights[0]) if weights else 1.0
        except ValueError:
            yield media, 0.0


def _is_known(sent: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in sent.split(",")}
    return etag in tags or "*" in tags


def _as_json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
