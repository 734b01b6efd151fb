"""The words of the messages in every language: what an email and a text message say.

This is data. The statement and its five answers are those of the survey page, word for word:
a tapped answer must mean there what it meant in the mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTHS_ES = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
    *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the messages say in one language. `{…}` are the slots.

    `statements` and `answers` belong to the two base statements of satisfaction; `texts` are the
    text messages, the fullest first.
    """

    subject: str
    ask: str
    choose: str
    statements: dict[str, str]
    answers: dict[str, tuple[str, ...]]
    name_in_statement: str
    after_choice: str
    open_page: str
    voluntary: str
    voluntary_many: str
    once: str
    closes_on: str
    closes_after: str
    moment: Callable[[datetime], str]
    texts: tuple[str, ...]
    moment_in_text: Callable[[datetime], str]


def _moment_en(at: datetime) -> str:
    day = f"{_DAYS_EN[at.weekday()]}, {_MONTHS_EN[at.month - 1]} {at.day}, {at.year}"
    return f"{day}, {_hour(at)} {'a.m.' if at.hour < 12 else 'p.m.'} {_zone(at)}"


def _moment_es(at: datetime) -> str:
    day = f"{_DAYS_ES[at.weekday()]} {at.day} de {_MONTHS_ES[at.month - 1]} de {at.year}"
    article = "la" if at.hour % 12 == 1 else "las"
    half = "a. m." if at.hour < 12 else "p. m."
    return f"{day} a {article} {_hour(at)} {half} ({_zone(at)})"


def _moment_in_text_en(at: datetime) -> str:
    half = "AM" if at.hour < 12 else "PM"
    return f"{_MONTHS_EN[at.month - 1][:3]} {at.day}, {_hour(at)} {half} {_zone(at)}"


def _moment_in_text_es(at: datetime) -> str:
    half = "am" if at.hour < 12 else "pm"
    return f"{at.day} {_MONTHS_ES[at.month - 1][:3]}, {_hour(at)} {half} {_zone(at)}"


def _hour(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02}"


def _zone(at: datetime) -> str:
    return at.tzname() or f"UTC{at:%z}"


WORDS = {
    "en": Words(
        subject="{service}: how did we do?",
        ask="We would like to know how we did.",
        choose="Please choose an answer:",
        statements={
            "satisfied": "I am satisfied with the service I received from {name}.",
            "experience": "Please rate your experience.",
        },
        answers={
            "satisfied": (
                *("1 – Strongly disagree", "2 – Disagree", "3 – Neutral"),
                *("4 – Agree", "5 – Strongly agree"),
            ),
            "experience": (
                *("1 star, very poor", "2 stars, poor", "3 stars, fair"),
                *("4 stars, good", "5 stars, very good"),
            ),
        },
        name_in_statement="{service}",
        after_choice="Your choice opens a page with a few more questions. You can change it there. "
        "Nothing is sent until you press Send on that page.",
        open_page="Open this page to answer a few questions. "
        "Nothing is sent until you press Send there:",
        voluntary="Answering is voluntary and takes about {minutes} minute. "
        "If you do not answer, nothing changes for you.",
        voluntary_many="Answering is voluntary and takes about {minutes} minutes. "
        "If you do not answer, nothing changes for you.",
        once="This link is for you: it takes one answer. Please do not forward this message.",
        closes_on="The link closes on {moment}.",
        closes_after="The link closes 48 hours after your visit.",
        moment=_moment_en,
        texts=(
            "{service}: how did we do? Voluntary, {minutes} min, one answer, until {moment}: ",
            "{service}: how did we do? Voluntary, {minutes} min: ",
            "{service}: how did we do? ",
        ),
        moment_in_text=_moment_in_text_en,
    ),
    "es": Words(
        subject="{service}: ¿qué tal le fue?",
        ask="Queremos saber cómo le atendimos.",
        choose="Por favor, elija una respuesta:",
        statements={
            "satisfied": "Me satisface el servicio que recibí de {name}.",
            "experience": "Por favor, califique su experiencia.",
        },
        answers={
            "satisfied": (
                *("1 – Totalmente en desacuerdo", "2 – En desacuerdo", "3 – Neutral"),
                *("4 – De acuerdo", "5 – Totalmente de acuerdo"),
            ),
            "experience": (
                *("1 estrella, muy mala", "2 estrellas, mala", "3 estrellas, regular"),
                *("4 estrellas, buena", "5 estrellas, muy buena"),
            ),
        },
        # A bare name needs an article there, and does not tell us which.
        name_in_statement="el servicio «{service}»",
        after_choice="Su elección abre una página con algunas preguntas más. Allí puede cambiarla. "
        "No se envía nada hasta que oprima Enviar en esa página.",
        open_page="Abra esta página para responder unas pocas preguntas. "
        "No se envía nada hasta que oprima Enviar:",
        voluntary="Responder es voluntario y toma alrededor de {minutes} minuto. "
        "Si no responde, nada cambia para usted.",
        voluntary_many="Responder es voluntario y toma alrededor de {minutes} minutos. "
        "Si no responde, nada cambia para usted.",
        once="Este enlace es para usted: admite una sola respuesta. "
        "Por favor, no reenvíe este mensaje.",
        closes_on="El enlace cierra el {moment}.",
        closes_after="El enlace cierra 48 horas después de su visita.",
        moment=_moment_es,
        # Only letters of GSM-7: no á, í, ó, ú.
        texts=(
            "{service}: ¿qué tal le fue? Voluntaria, {minutes} min, una respuesta, "
            "hasta el {moment}: ",
            "{service}: ¿qué tal le fue? Voluntaria, {minutes} min: ",
            "{service}: ¿qué tal le fue? ",
        ),
        moment_in_text=_moment_in_text_es,
    ),
}
