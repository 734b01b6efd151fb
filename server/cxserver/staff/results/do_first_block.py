"""The block "Do first", as every staff page that has it shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from cxserver.accounts import members, roles
from cxserver.comments import recent
from cxserver.comments.readable import ReadableComment
from cxserver.findings import do_first, proof
from cxserver.findings.do_first import DoFirst, Item
from cxserver.findings.proof import Proof
from cxserver.results.question import Filters
from cxserver.staff.comments import colleagues
from cxserver.staff.guard import Visit, filters_kept


@dataclass(frozen=True, slots=True)
class Card:
    """A finding, drawn, with two comments that show it. `here` is what the office is called in the
    drawing, `owner` who works on it.
    """

    item: Item
    proof: Proof
    quotes: Sequence[ReadableComment]
    here: str
    owner: str
    is_mine: bool

    @property
    def version(self) -> int:
        """Which state of what is remembered is shown; 0 where nothing is."""
        return self.item.memory.version if self.item.memory else 0


@dataclass(frozen=True, slots=True)
class Block:
    """What to do first: at most three cards, and how many findings there are beyond them. `reads`
    is whether this person may read comments and act; `back` is the page to come back to.
    """

    summary: str
    cards: Sequence[Card]
    more: int
    common: Sequence[do_first.MostNamed]
    done: Sequence[do_first.DoneItem]
    reads: bool
    back: str


def make(visit: Visit, filters: Filters, first: DoFirst) -> Block:
    """The block of this page; it reads the comments that show a finding."""
    shown = first.items[: do_first.SHOWN]
    reads = roles.sees_comments(visit.member)
    quotes = _quotes(visit, filters, shown) if reads else [() for _ in shown]
    return Block(
        first.summary,
        [_card(visit, filters, *pair) for pair in zip(shown, quotes, strict=True)],
        len(first.items) - len(shown),
        first.common,
        first.done,
        reads,
        _page(visit),
    )


def _quotes(
    visit: Visit, filters: Filters, shown: Sequence[Item]
) -> Sequence[Sequence[ReadableComment]]:
    places = [item.key for item in shown]
    return recent.showing(visit.reading(), places, filters.window.span)


def _card(visit: Visit, filters: Filters, item: Item, quotes: Sequence[ReadableComment]) -> Card:
    finding = item.finding
    office = filters.directory.offices[finding.office].name
    owner = item.memory.owner if item.memory else None
    name = _called(visit, owner) if owner else ""
    return Card(item, proof.of(finding), quotes, office, name, owner == visit.member.id)


def _called(visit: Visit, owner: str) -> str:
    if owner == visit.member.id:
        return "You"
    member = members.find(visit.connection, owner)
    return colleagues.called(member) if member else "Somebody who has left"


def _page(visit: Visit) -> str:
    """This page, with its filters."""
    return str(visit.request.scope["path"]) + filters_kept(visit.request)
