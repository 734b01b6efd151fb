"""Staff pages by a real server, for agencies of 60 to 960 offices and of up to ten million answers.

Each page is opened by somebody whose role sees every office: a service lead, who reads what closed
batches have released, and an analyst, who reads every count. "Cold" is the first time a server
shows the page, "warm" the median of later ones. With `--data` one installation is made in a folder
that stays, or finished there, and its pages are timed.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from measuring import crowds, growth, rounds, timed, visits
from measuring.crowds import Size
from measuring.timed import Timed
from measuring.visits import Got, NoAnswer, Visitor

from cxserver.accounts.roles import Role
from cxserver.settings import Settings

ROLES = (Role.SERVICE_LEAD, Role.ANALYST)
OVERVIEW = "/staff/"
PAGES = (OVERVIEW, "/staff/offices", "/staff/drivers", "/staff/response", "/staff/comments")

# Fifteen answers a month at each office; then few and many answers at as many offices.
FEW, MANY = Size(250, 10_000), Size(250, 10_000_000)
LARGEST = Size(960, 175_000)
SIZES = (Size(60, 10_900), Size(240, 43_700), LARGEST, FEW, MANY)
# What the limits are about.
LIMITED = (LARGEST, FEW, MANY)
MOST_ROWS = 1_000_000

# What we hold ourselves to: seconds of the server's processor for the Overview of the most offices,
# and how many times as much a page may take with a thousand times the answers.
MOST_CPU, MOST_TIMES = 2.0, 1.2

# A page that takes long is not opened again and again.
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How much of every size is tried, and how often a page is opened once it is warm."""

    part: int
    turns: int

    def of(self, size: Size) -> Size:
        """What is tried in place of this size."""
        return Size(size.offices // self.part, size.answers // self.part, size.rows // self.part)


def main() -> None:
    asked = _asked()
    pace = Pace(10, 1) if asked.quick else Pace(1, 5)
    sizes = LIMITED if asked.quick else SIZES
    if asked.data:
        found = _lasting(asked, pace)
    else:
        print(timed.HEADING, flush=True)
        found = [one for size in sizes for one in _passing(pace.of(size), pace)]
    _judge(found, pace)


def _asked() -> argparse.Namespace:
    parser = rounds.parser(__doc__)
    parser.add_argument("--data", type=Path, help="make one installation here, and let it stay")
    parser.add_argument("--offices", type=int, default=MANY.offices, help="how many it has")
    parser.add_argument("--answers", type=int, default=MANY.answers, help="about how many it has")
    parser.add_argument(
        "--rows", type=int, default=0, help="how many of them are kept one by one (to a million)"
    )
    parser.add_argument(
        "--against", type=int, default=FEW.answers, help="how many answers it is compared with"
    )
    asked = rounds.chosen(parser)
    if not 0 <= asked.rows <= MOST_ROWS or min(asked.offices, asked.answers, asked.against) < 10:
        parser.error(f"at least 10 offices and 10 answers; --rows from 0 to {MOST_ROWS:,}")
    return asked


def _lasting(asked: argparse.Namespace, pace: Pace) -> list[Timed]:
    """The pages of the installation that stays, and of one with as many offices and few answers."""
    size = pace.of(Size(asked.offices, asked.answers, asked.rows))
    settings = growth.grow(asked.data, size, _tell)
    print(timed.HEADING, flush=True)
    few = _passing(pace.of(Size(asked.offices, asked.against)), pace)
    return [*few, *_opened(settings, size, pace)]


def _passing(size: Size, pace: Pace) -> list[Timed]:
    """The pages of an installation that goes away again."""
    with tempfile.TemporaryDirectory(prefix="cx-bench-") as folder:
        return _opened(growth.grow(Path(folder), size), size, pace)


def _opened(settings: Settings, size: Size, pace: Pace) -> list[Timed]:
    return [one for role in ROLES for one in _by(settings, size, role, pace.turns)]


def _by(settings: Settings, size: Size, role: Role, turns: int) -> Iterator[Timed]:
    with visits.signed_in(settings, role) as visitor:
        for page in PAGES:
            one = Timed(size, role, page, *_turns(visitor, page, turns))
            print(one.line, flush=True)
            yield one


def _turns(visitor: Visitor, page: str, turns: int) -> tuple[list[Got], str]:
    """What it took to open the page, once cold and then warm; and why that ended early."""
    got: list[Got] = []
    try:
        while len(got) <= turns and sum(one.wall for one in got) < SECONDS:
            got.append(visitor.open(page))
    except NoAnswer as refusal:
        return got, str(refusal)
    return got, ""


def _tell(day: date, answers: int) -> None:
    left = (crowds.END - day).days - 1
    if day.day == 1 or not left:
        print(f"{day}: {answers:,} answers, {left} days to go", flush=True)


def _judge(found: Sequence[Timed], pace: Pace) -> None:
    if pace.part > 1:
        print("Every size was cut to a tenth. The limits are those of the whole sizes.")
    offices = pace.of(LARGEST).offices
    for limit in timed.of_cpu(found, OVERVIEW, offices, MOST_CPU):
        print(limit.line)
    for limit in timed.of_growth(found, MOST_TIMES):
        print(limit.line)


if __name__ == "__main__":
    main()
