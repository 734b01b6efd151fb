"""The words of A-11 §280.10 in every language we speak: statements, labels, questions.

This is data. `{name}`, `{population}` and `{agency}` are the only slots; `fill` puts names into
them. Long words carry soft hyphens (U+00AD) at syllable breaks, because the labels of a scale
stand in narrow columns on a phone.
"""

import re
from typing import Final

LANGUAGES: Final = ("en", "es")

Texts = dict[str, str]

SHY = "\u00ad"

# The base statements for trust: two of A-11 §280.10, that of OMB's form since 2023 ("mission"), and
# that of 2018 ("confidence"). They do not measure the same thing: one is a change, another a
# level. A trend must not be drawn across a switch from one to the other.
TRUST: dict[str, Texts] = {
    "increased": {
        "en": "This interaction increased my trust in {name}.",
        "es": "Esta interacción aumentó mi confianza en {name}.",
    },
    "confidence": {
        "en": "This interaction increased my confidence in {name}.",
        "es": "Esta interacción aumentó mi confianza en {name}.",
    },
    "mission": {
        "en": "Based on my experience with {name}, I trust {agency} to deliver on their mission "
        "for the American public.",
        "es": "Por mi experiencia con {name}, confío en que {agency} cumple su misión "
        "con el pueblo estadounidense.",
    },
    "commitment": {
        "en": "I trust {name} to fulfill our country's commitment to {population}.",
        "es": "Confío en {name} para cumplir el compromiso de nuestro país con {population}.",
    },
}

# "Me satisface" and not "Estoy satisfecho": the sentence then fits every reader.
SATISFACTION: dict[str, Texts] = {
    "satisfied": {
        "en": "I am satisfied with the service I received from {name}.",
        "es": "Me satisface el servicio que recibí de {name}.",
    },
    "experience": {
        "en": "Please rate your experience.",
        "es": "Por favor, califique su experiencia.",
    },
}

AGREEMENT: dict[str, tuple[str, ...]] = {
    "en": ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"),
    "es": (
        f"To{SHY}tal{SHY}men{SHY}te en des{SHY}acuer{SHY}do",
        f"En des{SHY}acuer{SHY}do",
        "Neutral",
        "De acuerdo",
        f"To{SHY}tal{SHY}men{SHY}te de acuerdo",
    ),
}

STARS: dict[str, tuple[str, ...]] = {
    "en": (
        "1 star, very poor",
        "2 stars, poor",
        "3 stars, fair",
        "4 stars, good",
        "5 stars, very good",
    ),
    "es": (
        "1 estrella, muy mala",
        "2 estrellas, mala",
        "3 estrellas, regular",
        "4 estrellas, buena",
        "5 estrellas, muy buena",
    ),
}

# A thumb alone would say nothing to whoever cannot see it, or knows it as an insult.
THUMBS: dict[str, tuple[str, ...]] = {
    "en": ("Thumbs down: no", "Thumbs up: yes"),
    "es": ("Pulgar abajo: no", "Pulgar arriba: sí"),
}

# Tapped under the trust rating: short and neutral, so that each reads well as praise and as blame.
TAPS: dict[str, Texts] = {
    "effectiveness": {"en": "Got what I needed", "es": "Resolví lo que necesitaba"},
    "ease": {"en": "Ease", "es": "Facilidad"},
    "efficiency": {"en": "Time it took", "es": "Tiempo"},
    "transparency": {"en": "Clear instructions", "es": "Instrucciones claras"},
    "humanity": {"en": "Fair treatment", "es": "Trato justo"},
    "employee": {"en": "Staff", "es": "Personal"},
    "other": {"en": "Something else", "es": "Otra cosa"},
}

