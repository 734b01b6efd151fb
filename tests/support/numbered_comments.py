"""Comments full of numbers of which none identifies anybody, from templates and a seed."""

import random
from collections.abc import Callable

Number = Callable[[random.Random], str]


def _of(low: int, high: int, form: str = "{}") -> Number:
    return lambda rng: form.format(rng.randint(low, high))


def _digits(pattern: str) -> Number:
    """`#` is any digit, `&` any capital letter."""
    letters = "ABCDEFGHJKMNPRSTUVWXYZ"

    def number(rng: random.Random) -> str:
        drawn = {"#": lambda: rng.choice("0123456789"), "&": lambda: rng.choice(letters)}
        return "".join(drawn[sign]() if sign in drawn else sign for sign in pattern)

    return number


def _any_of(*numbers: Number | str) -> Number:
    def number(rng: random.Random) -> str:
        drawn = rng.choice(numbers)
        return drawn if isinstance(drawn, str) else drawn(rng)

    return number


def _price(rng: random.Random) -> str:
    cents = rng.choice(["", f".{rng.randint(0, 99):02}"])
    return f"${rng.choice([rng.randint(1, 999), rng.randint(1000, 4_000_000)]):,}{cents}"


def _time(rng: random.Random) -> str:
    return f"{rng.randint(1, 12)}:{rng.randint(0, 59):02}{rng.choice(['', ' am', 'pm', ' p.m.'])}"


def _date(rng: random.Random) -> str:
    year, month, day = rng.randint(1990, 2027), rng.randint(1, 12), rng.randint(1, 28)
    named = rng.choice(["January", "Feb.", "March", "Apr", "May", "June", "Sept", "November"])
    return rng.choice(
        [
            f"{month}/{day}/{year}",
            f"{month:02}/{day:02}/{year % 100:02}",
            f"{year}-{month:02}-{day:02}",
            f"{named} {day}, {year}",
            f"{day} {named} {year}",
            f"{day} de enero de {year}",
            f"{month:02} {day:02} {year}",
            f"{day}.{month}.{year}",
        ]
    )


def _clock(rng: random.Random) -> str:
    return f"{rng.randint(0, 23):02}{rng.choice(['00', '15', '30', '45'])}"


def _place(rng: random.Random) -> str:
    north, west, places = rng.uniform(25, 49), rng.uniform(67, 124), rng.randint(3, 6)
    return f"{north:.{places}f}{rng.choice([', ', ' '])}-{west:.{places}f}"


