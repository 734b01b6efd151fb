"""The words of the instrument: complete in every language, and filled in as people would say it."""

import re
from dataclasses import replace
from datetime import date

import pytest

from cxserver.instrument import drivers, statements
from cxserver.instrument import survey as survey_text
from cxserver.instrument.compose import compose
from cxserver.instrument.draft import Draft, DraftChoice, DraftQuestion

DRAFT = Draft(
    service="passports",
    names={"en": "Passports", "es": "Pasaportes"},
    today=date(2026, 11, 2),
    languages=("en", "es"),
    trust_statement="increased",
    satisfaction_statement="satisfied",
    statement_name={"en": "the passport office", "es": "el Departamento de Estado"},
    drivers=drivers.CODES,
)

EVERY_TEXT = [
    *statements.TRUST.values(),
    *statements.SATISFACTION.values(),
    *statements.TAPS.values(),
    *(baseline for several in statements.BASELINES.values() for baseline in several),
    statements.AGREEMENT,
    statements.STARS,
    statements.THUMBS,
    statements.DRIVERS_QUESTION,
    statements.DRIVERS_POSITIVE,
    statements.DRIVERS_NEGATIVE,
    statements.DRIVERS_NEGATIVE_V2,
    statements.DRIVERS_AGREEMENT,
    statements.COMMENT,
]


@pytest.mark.parametrize("texts", EVERY_TEXT, ids=str)
def test_every_text_exists_in_every_language(texts: dict[str, object]) -> None:
    assert tuple(texts) == statements.LANGUAGES
    assert all(texts.values())
    assert texts["en"] != texts["es"]


def test_the_english_bases_are_those_of_the_circular() -> None:
    assert statements.TRUST["increased"]["en"] == "This interaction increased my trust in {name}."
    assert statements.TRUST["commitment"]["en"] == (
        "I trust {name} to fulfill our country's commitment to {population}."
    )
    assert statements.SATISFACTION["satisfied"]["en"] == (
        "I am satisfied with the service I received from {name}."
    )
    assert statements.SATISFACTION["experience"]["en"] == "Please rate your experience."


def test_the_baselines_are_those_of_the_chart() -> None:
    chart = {
        code: [baseline["en"].rstrip(".") for baseline in several]
        for code, several in statements.BASELINES.items()
    }
    assert chart == {
        "effectiveness": [
            "My need was addressed",
            "My issue was resolved",
            "I found what I needed",
            "My question was answered",
        ],
        "ease": [
            "It was easy to complete what I needed to do",
            "It was easy to find what I needed",
        ],
        "efficiency": [
            "It took a reasonable amount of time to do what I needed to do",
            "I found what I needed on the site quickly",
        ],
        "transparency": ["I understand what was being asked of me throughout the process"],
        "humanity": ["I was treated fairly"],
        "employee": [
            "Employees I interacted with were helpful",
            "The Call Center Representative was committed to solving my problem",
        ],
    }
    assert set(chart) == set(drivers.OF_THE_CHART)


def test_every_driver_has_a_tap_label() -> None:
    assert set(statements.TAPS) == set(drivers.CODES)


def test_every_scale_has_five_labels() -> None:
    for scale in (statements.AGREEMENT, statements.STARS):
        assert [len(labels) for labels in scale.values()] == [5, 5]


def test_long_words_of_the_scales_carry_soft_hyphens() -> None:
    for scale in (statements.AGREEMENT, statements.STARS):
        for label in (label for labels in scale.values() for label in labels):
            for word in re.split(r"[ ,]+", label):
                assert len(word.replace("\u00ad", "")) <= 9 or "\u00ad" in word, word


def test_the_spanish_scale_reads_right_without_its_soft_hyphens() -> None:
    assert [label.replace("\u00ad", "") for label in statements.AGREEMENT["es"]] == [
        "Totalmente en desacuerdo",
        "En desacuerdo",
        "Neutral",
        "De acuerdo",
        "Totalmente de acuerdo",
    ]


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("el VA", "Me satisface el servicio que recibí del VA."),
        ("la clínica", "Me satisface el servicio que recibí de la clínica."),
        ("El Paso", "Me satisface el servicio que recibí de El Paso."),
        ("elección", "Me satisface el servicio que recibí de elección."),
    ],
)
def test_spanish_contracts_the_article(name: str, filled: str) -> None:
    text = statements.SATISFACTION["satisfied"]["es"]
    assert statements.fill(text, "es", name=name) == filled


