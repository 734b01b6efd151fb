"""What people were asked: a past survey as a version of its service, marked as imported."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, func, select

from cxserver import tables
from cxserver.errors import ServerError
from cxserver.imports.shape import Map, Words
from cxserver.instrument import drivers, instruments, statements, survey
from cxserver.instrument.instruments import Instrument
from cxserver.instrument.scale import THUMBS
from cxserver.instrument.survey import DriverMode, Origin, Survey, Wording

_SILENT = Words()


def check(map: Map) -> None:
    """Raises ServerError when the map lacks words that these rows cannot tell themselves."""
    for language in map.spoken:
        words = map.wording.get(language, _SILENT)
        if not words.trust:
            raise ServerError(
                f"The map lacks the trust statement as people saw it: [wording.{language}] "
                'trust = "…".'
            )
        if bool(words.satisfaction) is not bool(map.columns.satisfaction):
            raise ServerError(
                "Satisfaction needs both, or neither when it was not asked: its column "
                f"([columns] satisfaction) and its words ([wording.{language}] satisfaction)."
            )


def of_map(map: Map, service: str, title: str, driver_codes: Iterable[str]) -> Survey:
    """The survey of rows: all its words are in the map, and `driver_codes` are its drivers."""
    wordings = {language: map.wording.get(language, _SILENT) for language in map.spoken}
    return make(map, service, title, wordings, frozenset(driver_codes), mode(map), "answers")


def mode(map: Map) -> DriverMode:
    """How drivers were asked."""
    modes: dict[str, DriverMode] = {"tap": "tap", "choice": "choice", "likert": "likert"}
    return map.survey.driver_mode or modes[kind(map).modes[0]]


def kind(map: Map) -> Instrument:
    """The questionnaire."""
    return instruments.BY_CODE[map.survey.instrument]


def make(
    map: Map,
    service: str,
    title: str,
    wordings: Mapping[str, Words],
    driver_codes: frozenset[str],
    how: DriverMode,
    origin: Origin,
) -> Survey:
    """A survey without a number. `wordings` are its words by language."""
    form = kind(map)
    codes = tuple(code for code in drivers.CODES if code in driver_codes)
    return Survey(
        service=service,
        n=0,
        instrument=form.code,
        driver_mode=how,
        drivers=codes,
        satisfaction_icons="none",
        trust_icons="thumbs" if form.scale is THUMBS else "none",
        comment=any(words.comment for words in wordings.values()),
        languages=tuple(wordings),
        wording={
            language: _wording(form, title, language, words, codes, how)
            for language, words in wordings.items()
        },
        trust_statement=map.survey.trust_statement,
        satisfaction_statement=map.survey.satisfaction_statement,
        scale=form.scale.name,
        asks_satisfaction=any(words.satisfaction for words in wordings.values()),
        origin=origin,
    )


def numbered(
    connection: Connection, wanted: Mapping[Survey, date], batch: str
) -> dict[Survey, Survey]:
    """Each of these surveys as a version of its own of this import, with the next numbers.

    `wanted` tells the first day of each.
    """
    result: dict[Survey, Survey] = {}
    newest: dict[str, int] = {}
    columns = tables.surveys.c
    for version, _ in sorted(wanted.items(), key=lambda item: (item[0].service, item[1])):
        if version.service not in newest:
            last = select(func.max(columns.n)).where(columns.service == version.service)
            newest[version.service] = connection.execute(last).scalar_one()
        newest[version.service] += 1
        result[version] = replace(version, n=newest[version.service], batch=batch)
    return result


def keep(connection: Connection, wanted: Mapping[Survey, date], batch: str) -> dict[Survey, Survey]:
    """As `numbered`, and they are stored."""
    result = numbered(connection, wanted, batch)
    for item, made in result.items():
        connection.execute(
            tables.surveys.insert().values(
                service=made.service,
                n=made.n,
                fingerprint=survey.fingerprint(made),
                definition=survey.to_json(made),
                first_used=wanted[item],
            )
        )
    return result


def _wording(
    form: Instrument,
    title: str,
    language: str,
    words: Words,
    codes: Iterable[str],
    how: DriverMode,
) -> Wording:
    spoken = language if language in statements.LANGUAGES else "en"
    agreement = words.labels or statements.AGREEMENT[spoken]
    thumbs = form.scale is THUMBS
    return Wording(
        service_name=title,
        satisfaction=words.satisfaction,
        satisfaction_labels=_five(agreement, spoken) if words.satisfaction else (),
        trust=words.trust,
        trust_labels=statements.THUMBS[spoken] if thumbs else agreement,
        drivers_question=statements.DRIVERS_QUESTION[spoken],
        drivers_question_positive=form.positive[spoken],
        drivers_question_negative=form.negative[spoken],
        drivers={
            code: words.drivers.get(code) or _driver(form, code, spoken, how) for code in codes
        },
        driver_labels=_five(agreement, spoken),
        comment=words.comment,
    )


def _five(labels: tuple[str, ...], language: str) -> tuple[str, ...]:
    return labels if len(labels) == 5 else statements.AGREEMENT[language]


def _driver(form: Instrument, code: str, language: str, how: DriverMode) -> str:
    if how == "likert" and code in statements.BASELINES:
        return form.baseline(code)[language]
    return statements.TAPS[code][language]
