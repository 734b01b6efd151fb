"""What the numbers of a staff page say, in sentences. Pure."""

from collections.abc import Iterable, Mapping

from cxserver.catalog.directory import Service
from cxserver.results import drivers, suppression
from cxserver.results.changes import Change
from cxserver.results.drivers import Taps
from cxserver.results.measures import Score
from cxserver.results.table import percent

MEASURES: Mapping[str, str] = {"trust": "Trust", "satisfaction": "Satisfaction"}


def standing(score: Score) -> str:
    """How a measure stands: in percent where there are enough people, else in people."""
    if score.top2 is None or score.low is None or score.high is None:
        return "Nobody answered this."
    gave = "gave a thumb up" if score.is_thumbs else "gave a 4 or 5"
    if score.n < suppression.NOT_FOR_COMPARISON:
        return f"{score.people} people {gave}. Too few to compare with anything."
    return (
        f"{percent(score.top2)} {gave} (most likely between {percent(score.low)} and "
        f"{percent(score.high)}). {score.n:,} people answered."
    )


def good(scores: Iterable[Score | None]) -> str:
    """What the best answers of a column are called."""
    thumbs = {score.is_thumbs for score in scores if score and score.n}
    if thumbs == {True}:
        return "thumbs up"
    return "a 4 or 5, or thumbs up" if thumbs == {True, False} else "a 4 or 5"


def verdict(change: Change) -> str:
    """What became of it, in a word or two."""
    if change.verdict == "changed":
        return "Up" if (change.difference or 0) > 0 else "Down"
    return change.verdict.capitalize()


def became(change: Change, before: str) -> tuple[str, str]:
    """What became of it: in a word or three to print in bold, and what follows on them."""
    if change.verdict == "changed":
        headline, _, rest = since(change, before).partition(" (")
        return headline, f"({rest}"
    if change.before.n and change.verdict == "not changed":
        return "Not changed", f"since {before}. {change.reason}"
    return f"{verdict(change)}.", since(change, before)


def since(change: Change, before: str) -> str:
    """What became of it, and why that can be said. `before` names the days before."""
    if not change.before.n:
        return f"There is nothing to compare with in {before}."
    if change.verdict == "changed":
        return f"{_by(change)} since {before}, {_from_to(change)}. More than chance would do."
    if change.verdict == "not changed":
        return f"About the same as {before}. {change.reason}"
    same = change.adjusted
    if change.verdict == "not comparable" and same:
        moved = f"{_points(same.low, sign=True)} to {_points(same.high, sign=True)}"
        return f"{change.reason} At the same mix of channels it moved by {moved} points."
    return change.reason


def moved(name: str, measure: str, change: Change) -> str:
    """One place that changed."""
    return f"{name}: {MEASURES[measure].lower()} {by(change)}"


def by(change: Change) -> str:
    """By how much it changed: the end of a sentence."""
    return f"{_by(change).lower()}, {_from_to(change)}."


def shares(change: Change) -> tuple[str, str]:
    """Both shares in percent, with a decimal where whole percents may lie a point further apart
    than the change that stands beside them.
    """
    was, now = change.before.top2 or 0.0, change.after.top2 or 0.0
    apart = round(100 * now) - round(100 * was)
    if abs(apart) != round(100 * abs(now - was)):
        return f"{was:.1%}", f"{now:.1%}"
    return percent(was), percent(now)


def driver(services: Iterable[Service], taps: Taps) -> str:
    """What a driver is called on the screen, where it is asked in that way."""
    rated = taps.score is not None
    asking = [service.survey for service in services if taps.code in service.survey.drivers]
    # Where it is rated it has a whole sentence, where it is tapped a word or three.
    asking.sort(key=lambda survey: (survey.driver_mode == "likert") is not rated)
    return drivers.label(asking[0], taps.code) if asking else taps.code.capitalize()


def drivers_of(services: Iterable[Service]) -> list[tuple[str, str]]:
    """The drivers that these services ask for: code, and what the first of them calls it."""
    result: dict[str, str] = {}
    for service in services:
        for code in service.survey.drivers:
            result.setdefault(code, drivers.label(service.survey, code))
    return list(result.items())


def _by(change: Change) -> str:
    low, high, difference = change.low or 0.0, change.high or 0.0, change.difference or 0.0
    way = "Up" if difference > 0 else "Down"
    near, far = sorted((abs(low), abs(high)))
    points = "1 point" if _points(difference) == "1" else f"{_points(difference)} points"
    return f"{way} {points} (between {_points(near)} and {_points(far)})"


def _from_to(change: Change) -> str:
    was, now = shares(change)
    return f"from {was} to {now}"


def _points(value: float, *, sign: bool = False) -> str:
    points = 100 * value
    text = f"{points:+.0f}" if sign else f"{abs(points):.0f}"
    if text in ("0", "+0", "-0"):
        return "0" if sign or not points else "under 1"
    return text.replace("-", "−")
