"""Take turns, and tell medians: a busy machine then disturbs every contestant alike."""

import argparse
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from measuring import load
from measuring.servers import Server


@dataclass(frozen=True)
class Round:
    """What one round measured; times are seconds."""

    answered: int
    rate: float
    cpu: float
    half: float
    most: float


@dataclass
class Contestant:
    """A server, and the requests it gets."""

    name: str
    server: Server
    requests: Iterator[bytes]
    status: int
    rounds: list[Round] = field(default_factory=list)

    def run(self, seconds: float, connections: int) -> Round:
        """One round."""
        before = self.server.cpu()
        came = load.run(
            self.server.port,
            self.requests,
            seconds=seconds,
            status=self.status,
            connections=connections,
        )
        cpu = (self.server.cpu() - before) / came.n
        return Round(came.n, came.n / came.seconds, cpu, came.within(0.5), came.within(0.99))

    @property
    def answered(self) -> int:
        """How many requests were answered, the round to warm up included."""
        return sum(turn.answered for turn in self.rounds)

    @property
    def counted(self) -> Sequence[Round]:
        """The rounds that count: all but the first, which warms up."""
        return self.rounds[1:]


def compete(
    contestants: Sequence[Contestant], *, rounds: int, seconds: float, connections: int = 32
) -> None:
    """A short round that does not count, then `rounds` of them, in turns."""
    for turn in range(rounds + 1):
        for contestant in contestants:
            contestant.rounds.append(contestant.run(seconds if turn else 0.3, connections))


def tell(contestants: Sequence[Contestant]) -> None:
    """The medians, a line each."""
    print(f"{'':34}{'per s':>9}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for contestant in contestants:
        turns = contestant.counted
        print(
            f"{contestant.name:34}"
            f"{median(turn.rate for turn in turns):9,.0f}"
            f"{1e6 * median(turn.cpu for turn in turns):9,.0f}"
            f"{1e3 * median(turn.half for turn in turns):9.1f}"
            f"{1e3 * median(turn.most for turn in turns):9.1f}"
        )


def compare(one: Contestant, other: Contestant) -> None:
    """How much processor time and how many requests a second `other` has of `one`'s."""
    pairs = list(zip(one.counted, other.counted, strict=True))
    ratio(f"CPU, {one.name} / {other.name}", (a.cpu / b.cpu for a, b in pairs))
    ratio(f"per s, {other.name} / {one.name}", (b.rate / a.rate for a, b in pairs))


def ratio(what: str, values: Iterable[float]) -> None:
    """The median of a ratio that was taken round by round, and its spread."""
    found = sorted(values)
    print(f"{what:66}{median(found):6.2f}   ({found[0]:.2f} to {found[-1]:.2f})", flush=True)


def quick(about: str | None) -> bool:
    """Whether --quick was asked for; says on which machine this runs."""
    return bool(chosen(parser(about)).quick)


def parser(about: str | None) -> argparse.ArgumentParser:
    """What every benchmark may be asked for."""
    made = argparse.ArgumentParser(description=about)
    made.add_argument("--quick", action="store_true", help="a few seconds: does it run at all?")
    return made


def chosen(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """What was asked for; says on which machine this runs."""
    found = parser.parse_args()
    print(_machine(), flush=True)
    return found


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "?")
    return (
        f"{os.cpu_count()} × {model}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} when it began"
    )
