"""Who stands before a kiosk, drawn by chance: people on a busy day, and those who stuff the box.

Times are seconds. People need 8 to 60 s each; half of them give 5 and 5 and nothing else.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

from cxserver.intake.bursts import Face, Runs, Seen
from cxserver.response_id import ResponseId

Visit = tuple[float, Face | None]
Crowd = Callable[[Random], list[Visit]]

START = datetime(2026, 11, 4, 14, tzinfo=UTC)
DEVICE = ("permits", "riverside", "a" * 16)


def even_hour(chance: Random) -> list[Visit]:
    """100 to 140 people in an hour, one after the other, whenever they come by."""
    takes = [_takes(chance) for _ in range(chance.randint(100, 140))]
    idle = max(0.5, (3600 - sum(takes)) / len(takes) - 1)
    return _visits((took + 1 + chance.expovariate(1 / idle), _mood(chance)) for took in takes)


def queue_hour(chance: Random) -> list[Visit]:
    """The same number, in queues of 5 to 20 who step up within 1 to 4 seconds of each other."""
    gaps: list[float] = []
    for _ in range(chance.randint(100, 140)):
        gaps.append(_takes(chance) + chance.uniform(1, 4))
    at = 0
    while at < len(gaps):
        gaps[at] += chance.expovariate(1 / 60)
        at += chance.randint(5, 20)
    return _visits((gap, _mood(chance)) for gap in gaps)


def child(chance: Random) -> list[Visit]:
    """12 answers of any kind, a press or three at a time: about 3 s each."""
    return _visits((_about(chance, 3, 0.4), _any(chance)) for _ in range(12))


def stuffing(chance: Random) -> list[Visit]:
    """20 times 1 and 1, about 5 s each."""
    return _visits((_about(chance, 5, 0.3), (1, 1)) for _ in range(20))


def staff(chance: Random) -> list[Visit]:
    """15 times 5 and 5, about 9 s each: between other work, with the thanks page to wait for."""
    return _visits((_about(chance, 9, 0.3), (5, 5)) for _ in range(15))


def slow_staff(chance: Random) -> list[Visit]:
    """15 times 5 and 5, about 12 s each."""
    return _visits((_about(chance, 12, 0.25), (5, 5)) for _ in range(15))


def flags(visits: Sequence[Visit], runs: Runs | None = None) -> dict[int, str]:
    """Which of the visits, by their place in the list, carry which flag in the end."""
    runs = runs or Runs()
    flag_of: dict[int, str] = {}
    for n, (at, mood) in enumerate(visits):
        row = ResponseId("permits", date(2026, 11, 4), str(n))
        marks = runs.judge(Seen(DEVICE, row, START + timedelta(seconds=at), mood))
        for (_, _, name), flag in marks.items():
            flag_of.setdefault(int(name), flag)
    return flag_of


def flagged(crowd: Crowd, times: int, seed: int) -> tuple[int, float]:
    """Of `times` such crowds, how many have a flag; and the share of all answers that carry one."""
    chance = Random(seed)
    crowds = answers = marked = 0
    for _ in range(times):
        visits = crowd(chance)
        flagged = len(flags(visits))
        crowds += flagged > 0
        answers += len(visits)
        marked += flagged
    return crowds, marked / answers


def _visits(steps: Iterator[tuple[float, Face | None]]) -> list[Visit]:
    at, visits = 0.0, []
    for gap, mood in steps:
        at += gap
        visits.append((at, mood))
    return visits


def _takes(chance: Random) -> float:
    return min(60.0, max(8.0, _about(chance, 18, 0.55)))


def _about(chance: Random, median: float, spread: float) -> float:
    return chance.lognormvariate(math.log(median), spread)


def _mood(chance: Random) -> Face | None:
    draw = chance.random()
    if draw < 0.5:
        return 5, 5
    # The others tap a driver or write a word, or give other points and nothing else.
    return _any(chance) if draw < 0.7 else None


def _any(chance: Random) -> Face:
    return chance.randint(1, 5), chance.randint(1, 5)
