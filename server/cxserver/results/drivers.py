"""Why: how many of a hundred people name each driver, for better and for worse. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cxserver.instrument import drivers
from cxserver.instrument.survey import Survey
from cxserver.results import measures
from cxserver.results.measures import Score, Share
from cxserver.results.slices import Slice

Side = Literal["positive", "negative"]
SIDES: tuple[Side, ...] = ("positive", "negative")
# A driver that was rated instead of tapped: which points are which side. As the taps have it,
# whose side follows trust: 4 and 5 are positive.
POINTS: Mapping[Side, tuple[int, ...]] = {"positive": (4, 5), "negative": (1, 2, 3)}


@dataclass(frozen=True, slots=True)
class Taps:
    """One driver. `went_well` and `could_be_better` are shares of everyone who was offered it.

    A driver that was rated has its points in `score`; 4 and 5 went well, 1 and 2 could be better.
    """

    code: str
    went_well: Share
    could_be_better: Share
    score: Score | None = None

    @property
    def n(self) -> int:
        """How many people were offered it, or rated it."""
        return self.went_well.n


def per_person(slices: Iterable[Slice], surveys: Mapping[str, Survey]) -> list[Taps]:
    """Every driver that was offered, in OMB's order. The slices are by "survey" at least.

    Who was not offered a driver, for an older version did not have it, is not counted.
    """
    tapped: dict[str, list[int]] = {}
    rated: dict[str, list[int]] = {}
    for part in slices:
        survey = surveys.get(part.group["survey"])
        if survey is None:
            continue
        for code in survey.drivers:
            if survey.driver_mode == "likert":
                rated[code] = _sum(rated.get(code), part.points(f"driver:{code}"))
            else:
                tapped[code] = _sum(tapped.get(code), (*part.taps(code), part.n))
    taps = [_tapped(code, *tapped[code]) for code in drivers.CODES if code in tapped]
    return taps + [_rated(code, rated[code]) for code in drivers.CODES if code in rated]


def label(survey: Survey, code: str, language: str = "en") -> str:
    """What the driver is called on the screen."""
    words = survey.wording.get(language) or survey.wording[survey.languages[0]]
    return words.drivers.get(code, code)


def _tapped(code: str, positive: int, negative: int, n: int) -> Taps:
    return Taps(code, measures.share(positive, n), measures.share(negative, n))


def _rated(code: str, points: list[int]) -> Taps:
    score = measures.score(points)
    return Taps(
        code, measures.share(score.top, score.n), measures.share(score.bottom, score.n), score
    )


def _sum(totals: list[int] | None, other: Iterable[int]) -> list[int]:
    numbers = list(other)
    return [a + b for a, b in zip(totals or [0] * len(numbers), numbers, strict=True)]
