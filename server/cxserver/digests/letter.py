"""A digest as a mail: text, and the same words as plain HTML that any reader can draw.

No image, nothing fetched, nothing that counts who opened it; every link is a page that asks who
one is. No color is set for letters or ground, so that a reader in the dark can choose its own.
"""

import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import jinja2

from cxserver.accounts.roles import Member
from cxserver.catalog.directory import Directory
from cxserver.digests.content import Digest
from cxserver.digests.subscriptions import Every
from cxserver.mail import Letter
from cxserver.pages import environment
from cxserver.settings import Settings

_WIDTH = 72
# The page of a digest shows the same words by the same template.
TEMPLATES = Path(__file__).parent / "templates"
OFTEN = {
    Every.DAY: "every morning",
    Every.WEEK: "every Monday",
    Every.MONTH: "on the first of each month",
}


def letter(
    digest: Digest, who: Member, every: Every, directory: Directory, settings: Settings
) -> Letter:
    """The mail to one member."""
    pages = settings.base_url + "/staff"
    why = reason(directory, every)
    values = {"digest": digest, "sections": sections(digest), "pages": pages, "why": why}
    html = environment.render(_templates(), "digest-mail.html", "en", **values)
    return Letter((who.email,), digest.subject, text(digest, pages, why), html)


def reason(directory: Directory, every: Every) -> str:
    """Why this came, in a sentence."""
    agency = directory.agency
    of = f" of {agency.name}" if agency else ""
    return f"You get this {OFTEN[every]} because you may see the results{of}."


def text(digest: Digest, pages: str, why: str) -> str:
    """The digest as text."""
    return "\n".join(_lines(digest, pages, why)) + "\n"


def _lines(digest: Digest, pages: str, why: str) -> Iterator[str]:
    yield from _wrapped(digest.place)
    yield digest.days
    if digest.urgent:
        yield from ("", "NOW")
    for sentence in digest.urgent:
        yield from _wrapped(sentence, "  ", "- " if len(digest.urgent) > 1 else "  ")
    if digest.note:
        yield from ("", *_wrapped(digest.note))
    for number in digest.numbers:
        yield from ("", f"{number.title}: {number.value}")
        yield from _wrapped(
            " ".join(part for part in (number.sentence, number.became) if part), "  "
        )
    for title, sentences in sections(digest):
        yield from ("", title.upper())
        for sentence in sentences:
            yield from _wrapped(sentence, "  ", "- " if len(sentences) > 1 else "  ")
    if digest.quotes:
        yield from ("", "IN THEIR WORDS")
    for at, quote in enumerate(digest.quotes):
        yield from ("",) if at else ()
        yield from _wrapped(f"“{quote.text}”", "  ")
        yield from _wrapped(quote.source, "    ")
    yield from ("", "MORE")
    yield from (f"- {label}: {pages}{address}" for label, address in digest.links)
    yield from ("", *_wrapped(f"{why} Choose how often, or never: {pages}/digest"))


def sections(digest: Digest) -> list[tuple[str, tuple[str, ...]]]:
    """What follows on the numbers: titles, each with its sentences; none that is empty."""
    every = [("Do first", digest.first), ("What changed", digest.moved)]
    return [(title, sentences) for title, sentences in every if sentences]


def _wrapped(sentence: str, indent: str = "", mark: str = "") -> Iterable[str]:
    return textwrap.wrap(
        sentence,
        _WIDTH,
        initial_indent=mark or indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


@cache
def _templates() -> jinja2.Environment:
    return environment.make(TEMPLATES)
