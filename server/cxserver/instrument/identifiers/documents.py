"""Numbers of documents and files: passports, licenses, benefit, immigration and bank numbers.

Some have a shape that nothing else has, or a check digit. The others are numbers like any other,
and count only after a word that says what they are.
"""

import re
from collections.abc import Iterator

from cxserver.instrument.identifiers.digit_groups import DATE, NO_COUNT, Span
from cxserver.instrument.identifiers.folded_text import BLANK, FoldedText

# Medicare's own description of the number: which places are letters, and no S, L, O, I, B, Z.
_LETTER = "[ac-hjkmnp-rt-y]"
_EITHER = "[0-9ac-hjkmnp-rt-y]"
_MEDICARE = re.compile(
    rf"[1-9](?<![a-z0-9\ufffc].){_LETTER}{_EITHER}[0-9][ -]{{0,3}}{_LETTER}{_EITHER}[0-9]"
    rf"[ -]{{0,3}}{_LETTER}{{2}}[0-9]{{2}}(?![a-z0-9\ufffc])"
)
_ALIEN = re.compile(
    r"a(?<![a-z0-9\ufffc-].)(?:[-#]?[0-9]{8,9}|[ -]?[0-9]{2,3}-[0-9]{3}-[0-9]{3}"
    r"| [0-2][0-9]{8}| (?:[0-2][0-9]{2}|[1-9][0-9]) [0-9]{3} [0-9]{3})"
    rf"(?![a-z0-9]|[ ,.-][0-9]){NO_COUNT}"
)
_LONG = re.compile("[a-z0-9]{17}")
_CURP = re.compile(
    r"(?<![a-z0-9\ufffc])[a-z]{4}[0-9]{6}[hmx][a-z]{5}[0-9a-z][0-9](?![a-z0-9\ufffc])"
)
# With a blank inside. A digit in the first part and four at the end: two words have neither.
_SPLIT_VIN = re.compile(
    r"(?<![a-z0-9\ufffc])(?=[a-z]{0,13}[0-9])[a-hj-npr-z0-9]{3,14}[ -][a-hj-npr-z0-9]{0,10}[0-9]{4}"
    r"(?![a-z0-9\ufffc])"
)
_VIN = re.compile(r"(?<![a-z0-9\ufffc])[a-hj-npr-z0-9]{17}(?![a-z0-9\ufffc])")
# The registry of ISO 13616: how long an IBAN of each country is.
_IBAN_LENGTHS = {
    country: length
    for length, countries in (
        (15, "no"),
        (16, "be"),
        (18, "dk fi fo gl nl"),
        (19, "mk si"),
        (20, "at ba ee kz lt lu xk"),
        (21, "ch hr li lv"),
        (22, "bg bh cr de gb ge ie me rs va"),
        (23, "ae gi il iq tl"),
        (24, "ad cz es md pk ro sa se sk tn vg"),
        (25, "ly pt st"),
        (26, "is tr"),
        (27, "fr gr it mc mr sm"),
        (28, "al az by cy do gt hu lb pl sv"),
        (29, "br eg ps qa ua"),
        (30, "jo kw mu"),
        (31, "mt sc"),
        (32, "lc"),
    )
    for country in countries.split()
}
_IBAN_HEAD = re.compile("(?<![a-z0-9\ufffc])[a-z]{2}[0-9]{2}(?=[ -]?[a-z0-9])")
_IBAN_FORMS = {
    length: re.compile(rf"[a-z0-9]{{4}}(?:[ -]?[a-z0-9]){{{length - 4}}}(?![a-z0-9\ufffc])")
    for length in set(_IBAN_LENGTHS.values())
}
_AS_DIGITS = str.maketrans({char: str(int(char, 36)) for char in "abcdefghijklmnopqrstuvwxyz"})

_VIN_VALUES = dict(
    zip(
        "0123456789abcdefghjklmnprstuvwxyz",
        map(int, "012345678912345678123457923456789"),
        strict=True,
    )
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)

