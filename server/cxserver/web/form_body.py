"""Read what was sent: one honest type, bounded in size and in time."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

SECONDS = 10.0
_DIGITS = 20


async def read(request: Request, media_type: str, limit: int) -> str:
    """The body as text. Raises HTTPException: 400 not UTF-8, 408 slow, 413 long, 415 other type.

    `limit` is in bytes. Compressed bodies are refused, never inflated; charsets other than UTF-8
    are refused before any parser sees them.
    """
    _check_type(request, media_type)
    if _announced(request) > limit:
        raise HTTPException(413, headers={"connection": "close"})
    try:
        async with asyncio.timeout(SECONDS):
            raw = await _receive(request, limit)
    except TimeoutError:
        raise HTTPException(408, headers={"connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400) from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise HTTPException(400) from None


def _check_type(request: Request, media_type: str) -> None:
    name, _, rest = request.headers.get("content-type", "").partition(";")
    charset = rest.replace(" ", "").lower()
    foreign = charset not in ("", "charset=utf-8", 'charset="utf-8"')
    if name.strip().lower() != media_type or foreign:
        raise HTTPException(415)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415)


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    # int() raises for thousands of digits; nobody counts what is longer than this anyway.
    return int(length[:_DIGITS]) if length.isascii() and length.isdigit() else 0


async def _receive(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise HTTPException(413, headers={"connection": "close"})
        parts.append(part)
    return b"".join(parts)
