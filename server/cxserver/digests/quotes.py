"""A few comments to read elsewhere than on their page: in a digest."""

import re
from dataclasses import dataclass

from cxserver.comments import shelf as commentlist
from cxserver.comments.readable import ReadableComment
from cxserver.comments.shelf import Search, Shelf
from cxserver.periods import Span
from cxserver.results import question
from cxserver.results.reading import Reading

_MOST = 3
_CHARS = 300
# What is left out may be the newest.
_LOOKED_AT = 4 * _MOST
# Programs that show mail turn these into links: whoever answers could send staff to any address.
_ADDRESS = re.compile(r"(?:https?:|www\.)\S+|[\w-]+(?:\.[\w-]+)+/\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody wrote, and where in which week; `language` where that may be told."""

    text: str
    source: str
    language: str


def first(reader: Reading, span: Span) -> tuple[Quote, ...]:
    """The first comments of the weeks in these days that may be read, given before today. Not
    those with an alert: somebody has been called about them.
    """
    shelf = Shelf(reader.connection, reader.directory, reader.scope, reader.now)
    # A digest that is sent late is as of the morning it was due.
    today = question.today_of(reader.directory, reader.now)
    since = commentlist.monday_of(span.start or today)
    result = [
        _quote(comment)
        for comment in shelf.find(Search(), limit=_LOOKED_AT).comments
        if since <= comment.comment.monday
        and comment.comment.day < today
        and not comment.comment.alerted
        and comment.comment.text.strip()
    ]
    return tuple(result[:_MOST])


def _quote(comment: ReadableComment) -> Quote:
    text = _ADDRESS.sub("[address]", " ".join(comment.comment.text.split()))
    cut = text if len(text) <= _CHARS else text[:_CHARS].rstrip() + "…"
    return Quote(
        cut,
        f"{comment.office}, {comment.week[:1].lower()}{comment.week[1:]}",
        comment.language,
    )
