"""People who answer: each with an invite, and again with the same one until it is acknowledged."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2

from cxsdk import Link
from tests.support.house import House
from tests.support.http_server import PATIENCE

_LETTERS = "bcdfghjkmnpqrstvwxz"


class Crowd:
    """Who answers, what they sent, and what was acknowledged. Use it in a `with`: they come and
    go on until it ends. Each writes a word of its own, by which its answer is recognized.
    """

    def __init__(self, house: House, addresses: Sequence[str], seed: int, people: int = 4) -> None:
        self.house = house
        self.seed = seed
        self.attempted: dict[str, Link] = {}
        self.acknowledged: set[str] = set()
        # How often each status was the reply; 0: none came.
        self.replies: Counter[int] = Counter()
        # Seconds from sending to its reply, of each that was acknowledged.
        self.seconds: list[float] = []
        # What others wrote: those who came before, and whoever is let in besides.
        self.foreign = frozenset(row["comment"] for row in house.responses())
        self._addresses = addresses
        self._chance = random.Random(seed)
        self._enough = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._live) for _ in range(people)]

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def more(self, answers: int) -> None:
        """Return when so many more have been acknowledged. Raises RuntimeError."""
        goal = len(self.acknowledged) + answers
        ends = time.monotonic() + PATIENCE
        while len(self.acknowledged) < goal:
            if time.monotonic() > ends:
                raise RuntimeError(f"Nothing is acknowledged any more: {self.replies}")
            time.sleep(0.005)

    def more_replies(self, status: int, n: int = 1) -> None:
        """Return when a status was the reply to so many more."""
        goal = self.replies[status] + n
        ends = time.monotonic() + PATIENCE
        while self.replies[status] < goal:
            if time.monotonic() > ends:
                raise RuntimeError(f"Nobody is told {status}: {self.replies}")
            time.sleep(0.005)

    def pause(self, least: float, most: float) -> None:
        """Let some time pass, by chance."""
        time.sleep(self._chance.uniform(least, most))

    def retry(self, words: Sequence[str] = ()) -> Counter[int]:
        """Send again, until each is acknowledged; without `words`, all that was ever attempted.

        Gives the statuses of the acknowledgments.
        """
        ends = time.monotonic() + PATIENCE
        with httpx2.Client(timeout=30) as client, ThreadPoolExecutor(4) as people:

            def until_acknowledged(word: str) -> int:
                while (status := self.send(client, word)) not in (200, 201):
                    if status == 409 or time.monotonic() > ends:
                        raise RuntimeError(f"A retry is told {status}.")
                    time.sleep(0.05)
                return status

            return Counter(people.map(until_acknowledged, words or tuple(self.attempted)))

    def send(self, client: httpx2.Client, word: str) -> int:
        """Send an answer, once; the status, or 0 where no reply came."""
        body = {"link": self.attempted[word], "trust": 4, "satisfaction": 4, "comment": word}
        began = time.monotonic()
        try:
            address = self._addresses[self._chance.randrange(len(self._addresses))]
            status = client.post(f"{address}/api/v1/responses", json=body).status_code
        except httpx2.TransportError:
            status = 0
        with self._lock:
            self.replies[status] += 1
            if status in (200, 201):
                self.acknowledged.add(word)
                self.seconds.append(time.monotonic() - began)
        return status

    def invite(self) -> str:
        """One more person gets a link; the word they will write."""
        with self._lock:
            word = "".join(self._chance.choices(_LETTERS, k=14))
            self.attempted[word] = self.house.mint()
        return word

    def _live(self) -> None:
        # A server that is stopped answers nobody: this client gives up, and comes back later.
        with httpx2.Client(timeout=8) as client:
            while not self._enough.is_set():
                if self.send(client, self.invite()) not in (200, 201):
                    time.sleep(0.15)
