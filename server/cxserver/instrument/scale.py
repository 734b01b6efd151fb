"""The two scales on which trust is asked. What a stored number means is told by its scale."""

from dataclasses import dataclass
from typing import Literal

ScaleName = Literal["five-point", "thumbs"]


@dataclass(frozen=True, slots=True)
class Scale:
    """`points` are what is stored, the worst first; from `good` on, the drivers went well.

    `values` are what the points are counted under: a thumb is never added to the point 1.
    """

    name: ScaleName
    points: tuple[int, ...]
    good: int
    values: tuple[str, ...]

    def is_good(self, point: int) -> bool:
        """Whether drivers tapped under this rating went well."""
        return point >= self.good

    def value(self, point: int) -> str:
        """What this rating is counted under."""
        return self.values[self.points.index(point)]


# 1 to 3, neutral included, open the negative list: OMB's own five-point form does so.
FIVE_POINT = Scale("five-point", (1, 2, 3, 4, 5), 4, ("1", "2", "3", "4", "5"))
THUMBS = Scale("thumbs", (0, 1), 1, ("down", "up"))

BY_NAME: dict[ScaleName, Scale] = {scale.name: scale for scale in (FIVE_POINT, THUMBS)}
EVERY_POINT = tuple(sorted({point for scale in BY_NAME.values() for point in scale.points}))
