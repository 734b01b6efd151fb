"""What a program sends, as one JSON object."""

import json
from typing import Any

from cxserver.api.items import Rejected


def parse(text: str) -> dict[str, Any]:
    """The object in `text`. Raises Rejected (422)."""
    try:
        sent = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Rejected(422, "invalid", f"This is not the JSON we take: {error}"[:200]) from None
    if not isinstance(sent, dict):
        raise Rejected(422, "invalid", "An object is expected.")
    return sent


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A parser that takes the last of two keys would let a proxy and us read different answers.
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name appears twice")
    return result


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")
