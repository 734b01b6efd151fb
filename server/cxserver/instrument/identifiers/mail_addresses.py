"""Email addresses, also as people write them to be read aloud: ana at example dot gov.

Each sign or word for "at" is looked at once: what comes after it decides, and only where that is a
host, the name is read backward from it. So a text of nothing but signs costs little.
"""

import re
from collections.abc import Iterator

from cxserver.instrument.identifiers.digit_groups import Span
from cxserver.instrument.identifiers.folded_text import BLANK, FoldedText

# Doubled, as in a hurry; or as an address of a page has it (RFC 3986), or HTML.
_TYPED = "@{1,3}|%40|&#64;"
_AT = re.compile(
    rf"(?P<sign>{_TYPED}|[\[({{<] {{0,2}}(?:at|arroba|@) {{0,2}}[\])}}>])"
    r"|(?<= )(?P<word>at|arroba)(?= )"
)
_DOT = r"(?: {0,2}[\[({<] {0,2}(?:dot|punto|\.) {0,2}[\])}>] {0,2}| (?:dot|punto) | ?\. ?)"
_HOST = r"(?=[0-9_-]*[a-z])[\w-]{1,63}+"
_END = r"(?:com|org|net|gov|mil|edu|info|biz|int|gob|[a-z]{2})(?:\.[a-z]{2})?(?![\w\ufffc-])"
_PROVIDER = (
    r"(?:gmail|g-mail|googlemail|yahoo|ymail|hotmail|outlook|live|msn|aol|icloud|me|mac|comcast"
    r"|verizon|att|sbcglobal|bellsouth|cox|charter|proton(?:mail)?)"
)
# After ".com" comes a country's two letters, or the next sentence without its blank.
_WELL_FORMED = re.compile(
    r"[\w-]++(?:(?!(?<=\.(?:com|net|org|gov|mil|edu))\.[a-z]{3})\.[\w-]++){1,8}"
)
_DOTTED = rf"{_HOST}(?:{_DOT}{_HOST}){{0,3}}{_DOT}{_END}"
_SPACED = re.compile(rf" {{0,3}}(?:{_DOTTED}|{_PROVIDER}(?:[ ,]{{1,2}}com)?(?![\w-]))")
_SPELLED = re.compile(
    rf" (?:{_HOST}(?: (?:dot|punto) {_HOST}){{0,3}} (?:dot|punto) {_END}"
    rf"|{_PROVIDER}(?:{_DOT}|[ ,]{{1,2}})(?:com|net|org|me)(?![\w-]))"
)
# "joe at example.gov" is an address after "email me", and "arroba" is said of nothing else.
_LOOSE = re.compile(rf" {_DOTTED}")
_ASKED = re.compile(r"(?:mail(?:ed)?|correo)(?: me| us| at| address| is| it| to| es|:){0,3} \Z")

# Read backward: "htims tod nna" of "ann dot smith".
_DOT_BACKWARD = r"(?: (?:tod|otnup) | ?[)\]] ?(?:tod|otnup) ?[(\[] ?)"
_NAME_BACKWARD = re.compile(
    rf" {{0,3}}(?P<name>[\w.%+'-]*[\w%+](?:{_DOT_BACKWARD}[\w-]*\w){{0,2}})(?![\w{BLANK}])"
)
# "I looked at irs dot gov" names a site; whoever looked is no mailbox.
_NO_NAMES = frozenset(
    "look looked looking looks apply applied applying me us it up in on is was are be go went site"
    " sites website web page pages online form forms info information available found find log"
    " login logged sign signed signup visit visited here there them and or not start started read"
    " work works worked stay get got download downloaded more check checked see saw search searched"
    " arrive arrived account people staff you chat faq help service that this one date pay paid"
    " status time times again posted register registered the registration".split()
)
_REACH = 40


def find(text: FoldedText) -> Iterator[Span]:
    """The addresses of `text`."""
    signed = any(sign in text.words for sign in ("@", "%40", "&#64;"))
    if not signed and text.vocabulary.isdisjoint(("at", "arroba")):
        return
    words, backward = text.words, text.words[::-1]
    for at in _AT.finditer(words):
        if end := _end_of_host(words, at):
            name = _NAME_BACKWARD.match(backward, len(words) - at.start())
            if name and _is_address(words, at, end, name["name"][::-1]):
                yield len(words) - name.end(), end


def _end_of_host(words: str, at: re.Match[str]) -> int:
    forms = (_WELL_FORMED, _SPACED) if at["sign"] else (_SPELLED, _LOOSE)
    return max(host.end() if (host := form.match(words, at.end())) else 0 for form in forms)


def _is_address(words: str, at: re.Match[str], end: int, name: str) -> bool:
    if at["sign"]:
        return True
    if name in _NO_NAMES:
        return False
    if at["word"] == "arroba" or _SPELLED.fullmatch(words, at.end(), end):
        return True
    start = at.start() - 1 - len(name)
    return _ASKED.search(words[max(0, start - _REACH) : start]) is not None
