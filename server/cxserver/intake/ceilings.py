"""How many answers may come from one network, through one link, for one service. In memory alone.

Three things can happen to an answer of a place (a poster, a site, a kiosk). Invites are exempt:
each answers once.

- *taken*: the usual thing;
- *marked*: more come than people give. The answer is stored, but not counted, filed or charged to
  OMB's approval until somebody who looked restores it;
- *refused*: so many come that storing them would harm the others. The person keeps every word.

The numbers are those of `docs/operate/floods.md`, which shows what honest crowds do with them. A
network is known by a keyed hash whose key is thrown away every day.
"""

import hmac
import math
import secrets
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from statistics import median

from cxserver.clock import Monotonic
from cxserver.limits import Ceiling, Limits

_DAY = 86_400.0
# A pace is over about ten minutes: long enough to tell a program from people who come together.
_WINDOW = 600.0
# Fewer than this in that time are never too many from one network, whatever the others do.
_FEW = 5.0
_HARD = 10.0
# Networks kept in mind. The one that was heard of longest ago makes room.
NETWORKS = 100_000


class Fate(Enum):
    """What becomes of an answer."""

    TAKEN = "taken"
    MARKED = "marked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer's fate; after how many seconds a refused one may be sent again."""

    fate: Fate
    wait: int = 0


_TAKEN, _MARKED = Verdict(Fate.TAKEN), Verdict(Fate.MARKED)


@dataclass(slots=True)
class Bucket:
    """A token bucket, filled by the monotonic clock."""

    ceiling: Ceiling
    level: float
    at: float

    @classmethod
    def full(cls, ceiling: Ceiling, now: float) -> "Bucket":
        """As it is for somebody who was not seen lately."""
        return cls(ceiling, ceiling.burst, now)

    def has_one(self, now: float) -> bool:
        """Whether one more is allowed. It is not taken yet."""
        gained = (now - self.at) * self.ceiling.rate / 60
        self.level, self.at = min(self.ceiling.burst, self.level + gained), now
        return self.level >= 1

    def take(self) -> None:
        """Take one."""
        self.level -= 1

    def wait(self) -> int:
        """Seconds until there is one again."""
        return max(1, math.ceil((1 - self.level) * 60 / self.ceiling.rate))


@dataclass(slots=True)
class _Network:
    """What one network sent through one link lately."""

    soft: Bucket
    day: Bucket
    hard: Bucket
    pace: float = 0.0
    at: float = 0.0

    def add(self, now: float) -> None:
        self.pace, self.at = self.pace_at(now) + 1, now

    def pace_at(self, now: float) -> float:
        return self.pace * math.exp((self.at - now) / _WINDOW)


@dataclass(slots=True)
class _Link:
    """What came through one link lately, and from which networks."""

    soft: Bucket
    day: Bucket
    networks: "OrderedDict[bytes, _Network]" = field(default_factory=OrderedDict)

    def usual(self, now: float) -> float:
        """The median pace of the networks that sent something in the last minutes."""
        paces = [pace for item in self.networks.values() if (pace := item.pace_at(now)) > 0.3]
        return median(paces) if paces else 0.0


class Ceilings:
    """The ceilings of one process, and what came lately."""

    def __init__(self, limits: Limits, monotonic: Monotonic, most: int = NETWORKS):
        self._limits = limits
        self._monotonic = monotonic
        self._most = most
        self._names = _Names(monotonic())
        self._links: OrderedDict[Hashable, _Link] = OrderedDict()
        self._services: dict[str, tuple[Bucket, Bucket]] = {}
        self._known = 0

    @property
    def networks(self) -> int:
        """How many networks are kept in mind."""
        return self._known

    def judge(self, service: str, link: Hashable, network: str) -> Verdict:
        """What becomes of an answer that comes now through a link of a service."""
        now = self._monotonic()
        line = self._link(link, now)
        sender = self._sender(line, self._names.of(network, now), now)
        service_soft, service_day = self._service(service, now)
        for bucket in (sender.hard, line.day, service_day):
            if not bucket.has_one(now):
                return Verdict(Fate.REFUSED, bucket.wait())
        for bucket in (sender.hard, line.day, service_day):
            bucket.take()
        sender.add(now)
        if self._is_flood(line, sender, service_soft, now):
            return _MARKED
        for bucket in (sender.soft, sender.day, line.soft, service_soft):
            bucket.take()
        return _TAKEN

    def _is_flood(self, line: _Link, sender: _Network, service: Bucket, now: float) -> bool:
        if not (sender.soft.has_one(now) and sender.day.has_one(now)):
            return True
        # What is marked takes nothing from a link: there is always something left for the others.
        crowded = not line.soft.has_one(now) or not service.has_one(now)
        return crowded and sender.pace > max(_FEW, line.usual(now))

    def _link(self, name: Hashable, now: float) -> _Link:
        line = self._links.get(name)
        if line is None:
            limits = self._limits
            soft, day = limits.link, Ceiling.a_day(limits.link_day)
            line = self._links[name] = _Link(Bucket.full(soft, now), Bucket.full(day, now))
        self._links.move_to_end(name)
        return line

    def _sender(self, line: _Link, name: bytes, now: float) -> _Network:
        sender = line.networks.get(name)
        if sender is None:
            limits = self._limits
            sender = line.networks[name] = _Network(
                Bucket.full(limits.network, now),
                Bucket.full(Ceiling.a_day(limits.network_day), now),
                Bucket.full(limits.network.times(_HARD), now),
            )
            self._known += 1
            self._make_room()
        line.networks.move_to_end(name)
        return sender

    def _make_room(self) -> None:
        while self._known > self._most:
            # The link that was used longest ago, and of it the network of longest ago.
            name, line = next(iter(self._links.items()))
            if line.networks:
                line.networks.popitem(last=False)
                self._known -= 1
            if not line.networks and len(self._links) > 1:
                del self._links[name]

    def _service(self, name: str, now: float) -> tuple[Bucket, Bucket]:
        if name not in self._services:
            limits = self._limits
            soft, day = limits.service, Ceiling.a_day(limits.service_day)
            self._services[name] = Bucket.full(soft, now), Bucket.full(day, now)
        return self._services[name]


class Knocks:
    """How often one network may try what it should not have to guess: codes and sign-in links."""

    def __init__(self, ceiling: Ceiling, monotonic: Monotonic, most: int = NETWORKS):
        self._ceiling = ceiling
        self._monotonic = monotonic
        self._most = most
        self._names = _Names(monotonic())
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()

    def wait(self, network: str) -> int:
        """Seconds until this network may try again; 0 at once. Each call is a try."""
        now = self._monotonic()
        name = self._names.of(network, now)
        bucket = self._buckets.setdefault(name, Bucket.full(self._ceiling, now))
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if not bucket.has_one(now):
            return bucket.wait()
        bucket.take()
        return 0


class _Names:
    """Keyed hashes of networks. The key is random and lives a day: nothing leads back."""

    def __init__(self, now: float):
        self._key, self._until = secrets.token_bytes(32), now + _DAY

    def of(self, network: str, now: float) -> bytes:
        if now >= self._until:
            self._key, self._until = secrets.token_bytes(32), now + _DAY
        return hmac.digest(self._key, network.encode("utf-8", "replace"), "sha256")[:16]
