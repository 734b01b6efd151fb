"""A finding drawn: the share here and elsewhere on one axis, each with its interval. Pure."""

from dataclasses import dataclass
from math import ceil

from cxserver.findings.engine import Finding
from cxserver.results import measures
from cxserver.results.measures import Share

_STEP = 10
_LEAST = 20
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A share: its dot and the ends of its interval in percent of the width, and its words."""

    at: float
    low: float
    high: float
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Both marks, and the ticks of the axis (place, label); it starts at zero."""

    mine: Mark
    elsewhere: Mark
    ticks: tuple[tuple[float, int], ...]


def of(finding: Finding) -> Proof:
    """Where the marks of a finding stand."""
    mine = measures.share(finding.named, finding.n)
    elsewhere = measures.share(finding.named_elsewhere, finding.n_elsewhere)
    most = 100 * max(mine.high or 0.0, elsewhere.high or 0.0)
    top = min(100, max(_LEAST, _STEP * ceil(most / _STEP)))
    step = max(_STEP, _STEP * ceil(top / _TICKS / _STEP))
    ticks = tuple((100 * value / top, value) for value in range(0, top + 1, step))
    return Proof(_mark(mine, top), _mark(elsewhere, top), ticks)


def _mark(share: Share, top: int) -> Mark:
    ends = (100 * (end or 0.0) for end in (share.share, share.low, share.high))
    middle, low, high = ends
    words = f"{middle:.0f} of 100 people, most likely {low:.0f} to {high:.0f}"
    at = [min(100.0, 100 * value / top) for value in (middle, low, high)]
    return Mark(at[0], at[1], at[2], f"{middle:.0f}", words)
