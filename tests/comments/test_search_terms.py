"""What a search finds: words in any form, phrases word by word, and nothing by a wildcard."""

import pytest

from cxserver.comments.search_terms import Terms, split


def finds(typed: str, text: str, language: str = "en") -> bool:
    return Terms(*split(typed)).are_in([text], language)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("parking", "No PARKING anywhere"),
        ("can't", "I can’t park"),
        ("can’t", "I can't park"),
        ("cant", "I can‘t park"),
        ("driver’s", "drivers wait"),
        ("chairs", "one chair"),
        ("chair", "three chairs"),
        ("cities", "a city"),
        ("classes", "the class"),
        ("class", "the classes"),
        ("waiting desks", "the desk, where I waited"),
        ("100%", "100% sure"),
        ("branch-3", "at branch-3."),
        ("uncl", "It was unclear"),
        ('"parking lot"', "The Parking\nLot, was full"),
        ("“can’t park”", "I can't park"),
        ("full 'parking", "it was 'parking full"),
        ('lot "was full"', "the lot was full"),
    ],
)
def test_a_word_is_found_in_every_form(typed, text):
    assert finds(typed, text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("aplicaciones", "mi aplicación"),
        ("aplicacion", "las aplicaciones"),
        ("aplicaciones", "mi aplicacion"),
        ("SILLAS", "una silla"),
        ("ingleses", "inglés"),
        ("atencion", "Atención lenta"),
        ("niños", "un niño"),
        ("luces", "la luz"),
    ],
)
def test_spanish_has_forms_of_its_own(typed, text):
    assert finds(typed, text, "es") and finds(typed, text, "es-MX")


@pytest.mark.parametrize(
    ("typed", "text", "language"),
    [
        ("sure%thing", "sure_thing", "en"),
        ("n_thing", "nothing", "en"),
        ("entonces", "entona", "es"),
        ("parking lot", "parking", "en"),
        ('"parking lot"', "a lot of parking", "en"),
        ('"park"', "parking", "en"),
        ('"lot of"', "slot often", "en"),
        ("chairs", "one chair", "fr"),
        ("can't", "significant", "en"),
        ("can't", "vacant", "en"),
    ],
)
def test_and_not_in_another_word(typed, text, language):
    assert not finds(typed, text, language)


def test_a_phrase_does_not_run_from_one_answer_into_the_next():
    terms = Terms(*split('"parking lot"'))
    assert not terms.are_in(["no parking", "lot was full"], "en")
    assert Terms(*split("parking lot")).are_in(["no parking", "lot was full"], "en")


def test_phrases_are_found_where_words_have_no_spaces():
    assert finds('"等候时间"', "我的等候时间很长", "zh")


@pytest.mark.parametrize("typed", ["", " ", '""', '"', "“ ”"])
def test_nothing_typed_seeks_nothing(typed):
    assert not Terms(*split(typed))