_GAP = rf"[^0-9{BLANK}]{{0,24}}?(?<![a-z0-9\ufffc])"
_MARKS = r"[ \t\n:#.,=()'-]{0,4}+"
_NEAR = (
    rf"{_MARKS}(?:(?:numbers?|numero|num|no|n\u00ba|id|is|was|es|card|tarjeta|from|de|of|my|mi|the"
    rf"|el|la|state|expired|renewal|for|[a-z]{{2}})(?![a-z0-9\ufffc]){_MARKS}){{0,4}}"
    r"(?<![a-z0-9\ufffc])"
)
# Names of a number, what may stand between, and its form. The first words of the names are there
# so that a text without any of them is not searched.
_NAMED = tuple(
    (
        frozenset(words.split()),
        re.compile(
            rf"(?<![a-z])(?:{name})(?![a-z]){gap}(?P<id>{shape})(?![a-z0-9\ufffc]){NO_COUNT}"
        ),
    )
    for words, name, gap, shape in (
        (
            "v va c xc cfile claim claims file expediente",
            r"v\.?a\.?(?: claim)? file|x?c[ -]?file|claims? (?:file|folder)"
            r"|va (?:claim|number|no|id|#)|xc|file (?:number|no|num|#)|expediente",
            _GAP,
            r"(?:x?c[ -]{0,3})?[0-9](?:[ .-]?[0-9]){6,8}",
        ),
        (
            "edipi d dod dodid cac military",
            r"edipi|d\.?o\.?d\.? ?(?:id|number|#)|dod|cac|military id",
            _GAP,
            r"[0-9](?:[ .-]?[0-9]){9}",
        ),
        (
            "number num no alien uscis numero extranjero extranjera green permanent residente"
            " residencia",
            r"a[ -]?(?:number|num|no|#)|alien|uscis|numero a|extranjer[oa]|green card"
            r"|permanent resident|residente permanente|residencia",
            _GAP,
            r"(?:a[ #-]{0,3})?[0-9](?:[ .-]?[0-9]){6,8}",
        ),
        (
            "passport passports pass pasport pasports paspport passprt passpot passprot passort"
            " pasaporte pasaportes passaporte matricula locator",
            r"pass? ?ports?|paspport|passprt|passpot|passprot|passort|passaporte|pasaportes?"
            r"|matricula(?: consular)?|locator (?:number|no|num|#)",
            _GAP,
            r"(?:[a-z]{0,2}|[a-z][ -])[0-9](?:[ -]?[0-9]){5,8}",
        ),
        (
            "driver drivers driving dl dln cdl d licencia state license licence lisence liscense"
            " lisense identificacion id",
            r"(?:drivers?|driving)'?s? (?:licen[sc]e|lisc?en[sc]e|lic|permit)"
            r"|d\.?l\.?(?=[ #:n])|dln|cdl|licencia(?: de (?:conducir|manejar))?|state id"
            r"|(?:licen[sc]e|lisc?en[sc]e)(?= (?:no|num|#))|identificacion estatal|id estatal",
            _NEAR,
            r"[a-z]{1,3}[ -]?[0-9][0-9a-z]?(?:[ -]?[0-9]){4,13}[a-z]{0,2}|[0-9]{7,14}"
            r"|[0-9]{2,4}(?:[ -][0-9]{2,4}){2,4}",
        ),
        (
            "medicare medicaid medicade medi mbi",
            r"medicare|medicaid|medicade|medi-?cal|mbi",
            _GAP,
            r"(?=[a-z0-9 -]?[a-z0-9]?[0-9])[a-z0-9](?:[ -]?(?:[0-9]|[a-z][0-9])){6,11}"
            r"|[a-z]{2}[0-9]{5}[a-z]|9[0-9]{7}[a-z]",
        ),
        (
            "bank checking savings acct account acount accout routing rounting aba cuenta",
            r"(?:bank|checking|savings) (?:acc?ount|acct)|acct|acc?oun?t (?:no|num|numbers?|#)"
            r"|rou?n?ting|aba|cuenta(?: bancaria| de banco)?",
            _NEAR,
            r"[0-9](?:[ -]?[0-9]){6,16}",
        ),
        # Without a word more, only a number in one piece: "account for 2019 2020" is none.
        (
            "account acct ruta",
            "account|acct|ruta",
            rf"{_MARKS}(?:(?:is|was|es|my|mi)(?![a-z]){_MARKS}){{0,2}}",
            "[0-9]{7,17}",
        ),
        # Two names before two numbers.
        (
            "acct account routing aba cuenta ruta",
            "acct|account|routing|aba|cuenta|ruta",
            rf"{_NEAR}[0-9]{{6,17}}{_MARKS}(?:(?:and|y|&)(?![a-z]){_MARKS})?[/,;&]?{_MARKS}",
            "[0-9]{6,17}",
        ),
        (
            "known ktn redress pre precheck global nexus sentri passid pass",
            r"known traveler|ktn|redress|pre-?check|global entry|nexus|sentri|pass ?id",
            _GAP,
            "(?:tt)?[0-9]{7,10}",
        ),
        (
            "naturalization citizenship naturalizacion ciudadania",
            r"(?:naturalization|citizenship) cert(?:ificate)?|certificate of (?:naturalization"
            r"|citizenship)|certificado de (?:naturalizacion|ciudadania)",
            _GAP,
            "[a-z]{0,2}[0-9]{7,10}",
        ),
        ("ip identity", "ip pin|identity protection pin", _NEAR, "[0-9]{6}"),
        ("caf", "caf", _NEAR, "[0-9]{4}-?[0-9]{5}r?"),
        ("service", "service (?:number|no|num|#)", _NEAR, "[a-z]{2}[ -]?[0-9]{8}"),
        ("i", r"i-?94", _GAP, "[0-9](?:[ -]?[0-9a-z]){9}[0-9]"),
        (
            "cedula dni nie rfc credencial",
            r"cedula|dni|nie|rfc|credencial",
            _NEAR,
            r"[a-z]{0,4}[ -]?[0-9](?:[ .-]?[0-9]){5,10}[ -]?[a-z0-9]{0,3}",
        ),
        ("vin", "vin", _NEAR, "[a-z0-9]{17}"),
        (
            "iban",
            "iban",
            _NEAR,
            r"[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?",
        ),
    )
)

