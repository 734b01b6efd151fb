"""Phone numbers: North American as people write them, others with + or 00 or after a word."""

import re
from collections.abc import Iterator

import phonenumbers

from cxserver.instrument.identifiers.digit_groups import DATE, Span, core
from cxserver.instrument.identifiers.folded_text import FoldedText

_SEP = r"[ \t\n._/*~\u00b7\u2022-]{0,4}"
_EXT = r"(?:[ ,]{0,2}(?:ext?|extension|x)[ .:]{0,2}[0-9]{1,6}(?![0-9\ufffc]))?"
_AMERICAN = re.compile(
    rf"(?<![0-9\ufffc])(?P<one>(?:\+ ?|00|011)?1{_SEP})?(?P<open>[(\[] ?)?(?P<area>[2-9][0-9]{{2}})"
    rf"(?P<close> ?[)\]])?(?P<first>{_SEP})(?P<exchange>[0-9]{{3}})(?P<second>{_SEP})"
    rf"[0-9]{{4}}(?![0-9\ufffc]){_EXT}"
)
# Area codes that the plan keeps free, or for machines; years and counts in hundreds look like them.
_FREE = {"200", "300", "400", "500", "600", "700"}
# After a plus, or after the 00 or 011 that is dialed before a country's code. A time at night such
# as 0045 begins so too, and is followed by a time; 1 is left to the pattern above.
# In 0115 1730 it is no code: no country has a 5.
_ABROAD = re.compile(
    r"(?:\+ ?(?!1)|(?<![0-9a-z.\ufffc])"
    r"(?!00[0-5][05] (?:[01][0-9]|2[0-3])[0-5][05](?![0-9]))"
    r"(?:00 ?(?!1)|011(?![2-689][^0-9])[ .-]?))"
    r"(?=[1-9(])\(?[0-9](?:[ ().\-/_]{0,3}[0-9]){6,18}(?![0-9\ufffc])"
)
# Reading one number with the library takes a twentieth of a millisecond, and comparing one with a
# country's plan a tenth of that. After so many, those that are left are masked unread: nobody
# writes so many, and a flood must not take long.
MOST_READ = 5
MOST_COMPARED = 40
_GROUP, _NO_DIGIT = re.compile("[0-9]+"), re.compile("[^0-9]")
_LABEL = re.compile(
    r"(?<![a-z])(?:receipts?|case|claim|ticket|track(?:ing)?|order|invoice|confirmation|ref(?:erence)?"
    r"|application|docket|transaction|form|file|serial|item|isbn|barcode|recibo|caso|solicitud|orden"
    r"|factura|confirmacion|folio|rastreo|referencia|boleto)"
    r"(?:[ #:.]{1,3}(?:number|no|num|numero|id|is|was|es|de)){0,4}[ #:.]{0,3}\Z"
)
# Letters and signs before it, but for the 1 of long distance and its separator.
_GLUED = re.compile(r"(?:[^\W1]|[\w$./-]1|[$./-])\Z")
_CALLED = re.compile(
    r"(?<![a-z])(?:number|numero|phone|cell|call|tel|text|celular|telefono|movil|whatsapp)\Z"
)
_REACH = 40
_WORD = (
    r"(?:call(?:ed|ing)?|phone|tel(?:ephone|efono|ef)?s?|text(?:ed|ing)?|cell(?:phone|ular)?|celular"
    r"|mobile|movil|fax|whats ?app|llam[a-z]{1,6}|contact(?:o|ar|arme|ame)?"
    r"|reach(?:ed)?|dial(?:ed)?|marque|marcar|voicemail|ph(?=[ .:#])"
    r"|(?:my|mi|our|her|his|su|home|work) (?:number|numero|num|no|#))"
)
_WORDS = frozenset(
    "call called calling phone tel tels telephone telefono telefonos telef text texted texting cell"
    " cellphone cellular celular mobile movil fax whats whatsapp llam llame llama llamar llamenme"
    " llameme llamame llamado llamen llamo llamenos llamanos llamarme llamarnos"
    " contact contacto contactar contactarme contactame reach"
    " reached dial dialed marque marcar voicemail ph number numero num no".split()
)
_FILL = (
    r"[ \t\n:.,#()=-]{0,3}(?:(?:me|us|him|her|them|back|at|on|to|is|was|now|number|no|num|numero"
    r"|phone|cell|home|work|al|a|es|el|de|del|la|casa|mi|my|the|or|his|please|favor|por"
    r"|directly|anytime)(?![a-z])[ \t\n:.,#()=-]{0,3}){0,4}"
)
_SHAPE = (
    r"(?:[0-9]{3}[ .\-/_]{0,3}[0-9]{4}"
    r"|[0-9]{4}-(?!(?:19|20)[0-9]{2}(?![0-9\ufffc]))[0-9]{4}|[0-9]{8}"
    r"|\+?\(?[0-9](?:[ ().\-/_]{0,3}[0-9]){8,14})(?![0-9]|[.,/:][0-9])"
)
_NAMED = re.compile(rf"(?<![a-z]){_WORD}(?![a-z]){_FILL}(?P<phone>{_SHAPE}{_EXT})")
# Sections 404.1520 and 416.1407 of 20 CFR are no phone numbers.
_BEHIND = re.compile(
    r"(?<![0-9.$-])(?!4(?:04|16|22)\.)(?P<phone>[0-9]{3}[ .-][0-9]{4})"
    r"(?=[ ,(-]{1,3}(?:is |es |my |mi |the ){0,2}(?:cell|phone|mobile|tel(?![a-z])|celular"
    r"|home phone|work phone|telefono)(?![a-z]))"
)


