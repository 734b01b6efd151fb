"""Masking a comment that was made to be slow: the work is bounded by its length."""

import sys

import pytest

from cxserver.instrument import masking
from cxserver.instrument.identifiers import card_numbers, phone_numbers
from cxserver.instrument.identifiers.folded_text import fold
from tests.support import hostile_texts


def calls(text):
    """How many functions are called to mask the text, those written in C too: the same each time,
    however busy the machine is.
    """
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        masking.mask(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.fixture(scope="module", autouse=True)
def tables_of_the_number_library():
    """It loads a country's at the first number from there."""
    for text in hostile_texts.texts(seed=3, mixtures=10):
        masking.mask(text)


def test_there_are_more_than_a_hundred_and_each_has_two_thousand_characters():
    texts = hostile_texts.texts(seed=3)
    assert len(set(texts)) > 200
    assert {len(text) for text in texts} == {hostile_texts.LENGTH}


def test_a_hostile_comment_takes_a_few_calls_for_each_character():
    counts = {text: calls(text) for text in hostile_texts.texts(seed=3, mixtures=10)}
    worst = max(counts, key=lambda text: counts[text])
    assert counts[worst] < 15 * hostile_texts.LENGTH, worst[:60]


@pytest.mark.parametrize("piece", hostile_texts.PIECES, ids=ascii)
def test_twice_the_length_takes_about_twice_the_calls(piece):
    once, twice = (calls(hostile_texts.repeated(piece, length)) for length in (4000, 8000))
    assert twice < 2.5 * once + 500


@pytest.mark.parametrize("piece", ["4", "4 ", "40 ", "4012 ", "5018-", "62 ", "30 "])
def test_few_parts_of_a_run_of_digits_are_weighed_as_cards(piece):
    for run in fold(hostile_texts.repeated(piece)).runs:
        most = max(len(lengths) for lengths in card_numbers.LENGTHS.values())
        assert len(list(card_numbers.candidates(run))) <= most * len(run.groups)


def test_a_flood_of_phone_numbers_is_masked_unread():
    numbers = [f"202555{line:04}" for line in range(100, 100 + 4 * phone_numbers.MOST_READ)]
    wrong = [number.replace("202555", "211111") for number in numbers]
    assert masking.mask(", ".join(numbers)) == ", ".join(["[phone]"] * len(numbers))
    # The plan has no area 211. The first few are read and stay.
    left = masking.mask(", ".join(wrong)).split(", ")
    assert left == wrong[: phone_numbers.MOST_READ] + ["[phone]"] * (
        len(wrong) - phone_numbers.MOST_READ
    )
