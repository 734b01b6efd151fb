"""Texts of 2,000 characters that make a careless rule slow: pieces over and over, and mixtures."""

import random

LENGTH = 2000
# fmt: off
PIECES = (
    "1", "4", "0", "1-", "1 ", "1.", "1/", "1_", "1 - ", "1\u200b", "4 ", "40 ", "4012 ",
    "4012-", "4012 8888 8888 1881 ", "4012888888881881 ", "30 ", "38", "5018 ", "6011", "62",
    "a@", "a@a", "@", "@ ", "a @ ", "a @ a.", "a@a.a", "a.", "a@a.a.a.a.a.a.a.a.a@", "at ",
    "at at at dot ", "dot ", "a at ", "a at a dot ", "a at a dot com ", "arroba ",
    "a arroba b punto ", "[at]", "(at) ", "a[at]b[dot]", "joe at gmail.", "email me at ",
    "correo ", "ssn ", "ssn 1", "ssn 457555462 ", "social security ", "457-55-5462 ",
    "457 55 5462 ", "457555462 is my ", "000-00-0000 ", "s.s.n. ", "seguro social 4 ", "tin ",
    "ss# ", "passport ", "passport 1", "passport A1", "license ", "driver's license a", "dl# ",
    "medicare a", "a-number ", "a number ", "alien 1", "iban ", "de89 ", "de89 3704 ", "de89",
    "DE89 3704 0044 0532 0130 00 ", "a123456789 ", "1eg4te5mk73 ", "1eg4-", "vin ",
    "1hgcm82633a004352 ", "account ", "routing 1", "cuenta ", "va file ", "c-file c", "edipi 1",
    "cac ", "dni a ", "i-94 1", "dob ", "born ", "born on ", "born a b c d ", "dob 1/",
    "dob april ", "april 12 ", "12 april ", "12/12/1961 ", "1/1/61 is my ", "is my ",
    "nacido el ", "fecha de nacimiento ", "12 de abril de ", "dob:::: ", "b-day ", "d o b ",
    "192.0.2.17 ", "1.1.1.1.", "1.1.1.1 ", ":", "::", "1:", "a:", "fe80::1 ", "00:1B:",
    "00:1B:44:11:3A:B7 ", "0a-", "ip 1.2.", "version 1.2.3.4 ", "+1", "+", "+44 20 7946 0958 ",
    "+442079460958", "+99999999999 ", "0044 20 7946 0958 ", "00", "011 52 ", "202-555-",
    "202-555-0143 ", "2025550143 ", "2025550143,", "(", "(202", "call ", "call 555-",
    "call 555-0132 ", "my number is ", "llame al ", "phone 1-", "receipt 2025550143 ",
    "202.555.0143 x", "2o2-555-o143 ", "o", "o0", "0o ", "\ud83d\ude42", "\u200b", "\u00ad",
    "e\u0301", "\u0130", "\uff14", "\u0664", "\n", "\t", " ", "-", "- ", "_", "....", "/",
    "[card]", "[ssn] 4", "[phone] 555-0132 ", "x", "A", "$45 ", "'", "a'", "%", "#", "\\",
    "00 202 555 ", "011 1 2 3 4 5 6 7 8 ", "case ", "case no ", "case 1", "case 12 34 ",
    "claim # 1-",
    "receipt number is ", "ioe", "ioe 1", "ioe0912345678 ", "guz2019", "a 087 654 ", "account is 1",
    "routing 1234567/", "acct 1234567 and ", "certified mail ", "certified 7019 2280 ", "1hgcm826 ",
    "passport1", "passportc1234567", "number4158675309", "dob which that ",
    "a@b.com.", "1hgcm8263-",
)
# fmt: on


def repeated(piece: str, length: int = LENGTH) -> str:
    """One piece over and over."""
    return (piece * (length // len(piece) + 1))[:length]


def texts(seed: int, mixtures: int = 40) -> list[str]:
    """Every piece alone, and as many mixtures: three pieces in turn, or all of them at random."""
    rng = random.Random(seed)
    mixed = [repeated("".join(rng.choices(PIECES, k=3))) for _ in range(mixtures)]
    wild = ["".join(rng.choices(PIECES, k=LENGTH))[:LENGTH] for _ in range(mixtures)]
    return [*map(repeated, PIECES), *mixed, *wild]
