"""Masking: what identifies a person never reaches the database; what does not, stays."""

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.instrument import masking
from tests.support import examples, identifying_texts, numbered_comments

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize(
    ("typed", "masked"),
    [
        ("write to bob.o'neil@example.com please", "write to [email] please"),
        ("ana_p+cx@mail.example.gov!", "[email]!"),
        ("josé@correo.example", "[email]"),
        ("my SSN is 457-55-5462", "my SSN is [ssn]"),
        ("219 09 9999 is mine", "[ssn] is mine"),
        ("078.05.1120", "[ssn]"),
        ("mi número de seguro social 457555462", "mi número de seguro social [ssn]"),
        ("ITIN 912-78-1234", "ITIN [ssn]"),
        ("card 4111 1111 1111 1111 was charged", "card [card] was charged"),
        ("paid with 4111,1111,1111,1111 twice", "paid with [card] twice"),
        ("4111;1111;1111;1111", "[card]"),
        ("Amex 3782:822463:10005, expired", "Amex [card], expired"),
        (
            "https://example.gov/form?mail=ana.p%40example.com&step=2",
            "https://example.gov/form?mail=[email]&step=2",
        ),
        ("ana&#64;example.com", "[email]"),
        ("ana@@example.com", "[email]"),
        ("5500-0000-0000-0004", "[card]"),
        ("call 202-555-0147", "call [phone]"),
        ("call (202) 555-0147 now", "call [phone] now"),
        ("+1 202.555.0147", "[phone]"),
        ("tel 2025550147", "tel [phone]"),
        ("llame al +52 55 1234 5678", "llame al [phone]"),
        ("+44 20 7946 0958", "[phone]"),
        ("４５７-５５-５４６２", "[ssn]"),
        ("A123456789 is my number", "[number] is my number"),
        ("a123456789", "[number]"),
    ],
)
def test_what_identifies_is_masked(typed, masked):
    assert masking.mask(typed, ["A[0-9]{8,9}"]) == masked


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "I waited 45 minutes at window 12.",
        "Room 101, on 2026-11-04 at 10:30.",
        "Form SF-1040 line 22 says 1,234.56",
        "It cost $1200.00 for 2 people in 2025 and 2026",
        "Receipt 4111 1111 1111 1112 (no card: its check digit is wrong)",
        "0000",
        "4111,1111,1111,1112 has another check digit",
        "4111, 1111, 1111, 1111 people on four days",
        "4111,1111,1111,1111,1111 people on five days",
        "Only 100%40 of us, 5@@6 and a %40 off",
        "ZIP 20500-0003",
        "ten out of ten @ the desk",
    ],
)
def test_what_does_not_identify_stays(typed):
    assert masking.mask(typed) == typed


@examples.times(3)
@given(st.text(max_size=300))
def test_masking_twice_is_masking_once(typed):
    once = masking.mask(typed)
    assert masking.mask(once) == once


@examples.times(3)
@given(before=st.text("abc .,\n", max_size=30), after=st.text("abc .,\n", max_size=30))
def test_the_words_around_stay(before, after):
    masked = masking.mask(f"{before} 457-55-5462 {after}")
    assert masked == f"{before} [ssn] {after}"


def rows(file):
    """The rows of a table of texts and what must be left of them."""
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize(
    "row", rows("masking.tsv"), ids=lambda row: f"{row['kind']}: {row['text']}"
)
def test_ordinary_typing_is_masked_exactly(row):
    assert masking.mask(row["text"]) == row["left"]


