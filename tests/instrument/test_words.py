"""What each instrument says on its screen, word for word, in English and Spanish.

`python -m tests.instrument.test_words` writes the files anew; read the difference.
"""

import tempfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cxserver import db
from cxserver.settings import Settings
from tests.support import instrument_catalogs
from tests.support.house import House

FOLDER = Path(__file__).parents[1] / "data" / "instruments"
_BREAKS = {"h1", "p", "legend", "label", "button", "div", "summary", "li", "h2", "textarea"}


class _Words(HTMLParser):
    """The text of a page's form, one control a line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += tag == "main"
        attributes = dict(attrs)
        if tag in _BREAKS:
            self.lines.append("")
        if tag == "input" and attributes.get("type") in ("radio", "checkbox"):
            self.lines[-1] = f"  [{attributes['name']}={attributes['value']}] "
        if "data-positive" in attributes:
            self.lines.append(f"  after a good rating: {attributes['data-positive']}")
            self.lines.append(f"  after any other: {attributes['data-negative']}")
            self.lines.append("  before, and without script: ")

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag == "main"

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip() and self.lines:
            self.lines[-1] += data.strip().replace("\u00ad", "")


def words(house: House, code: str, language: str) -> str:
    """The words of the survey's screen."""
    house.apply(instrument_catalogs.catalog_text(code))
    with house.client() as client:
        page = client.get(house.mint(language=language)).text
    parser = _Words()
    parser.feed(page)
    return "\n".join(line.rstrip() for line in parser.lines if line.strip()) + "\n"


@pytest.mark.parametrize("language", ["en", "es"])
@instrument_catalogs.EVERY
def test_each_instrument_says_what_was_agreed(sqlite_house, code, language):
    agreed = (FOLDER / f"{code}.{language}.txt").read_text(encoding="utf-8")
    assert words(sqlite_house, code, language) == agreed


def _write() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=folder, database_url="", base_url="http://127.0.0.1:8000")
        db.migrate(db.open_engine(settings))
        house = House(settings)
        for code in instrument_catalogs.CODES:
            for language in ("en", "es"):
                text = words(house, code, language)
                (FOLDER / f"{code}.{language}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write()
