"""A comment as one reader may see it: the words, the week, and what may stand beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cxserver.catalog.directory import Directory
from cxserver.comments.comment import Comment
from cxserver.disclosure.audience import Audience
from cxserver.instrument.scale import FIVE_POINT, THUMBS
from cxserver.results import drivers
from cxserver.results.drivers import Side
from cxserver.results.question import CHANNELS, language_name

_LOW = 2


@dataclass(frozen=True, slots=True)
class ReadableComment:
    """A comment, and what may be told of it."""

    comment: Comment
    audience: Audience
    directory: Directory

    @property
    def week(self) -> str:
        """When, as far as that is told."""
        return week(self.comment.monday)

    @property
    def address(self) -> str:
        """Its page, below /staff. The week stands in it, never the day."""
        comment = self.comment
        return f"/comments/{comment.service}/{comment.monday}/{comment.id}"

    @property
    def office(self) -> str:
        """Where it was given."""
        result = self.directory.offices.get(self.comment.office)
        return result.name if result else self.comment.office

    @property
    def service(self) -> str:
        """What it is about."""
        return self.directory.services[self.comment.service].name

    @property
    def language(self) -> str:
        """The language's code: it shows in the words, and a screen reader has to know."""
        return self.comment.language

    @property
    def texts(self) -> tuple[str, ...]:
        """All that was typed: the comment, and answers to other questions with the questions."""
        more = (f"{question} {answer}" for _, question, answer in self.comment.more)
        return tuple(item for item in (self.comment.text, *more) if item.strip())

    @property
    def facts(self) -> tuple[str, ...]:
        """What else may be told, in words: how it came, the points, the drivers."""
        return tuple(self._facts())

    @property
    def trust(self) -> str:
        """The rating, short: "2 of 5", or which thumb."""
        comment = self.comment
        if comment.scale is THUMBS:
            return f"thumb {THUMBS.value(comment.trust)}"
        return f"{comment.trust} of 5"

    def score(self, measure: str) -> str:
        """The score of trust or satisfaction, in words: "trust 1 of 5", "trust: thumb down"."""
        if measure == "satisfaction":
            return f"satisfaction {self.comment.satisfaction} of 5"
        is_thumb = self.comment.scale is THUMBS
        return f"trust: {self.trust}" if is_thumb else f"trust {self.trust}"

    @property
    def is_low(self) -> bool:
        """Whether trust is a 1 or a 2, or a thumb down."""
        comment = self.comment
        return comment.trust == 0 if comment.scale is THUMBS else comment.trust <= _LOW

    @property
    def is_high(self) -> bool:
        """Whether trust is a 4 or a 5, or a thumb up."""
        return self.comment.scale.is_good(self.comment.trust)

    def _facts(self) -> Iterator[str]:
        comment = self.comment
        if not comment.is_released:
            return
        if self.audience is Audience.ROWS:
            # How people come is a cut, and counted by month: it stands beside nobody's words.
            channel = CHANNELS.get(comment.channel, comment.channel)
            yield f"{channel}, {language_name(comment.language)}"
        thumbs = comment.scale is THUMBS
        yield (
            f"Trust: thumb {THUMBS.value(comment.trust)}"
            if thumbs
            else f"Trust {comment.trust} of 5"
        )
        if comment.satisfaction is not None:
            yield f"Satisfaction {comment.satisfaction} of 5"
        for side, words in (("negative", "Could be better"), ("positive", "Went well")):
            named = [self._driver(code) for code, which in self._drivers() if which == side]
            if named:
                yield f"{words}: {', '.join(named)}"

    def _drivers(self) -> Iterator[tuple[str, Side]]:
        comment = self.comment
        for code, points in comment.drivers.items():
            good = (
                comment.scale.is_good(comment.trust)
                if points is None
                else points >= FIVE_POINT.good
            )
            yield code, "positive" if good else "negative"

    def _driver(self, code: str) -> str:
        return drivers.label(self.directory.services[self.comment.service].survey, code)


def week(monday: date) -> str:
    """A week in words."""
    return f"Week of {monday:%B} {monday.day}, {monday.year}"
