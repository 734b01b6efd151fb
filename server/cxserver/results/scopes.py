"""Which answers are meant, or may be seen: a set for each thing they can be told apart by."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from cxserver.catalog import names
from cxserver.catalog.directory import Directory
from cxserver.disclosure.audience import Audience
from cxserver.periods import Span

WITHOUT_FLAGGED = frozenset({False})
ONLY_FLAGGED = frozenset({True})

Names = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which answers: a set for each column, None being all. `surveys` are named `<service>/<n>`.

    A role is a scope too: what somebody asks for is always narrowed by what they may see. The
    `audience` tells whether all counted answers are meant, or closed batches alone.
    """

    services: Names = None
    offices: Names = None
    channels: Names = None
    languages: Names = None
    surveys: Names = None
    flagged: frozenset[bool] | None = None
    span: Span = field(default_factory=Span)
    audience: Audience = Audience.ROWS

    def narrowed(self, other: "Scope") -> "Scope":
        """The answers that both scopes hold: never more than either."""
        return Scope(
            services=_both(self.services, other.services),
            offices=_both(self.offices, other.offices),
            channels=_both(self.channels, other.channels),
            languages=_both(self.languages, other.languages),
            surveys=_both(self.surveys, other.surveys),
            flagged=_both(self.flagged, other.flagged),
            span=self.span.within(other.span),
            audience=self.audience if other.audience is Audience.ROWS else other.audience,
        )

    def during(self, span: Span) -> "Scope":
        """The same answers, of these days only."""
        return replace(self, span=self.span.within(span))

    @property
    def released(self) -> "Scope":
        """The same, of closed batches alone."""
        return replace(self, audience=Audience.RELEASED)


def only(name: str | None) -> Names:
    """This name alone; all of them for None."""
    return None if name is None else frozenset({name})


def unit(directory: Directory, office: str) -> Scope:
    """All answers of an office and everything below it. Raises NotFound."""
    offices = subtree(directory, office)
    # Naming the services lets the database seek; it narrows nothing.
    services = {
        service.slug for service in directory.services.values() if offices & service.offices.keys()
    }
    return Scope(services=frozenset(services), offices=offices)


def subtree(directory: Directory, office: str) -> frozenset[str]:
    """The office and everything below it in the tree. Raises NotFound."""
    names.check_office(directory, office)
    below: dict[str | None, list[str]] = defaultdict(list)
    for other in directory.offices.values():
        below[other.parent].append(other.slug)
    result: set[str] = set()
    waiting = [office]
    while waiting:
        slug = waiting.pop()
        if slug not in result:
            result.add(slug)
            waiting += below[slug]
    return frozenset(result)


def with_parts(directory: Directory, service: str) -> frozenset[str]:
    """The service and, of a journey, its steps."""
    parts = {
        part.slug
        for part in directory.services.values()
        if part.definition.get("part_of") == service
    }
    return frozenset({service} | parts)


def _both(left: Any, right: Any) -> Any:
    if left is None or right is None:
        return right if left is None else left
    return left & right
