"""Ask the server whether links would open, before the first person finds out: `Issuer.check`."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from http.client import HTTPException
from typing import Any

from cxsdk import findings, question
from cxsdk.errors import ServerUnreachable
from cxsdk.findings import Finding
from cxsdk.keys import Key

# Seconds.
_PATIENCE = 10.0
# Bytes of an answer.
_LONGEST = 4 * 1024 * 1024


def check(
    base_url: str,
    own_keys: Sequence[Key],
    pairs: Iterable[tuple[str, str]],
    clock: Callable[[], datetime],
) -> list[Finding]:
    """What to fix before links for these pairs open. Raises ServerUnreachable."""
    wanted = list(dict.fromkeys(pairs))
    result = [finding for pair in wanted if (finding := _own(own_keys, *pair))]
    faulty = {(finding.service, finding.office) for finding in result}
    for key, offices in _questions(own_keys, [pair for pair in wanted if pair not in faulty]):
        result += _ask(base_url, key, offices, clock)
    # What is about the address or the clock is the same for every key.
    return list(dict.fromkeys(result))


def _own(own_keys: Sequence[Key], service: str, office: str) -> Finding | None:
    """What can be seen without the server."""
    if not question.all_slugs([service, office]):
        return findings.bad_name(service, office)
    if any(key.covers(service, office) for key in own_keys):
        return None
    return findings.key_elsewhere(service, office, {key.service for key in own_keys})


def _questions(
    own_keys: Sequence[Key], pairs: Sequence[tuple[str, str]]
) -> Iterator[tuple[Key, list[str]]]:
    """Each key that signs, with its offices; without pairs every key, to try it."""
    if not pairs:
        yield from ((key, []) for key in own_keys)
        return
    offices: dict[Key, list[str]] = {}
    for service, office in pairs:
        signs = [key for key in own_keys if key.covers(service, office)][-1]
        offices.setdefault(signs, []).append(office)
    for key, names in offices.items():
        for start in range(0, len(names), question.MOST):
            yield key, names[start : start + question.MOST]


def _ask(
    base_url: str, key: Key, offices: Sequence[str], clock: Callable[[], datetime]
) -> list[Finding]:
    sent = clock()
    status, headers, body = _post(base_url, question.sign(key, offices, sent))
    received = clock()
    if 300 <= status < 400:
        return [findings.redirected(base_url, headers.get("location", "elsewhere"))]
    if status == 401 and _is_problem(headers):
        return [findings.unknown_key(base_url, key)]
    if status == 429 or status >= 500:
        raise ServerUnreachable(f"{base_url} answered {status}. Try again in a moment.")
    try:
        answer = json.loads(body)
        now, said_url = datetime.fromisoformat(answer["now"]), str(answer["base_url"])
        results = [(item["office"], item["code"], item["nearest"]) for item in answer["offices"]]
    except (ValueError, TypeError, KeyError):
        return [findings.no_server(base_url, status)]
    return [
        *findings.address(base_url, said_url),
        *findings.clock(now - (sent + (received - sent) / 2)),
        *(findings.of_office(key, *result) for result in results if result[1] != "ok"),
    ]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a POST would arrive as a GET, and links have to lead straight there."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


def _post(base_url: str, signed: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in small letters, body. Raises ServerUnreachable."""
    request = urllib.request.Request(  # noqa: S310  # the address was checked: http or https
        base_url + question.PATH,
        json.dumps({"signed": signed}).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
    )
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(request, timeout=_PATIENCE) as response:
            return response.status, _lowered(response.headers), response.read(_LONGEST)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _lowered(error.headers), error.read(_LONGEST)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise ServerUnreachable(
            f"{base_url} does not answer: {reason}. Check CX_BASE_URL, the network, and that the "
            "server runs."
        ) from error


def _lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _is_problem(headers: dict[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/problem+json")
