"""An attacker who opens every staff page there is, and does the sums.

The unknowns are how many answered at each office, of each service, by each channel, in each
language, in each stretch of days. Every number of people on a page is a sum of some of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from cxserver import periods
from cxserver.catalog.directory import Directory
from cxserver.insight import scopes, small
from cxserver.insight.scopes import Scope
from cxserver.insight.slices import Slice
from cxserver.periods import Span
from cxserver.staff import filters, ruling, stretches
from cxserver.staff.filters import Filters, Window
from cxserver.staff.ruling import Ruling
from cxserver.staff.veil import Veil

# Stretches of days that no page cuts: the finest that anybody could hope to know.
Cell = tuple[str, str, str, str, int]  # service, office, channel, language, stretch


@dataclass(frozen=True)
class Address:
    """One thing that can be asked for, and the cells that it counts."""

    asked: Filters
    cells: tuple[int, ...]


class Agency:
    """Answers in memory, read as the pages read them from the database."""

    def __init__(
        self, known: Directory, today: date, counts: dict[Cell, int], seen: Scope | None = None
    ):
        self.known, self.today = known, today
        self._window = filters.windows(today)[0]
        self.seen = seen or Scope()
        self.stretches = stretches.pieces(stretches.WEEKS, today)
        self.counts = {cell: n for cell, n in counts.items() if self._sees(cell)}
        self.cells = sorted(self._possible())
        self.truth = np.array([self.counts.get(cell, 0) for cell in self.cells])

    def count(self, span: Span, by: tuple[str, ...]) -> list[Slice]:
        """As `slices.read` does."""
        found: dict[tuple[str, ...], int] = {}
        for cell, n in self.counts.items():
            if n and self._is_within(cell[4], span):
                group = dict(zip(ruling.NEEDS, cell, strict=False))
                key = tuple(group[name] for name in by)
                found[key] = found.get(key, 0) + n
        return [
            Slice(dict(zip(by, key, strict=True)), {"response": {"all": n}})
            for key, n in sorted(found.items())
        ]

    def asked(self, **chosen: Any) -> Filters:
        """The page of the last 28 days, with these filters."""
        whole = Filters(None, None, None, None, self._window, self.today, self.seen, self.known)
        return whole.but(**chosen)

    def veil(self) -> Veil:
        """What hides."""
        return Veil(self.count, Ruling(self.count, self.asked()))

    def addresses(self) -> Iterator[Address]:
        """Everything that the pages can be asked for, what counts the same cells only once."""
        used = {at: sorted({cell[at] for cell in self.cells}) for at in (0, 2, 3)}
        offices = [one.slug for one in self.asked().all_offices(self.seen)]
        offers = [(None, *names) for names in (used[0], offices, used[2], used[3])]
        masks = {chosen: self._mask(*chosen) for chosen in product(*offers)}
        for span in self.spans():
            during = np.array([self._is_within(cell[4], span) for cell in self.cells])
            window = Window("", "", span, span)
            for (service, office, channel, language), mask in masks.items():
                whole = self.asked(service=service, office=office)
                one = replace(whole, channel=channel, language=language, window=window)
                yield Address(one, tuple(np.flatnonzero(mask & during).tolist()))

    def spans(self) -> list[Span]:
        """Every choice of days, the days before them, and the blocks of the trend."""
        found = [
            one for window in filters.windows(self.today) for one in (window.span, window.before)
        ]
        starts = [one.start for one in periods.between("month", self._first, self.today)]
        found += [Span(a, b) for a in starts for b in starts if a < b]
        end = stretches.end(self.today)
        for days in (7, 28):
            edges = [end - timedelta(days=days * at) for at in range(168 // days + 1)]
            found += [Span(b, a) for a, b in zip(edges, edges[1:], strict=False)]
        return sorted(set(found), key=str)

    def told(self) -> tuple[list[tuple[tuple[int, ...], int]], list[Address]]:
        """The sums that pages show, and what no page shows."""
        hides, shown, hidden = self.veil(), [], []
        for one in self.addresses():
            if hides.shows(one.asked):
                shown.append((one.cells, int(self.truth[list(one.cells)].sum())))
            else:
                hidden.append(one)
        return shown + list(self._running(hides)), hidden

    def _running(self, hides: Veil) -> Iterator[tuple[tuple[int, ...], int]]:
        """The quarter that is not over, on the pages of small offices."""
        end = stretches.end(self.today)
        start = periods.of("quarter", end - timedelta(days=1)).start
        for office in hides.small:
            mine = np.flatnonzero(self._mask(None, office, None, None)).tolist()
            days = {at: self.stretches[self.cells[at][4]].start for at in mine}
            daily = dict.fromkeys(days.values(), 0)
            for at, day in days.items():
                daily[day] += int(self.truth[at])
            until = small.settled(daily, start, end)
            if start < until and hides.shows_quarter(office, Span(start, end)):
                cells = tuple(at for at, day in days.items() if start <= day < until)
                yield cells, int(self.truth[list(cells)].sum())

    @property
    def _first(self) -> date:
        return min(self.stretches[cell[4]].start for cell in self.counts)

    def _sees(self, cell: Cell) -> bool:
        seen = self.seen
        return (seen.services is None or cell[0] in seen.services) and (
            seen.offices is None or cell[1] in seen.offices
        )

    def _possible(self) -> set[Cell]:
        """Where there could be answers. In a stretch in which nobody answered nobody did."""
        used = {cell[4] for cell, n in self.counts.items() if n}
        channels = {cell[2] for cell in self.counts}
        languages = {cell[3] for cell in self.counts}
        return {
            (service.slug, office, channel, language, at)
            for service in self.known.services.values()
            for office in service.offices
            if self._sees((service.slug, office, "", "", 0)) and self.known.offices[office].serves
            for channel, language, at in product(channels, languages, used)
        }

    def _is_within(self, stretch: int, span: Span) -> bool:
        return self.stretches[stretch].within(span) == self.stretches[stretch]

    def _mask(self, service: Any, office: Any, channel: Any, language: Any) -> Any:
        inside = scopes.subtree(self.known, office) if office else None
        wanted = (service, None, channel, language)
        return np.array(
            [
                (inside is None or cell[1] in inside)
                and all(value in (None, cell[at]) for at, value in enumerate(wanted))
                for cell in self.cells
            ]
        )


class Attack:
    """What follows from some sums."""

    def __init__(self, size: int, shown: list[tuple[tuple[int, ...], int]]):
        known = dict(shown)
        self._sums = np.array(list(known.values()), dtype=float)
        self._rows = _matrix(size, list(known))
        # The first time in full; the same space again for every question.
        dense = self._rows.toarray()
        _, weights, basis = np.linalg.svd(dense, full_matrices=False)
        self._basis = basis[weights > 1e-8 * max(weights, default=1)]
        self._size = size

    def follows(self, cells: tuple[int, ...]) -> bool:
        """Whether this sum is one of sums and differences of the others, whatever the answers."""
        aim = _matrix(self._size, [cells]).toarray()[0]
        rest = aim - self._basis.T @ (self._basis @ aim)
        return bool(np.abs(rest).max() < 1e-6)

    def range(self, cells: tuple[int, ...]) -> tuple[float, float]:
        """The least and the most that this sum could be, if no count is below 0."""
        aim = _matrix(self._size, [cells]).toarray()[0]
        ends = []
        for sign in (1, -1):
            found = linprog(sign * aim, A_eq=self._rows, b_eq=self._sums, method="highs")
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[0], ends[1]


def _matrix(size: int, sums: list[tuple[int, ...]]) -> csr_matrix:
    rows = [at for at, cells in enumerate(sums) for _ in cells]
    columns = [cell for cells in sums for cell in cells]
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(sums), size))
