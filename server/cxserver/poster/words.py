"""The sentences of a poster in each language it can speak."""

from dataclasses import dataclass, replace

from cxserver.pages import language
from cxserver.poster.notice import Notice


@dataclass(frozen=True, slots=True)
class Words:
    """Every sentence of one poster in one language."""

    headline: str
    scan: str
    takes: str
    voluntary: str
    nameless: str
    type_it: str
    control: str
    until: str
    code: str


_EN = Words(
    headline="How did it go?",
    scan="Scan with your phone’s camera.",
    takes="It takes about {minutes}.",
    voluntary="Answering is voluntary.",
    nameless="We do not ask who you are.",
    type_it="No camera? Type this address into your browser, on one line, without spaces:",
    control="OMB control number {number}, expires {expires}.",
    until="This poster is good until {until}.",
    code="QR code that opens {address}",
)
_ES = Words(
    headline="¿Cómo le fue?",
    scan="Escanee con la cámara de su teléfono.",
    takes="Toma alrededor de {minutes}.",
    voluntary="Responder es voluntario.",
    nameless="No preguntamos quién es usted.",
    type_it="¿Sin cámara? Escriba esta dirección en su navegador, en una línea, sin espacios:",
    control="Número de control de OMB {number}, vence el {expires}.",
    until="Este cartel sirve hasta el {until}.",
    code="Código QR que abre {address}",
)
_ALL = {"en": _EN, "es": _ES}
_MINUTES = {"en": ("{n} minute", "{n} minutes"), "es": ("{n} minuto", "{n} minutos")}

SPOKEN = tuple(_ALL)


def of(notice: Notice, code: str) -> Words:
    """What the poster says in one language, its facts filled in."""
    said, speaks = _ALL[code], language.words(code)
    singular, plural = _MINUTES[code]
    minutes = (singular if notice.minutes == 1 else plural).format(n=speaks.number(notice.minutes))
    expires = speaks.date(notice.clearance_ends)
    return replace(
        said,
        takes=said.takes.format(minutes=minutes),
        control=said.control.format(number=notice.control_number, expires=expires),
        until=said.until.format(until=speaks.date(notice.good_until)),
        code=said.code.format(address=notice.address),
    )