# The chart's baseline statements, the first of each being the one used unless the agency adjusts
# it. "Other" has none: there is nothing to agree with.
BASELINES: dict[str, tuple[Texts, ...]] = {
    "effectiveness": (
        {"en": "My need was addressed.", "es": "Se atendió mi necesidad."},
        {"en": "My issue was resolved.", "es": "Se resolvió mi problema."},
        {"en": "I found what I needed.", "es": "Encontré lo que necesitaba."},
        {"en": "My question was answered.", "es": "Se respondió mi pregunta."},
    ),
    "ease": (
        {
            "en": "It was easy to complete what I needed to do.",
            "es": "Fue fácil completar lo que tenía que hacer.",
        },
        {
            "en": "It was easy to find what I needed.",
            "es": "Fue fácil encontrar lo que necesitaba.",
        },
    ),
    "efficiency": (
        {
            "en": "It took a reasonable amount of time to do what I needed to do.",
            "es": "Me tomó un tiempo razonable hacer lo que tenía que hacer.",
        },
        {
            "en": "I found what I needed on the site quickly.",
            "es": "Encontré rápido en el sitio lo que necesitaba.",
        },
    ),
    "transparency": (
        {
            "en": "I understand what was being asked of me throughout the process.",
            "es": "Entiendo lo que se me pidió durante todo el proceso.",
        },
    ),
    "humanity": ({"en": "I was treated fairly.", "es": "Me trataron de manera justa."},),
    "employee": (
        {
            "en": "Employees I interacted with were helpful.",
            "es": "Los empleados con quienes traté me ayudaron.",
        },
        {
            "en": "The Call Center Representative was committed to solving my problem.",
            "es": "La persona que me atendió en el centro de llamadas "
            "se esforzó por resolver mi problema.",
        },
    ),
}

# §280.10 offers this very question. It is neutral, so it stands where the rating is not known yet.
DRIVERS_QUESTION: Texts = {
    "en": "What contributed to your rating?",
    "es": "¿Qué influyó en su calificación?",
}
DRIVERS_POSITIVE: Texts = {"en": "What went well?", "es": "¿Qué salió bien?"}
DRIVERS_NEGATIVE: Texts = {"en": "What could be better?", "es": "¿Qué podría mejorar?"}
DRIVERS_NEGATIVE_V2: Texts = {
    "en": "What didn't go so well?",
    "es": "¿Qué no salió tan bien?",
}
DRIVERS_AGREEMENT: Texts = {
    "en": "How much do you agree with these statements?",
    "es": "¿Qué tan de acuerdo está con estas frases?",
}

COMMENT: Texts = {
    "en": "Is there anything else you want to tell us?",
    "es": "¿Hay algo más que quiera decirnos?",
}

_SLOT = re.compile(r"\{(name|population|agency)\}")
_SPANISH_SLOT = re.compile(r"(?:\b([Dd]e|[Aa]) )?\{(name|population|agency)\}")


def fill(text: str, language: str, *, name: str, population: str = "", agency: str = "") -> str:
    """`text` with its slots filled. In Spanish "de el" becomes "del" and "a el" becomes "al".

    One pass, no format(): a name that looks like a slot or a template stays what it is.
    """
    slots = {"name": name, "population": population, "agency": agency}
    if language != "es":
        return _SLOT.sub(lambda slot: slots[slot[1]], text)
    return _SPANISH_SLOT.sub(lambda slot: _contracted(slot[1], slots[slot[2]]), text)


def bare_name(name: str, language: str) -> str:
    """A service's own name, made fit for the middle of a sentence.

    Spanish needs an article there, and a bare name does not tell us which.
    """
    return f"el servicio «{name}»" if language == "es" else name


def bare_agency(name: str, language: str) -> str:
    """The same for an agency's own name."""
    return f"la agencia «{name}»" if language == "es" else name


def _contracted(preposition: str | None, value: str) -> str:
    if preposition is None:
        return value
    # Only the article is small: "El Paso" keeps its name, "de El Paso".
    if value.startswith("el "):
        return f"{preposition}l{value[2:]}"
    return f"{preposition} {value}"
