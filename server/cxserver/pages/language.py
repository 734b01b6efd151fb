"""Which language a page speaks, and how it says words, dates and numbers in it."""

import gettext
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import babel
import babel.dates
import babel.numbers

from cxserver import resources

SOURCE = "en"
NAMES = {"en": "English", "es": "Español"}
SUPPORTED = tuple(NAMES)

# Babel negotiates scripts, not countries: 'zh-CN' would find nothing among 'en' and 'zh-Hans'.
_SCRIPTS = {
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
}
# Numbers and dates as they are written in this country: "2,000" in Spanish too.
_REGIONS = {"en": "en_US", "es": "es_US"}
# Real browsers send a dozen languages at most; a longer header is somebody trying something.
_MOST_ACCEPTED = 20


@dataclass(frozen=True, slots=True)
class Words:
    """What a template needs to speak one language."""

    code: str
    translations: gettext.NullTranslations

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return direction(self.code)

    def text(self, message: str, /, **values: object) -> str:
        """`message` in this language, its {names} filled. Plain text: the template escapes it."""
        return self.translations.gettext(message).format(**values)

    def counted(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """The form of the message that goes with `number`, which fills {n}.

        With n="{n}" the slot stays, for a script to fill.
        """
        result = self.translations.ngettext(singular, plural, number)
        return result.format(**{"n": self.number(number), **values})

    def date(self, day: date) -> str:
        """A day written out: "March 31, 2028"."""
        return babel.dates.format_date(day, "long", locale=_locale(self.code))

    def number(self, number: int) -> str:
        """A number with its separators: "2,000"."""
        return babel.numbers.format_decimal(number, locale=_locale(self.code))


@cache
def words(code: str) -> Words:
    """The words of a language; of English where there is no translation."""
    if code == SOURCE or code not in SUPPORTED:
        return Words(code, gettext.NullTranslations())
    return Words(code, gettext.translation("cx", resources.folder("locale"), languages=[code]))


def direction(code: str) -> str:
    """Which way a language is written: `ltr` or `rtl`."""
    return _locale(code).text_direction


def choose(
    offered: Sequence[str],
    *,
    requested: str | None = None,
    linked: str | None = None,
    accepted: str | None = None,
) -> str:
    """The language to show, out of `offered` (its first is the default).

    What the person pressed (`requested`) goes before what the link says (`linked`), and that before
    what the browser prefers (`accepted`, an Accept-Language header).
    """
    wishes = [requested or "", linked or "", *_preferences(accepted or "")]
    match = (_match(wish, offered) for wish in wishes if wish)
    return next((code for code in match if code), offered[0])


def offers(offered: Sequence[str], requested: str) -> bool:
    """Whether the language that was asked for is there."""
    return _match(requested, offered) is not None


def _match(wish: str, offered: Sequence[str]) -> str | None:
    tag = wish.strip().lower().replace("_", "-")
    tag = _SCRIPTS.get(tag, tag)
    known = {code.lower(): code for code in offered}
    return known.get(tag) or known.get(tag.partition("-")[0])


@lru_cache(maxsize=512)
def _preferences(header: str) -> tuple[str, ...]:
    wanted = []
    for part in header.split(",")[:_MOST_ACCEPTED]:
        tag, _, weight = part.partition(";")
        wanted.append((_quality(weight), tag.strip()))
    wanted.sort(key=lambda wish: -wish[0])
    return tuple(tag for quality, tag in wanted if quality > 0)


def _quality(weight: str) -> float:
    name, _, number = weight.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    # float() also reads "nan", "inf" and "1_0"; RFC 9110 allows digits and one dot.
    plain = number.strip()
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit():
        return 0.0
    return float(plain)


@cache
def _locale(code: str) -> babel.Locale:
    try:
        return babel.Locale.parse(_REGIONS.get(code, code.replace("-", "_")))
    except (ValueError, babel.UnknownLocaleError):
        return babel.Locale(SOURCE)
