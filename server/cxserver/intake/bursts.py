"""Bursts: answers that come from one device faster, or more alike, than people give them. Pure.

Two runs are looked for (docs/operate/bursts.md says why these numbers): *rush*, a child at the
buttons or somebody who stuffs the box; *same*, staff who press fives. Through a poster or a site a
crowd may answer at once from one network, so only a longer run of *same* counts there. Runs are
kept in memory alone: the database never learns an exact time, a device or a network.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cxserver.instrument.answers import Answers
from cxserver.instrument.flags import RUSH, SAME
from cxserver.response_id import ResponseId

# What stays on an answer when somebody has looked and takes the flag off: a note, not suspicion.
LIFTED: Mapping[str, str] = {RUSH: "lifted-rush", SAME: "lifted-same"}
# A device's clock is put right in whole seconds, between two answers too.
SLIP = timedelta(seconds=5)
DEVICES = 5000

Device = tuple[str, str, str]
Face = tuple[int | None, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """`count` answers in a row, each less than `within` after the one before."""

    flag: str
    count: int
    within: timedelta
    alike: bool


RULES = (
    Rule(RUSH, 5, timedelta(seconds=10), alike=False),
    Rule(SAME, 8, timedelta(seconds=20), alike=True),
)


# Of half a crowd that says the same, fifteen in a row are one in thirty thousand.
CROWD_RULES = (Rule(SAME, 15, timedelta(seconds=20), alike=True),)


@dataclass(frozen=True, slots=True)
class Seen:
    """One stored answer: its device (service, office, nonce), its row, when it was given.

    `face` is its ratings when it has nothing else, so that answers can be alike.
    """

    device: Device
    row: ResponseId
    at: datetime
    face: Face | None


def face(answers: Answers) -> Face | None:
    """The ratings, when these answers consist of nothing else."""
    if answers.drivers or answers.scores or answers.comment or answers.questions:
        return None
    return answers.satisfaction, answers.trust


class Runs:
    """The runs that are under way, per device. Of the longest unseen device nothing is kept."""

    def __init__(self, devices: int = DEVICES, rules: Sequence[Rule] = RULES):
        self._rules = rules
        self._devices: OrderedDict[Device, _Visits] = OrderedDict()
        self._limit = devices

    def judge(self, seen: Seen) -> dict[ResponseId, str]:
        """The answers that now turn out to be of a burst, with the flag of each.

        Usually none. Else this one, and with it those that came before the run was long enough.
        """
        visits = self._devices.setdefault(seen.device, _Visits(self._rules))
        self._devices.move_to_end(seen.device)
        if len(self._devices) > self._limit:
            self._devices.popitem(last=False)
        return visits.add(seen)

    def __len__(self) -> int:
        return len(self._devices)


@dataclass(slots=True)
class _Run:
    """One run: how long it is, and its answers that carry no flag yet (fewer than `count`)."""

    length: int = 0
    rows: list[ResponseId] = field(default_factory=list)

    def add(self, rule: Rule, row: ResponseId, *, joins: bool) -> list[ResponseId]:
        if not joins:
            self.length, self.rows = 0, []
        self.length += 1
        self.rows.append(row)
        if self.length < rule.count:
            return []
        burst, self.rows = self.rows, []
        return burst


@dataclass(slots=True)
class _Visits:
    """The last answer of one device, and a run for each rule."""

    rules: Sequence[Rule]
    last: Seen | None = None
    runs: tuple[_Run, ...] = ()

    def __post_init__(self) -> None:
        self.runs = tuple(_Run() for _ in self.rules)

    def add(self, seen: Seen) -> dict[ResponseId, str]:
        result: dict[ResponseId, str] = {}
        for rule, run in zip(self.rules, self.runs, strict=True):
            for row in run.add(rule, seen.row, joins=self._joins(rule, seen)):
                result.setdefault(row, rule.flag)
        self.last = seen
        return result

    def _joins(self, rule: Rule, seen: Seen) -> bool:
        if self.last is None or not -SLIP <= seen.at - self.last.at < rule.within:
            return False
        return not rule.alike or (seen.face is not None and seen.face == self.last.face)
