"""Links minted by the SDK, against the least that signing one can cost: struct, HMAC, base64.

Both give the whole address as text, with 8 fresh random bytes and the same 43-character token.
"""

import hmac
import os
import struct
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from measuring import rounds

from cxsdk import Issuer, Key

BASE = "https://cx.example.gov"
KEY = Key("permits", 1, bytes(range(32)))
PAYLOAD = struct.Struct(">BHI8s")


def raw() -> Callable[[], str]:
    """The floor: nothing checked, nothing remembered about the link but its text."""
    secret, now = KEY.secret, int(time.time())

    def mint() -> str:
        body = urlsafe_b64encode(PAYLOAD.pack(0x11, 1, now, os.urandom(8)))
        signature = hmac.digest(secret, body, "sha256")[:16]
        token = body + b"." + urlsafe_b64encode(signature).rstrip(b"=")
        return f"{BASE}/s/permits/riverside/{token.decode()}"

    return mint


def plain() -> Callable[[], str]:
    """`issue_link(service, office)`."""
    issuer = Issuer(BASE, KEY.text)
    return lambda: issuer.issue_link("permits", "riverside")


def repeatable() -> Callable[[], str]:
    """`issue_link` with the agency's own number of the visit."""
    issuer, now = Issuer(BASE, KEY.text), datetime.now(UTC)
    return lambda: issuer.issue_link("permits", "riverside", done_at=now, ref="case-280-2026")


def many_offices() -> Callable[[], str]:
    """`issue_link` for 500 offices in turn."""
    issuer = Issuer(BASE, KEY.text)
    slugs = [f"office-{number}" for number in range(500)]
    turns = iter(range(10**9))
    return lambda: issuer.issue_link("permits", slugs[next(turns) % 500])


def main() -> None:
    quick = rounds.quick(__doc__)
    ways = {
        "struct + HMAC + base64": raw(),
        "issue_link": plain(),
        "issue_link, ref and done_at": repeatable(),
        "issue_link, 500 offices in turn": many_offices(),
    }
    count, turns = (5_000, 3) if quick else (30_000, 9)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + 1):
        for name, mint in ways.items():
            took = _take(mint, count)
            if turn:
                seconds[name].append(took)
    floor, *others = ways
    for name in ways:
        print(f"{name:34}{count / median(seconds[name]):10,.0f} links per s of processor time")
    for name in others:
        pairs = zip(seconds[floor], seconds[name], strict=True)
        rounds.ratio(f"{name} / {floor}", (least / took for least, took in pairs))


def _take(mint: Callable[[], str], count: int) -> float:
    begun = time.process_time()
    for _ in range(count):
        mint()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