@pytest.mark.parametrize("row", rows("masking-messy.tsv"), ids=lambda row: row["text"])
def test_messy_typing_is_masked_exactly(row):
    assert masking.mask(row["text"]) == row["left"]


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        # Each number beside others that a run of digits joins to it.
        ("4012 8888 8888 1881 4012 8888 8888 1881", "[card] [card]"),
        ("4111 4012 8888 8888 1881 97701", "4111 [card] 97701"),
        ("202-555-0143 4012 8888 8888 1881", "[phone] [card]"),
        ("457-55-5462 202-555-0143", "[ssn] [phone]"),
        ("+44 20 7946 0958 12/27", "[phone] 12/27"),
        ("457-55-5462\n11/04/2026", "[ssn]\n11/04/2026"),
        # Signs that phones and word processors put in.
        ("4\ufe0f\u20e30\ufe0f\u20e31\ufe0f\u20e328888 8888 1881", "[card]"),
        ("\u0664\u0660\u0661\u0662 8888 8888 1881", "[card]"),
        ("4\u00ad57\u200b-55-54\u206062!", "[ssn]!"),
        ("ＳＳＮ ４５７５５５４６２", "ＳＳＮ [ssn]"),
        ("ana\u200b@\u200bexample.gov", "[email]"),
        ("LL\u00c1MEME al 555\u20110132", "LL\u00c1MEME al [phone]"),
        ("\u0130\u0130 202-555-0143 \u0130", "\u0130\u0130 [phone] \u0130"),
        # A check digit, a structure or a length that is wrong.
        ("4012 8888 8888 1882", "4012 8888 8888 1882"),
        ("9012 8888 8888 1889", "9012 8888 8888 1889"),
        ("000-12-3456, 666-12-3456, 123-00-4567, 123-45-0000", None),
        ("1HGCM82633A004353 DE89 3704 0044 0532 0130 01", None),
        ("0EG4-TE5-MK73 1SG4-TE5-MK73", None),
        ("300.1.2.3, version 10.1.2.3, section 10.1.2.3, 1.2.3.4", None),
        ("my ip is 1.2.3.4", "my ip is [ip]"),
        # Coordinates, prices and ages whose digits in a row would pass as a card.
        ("38.889484 -77.035274", None),
        ("45.10 51.20 33.15 40.05", None),
        ("40-45 50-55 60-65 70-71", None),
        # The beginning of a word is not the word: "a no", "file no", "account no".
        ("vivo aquí hace 47 años, desde 2015 221", None),
        ("my file nobody saw 2015 2216", None),
        ("my account nobody saw 2015 2216", None),
        # A word that says that it is something else.
        ("receipt 2025550143", "receipt [id]"),
        ("order 2025550143", "order 2025550143"),
        ("2025550143", "[phone]"),
        ("Social Security office, OR 97701-1234", None),
        ("Social Security gave me receipt 457555462", "Social Security gave me receipt [id]"),
        ("Social Security gave me ticket 457555462", None),
        ("120/80 1300 and $123.45 2026", None),
        ("Public Law 116-22\n1900 people", None),
        ("116-22\n1900", None),
        ("ssn 457-55\n5462", "ssn [ssn]"),
        ("457-55-\n5462", "[ssn]"),
        # What counts people is no number of a person; a phone number is no case.
        ("passport agency 1234567 people, claim 1234567 applicants", None),
        ("my case 202-555-0143", "my case [phone]"),
        ("case 457-55-5462, claim 4012 8888 8888 1881", "case [ssn], claim [card]"),
        # A day or years beside "case" are no case; six digits in groups are a docket.
        ("case 04/12/2023, claim 2019-2020, case no. 12-3456", None),
        ("1HGCM826 33A004353 and certified 7020 0000", None),
        (
            "certified mail 70192280000123456789, card 2280 0001 2345 6789",
            "certified mail 70192280000123456789, card [card]",
        ),
        ("I looked at irs dot gov and at va.gov", None),
        ("email me at joe at example.gov", "email me at [email]"),
        ("joe arroba ejemplo.com", "[email]"),
        ("joe at gmail.com", "[email]"),
        ("(202) 555-0143 x12", "[phone]"),
        ("error 404 500 503. 2145", None),
    ],
)
def test_neighbors_signs_and_structure_decide(typed, left):
    assert masking.mask(typed) == (typed if left is None else left)


def test_the_pattern_of_an_agency_does_not_reach_into_what_is_masked():
    once = masking.mask("case 12, ssn 457-55-5462", ["[^,]{4,12}"])
    assert masking.mask("[ssn]", ["[^,]{4,12}"]) == "[ssn]"
    assert masking.mask(once, ["[^,]{4,12}"]) == once


def test_ten_thousand_digits_of_other_things_stay():
    comments = numbered_comments.comments(2500, seed=20261129)
    assert len(set(comments)) == 2500
    changed = [(typed, left) for typed in comments if (left := masking.mask(typed)) != typed]
    assert changed == []


def test_whatever_identifies_goes_whole_and_nothing_else():
    texts = list(identifying_texts.texts(2200, seed=20261129))
    assert len({each.text for each in texts}) > 1500
    assert len({each.word for each in texts}) == 7
    wrong = [(each.text, left) for each in texts if (left := masking.mask(each.text)) != each.left]
    assert wrong == []


@pytest.mark.parametrize("separator", identifying_texts.SEPARATORS, ids=ascii)
def test_a_card_is_found_with_any_separator_beside_any_number(separator):
    rng = random.Random(7)
    for _ in range(60):
        number = identifying_texts.card(rng)
        typed = identifying_texts.cut(number, (4, 4, 4, 4), separator)
        for beside in ("12/27", "$45", "20500", "202-555-0143", "11/04/2026", "8:30"):
            left = masking.mask(f"{beside} {typed} {beside}")
            assert typed not in left
            assert number[-4:] not in left, (typed, left)


beside = st.sampled_from(
    ["", "$45 ", "12/27 ", "20500 ", "8:30 ", "3 of 4, ", "11/04/2026 ", "x 7 "]
)


@examples.times(3)
@given(st.integers(0, 10**6), beside, beside)
def test_an_identifier_is_masked_beside_any_price_or_date(seed, before, after):
    *_, text = identifying_texts.texts(seed % 11 + 1, seed=seed)
    left = masking.mask(f"{before}\n{text.text}, {after}")
    assert text.typed not in left
    assert f"[{text.word}]" in left


tokens_like_numbers = st.sampled_from(
    [
        *("4012888888881881", "4012", "8888", "1881", "457", "55", "5462", "457-55-5462", "ssn"),
        *("dob", "04/12/1961", "call", "555-0132", "+44", "20", "7946", "0958", "0044", "ip"),
        *("ana@example.gov", "at", "dot", "gov", "[card]", "[ssn]", "[phone]", "passport"),
        *("A12803456", "1.2.3.4", "192.0.2.17", "is my", "social", "2025550143", "receipt"),
        *("\u200b", "00:1B:44:11:3A:B7", "@", "-", "/", " - ", "0o1", "born", ",", "$45"),
    ]
)


@examples.times(5)
@given(
    st.lists(
        st.tuples(tokens_like_numbers, st.sampled_from(["", " ", " ", "-", "\n"])), max_size=12
    )
)
def test_masking_twice_is_masking_once_for_what_looks_like_numbers(tokens):
    once = masking.mask("".join(token + gap for token, gap in tokens))
    assert masking.mask(once) == once


@examples.times(3)
@given(st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="@\uff20")))
def test_a_text_without_digits_and_at_stays_byte_for_byte(typed):
    if not {"at", "arroba"} & set(typed.lower().split()):
        assert masking.mask(typed) == typed