NUMBERS: dict[str, Number] = {
    "few": _of(2, 60),
    "hundreds": _of(101, 999),
    "price": _price,
    "time": _time,
    "date": _date,
    "clock": _clock,
    "place": _place,
    "year": _of(1970, 2027),
    "form": _any_of(
        "1040",
        "1040-SR",
        "1040-ES",
        "W-2",
        "W-4",
        "1099-MISC",
        "8962",
        "I-130",
        "I-485",
        "N-400",
        "I-765",
        "SF-180",
        "SSA-1099",
        "21-526EZ",
        "10-10EZ",
        "DD 214",
        "DS-11",
        "SF 86",
        "4506-T",
    ),
    "citation": _any_of(
        "38 CFR 3.156",
        "20 CFR 404.1520",
        "42 U.S.C. 1395",
        "26 USC 501(c)(3)",
        "5 U.S.C. 552a",
        _digits("4# CFR ###.##"),
        _digits("4# C.F.R. \u00a7 1##.#0#"),
        _digits("Pub. L. 11#-##"),
        _digits("8# Fed. Reg. ##,###"),
        _digits("section 2##.1#, 2##.1#"),
        "A-11 \u00a7280.10",
        _digits("5## U.S. ### (19##)"),
        _digits("2## F.3d 1###"),
        _digits("H.R. ####"),
    ),
    "version": _any_of(
        _digits("version 1#.#.#"),
        _digits("v2.#.1#.#"),
        _digits("iOS 1#.#.#"),
        "Windows 11",
        _digits("build 2####.1###"),
        _digits("Chrome 1##.0.6###.1##"),
        _digits("version 2.1.3.4"),
    ),
    "score": _any_of(
        "5 out of 5",
        _digits("#/10"),
        "10/10",
        _digits("3 4 5 2 1"),
        "4.5 stars",
        _digits("9# percent"),
        _digits("8#%"),
        "1-5",
        "5 4 3 3 2 5 4 1",
        "0 of 10",
    ),
    "room": _any_of(
        _digits("room 4#2#"),
        _digits("Rm. 1##"),
        _digits("bldg 2##"),
        _digits("Suite 1###"),
        _digits("window 1#"),
        _digits("ventanilla #"),
        _digits("floor 1#"),
        _digits("room 4### bldg 2##"),
        _digits("gate &#"),
    ),
    "ticket": _any_of(
        _digits("ticket &-2##"),
        _digits("queue number &##"),
        _digits("number 3##"),
        _digits("turno &1##"),
        _digits("ticket 8###"),
        _digits("No. 1##"),
    ),
    "receipt": _any_of(
        _digits("case 3 of 1#"),
        _digits("receipt of 20##"),
        _digits("claim at step #"),
        _digits("confirmation 4#####"),
        _digits("order #7-#####"),
        _digits("recibo 4###"),
        _digits("docket 2026-CV-0####"),
        _digits("confirmation number 8#########"),
        _digits("claim 2 was 3#%"),
        _digits("folio 5#####"),
    ),
    "tracking": _any_of(
        _digits("tracking 94## #### #### #### #### ##"),
        _digits("USPS 9205 5### #### #### #### ##"),
        _digits("UPS 1Z###&&#0#########"),
        _digits("tracking &&#########US"),
        _digits("FedEx 7### #### 0#12"),
        _digits("tracking 9400##################"),
    ),
    "zip": _any_of(
        _digits("9770#-1###"), _digits("OR 973##"), _digits("ZIP 205##-0###"), _digits("0####")
    ),
    "health": _any_of(
        _digits("BP 1##/8#"),
        _digits("bp 120/80 1##/8# 14#-9#"),
        _digits("blood pressure was 1##/9#"),
        _digits("glucose 1##, A1C 7.#"),
        _digits("presi\u00f3n 1##/7#"),
        _digits("10# degrees"),
        _digits("1## lbs"),
        _digits("rating 70% plus 30%"),
        _digits("COVID-19"),
        "20/40 vision",
    ),
    "size": _any_of(
        "1920x1080",
        "screen 1920 1080",
        _digits("3#0 KB"),
        "300 dpi",
        "8.5 x 11",
        _digits("2## pages"),
        _digits("file of 1#.# MB"),
        "5'11\"",
        _digits("1,2## sq ft"),
    ),
    "error": _any_of(
        "error 404",
        "error 500 503",
        _digits("code &&-1###"),
        "error 0x80070005",
        _digits("error 1###"),
        _digits("HTTP 50#"),
    ),
    "hotline": _any_of("988", "911", "711", "211", "text 741741", "311"),
    "range": _any_of(
        _digits("200-300-4000"),
        _digits("2020-2026"),
        _digits("19##-2019"),
        _digits("40 - 45"),
        "9-5",
        "8 a 12",
        _digits("pages 11#-14#"),
        _digits("lines 1-22"),
        "Mon-Fri 9-12, 1-4",
        "10 9 8 7 6 5 4 3 2 1",
    ),
    "other": _any_of(
        _digits("OMB 2900-0###"),
        _digits("control number 3206-0###"),
        _digits("NSN 5305-00-1##-4###"),
        _digits("contract 47QTCA2#D00&&"),
        _digits("ISBN 978-0-306-4061#-7"),
        _digits("bus 1##"),
        _digits("route I-9#"),
        _digits("Highway 10#"),
        _digits("flight &&1###"),
        _digits("P.O. Box 1####"),
        _digits("1### SW 3rd Ave"),
        _digits("unit 1#&"),
        _digits("part 1#-##"),
        _digits("lot 1###"),
        _digits("Rev. 10/2#"),
        _digits("$#.## x 1#"),
        _digits("+ 1# %"),
        _digits("#,### of 1#,###"),
    ),
}

