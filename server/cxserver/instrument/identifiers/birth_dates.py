"""Dates of birth: a day, in digits or with the month's name, beside a word that says what it is."""

import re
from collections.abc import Iterator

from cxserver.instrument.identifiers.digit_groups import Span
from cxserver.instrument.identifiers.folded_text import BLANK, FoldedText

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary|rero)?|mar(?:ch|zo)?|apr(?:il)?|may(?:o)?|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember|iembre)?|oct(?:ober|ubre)?|nov(?:ember|iembre)?|dec(?:ember)?|ene(?:ro)?"
    r"|abr(?:il)?|junio|julio|ago(?:sto)?|set(?:iembre)?|dic(?:iembre)?)(?![a-z])"
)
_BETWEEN = r"[ ,./'-]{0,3}(?:(?:de|del|of|the)(?![a-z])[ ,.']{0,2})?"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th|ro|o|er)?(?![0-9a-z])"
_YEAR = r"(?:[0-9]{4}|[0-9]{2})(?![0-9\ufffc])"
_FEW, _MARK = "[0-3]?[0-9]", " {0,2}[./_, -] {0,2}"
_DATE = (
    rf"(?:{_MONTH}{_BETWEEN}{_DAY}(?:{_BETWEEN}{_YEAR})?"
    rf"|{_DAY}{_BETWEEN}{_MONTH}(?:{_BETWEEN}{_YEAR})?"
    rf"|[0-9]{{1,2}}[a-z]{{3}}{_YEAR}"
    rf"|{_YEAR}{_BETWEEN}{_MONTH}{_BETWEEN}{_DAY}"
    rf"|{_MONTH}{_BETWEEN}[0-9]{{4}}(?![0-9\ufffc])"
    rf"|{_FEW}{_MARK}{_FEW}{_MARK}{_YEAR}|[0-9]{{4}}{_MARK}{_FEW}{_MARK}{_FEW}(?![0-9\ufffc])"
    r"|(?:[0-9]{8}|[0-9]{6}|[0-9]{1,2}/(?:[0-9]{4}|[0-9]{2}))(?![0-9\ufffc]))"
)
_NAME = (
    r"(?:d\.? ?o\.? ?b(?![a-z])\.?|date of (?:my |his |her )?birth|birth ?dates?|birth ?days?"
    r"|b-?day|f\.? ?d?\.? ?n\.|f(?:echa|\.) (?:de |del )?(?:mi |su )?nac(?:imiento|\.)?|cumpleanos"
    r"|cumplo(?: anos)?)"
)
_MARKS = r"[ \t\n:;.,#=()'-]{0,4}"
_GAP = (
    rf"{_MARKS}(?:(?:is|was|on|in|the|el|es|en|fue|dia|day|of|de|and|year|date|my|mi|should|be|says"
    r"|shows|listed|as|not|which|that|wrong|incorrect|correct|right|entered|it|its|s|has|to|que|mal"
    r"|incorrecta|equivocada|esta|correcta|dice|debe|ser|aparece"
    rf"|mm/dd/yy(?:yy)?)(?![a-z]){_MARKS}){{0,4}}"
)
_BORN = r"(?:born|naci(?:do|da)?|nacio)(?![a-z])[ ,:]{1,3}(?:[a-z]{1,15}[ ,:]{1,3}){0,4}"
_FORWARD = re.compile(rf"(?<![a-z])(?:{_NAME}{_GAP}|{_BORN})(?<![0-9{BLANK}])(?P<date>{_DATE})")
_BACKWARD = re.compile(
    rf"(?<![0-9a-z{BLANK}])(?P<date>{_DATE})[ ,(-]{{0,3}}"
    rf"(?:(?:is|was|es|my|mi|the|his|her|su|fue) ){{0,3}}{_NAME}"
)
_WORDS = frozenset(
    "born birth birthday birthdays birthdate birthdates dob b bday nac nacimiento naci nacido"
    " nacida nacio cumpleanos cumplo n fn fdn".split()
)


def find(text: FoldedText) -> Iterator[Span]:
    """The dates of birth of `text`."""
    if _WORDS.isdisjoint(text.vocabulary):
        return
    spans = [match.span("date") for match in _FORWARD.finditer(text.words)]
    yield from spans
    for match in _BACKWARD.finditer(text.without(spans).words):
        yield match.span("date")
