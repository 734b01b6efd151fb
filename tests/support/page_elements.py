"""The elements of a page: tags, attributes, text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

# References from one element to the id of another; "for" is a label's.
REFERENCES = ("for", "form", "aria-describedby", "aria-labelledby")
_VOID = {"base", "br", "col", "hr", "img", "input", "link", "meta", "path", "source", "wbr"}


@dataclass
class Element:
    """One element. An attribute without a value is ""; `text` is all that stands inside of it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        """The attribute's text, or None. Not `str | None`: a test that reads on fails by itself."""
        return self.attributes.get(name)

    def holds(self, **wanted: str) -> bool:
        """Whether its attributes have these values; `aria_label` is `aria-label`."""
        return all(
            self.attributes.get(name.replace("_", "-")) == value for name, value in wanted.items()
        )

    def find(self, tag: str, **wanted: str) -> list["Element"]:
        """The elements inside of it with this tag and these attributes."""
        return [each for each in self._all() if each.tag == tag and each.holds(**wanted)]

    def _all(self) -> Iterator["Element"]:
        for each in self.inside:
            yield each
            yield from each._all()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in [element.tag for element in self.open[1:]]:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(html: str) -> Element:
    """The page as one element that holds all others."""
    reader = _Reader()
    reader.feed(html)
    return reader.open[0]


def broken_references(page: Element) -> list[str]:
    """What refers to an id that the page does not have, and ids that it has twice."""
    everything = list(page._all())
    ids = [element["id"] for element in everything if element["id"] is not None]
    missing = [
        f"<{element.tag} {name}={value}>"
        for element in everything
        for name in REFERENCES
        for value in (element[name] or "").split()
        if value not in ids
    ]
    links = [
        f"<a href={element['href']}>"
        for element in everything
        if (element["href"] or "").startswith("#") and (element["href"] or "")[1:] not in ids
    ]
    return [*missing, *links, *(f"id={id} twice" for id in set(ids) if ids.count(id) > 1)]