ENGLISH = (
    "I waited {few} minutes on {date} and paid {price} at {room}.",
    "They asked for form {form} twice, see {citation}.",
    "{ticket} was called at {time}, mine is {receipt}",
    "{tracking} says delivered {date} but nothing came",
    "The app ({version}) shows {error} since {date}",
    "I rate it {score}, my wife {score}, {few} of {few} questions unclear",
    "Came at {clock}, left at {clock}. {few} people before me, {few} clerks.",
    "My {health}, and they still sent me to {room} with {form}",
    "Fee was {price}, then {price}, then {price}. Total {price}!",
    "Office in {zip}, near {place}; open {range}",
    "called {few} times between {time} and {time}, on hold {hundreds} seconds",
    "I called the office {few} times in {year} and {year}",
    "Call {hotline}? Nobody answers, {few} rings. {other}",
    "Under {citation} and {citation} I get {price} since {year}",
    "forms {form}, {form} and {form} cost {price}",
    "{other}; {other}; {size}",
    "from {year} to {year}, {range}, {score}",
    "My appointment on {date} at {time} was moved to {date} at {time}.",
    "social security office {few} people, window {few}, {time}",
    "I was born abroad and waited {few} months for {form}",
    "The passport office on {date}: {few} hours, {price}",
    "driver's license renewal took {few} minutes, {ticket}",
    "Medicare Part B costs {price} in {year}, was {price} in {year}",
    "{size}, {size}, {error}",
    "phone menu has {few} options, option {few} hangs up after {few} seconds",
    "{clock} {clock} {few} {hundreds}",
    "see page {few}, line {hundreds}, column {few} of {form}",
    "best @ {time}, worst at {time}; {few} @ {price} each",
    "look at irs.gov {form} p. {few}, or at ssa dot gov",
    "Bldg {hundreds} / {room} / {ticket} / {date}",
)
SPANISH = (
    "Esper\u00e9 {few} minutos el {date} y pagu\u00e9 {price} en la {room}.",
    "Me pidieron el formulario {form} y {few} copias, seg\u00fan {citation}",
    "{ticket}, llegu\u00e9 a las {time} y sal\u00ed a las {time}",
    "la cita del {date} a las {clock} fue cambiada al {date}",
    "llam\u00e9 {few} veces en {year}, {few} minutos de espera",
    "El recibo {receipt} dice {price}, pagu\u00e9 {price}",
    "calificaci\u00f3n {score}, {range}",
    "oficina del seguro social: {few} personas, turno {few}, a las {time}",
    "mi presi\u00f3n {health}, cuarto {hundreds}",
    "el tel\u00e9fono {hotline} no contesta, {few} intentos",
    "nac\u00ed en Ponce y vivo aqu\u00ed hace {few} a\u00f1os, desde {year}",
    "la tarjeta lleg\u00f3 {few} d\u00edas tarde, {tracking}",
)


def comments(count: int, seed: int) -> list[str]:
    """So many different comments; the same seed gives the same ones."""
    rng = random.Random(seed)
    made: dict[str, None] = {}
    while len(made) < count:
        drawn = rng.sample((*ENGLISH, *SPANISH), rng.choice((1, 1, 2, 3)))
        made[rng.choice((" ", "\n", " - ", ". ")).join(_filled(each, rng) for each in drawn)] = None
    return list(made)


def _filled(template: str, rng: random.Random) -> str:
    for name, number in NUMBERS.items():
        while f"{{{name}}}" in template:
            template = template.replace(f"{{{name}}}", number(rng), 1)
    return template
