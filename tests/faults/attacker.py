"""A program that floods one link: so many connections, each sends an answer as soon as the one
before was replied to, with 2,000 characters to mask, hash and store.

`python -m tests.faults.attacker PORT LINK CONNECTIONS SECONDS NETWORK` prints how often each
status was the reply, as JSON; "0": none came. A process of its own, so that the honest people
whose time is taken do not wait for the attacker's Python.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from uuid import uuid4

WORDS = ("flood " * 334)[:2000]


def request(port: int, link: str, network: str) -> bytes:
    """One answer to the link, as bytes, from somebody of a network."""
    answer = {"link": link, "trust": 1, "satisfaction": 1, "comment": WORDS, "key": str(uuid4())}
    body = json.dumps(answer)
    head = (
        "POST /api/v1/responses HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"X-Forwarded-For: {network}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", body)).encode()


async def reply(reader: asyncio.StreamReader) -> int:
    """The status of the next reply. Raises OSError or EOFError where it breaks off."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    return int(head.split(b" ", 2)[1])


async def attack(port: int, link: str, network: str, ends: float, replies: Counter[int]) -> None:
    """Send through one connection after the other until it is over."""
    while time.monotonic() < ends:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.monotonic() < ends:
                writer.write(request(port, link, network))
                replies[await reply(reader)] += 1
            writer.close()
        except (OSError, EOFError):
            replies[0] += 1
            await asyncio.sleep(0.05)


async def main(port: int, link: str, connections: int, seconds: float, network: str) -> None:
    """Attack, and print the replies."""
    replies: Counter[int] = Counter()
    ends = time.monotonic() + seconds
    attacks = (attack(port, link, network, ends, replies) for _ in range(connections))
    await asyncio.gather(*attacks)
    print(json.dumps(replies))


if __name__ == "__main__":
    port, link, connections, seconds, network = sys.argv[1:]
    asyncio.run(main(int(port), link, int(connections), float(seconds), network))
