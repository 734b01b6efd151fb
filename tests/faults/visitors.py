"""Honest people at a poster: each opens the survey, answers, and writes a word of their own."""

import threading
import time
from collections import Counter

import httpx2
from sqlalchemy import select

from cxserver import db, tables
from tests.faults.site import Site
from tests.support.house import stamp_of
from tests.support.http_server import PATIENCE

# So many of them are behind one address.
_BEHIND_ONE = 5


class Visitors:
    """Use it in a `with`: they come one after the other, on so many phones at once."""

    def __init__(self, site: Site, link: str, phones: int = 2):
        self.replies: Counter[int] = Counter()
        # Seconds from Send to the reply, of each whose answer was taken.
        self.seconds: list[float] = []
        self.words: set[str] = set()
        self._site, self._link = site, link
        self._over, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._come) for _ in range(phones)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def more(self, answers: int) -> None:
        """Return when so many more were taken. Raises RuntimeError."""
        goal, ends = len(self.seconds) + answers, time.monotonic() + PATIENCE
        while len(self.seconds) < goal:
            if time.monotonic() > ends:
                raise RuntimeError(f"No visitor is answered any more: {self.replies}")
            time.sleep(0.02)

    def marked(self) -> int:
        """Of their answers, how many are stored and not counted."""
        response = tables.responses.c
        excluded = select(response.comment).where(response.excluded.is_not(None))
        with db.read(self._site.house.engine) as connection:
            return len(self.words & set(connection.execute(excluded).scalars()))

    def _come(self) -> None:
        with httpx2.Client(timeout=60) as client:
            while not self._over.is_set():
                self._visit(client, *self._next())
                self._over.wait(0.1)

    def _next(self) -> tuple[str, str]:
        """The word and the address of the next person."""
        with self._lock:
            n = len(self.words)
            word = f"visitor {n}"
            self.words.add(word)
        group = n // _BEHIND_ONE
        return word, f"203.0.{group // 250}.{1 + group % 250}"

    def _visit(self, client: httpx2.Client, word: str, address: str) -> None:
        headers = {"X-Forwarded-For": address}
        stamp = stamp_of(client.get(self._link, headers=headers).text)
        fields = {"stamp": stamp, "trust": "4", "satisfaction": "5", "comment": word}
        began = time.monotonic()
        status = client.post(self._link, data=fields, headers=headers).status_code
        with self._lock:
            self.replies[status] += 1
            if status in (200, 303):
                self.seconds.append(time.monotonic() - began)
