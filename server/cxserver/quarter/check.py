"""Look a quarter over before it is sent: green, yellow or red, each reason with its cure. Pure.

OMB's own rule (GSA/touchpoints wiki, "Data Collection Rating") rates a service's collection:
green has at least one survey told in full, with its scores, all figures and the reflection text;
yellow has one with something missing; red has none. "Its scores" are satisfaction and trust in v1
and wide; v2 has no column for satisfaction. To that we add what §280.14 asks of the agency.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from cxserver.catalog.directory import Service
from cxserver.quarter.filing_set import Drawer
from cxserver.quarter.manifest import Entry

DESIGNATED = 2
SOURCE = "GSA/touchpoints wiki, “Data Collection Rating”; A-11 §280.14"

# Where a reason is fixed.
Where = Literal["catalog", "time", "answers", "comments", "texts", "volumes"]


class Colour(StrEnum):
    """How good a quarter is to send; `NOTE` colors nothing."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Reason:
    """Something to fix. `about` is a service, or empty; `blocks`: no sign-off before it is."""

    colour: Colour
    about: str
    says: str
    cure: str
    where: Where
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The color of a quarter, of each designated service by OMB's rule, and every reason."""

    ratings: dict[str, Colour]
    reasons: tuple[Reason, ...]

    @property
    def colour(self) -> Colour:
        """The worst of all."""
        result = {*self.ratings.values(), *(reason.colour for reason in self.reasons)}
        return next((item for item in (Colour.RED, Colour.YELLOW) if item in result), Colour.GREEN)

    @property
    def blocked(self) -> tuple[Reason, ...]:
        """What keeps the quarter from being signed off."""
        return tuple(reason for reason in self.reasons if reason.blocks)


def judge(open_: Drawer, entries: Sequence[Entry]) -> Report:
    """Rate what would be sent."""
    designated = [service for service in open_.services if _designated(service)]
    mine = {
        item.slug: [entry for entry in entries if entry.set.service.slug == item.slug]
        for item in designated
    }
    reasons = [*_of_all(open_, entries, designated)]
    for service in designated:
        reasons += _of_service(open_, service, mine[service.slug])
    ratings = {slug: rating(open_, filed) for slug, filed in mine.items()}
    return Report(ratings, tuple(reasons))


def rating(open_: Drawer, details: Sequence[Entry]) -> Colour:
    """OMB's rule for the collection of one service."""
    if not details:
        return Colour.RED
    full = any(not list(_missing(open_, entry)) for entry in details)
    return Colour.GREEN if full else Colour.YELLOW


def _designated(service: Service) -> bool:
    return bool(service.definition.get("designated", False)) and not service.closed


def _of_all(
    open_: Drawer, entries: Sequence[Entry], designated: Sequence[Service]
) -> Iterator[Reason]:
    if len(designated) < DESIGNATED:
        yield Reason(
            Colour.RED,
            "",
            f"{len(designated)} designated services; §280.14 asks for at least {DESIGNATED}",
            "agree on them with OMB, then set designated = true in the catalog",
            "catalog",
        )
    if open_.draft:
        last = open_.quarter.end.isoformat()
        yield Reason(
            Colour.YELLOW,
            "",
            "the quarter has not ended",
            f"check again on {last} or later",
            "time",
            True,
        )
    waiting = sum(entry.comments.waiting for entry in entries if entry.comments)
    if waiting:
        yield Reason(
            Colour.YELLOW,
            "",
            f"{waiting:,} comments have not been reviewed",
            f"cx review list {open_.quarter.name}, then approve or withhold each",
            "comments",
            True,
        )


def _of_service(open_: Drawer, service: Service, details: Sequence[Entry]) -> Iterator[Reason]:
    slug, quarter = service.slug, open_.quarter.name
    for item in open_.left_out:
        if item.survey.partition("/")[0] == slug:
            says = f"{item.survey} is not filed: {item.refusal.why}"
            yield Reason(Colour.YELLOW, slug, says, item.refusal.cure, "catalog")
    if not details:
        says, cure = "there is no data to file", "find out why nobody answered"
        yield Reason(Colour.RED, slug, says, cure, "answers", True)
        return
    said = open_.disclosed.reflections.get(slug)
    for what, text in (
        ("reflection", said.reflection if said else ""),
        ("accomplishments", said.accomplishments if said else ""),
    ):
        if not text:
            cure = f'cx quarter reflect {quarter} {slug} --{what} "…" --who YOU'
            yield Reason(Colour.YELLOW, slug, f"there is no text on {what}", cure, "texts", True)
    enough = rating(open_, details) is Colour.GREEN
    for entry in details:
        yield from _of_entry(open_, entry, enough)
    yield from _moments(service, details)


def _of_entry(open_: Drawer, entry: Entry, enough: bool) -> Iterator[Reason]:
    """Its figures. Where another survey of the service is told in full, OMB rates it green."""
    slug, channel = entry.set.service.slug, entry.set.channel.ours
    if (slug, channel) not in open_.disclosed.volumes:
        yield Reason(
            Colour.NOTE if enough else Colour.YELLOW,
            slug,
            f"customers served and offered are missing for {channel}",
            f"cx quarter volumes set {open_.quarter.name} {slug} {channel} --served N --offered N "
            '--source "…" --who YOU',
            "volumes",
            not enough,
        )


def _moments(service: Service, details: Sequence[Entry]) -> Iterator[Reason]:
    if service.definition.get("stage"):
        return
    calls = {entry.set.channel.ours for entry in details} == {"phone"}
    if calls:
        yield Reason(
            Colour.YELLOW,
            service.slug,
            "only general call-center totals; §280.14 no longer takes these alone",
            "ask at a moment of the journey too, and set the service's stage in the catalog",
            "catalog",
        )
        return
    yield Reason(
        Colour.NOTE,
        service.slug,
        "the catalog does not say at which stage of the journey it asks",
        f'set stage = "start", "process" or "end" in the catalog, under [service.{service.slug}]',
        "catalog",
    )


def _missing(open_: Drawer, entry: Entry) -> Iterator[str]:
    """What keeps one survey from being told in full."""
    file_set = entry.set
    if not file_set.counts.given("trust"):
        yield "trust"
    if open_.form != "v2" and not file_set.counts.given("satisfaction"):
        yield "satisfaction"
    if (file_set.service.slug, file_set.channel.ours) not in open_.disclosed.volumes:
        yield "volumes"
    said = open_.disclosed.reflections.get(file_set.service.slug)
    if said is None or not said.reflection:
        yield "reflection"
