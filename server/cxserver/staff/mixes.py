"""Which pages of one service, channel or language may be shown, and which of two at once. Pure.

Of one of the three: only where each of them has 5 answers or none, in every stretch of days. Then
whatever the others at an office are, people of two of its mixes could be swapped with people of a
hidden office, and no page would look different. Pages of two at once would tie that down: they
need 5 answers or none of every mix.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property

from cxserver.insight import openings
from cxserver.insight.openings import Part, Tree
from cxserver.insight.slices import Slice

NAMES = ("service", "channel", "language")
# Values that are too rare to stand alone anywhere are one value, which has no page.
_RARE = ""
# Two at once, the first first: a second pair at the same office would give away the third.
_PAIRS = (("channel", "language"), ("service", "channel"), ("service", "language"))

Names = frozenset[str]
# Service, channel and language; the office; how many.
Row = tuple[tuple[str, str, str], str, int]


class Mixes:
    """What may be shown of the offices `among`. `rows` are the answers of each stretch of days, by
    service, office, channel and language; `offers` are the services of each office.
    """

    def __init__(
        self,
        tree: Tree,
        among: frozenset[str],
        rows: Sequence[Sequence[Slice]],
        offers: Mapping[str, frozenset[str]],
    ):
        self._tree, self._among, self._offers = tree, among, offers
        self._rows = [[_row(one) for one in each] for each in rows]
        self._alike = {name: self._told_apart(at) for at, name in enumerate(NAMES)}
        self._one: dict[str, frozenset[str]] = {}

    def shows(self, node: str, chosen: Mapping[str, str]) -> bool:
        """Whether a page of an office and these services, channels, languages may be shown."""
        if any(self._alike[name].get(value, value) != value for name, value in chosen.items()):
            return False
        # What nobody at all was given leaves nothing to hide.
        names = frozenset(name for name, value in chosen.items() if value in self._alike[name])
        if not names:
            return True
        if len(names) == 1:
            return node in self.of_one(*names)
        return node in self._several[names]

    def _told_apart(self, at: int) -> dict[str, str]:
        """Which values are told apart of all answers: those that have 5 or none in all days."""
        counts = [_sums(rows, at) for rows in self._rows]
        rare = {v for one in counts for v, n in one.items() if 0 < n < openings.LEAST}
        values = {value for one in counts for value in one}
        often = sorted(values - rare, key=lambda value: (sum(one[value] for one in counts), value))
        while often and any(
            0 < sum(one[value] for value in rare) < openings.LEAST for one in counts
        ):
            rare.add(often.pop(0))
        return {value: _RARE if value in rare else value for value in values}

    def of_one(self, name: str) -> frozenset[str]:
        """The offices with a page for each service, each channel or each language."""
        if name not in self._one:
            found = self._tree.opened(self._among, self._parts((name,)))
            self._one[name] = self._tied(found) if name == "service" else found
        return self._one[name]

    @cached_property
    def _several(self) -> dict[Names, frozenset[str]]:
        """Of each set of filters the offices where every mix of them may be shown."""
        found = {frozenset(NAMES): self._whole(NAMES, frozenset())}
        taken = found[frozenset(NAMES)]
        for pair in _PAIRS:
            shown = self._whole(pair, taken - found[frozenset(NAMES)]) | found[frozenset(NAMES)]
            found[frozenset(pair)] = shown
            taken |= shown
        return found

    def _whole(self, names: Sequence[str], taken: Set[str]) -> frozenset[str]:
        among = frozenset.intersection(*(self.of_one(name) for name in names)) - taken
        return self._tree.whole(among, self._among, self._parts(names))

    def _tied(self, shown: frozenset[str]) -> frozenset[str]:
        """Without the offices below which a hidden one gives a service that no other hidden one
        there gives: it is known who got that one.
        """
        totals = [self._by_office(rows) for rows in self._rows]
        kept = set(shown)
        for name in self._tree.upwards():
            if name in kept:
                hidden = [one for one in self._beneath(name, kept) if len(self._offers[one]) > 1]
                if not all(self._is_loose(one, hidden, totals) for one in hidden):
                    kept.discard(name)
        return frozenset(kept)

    def _beneath(self, node: str, shown: Set[str]) -> Iterator[str]:
        """The offices below that are in no shown one below."""
        for name in self._tree.upwards():
            above: str | None = name
            while above is not None and above != node and above not in shown:
                above = self._tree.parent(above)
            if above == node and (name != node) and self._offers.get(name):
                yield name

    def _is_loose(
        self, office: str, hidden: Sequence[str], totals: Sequence[Mapping[str, Counter[str]]]
    ) -> bool:
        """Whether people of this office and of others could have got each other's service."""
        for service in self._offers[office]:
            counts = [one.get(office, Counter())[service] for one in totals]
            if sum(counts) and self._room(office, service, hidden, totals) < openings.LEAST:
                return False
        return True

    def _room(
        self,
        office: str,
        service: str,
        hidden: Sequence[str],
        totals: Sequence[Mapping[str, Counter[str]]],
    ) -> int:
        """How many different numbers of this service at this office would look the same."""
        room = 0
        for other in self._offers[office] - {service}:
            twins = [
                one for one in hidden if one != office and {service, other} <= self._offers[one]
            ]
            moves = 0
            # The last days alone: they are in every page that moves on.
            for counted in totals[-1:]:
                own = counted.get(office, Counter())
                up = min(own[other], sum(counted.get(one, Counter())[service] for one in twins))
                down = min(own[service], sum(counted.get(one, Counter())[other] for one in twins))
                moves += up + down
            room = max(room, moves)
        return room

    def _by_office(self, rows: Sequence[Row]) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for (service, _, _), office, n in rows:
            found.setdefault(office, Counter())[service] += n
        return found

    def _parts(self, names: Sequence[str]) -> list[Part]:
        """For each stretch of days and each mix of these the answers of every office."""
        told = [(NAMES.index(name), self._alike[name]) for name in names]
        return [Part(counts) for rows in self._rows for counts in _by_mix(rows, told)]


def _row(one: Slice) -> Row:
    group = one.group
    return (group["service"], group["channel"], group["language"]), group["office"], one.n


def _by_mix(
    rows: Sequence[Row], told: Sequence[tuple[int, Mapping[str, str]]]
) -> list[dict[str, int]]:
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for mix, office, n in rows:
        of_mix = found.setdefault(tuple([alike[mix[at]] for at, alike in told]), {})
        of_mix[office] = of_mix.get(office, 0) + n
    return list(found.values())


def _sums(rows: Sequence[Row], at: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for mix, _, n in rows:
        found[mix[at]] += n
    return found