def test_spanish_contracts_after_a_as_well() -> None:
    assert statements.fill("Fui a {name}.", "es", name="el banco") == "Fui al banco."


def test_english_contracts_nothing() -> None:
    assert statements.fill("a {name}", "en", name="el banco") == "a el banco"


@pytest.mark.parametrize(
    "name", ["{population}", "{{7*7}}", "{0.__class__}", "%(x)s", "\\1", "{name}", "${x}"]
)
def test_a_name_that_looks_like_a_template_stays_a_name(name: str) -> None:
    text = statements.TRUST["commitment"]["en"]
    assert statements.fill(text, "en", name=name, population="all") == (
        f"I trust {name} to fulfill our country's commitment to all."
    )


def test_statements_are_filled_in_both_languages() -> None:
    wording = compose(DRAFT, 1).wording
    assert wording["en"].trust == "This interaction increased my trust in the passport office."
    assert wording["es"].satisfaction == (
        "Me satisface el servicio que recibí del Departamento de Estado."
    )


def test_without_a_statement_name_the_service_name_still_makes_a_sentence() -> None:
    wording = compose(replace(DRAFT, statement_name={}), 1).wording
    assert wording["en"].trust == "This interaction increased my trust in Passports."
    assert wording["es"].trust == (
        "Esta interacción aumentó mi confianza en el servicio «Pasaportes»."
    )


def test_tapping_turns_its_question_with_the_rating() -> None:
    wording = compose(DRAFT, 1).wording
    assert wording["en"].drivers_question_negative == "What could be better?"
    assert wording["en"].drivers_question_positive == "What went well?"
    assert wording["es"].drivers_question_negative == "¿Qué podría mejorar?"
    assert wording["es"].drivers_question_positive == "¿Qué salió bien?"
    assert wording["en"].drivers_question == "What contributed to your rating?"


@pytest.mark.parametrize("mode", ["choice", "likert"])
def test_the_other_forms_ask_one_question_whatever_the_rating(mode: str) -> None:
    draft = replace(DRAFT, driver_mode=mode, drivers=drivers.OF_THE_CHART)
    for words in compose(draft, 1).wording.values():
        assert words.drivers_question_positive == words.drivers_question
        assert words.drivers_question_negative == words.drivers_question


def test_taps_show_labels_and_scales_show_statements() -> None:
    tapped = compose(DRAFT, 1).wording["en"].drivers
    rated = (
        compose(replace(DRAFT, driver_mode="likert", drivers=drivers.OF_THE_CHART), 1)
        .wording["en"]
        .drivers
    )
    assert tapped["humanity"] == "Fair treatment"
    assert rated["humanity"] == "I was treated fairly."


def test_a_survey_says_which_base_its_words_come_from() -> None:
    assert compose(DRAFT, 1).trust_statement == "increased"
    own = replace(DRAFT, trust_text={"en": "I trust {name}.", "es": "Confío en {name}."})
    assert compose(own, 1).trust_statement == "own"
    assert compose(own, 1).wording["es"].trust == "Confío en el Departamento de Estado."


def test_extra_questions_are_composed_in_each_language() -> None:
    extra = DraftQuestion(
        "purpose",
        {"en": "Why?", "es": "¿Por qué?"},
        (DraftChoice("new", {"en": "New", "es": "Nuevo"}),),
        category="none",
    )
    survey = compose(replace(DRAFT, questions=(extra,)), 1)
    (question,) = survey.wording["es"].questions
    assert (question.text, question.category, question.choices[0].label) == (
        "¿Por qué?",
        "none",
        "Nuevo",
    )


def test_a_survey_comes_back_from_its_json() -> None:
    survey = compose(DRAFT, 3)
    assert survey_text.from_json(survey_text.to_json(survey)) == survey


def test_the_fingerprint_follows_the_words_and_not_the_number() -> None:
    mark = survey_text.fingerprint(compose(DRAFT, 1))
    assert survey_text.fingerprint(compose(DRAFT, 2)) == mark
    other = replace(DRAFT, drivers=tuple(reversed(DRAFT.drivers)))
    assert survey_text.fingerprint(compose(other, 1)) != mark
