"""Invented answers, spread over offices as real ones are. The same number gives the same answers.

How satisfied offices' visitors are follows the 2019 survey of VA health-care patients (SHEP, a
work of the United States Government): 24 quantiles of its office-level shares.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cxsdk.token import Kind, Token
from cxserver.catalog.directory import Directory, Office, Service
from cxserver.instrument.answers import Answers
from cxserver.intake.entry import Sheet
from cxserver.intake.gate import Opened

SHEP_2019 = (0.58, 0.66, 0.70, 0.73, 0.75, 0.77, 0.79, 0.81, 0.82, 0.84, 0.85, 0.86) + (
    0.87,
    0.88,
    0.89,
    0.90,
    0.91,
    0.92,
    0.93,
    0.94,
    0.95,
    0.96,
    0.97,
    0.99,
)
DAYS = 110
# One office where something went wrong in the last four whole weeks: what changed has something to
# tell.
DROPPED, DROP, DROP_DAYS = "kingsport-mall", 0.08, 28
_CHANNELS = ((Kind.EMAIL, 55), (Kind.SMS, 12), (Kind.WEB, 8), (Kind.POSTER, 10), (Kind.SITE, 15))
# What people praise and what they complain of differ: staff are thanked, waiting is not.
_TAPS = {
    True: dict(effectiveness=5, ease=3, efficiency=3, transparency=2, humanity=3, employee=6),
    False: dict(effectiveness=3, ease=3, efficiency=7, transparency=4, humanity=1, employee=1),
}
_SPANISH = 0.18
_COMMENTS = 0.15
_WORDS = {
    ("en", True): (
        "Quick and friendly. Thank you.",
        "The clerk explained every step.",
        "Much easier than last time.",
        "I was in and out in ten minutes.",
        "The letter told me exactly what to bring.",
    ),
    ("en", False): (
        "I waited over an hour and nobody said why.",
        "The form asks the same thing twice.",
        "Parking was full and the elevator was broken.",
        "I was sent to three different desks.",
        "The website said the office was open. It was closed.",
    ),
    ("es", True): (
        "Muy amables y rápidos. Gracias.",
        "Me explicaron todo con paciencia.",
        "Todo estaba en español. Muy fácil.",
    ),
    ("es", False): (
        "Esperé más de una hora.",
        "No había nadie que hablara español.",
        "Tuve que volver tres veces por el mismo papel.",
    ),
}


def sheets(directory: Directory, count: int, now: datetime) -> Iterator[tuple[Sheet, Answers]]:
    """`count` answered sheets over the last 110 days: more than three times 28, and some."""
    chance = random.Random(280)  # noqa: S311  # invented answers, not secrets
    places = _places(directory, chance)
    weights = [weight for _, _, _, weight in places]
    dropped = now - timedelta(days=now.weekday() + DROP_DAYS)
    for service, office, share, _ in chance.choices(places, weights, k=count):
        language = "es" if chance.random() < _SPANISH else "en"
        answered = _answered(now, chance)
        sheet = Sheet(
            opened=_opened(service, office, answered, chance),
            survey=service.survey,
            language=language,
            answered_at=answered,
            sid=chance.randbytes(18),
        )
        if office.slug == DROPPED and answered >= dropped:
            share -= DROP
        yield sheet, _answers(share, language, service.survey.drivers, chance)


def _places(
    directory: Directory, chance: random.Random
) -> list[tuple[Service, Office, float, float]]:
    serving = [office for office in directory.offices.values() if office.serves]
    shares = list(SHEP_2019)
    chance.shuffle(shares)
    share = {office.slug: shares[at % len(shares)] for at, office in enumerate(serving)}
    # A few large offices, many small ones: as everywhere.
    size = {office.slug: chance.paretovariate(1.6) for office in serving}
    return [
        (service, directory.offices[slug], share[slug], min(size[slug], 8.0))
        for service in directory.services.values()
        for slug in service.offices
        if directory.offices[slug].serves
    ]


def _answered(now: datetime, chance: random.Random) -> datetime:
    # Mostly in working hours, some in the evening; never in the future.
    day = now - timedelta(days=chance.randrange(1, DAYS))
    hour = int(chance.triangular(13, 27, 17))
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour - 24)


def _opened(service: Service, office: Office, answered: datetime, chance: random.Random) -> Opened:
    done = answered - timedelta(hours=min(47.0, chance.expovariate(1 / 6)))
    kinds, weights = zip(*_CHANNELS, strict=True)
    kind = Kind(chance.choices(kinds, weights)[0])
    token = Token(kind, 1, int(done.timestamp()), chance.randbytes(8))
    return Opened(service, office, token, token.nonce.hex(), 1)


def _answers(share: float, language: str, drivers: Sequence[str], chance: random.Random) -> Answers:
    satisfied = chance.random() < share
    satisfaction = (
        chance.choices((4, 5), (4, 6))[0] if satisfied else chance.choices((1, 2, 3), (3, 3, 4))[0]
    )
    # Trust follows satisfaction, a little more slowly.
    trust = min(5, max(1, satisfaction + chance.choices((-1, 0, 1), (3, 6, 1))[0]))
    weights = _TAPS[trust >= 4]
    taps = set(chance.choices(drivers, [weights[code] for code in drivers], k=chance.randrange(4)))
    words = _WORDS[language, trust >= 4] if chance.random() < _COMMENTS else ("",)
    return Answers.model_validate(
        {
            "satisfaction": satisfaction,
            "trust": trust,
            "drivers": tuple(code for code in drivers if code in taps),
            "comment": chance.choice(words),
        }
    )
