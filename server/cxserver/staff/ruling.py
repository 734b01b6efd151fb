"""Of one person on one day: which offices, which of their parts, in which days may be shown.

The rule is strict, so that it can be proved. Whole offices are shown in the days in which they,
and what is hidden beside them, have enough. A page of one service, channel or language is shown
where every one of them has enough, in every stretch of days that moves on with the week. Two of
them at once are shown only where every mix of them has, there and at each office below.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property

from cxserver import periods
from cxserver.catalog.directory import Directory, Service
from cxserver.insight import small, suppression
from cxserver.insight.openings import ROOT, Part, Tree
from cxserver.insight.scopes import Scope
from cxserver.insight.slices import Slice
from cxserver.periods import Span
from cxserver.staff import stretches
from cxserver.staff.filters import Filters
from cxserver.staff.mixes import Mixes

LIMIT = suppression.STAFF_HIDES
NEEDS = ("service", "office", "channel", "language")
# So many in the three months by which an office is small.
_LARGE = 3 * small.MONTHLY

# Counts all that somebody may see, in some days, by some columns.
Count = Callable[[Span, Sequence[str]], Iterable[Slice]]


class Ruling:
    """What may be shown. It is worked out as far as it is asked for, and then stands."""

    def __init__(self, count: Count, asked: Filters):
        self._count, self._asked = count, asked
        self._levels: dict[int, frozenset[str]] = {}
        self._by_office: dict[Span, dict[str, int]] = {}
        self.tree = Tree(parents(asked.directory, asked.seen))

    def again(self, count: Count) -> "Ruling":
        """The same ruling for another request, which counts by a connection of its own."""
        other = copy(self)
        other._count = count
        return other

    def shows(self, asked: Filters) -> bool:
        """Whether a page of what is asked for may be shown, or may say that there is nothing."""
        level = stretches.level(asked.window.span, asked.today)
        if level is None:
            return False
        node = asked.office or ROOT
        chosen = self._chosen(asked)
        if chosen:
            return level <= stretches.ROLLING and self._mixes.shows(node, chosen)
        if node in self._alone and is_quarter(asked.window.span):
            return self.shows_quarter(node, asked.window.span)
        return node in self.at(level) or not self.tree.total(self._own(asked.window.span))[node]

    def shows_quarter(self, office: str, span: Span) -> bool:
        """Whether the page of a small office may show these days of a quarter."""
        return span in self._quarters.get(office, ())

    def at(self, level: int) -> frozenset[str]:
        """The offices that are shown in the days of a level."""
        if level not in self._levels:
            self._levels[level] = self._opened(level)
        return self._levels[level]

    @cached_property
    def small(self) -> frozenset[str]:
        """The offices with so few answers that they have a page of their own kind."""
        counts = self._own(small.window(self._asked.today))
        return frozenset(
            one.slug
            for one in self._asked.all_offices(self._asked.seen)
            if one.serves and small.is_small(counts.get(one.slug, 0))
        )

    @cached_property
    def _alone(self) -> frozenset[str]:
        # What stands above others is not left to itself.
        return frozenset(one for one in self.small if self.tree.is_leaf(one))

    @cached_property
    def _quarters(self) -> dict[str, frozenset[Span]]:
        """The quarters that the pages of small offices show."""
        counts = {span: self._own(span) for span in stretches.quarters(self._asked.today)}
        enough = {
            one: frozenset(span for span, own in counts.items() if own.get(one, 0) >= LIMIT)
            for one in self._alone
        }
        parts = [
            Part(self._beside(run, around, enough))
            for run, around in stretches.runs(self._asked.today)
        ]
        # What goes on with the week is known of the offices above: so they count as shown here.
        kept = self.at(stretches.ROLLING)
        opened = self.tree.opened(self._alone | kept, parts, kept)
        return {one: enough[one] for one in self._alone & opened}

    def _beside(
        self, run: Sequence[Span], around: Span, enough: Mapping[str, frozenset[Span]]
    ) -> dict[str, int]:
        """All answers of the days around some quarters; of a small office those of the quarters it
        shows, for the others are part of what is hidden beside it.
        """
        counts = Counter(self._own(around))
        for one, spans in enough.items():
            shown = sum(self._own(span).get(one, 0) for span in run if span in spans)
            counts[self.tree.parent(one) or ROOT] += counts[one] - shown
            counts[one] = shown
        return dict(counts)

    @cached_property
    def _mixes(self) -> Mixes:
        pieces = stretches.pieces(stretches.ROLLING, self._asked.today)
        rows = [list(self._count(piece, NEEDS)) for piece in pieces]
        offers = {
            slug: frozenset(one.slug for one in self._seen_services() if slug in one.offices)
            for slug in self.tree.nodes
        }
        return Mixes(self.tree, self.at(stretches.ROLLING), rows, offers)

    def _opened(self, level: int) -> frozenset[str]:
        parts = [Part(self._own(one)) for one in stretches.pieces(level, self._asked.today)]
        if level > stretches.LAST:
            return self.tree.opened(self.at(level - 1), parts)
        # Whoever sees the total of all go on from week to week must not see in it the answers that
        # a small office got in that week. Large offices hide in a rest as well as small ones do.
        steady = Part(self._own(small.window(self._asked.today)), 0, _LARGE)
        return self.tree.opened(self.tree.nodes - self._alone, [*parts, steady])

    def _chosen(self, asked: Filters) -> dict[str, str]:
        """The filters that leave something away: a service does not where no other is given."""
        chosen = {"service": asked.service, "channel": asked.channel, "language": asked.language}
        given = {one.slug for one in asked.but(service=None).services_in(self._place(asked))}
        if given == {asked.service}:
            del chosen["service"]
        return {name: value for name, value in chosen.items() if value is not None}

    def _place(self, asked: Filters) -> Scope:
        return asked.but(service=None, channel=None, language=None).of_office()

    def _seen_services(self) -> list[Service]:
        return self._asked.services_in(self._asked.seen)

    def _own(self, span: Span) -> dict[str, int]:
        if span not in self._by_office:
            found = self._count(span, ("office",))
            self._by_office[span] = {one.group["office"]: one.n for one in found}
        return self._by_office[span]


def is_quarter(span: Span) -> bool:
    """Whether these days are a whole quarter."""
    return span.start is not None and periods.of("quarter", span.start).span == span


def parents(directory: Directory, seen: Scope) -> dict[str, str | None]:
    """The offices in a scope; above each the one above it, if that is in the scope."""
    inside = directory.offices.keys() if seen.offices is None else seen.offices
    return {
        slug: one.parent if one.parent in inside else None
        for slug, one in directory.offices.items()
        if slug in inside
    }
