"""Texts with one number or address that identifies, in the ways that people write them."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

SEPARATORS = (
    " ",
    "-",
    ".",
    "/",
    "_",
    "  ",
    " - ",
    "\n",
    "--",
    "\u200b",
    "\u00ad",
    "\u2013",
    "\u00a0",
)


@dataclass(frozen=True)
class Identifying:
    """A text in parts: `before`, what identifies (`typed`), `after`; and the word for its kind."""

    before: str
    typed: str
    after: str
    word: str

    @property
    def text(self) -> str:
        """As it was typed."""
        return self.before + self.typed + self.after

    @property
    def left(self) -> str:
        """What must be left of it."""
        return f"{self.before}[{self.word}]{self.after}"


def digits(rng: random.Random, count: int) -> str:
    """So many random digits, the first no zero."""
    return str(rng.randint(10 ** (count - 1), 10**count - 1))


def cut(number: str, sizes: Sequence[int], separator: str) -> str:
    """The number in groups of these sizes."""
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return separator.join(part for part in [*parts, number[at:]] if part)


def card(rng: random.Random) -> str:
    """A card number of one of eight networks, with its check digit."""
    prefix, length = rng.choice(
        [
            ("4", 16),
            ("4", 13),
            ("4", 19),
            ("51", 16),
            ("55", 16),
            ("2221", 16),
            ("2720", 16),
            ("34", 15),
            ("37", 15),
            ("6011", 16),
            ("65", 16),
            ("644", 16),
            ("36", 14),
            ("300", 14),
            ("3528", 16),
            ("62", 16),
            ("6759", 16),
        ]
    )
    body = prefix + "".join(rng.choice("0123456789") for _ in range(length - len(prefix) - 1))
    doubled = [int(char) * (2 - at % 2) for at, char in enumerate(reversed(body))]
    return body + str(-sum(sum(divmod(number, 10)) for number in doubled) % 10)


def _card(rng: random.Random) -> tuple[str, str, str, str]:
    number = card(rng)
    groups = {15: (4, 6, 5), 14: (4, 6, 4), 13: (4, 3, 3, 3)}.get(len(number), (4, 4, 4, 4))
    typed = rng.choice([number, cut(number, groups, rng.choice(SEPARATORS))])
    before = rng.choice(
        [
            "I paid with ",
            "visa ",
            "fee $45 ",
            "tarjeta ",
            "",
            "card no. ",
            "charged $1,200.50, card ",
            "on 11/04/2026 ",
        ]
    )
    return (
        before,
        typed,
        rng.choice([" thanks", "", ", twice!", " me cobraron", "; fee $45"]),
        "card",
    )


def ssn(rng: random.Random) -> str:
    """A number as the Social Security Administration issues them."""
    area = rng.choice([n for n in (rng.randint(1, 899) for _ in range(3)) if n != 666])
    return f"{area:03}{rng.randint(1, 99):02}{rng.randint(1, 9999):04}"


def _ssn(rng: random.Random) -> tuple[str, str, str, str]:
    typed = cut(ssn(rng), (3, 2), rng.choice(SEPARATORS[:9] + SEPARATORS[11:]))
    before = rng.choice(["I am ", "ssn ", "", "mi seguro social: ", "paid $45.10, ", "case of "])
    return before, typed, rng.choice(["", " please", ", gracias", "."]), "ssn"


def _bare_ssn(rng: random.Random) -> tuple[str, str, str, str]:
    typed = cut(ssn(rng), rng.choice([(9,), (3, 3), (3,), (5,), (2,)]), rng.choice([" ", "-", "."]))
    if len(typed) == 10 and typed[5] in " -.":
        typed = typed.replace(typed[5], "")  # five and four is a ZIP code
    before = rng.choice(
        [
            "SSN ",
            "my ssn is ",
            "SS# ",
            "S.S.N.: ",
            "social security number ",
            "mi seguro social es ",
            "tax id ",
            "ITIN ",
        ]
    )
    return before, typed, rng.choice(["", " please", ", gracias", "."]), "ssn"


def _employer(rng: random.Random) -> tuple[str, str, str, str]:
    before = rng.choice(["EIN ", "my EIN is ", "employer id ", "FEIN: ", "tax ID number "])
    return before, cut(digits(rng, 9), (2,), "-"), rng.choice(["", " for my LLC"]), "ssn"


def _phone(rng: random.Random) -> tuple[str, str, str, str]:
    area = rng.choice(["202", "415", "541", "787", "646", "212", "907", "808", "503"])
    exchange, line = f"{rng.randint(2, 9)}{digits(rng, 2)}", f"{rng.randint(0, 9999):04}"
    typed = rng.choice(
        [
            f"{area}-{exchange}-{line}",
            f"({area}) {exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"{area} {exchange} {line}",
            f"{area}_{exchange}_{line}",
            f"+1 {area} {exchange} {line}",
            f"1-{area}-{exchange}-{line}",
            f"{area}/{exchange}/{line}",
            f"{area} - {exchange} - {line}",
            f"{area}\u2013{exchange}\u2013{line}",
            f"{area}-{exchange}-{line} ext. {rng.randint(2, 999)}",
            f"{area}/{exchange}-{line}",
            f"({area}){exchange}-{line}",
            f"+1{area}{exchange}{line}",
        ]
    )
    before = rng.choice(["call ", "", "my cell is ", "llame al ", "at ", "tel. ", "after 5 pm: "])
    return before, typed, rng.choice(["", " please", ", gracias", ".", " after 5"]), "phone"


def _short_phone(rng: random.Random) -> tuple[str, str, str, str]:
    typed = f"{digits(rng, 3)}{rng.choice('- .')}{rng.randint(0, 9999):04}"
    before = rng.choice(
        ["call ", "call me at ", "phone: ", "text ", "ll\u00e1mame al ", "my cell is ", "tel. "]
    )
    return before, typed, rng.choice(["", " please", ", gracias"]), "phone"


def _phone_abroad(rng: random.Random) -> tuple[str, str, str, str]:
    typed = rng.choice(
        [
            f"+52 55 {digits(rng, 4)} {digits(rng, 4)}",
            f"+44 20 7{digits(rng, 3)} {digits(rng, 4)}",
            f"0044 20 7{digits(rng, 3)} {digits(rng, 4)}",
            f"+49 30 {digits(rng, 6)}",
            f"011 52 55 {digits(rng, 4)} {digits(rng, 4)}",
            f"+33 1 42 {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)}",
            f"+63 917 {digits(rng, 3)} {digits(rng, 4)}",
        ]
    )
    before = rng.choice(["call ", "", "mi n\u00famero es ", "overseas: "])
    return before, typed, rng.choice(["", " please", ", gracias"]), "phone"


def _email(rng: random.Random) -> tuple[str, str, str, str]:
    name = rng.choice(
        ["ana", "joe.smith", "r_ortiz", "mary-ann", "jdoe1961", "josé", "o'neil", "x+cx"]
    )
    host, end = (
        rng.choice(["example", "mail.example", "correo"]),
        rng.choice(["com", "gov", "org", "net", "mx"]),
    )
    dotted = host.replace(".", " dot ")
    typed = rng.choice(
        [
            f"{name}@{host}.{end}",
            f"{name} @ {host}.{end}",
            f"{name}@ {host}.{end}",
            f"{name}[at]{host}[dot]{end}",
            f"{name} (at) {host}.{end}",
            f"{name} at {dotted} dot {end}",
            f"{name} [at] {host} [dot] {end}",
            f"{name} arroba {dotted.replace('dot', 'punto')} punto {end}",
            f"{name.upper()}@{host.upper()}.{end.upper()}",
        ]
    )
    before = rng.choice(["write to ", "", "my email: ", "mi correo es ", "mailto:"])
    return before, typed, rng.choice(["", " please", ", gracias", "!"]), "email"


def _birth(rng: random.Random) -> tuple[str, str, str, str]:
    year, month, day = rng.randint(1925, 2020), rng.randint(1, 12), rng.randint(1, 28)
    english = rng.choice(["January", "Feb", "march", "April", "May", "Aug.", "Sept.", "December"])
    spanish = rng.choice(
        ["enero", "febrero", "marzo", "abril", "agosto", "septiembre", "diciembre"]
    )
    typed = rng.choice(
        [
            f"{month:02}/{day:02}/{year}",
            f"{month}/{day}/{year % 100:02}",
            f"{month}-{day}-{year}",
            f"{year}-{month:02}-{day:02}",
            f"{english} {day}, {year}",
            f"{day} {english} {year}",
            f"{day} de {spanish} de {year}",
            f"{month:02}{day:02}{year}",
            f"{english} {day}th {year}",
            f"{day:02}.{month:02}.{year}",
            f"{month} {day} {year}",
            f"{day} {spanish} {year}",
        ]
    )
    before = rng.choice(
        [
            "DOB ",
            "dob: ",
            "D.O.B. ",
            "born on ",
            "I was born ",
            "date of birth is ",
            "my birthday is ",
            "fecha de nacimiento ",
            "nac\u00ed el ",
            "nacida el ",
            "nacido el ",
            "birth date: ",
            "Birthdate ",
        ]
    )
    return before, typed, rng.choice(["", " please", ", gracias", " in Ohio"]), "date"


def _document(rng: random.Random) -> tuple[str, str, str, str]:
    letter = rng.choice("ABCDEFGHKMNP")
    center = rng.choice("EAC WAC LIN SRC MSC IOE NBC YSC".split())
    before, typed = rng.choice(
        [
            ("VA file number ", digits(rng, 9)),
            ("my C-file ", f"C{digits(rng, 8)}"),
            ("VA file # ", cut(digits(rng, 8), (2, 3), " ")),
            ("EDIPI ", digits(rng, 10)),
            ("DoD ID number: ", digits(rng, 10)),
            ("A-number ", f"A{digits(rng, 9)}"),
            ("my A# is ", f"A{digits(rng, 9)}"),
            ("alien number ", digits(rng, 9)),
            ("", f"A{digits(rng, 9)}"),
            ("n\u00famero de extranjero ", f"A{digits(rng, 9)}"),
            ("alien registration number ", cut(digits(rng, 9), (3, 3), "-")),
            ("passport no. ", f"{letter}{digits(rng, 8)}"),
            ("Passport: ", digits(rng, 9)),
            ("mi pasaporte ", f"{letter}{digits(rng, 8)}"),
            ("Medicare ", "1EG4-TE5-MK73"),
            ("", "1EG4TE5MK73"),
            ("mbi ", "1eg4 te5 mk73"),
            ("driver's license ", f"{letter}{digits(rng, 8)}"),
            ("drivers license number ", digits(rng, 8)),
            ("licencia de conducir ", f"{letter}{digits(rng, 7)}"),
            ("DL# ", f"{letter}{cut(digits(rng, 11), (3, 4), '-')}"),
            ("IBAN ", "DE89 3704 0044 0532 0130 00"),
            ("", "GB29NWBK60161331926819"),
            ("", "ES91 2100 0418 4502 0005 1332"),
            ("", "1HGCM82633A004352"),
            ("bank account ", digits(rng, 10)),
            ("routing number ", digits(rng, 9)),
            ("known traveler ", digits(rng, 9)),
            ("Medicaid ID ", digits(rng, 9)),
            ("", f"{center}{digits(rng, 10)}"),
            ("receipt ", f"{center.lower()}{rng.choice(' -')}{digits(rng, 10)}"),
            ("recibo ", f"{center} {cut(digits(rng, 10), (2, 3), ' ')}"),
            ("visa case ", f"GUZ{rng.randint(2012, 2026)}{digits(rng, 6)}"),
            ("SEVIS ", f"N00{digits(rng, 8)}"),
            ("claim # ", digits(rng, 9)),
            ("case no. ", digits(rng, 8)),
            ("mi reclamo n\u00famero ", digits(rng, 9)),
            ("n\u00famero de caso: ", digits(rng, 7)),
            ("", f"A {cut(str(rng.randint(10**8, 299_999_999)), (3, 3), ' ')}"),
            ("naturalization certificate no ", digits(rng, 8)),
            ("application locator number ", digits(rng, 9)),
            ("PASSID ", digits(rng, 9)),
            ("CDL ", digits(rng, 8)),
            ("my account is ", digits(rng, 10)),
            ("my pasport ", f"{letter}{digits(rng, 8)}"),
            ("passport", f"{letter}{digits(rng, 8)}"),
            ("my vin ", "1HGCM826 33A004352"),
        ]
    )
    return before, typed, rng.choice(["", " please", ", gracias", " expired"]), "id"


def _address(rng: random.Random) -> tuple[str, str, str, str]:
    octets = ".".join(str(rng.randint(10, 255)) for _ in range(4))
    typed = rng.choice(
        [
            octets,
            "2001:db8::8a2e:370:7334",
            "00:1B:44:11:3A:B7",
            "00-1b-44-11-3a-b7",
            "fe80::1ff:fe23:4567:890a",
        ]
    )
    return (
        rng.choice(["my ip: ", "", "from ", "IP address "]),
        typed,
        rng.choice(["", " failed", ", thanks"]),
        "ip",
    )


KINDS: tuple[Callable[[random.Random], tuple[str, str, str, str]], ...] = (
    *(_card, _ssn, _bare_ssn, _employer, _phone, _short_phone, _phone_abroad, _email, _birth),
    *(_document, _address),
)


def texts(count: int, seed: int) -> Iterator[Identifying]:
    """So many, the kinds in turn; the same seed gives the same ones."""
    rng = random.Random(seed)
    for number in range(count):
        yield Identifying(*KINDS[number % len(KINDS)](rng))