def find(text: FoldedText) -> Iterator[Span]:
    """The phone numbers of `text`."""
    if not text.has_digits:
        return
    for seek in (_abroad, _american):
        spans = list(seek(text.words))
        yield from spans
        text = text.without(spans)
    if not _WORDS.isdisjoint(text.vocabulary):
        yield from _named(text.words)


def _abroad(words: str) -> Iterator[Span]:
    at, compared = 0, 0
    while match := _ABROAD.search(words, at):
        typed = match[0]
        length = len(typed)
        if compared < MOST_COMPARED:
            ends = _ends(typed)
            compared += len(ends)
            length = _length_abroad(typed, ends)
        if length and (typed[0] == "+" or _stands_alone(words, match.start())):
            yield match.start(), match.start() + length
        at = match.start() + (length or 2)


def _ends(typed: str) -> list[int]:
    """Where the number may end: after a group of digits, with seven at least; the longest first."""
    ends = [match.end() for match in _GROUP.finditer(typed)]
    return [end for end in reversed(ends) if end > 7]


def _length_abroad(typed: str, ends: list[int]) -> int:
    """How much of it is the number: up to the last group with which it fits its country's plan.
    With a plus it is a phone number even if it fits none.
    """
    numbers = [
        _NO_DIGIT.sub("", typed[:end]).removeprefix("011").removeprefix("00") for end in ends
    ]
    length, pattern = _plan(numbers[0]) if numbers else (0, "")
    for end, number in zip(ends, numbers, strict=True):
        # "+44 (0)20": the zero is for calls within the country.
        if pattern and re.fullmatch(pattern, number[length:].removeprefix("0")):
            return end
    return len(typed) if typed.startswith("+") else 0


def _plan(number: str) -> tuple[int, str]:
    """How many digits the country's code has, and the pattern of what follows it; (0, "") where
    no country has such a code.
    """
    for length in (1, 2, 3):
        code = int(number[:length] or 0)
        if regions := phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code):
            plan = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0])
            desc = plan and plan.general_desc
            return length, (desc and desc.national_number_pattern) or ""
    return 0, ""


def _is_valid(number: str) -> bool:
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, "US")))
    except phonenumbers.NumberParseException:
        return False


def _american(words: str) -> Iterator[Span]:
    tries = MOST_READ
    for match in _AMERICAN.finditer(words):
        if match["first"] or match["second"] or match["close"]:
            if _is_dressed(match):
                yield _without_stray_bracket(match)
        elif _stands_alone(words, match.start("area")):
            tries -= 1
            number = words[match.start("area") : match.end("exchange") + 4]
            if tries < 0 or _is_valid(number):
                yield match.span()


def _without_stray_bracket(match: re.Match[str]) -> Span:
    """The whole; but a bracket that its area code does not close encloses more than the number."""
    stray = match["open"] and not match["close"] and not match["one"]
    return match.start("area") if stray else match.start(), match.end()


def _is_dressed(match: re.Match[str]) -> bool:
    """Whether what parts the digits is what people put into phone numbers, and not into citations
    (416.924 2026), fractions or lists.
    """
    if match["open"] or match["close"]:
        return True
    first, second = core(match["first"]), core(match["second"])
    if match["area"] in _FREE and not match["one"]:
        return False
    if not match["first"]:
        return second in ("-", ".")
    if not match["second"]:
        return first in ("", "-", "_", "/")
    if not first and not second:
        return match["exchange"][0] in "23456789"
    return first == second or {first, second} <= {"", "-", "_"} or (first, second) == ("/", "-")


def _stands_alone(words: str, start: int) -> bool:
    """Whether these digits are a number of their own, and nobody says that it is a case's."""
    before = words[max(0, start - _REACH) : start]
    glued = _GLUED.search(before) and not _CALLED.search(before)
    return not glued and not _LABEL.search(before)


def _named(words: str) -> Iterator[Span]:
    for form in (_NAMED, _BEHIND):
        for match in form.finditer(words):
            if not DATE.match(words, match.start("phone")):
                yield match.span("phone")