# The name and its number run together: passportC12345678, case12345678.
_GLUED = re.compile(
    r"(?<![a-z])(?:passport|pasaporte|license|licencia|claim|case|caso|receipt|recibo|account|acct"
    r"|routing|cuenta|medicare|edipi|alien)s?(?:number|numero|num|no|is|id)?[:#.=]{0,2}"
    r"(?P<id>[a-z]{0,2}[0-9]{6,12})(?![0-9\ufffc])"
)


def find_shapes(text: FoldedText) -> Iterator[Span]:
    """Numbers that their own form tells: Medicare, aliens', CURP, vehicles, IBAN."""
    words = text.words
    for form in (_MEDICARE, _ALIEN):
        yield from (match.span() for match in form.finditer(words))
    if _LONG.search(words):
        yield from (match.span() for match in _CURP.finditer(words))
        yield from (match.span() for match in _VIN.finditer(words) if _is_vehicle(match[0]))
    for match in _SPLIT_VIN.finditer(words):
        number = match[0].replace(" ", "").replace("-", "")
        if len(number) == 17 and _is_vehicle(number):
            yield match.span()
    for match in _IBAN_HEAD.finditer(words):
        length = _IBAN_LENGTHS.get(match[0][:2], 0)
        account = length and _IBAN_FORMS[length].match(words, match.start())
        if account and _is_account(account[0]):
            yield account.span()


def find_named(text: FoldedText) -> Iterator[Span]:
    """Numbers after a word that says what they are."""
    hints = text.vocabulary | {"no"} if "#" in text.words else text.vocabulary
    for words, form in _NAMED:
        for match in form.finditer(text.words) if words & hints else ():
            if not DATE.search(match["id"]):
                yield match.span("id")
    yield from (match.span("id") for match in _GLUED.finditer(text.words))


def _is_vehicle(number: str) -> bool:
    """Whether the ninth place is the check digit (49 CFR 565.15): sum mod 11, X for ten."""
    pairs = zip(number, _VIN_WEIGHTS, strict=True)
    rest = sum(_VIN_VALUES[char] * weight for char, weight in pairs) % 11
    return number[8] == "0123456789x"[rest]


def _is_account(typed: str) -> bool:
    """Whether the check digits fit: ISO 13616, mod 97 is 1."""
    number = typed.replace(" ", "").replace("-", "")
    return int((number[4:] + number[:4]).translate(_AS_DIGITS)) % 97 == 1
