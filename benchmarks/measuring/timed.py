"""What pages took, as lines of a table, and whether that is within what we hold ourselves to."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from cxserver.accounts.roles import Role
from measuring.crowds import Size
from measuring.visits import Got

HEADING = (
    f"{'offices':7}{'answers':>12}  {'who':14}{'page':16}{'CPU s: cold':>12}{'warm':>8}"
    f"{'ms: cold':>10}{'warm':>8}{'SELECTs: cold':>15}{'warm':>6}"
)
_NONE = ("–", "–", "–")


@dataclass(frozen=True, slots=True)
class Timed:
    """What a page took, the first time and later; or why it did not come, then or in the end."""

    size: Size
    role: Role
    page: str
    got: Sequence[Got]
    refusal: str = ""

    @property
    def cold(self) -> Got | None:
        """The first time."""
        return self.got[0] if self.got else None

    @property
    def warm(self) -> Got | None:
        """The middle of the times after it."""
        later = self.got[1:]
        if not later:
            return None
        cpu, wall = median(one.cpu for one in later), median(one.wall for one in later)
        return Got(cpu, wall, later[-1].selects)

    @property
    def least(self) -> Got | None:
        """The quietest of the times after it: the work of others makes none of them shorter."""
        return min(self.got[1:], key=lambda one: one.cpu, default=None)

    @property
    def name(self) -> str:
        """Whose page it is."""
        return f"{self.role.words}, {self.page}"

    @property
    def line(self) -> str:
        """Its line in the table."""
        head = f"{self.size.offices:7}{self.size.answers:12,}  {self.role.words:14}{self.page:16}"
        if not self.got:
            return f"{head} {self.refusal}"
        cold, warm = _figures(self.cold), _figures(self.warm)
        return (
            f"{head}{cold[0]:>12}{warm[0]:>8}{cold[1]:>10}{warm[1]:>8}{cold[2]:>15}{warm[2]:>6}"
            f"  {self.refusal}"
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """What must not be more than `most`, and what was found: cold, and warm."""

    what: str
    found: Sequence[float]
    most: float
    unit: str
    refusal: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether it is kept each time. A page that did not come keeps none."""
        return bool(self.found) and not self.refusal and max(self.found) <= self.most

    @property
    def line(self) -> str:
        """The limit in words, and whether it is kept."""
        figures = ", ".join(f"{one:.2f}" for one in self.found)
        told = f"{figures} {self.unit}" if figures else self.refusal
        verdict = "pass" if self.is_kept else "fail"
        return f"{self.what:62}{told:>28}, at most {self.most}: {verdict}"


def of_cpu(found: Sequence[Timed], page: str, offices: int, most: float) -> Iterator[Limit]:
    """Seconds of the server's processor for a page of so many offices."""
    for one in found:
        if (one.page, one.size.offices) == (page, offices):
            took = [got.cpu for got in (one.cold, one.warm) if got]
            yield Limit(f"{offices} offices, {one.name}", took, most, "s of CPU", one.refusal)


def of_growth(found: Sequence[Timed], most: float) -> Iterator[Limit]:
    """How many times as much processor a page takes for more answers at as many offices."""
    for few, many in itertools.permutations(found, 2):
        alike = (few.size.offices, few.role, few.page) == (many.size.offices, many.role, many.page)
        if alike and few.size.answers < many.size.answers:
            pairs = ((few.cold, many.cold), (few.least, many.least))
            times = [more.cpu / less.cpu for less, more in pairs if less and more]
            what = f"{many.size.answers:,} / {few.size.answers:,} answers, {many.name}"
            yield Limit(what, times, most, "times the CPU", many.refusal or few.refusal)


def _figures(got: Got | None) -> tuple[str, str, str]:
    if got is None:
        return _NONE
    return f"{got.cpu:.3f}", f"{1000 * got.wall:,.0f}", f"{got.selects}"
