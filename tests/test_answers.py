"""Answers: whatever is sent, the outcome is Answers or the list of what is wrong with it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.instrument import answers, drivers
from cxserver.instrument.answers import Answers, AnswersRefused
from cxserver.instrument.compose import compose
from cxserver.instrument.draft import Draft, DraftChoice, DraftQuestion
from cxserver.instrument.survey import Survey

QUESTIONS = (
    DraftQuestion(
        "purpose",
        {"en": "Why did you come?"},
        (DraftChoice("new", {"en": "New case"}), DraftChoice("old", {"en": "Old case"})),
    ),
    DraftQuestion("clerk", {"en": "Who helped you?"}),
)


def survey(mode: str, comment: bool = True) -> Survey:
    draft = Draft(
        service="passports",
        names={"en": "Passports"},
        today=date(2026, 11, 2),
        trust_statement="increased",
        satisfaction_statement="satisfied",
        drivers=drivers.OF_THE_CHART,
        driver_mode=mode,
        comment=comment,
        questions=QUESTIONS,
    )
    return compose(draft, 1)


SURVEYS = {mode: survey(mode) for mode in ("tap", "choice", "likert")}
MODES = st.sampled_from(sorted(SURVEYS))

FIELDS = ["satisfaction", "trust", "drivers", "comment", "questions", "stamp", "driver-ease"]
# JSON can spell half a character (a lone surrogate), in keys as well.
TEXT = st.text(st.characters(), max_size=50)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
# Values close to right ones reach further than noise does.
NEARLY = st.one_of(
    st.sampled_from([0, 1, 5, 6, "5", True, 5.0, None, "", [], {}, ["ease"], {"ease": 5}]),
    st.lists(st.sampled_from([*drivers.CODES, "", 7, None])),
    st.dictionaries(st.sampled_from([*drivers.CODES, "purpose", "clerk"]), ANYTHING),
    ANYTHING,
)


@given(
    mode=MODES,
    sent=st.dictionaries(st.sampled_from(FIELDS) | TEXT, NEARLY),
    good=st.booleans(),
)
def test_whatever_is_sent_is_answered_or_refused(
    mode: str, sent: dict[str, Any], good: bool
) -> None:
    if good:
        sent = {**sent, "satisfaction": 4, "trust": 2}
    try:
        found = answers.check(SURVEYS[mode], sent)
    except AnswersRefused as refused:
        assert refused.problems
    else:
        assert isinstance(found, Answers)
        assert answers.check(SURVEYS[mode], sent).canonical() == found.canonical()


POINT = st.integers(1, 5)
# Browsers send what was typed; a lone surrogate cannot be typed.
TYPED = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@st.composite
def sound_answers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A mode and answers in JSON shape that fit its survey."""
    mode = draw(MODES)
    codes = st.sampled_from(drivers.OF_THE_CHART)
    sent: dict[str, Any] = {"satisfaction": draw(POINT), "trust": draw(POINT)}
    sent["drivers"] = draw(
        st.dictionaries(codes, POINT) if mode == "likert" else st.lists(codes, unique=True)
    )
    sent["comment"] = draw(TYPED)
    sent["questions"] = draw(
        st.fixed_dictionaries(
            {}, optional={"purpose": st.sampled_from(["new", "old"]), "clerk": TYPED}
        )
    )
    return mode, sent


def as_form(sent: dict[str, Any]) -> list[tuple[str, str]]:
    """What a browser posts for the same answers: digits as text, each tap a field."""
    pairs = [("satisfaction", str(sent["satisfaction"])), ("trust", str(sent["trust"]))]
    if isinstance(sent["drivers"], dict):
        pairs += [(f"driver-{code}", str(point)) for code, point in sent["drivers"].items()]
    else:
        pairs += [("drivers", code) for code in sent["drivers"]]
    pairs += [(f"question-{code}", text) for code, text in sent["questions"].items()]
    # A textarea turns every kind of line end into CRLF.
    lines = sent["comment"].replace("\r\n", "\n").replace("\r", "\n")
    return [*pairs, ("comment", lines.replace("\n", "\r\n"))]


@given(sound_answers())
def test_a_form_and_json_of_the_same_answers_are_the_same_bytes(
    sound: tuple[str, dict[str, Any]],
) -> None:
    mode, sent = sound
    by_json = answers.check(SURVEYS[mode], sent)
    by_form = answers.check(SURVEYS[mode], answers.from_form(SURVEYS[mode], as_form(sent)))
    assert by_form == by_json
    assert by_form.canonical() == by_json.canonical()


def refused(sent: dict[str, Any], mode: str = "tap") -> list[tuple[str, str]]:
    with pytest.raises(AnswersRefused) as caught:
        answers.check(SURVEYS[mode], sent)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_both_ratings_are_required_and_both_are_told() -> None:
    assert refused({}) == [("satisfaction", "required"), ("trust", "required")]


@pytest.mark.parametrize("value", [0, 6, "5", True, 5.0, [5], "٣"])
def test_a_rating_is_a_whole_number_from_one_to_five(value: Any) -> None:
    assert refused({"satisfaction": 3, "trust": value}) == [("trust", "choice")]


@pytest.mark.parametrize("value", ["٣", " 5 ", "+5", "5.0", "05", "6"])
def test_a_form_rating_is_exactly_one_digit(value: str) -> None:
    sent = answers.from_form(SURVEYS["tap"], [("satisfaction", "3"), ("trust", value)])
    assert refused(sent) == [("trust", "choice")]


def test_a_comment_may_have_2000_characters_and_the_rest_is_counted() -> None:
    sent = {"satisfaction": 3, "trust": 3}
    assert answers.check(SURVEYS["tap"], {**sent, "comment": "á" * 2000}).comment == "á" * 2000
    with pytest.raises(AnswersRefused) as caught:
        answers.check(SURVEYS["tap"], {**sent, "comment": "á" * 2007})
    assert [problem.number for problem in caught.value.problems] == [7]


def test_a_comment_is_refused_where_none_is_asked() -> None:
    with pytest.raises(AnswersRefused):
        answers.check(survey("tap", comment=False), {"satisfaction": 3, "trust": 3, "comment": "x"})


def test_half_a_character_is_refused() -> None:
    sent = {"satisfaction": 3, "trust": 3, "comment": "\ud800"}
    assert refused(sent) == [("comment", "text")]


def test_a_driver_that_was_not_shown_is_refused() -> None:
    assert refused({"satisfaction": 3, "trust": 3, "drivers": ["other"]}) == [("drivers", "choice")]


def test_taps_are_kept_in_the_order_of_the_survey_and_once() -> None:
    sent = {"satisfaction": 3, "trust": 3, "drivers": ["employee", "ease", "ease"]}
    assert answers.check(SURVEYS["tap"], sent).drivers == ("ease", "employee")


def test_a_choice_that_was_not_offered_is_refused() -> None:
    sent = {"satisfaction": 3, "trust": 3, "questions": {"purpose": "lost"}}
    assert refused(sent) == [("question-purpose", "choice")]


def test_a_field_that_stands_twice_is_refused() -> None:
    with pytest.raises(AnswersRefused) as caught:
        answers.from_form(SURVEYS["tap"], [("trust", "1"), ("trust", "5")])
    assert [(one.field, one.code) for one in caught.value.problems] == [("trust", "twice")]


def test_an_unknown_field_is_refused_by_name() -> None:
    assert refused({"satisfaction": 3, "trust": 3, "email": "a@b.c"}) == [("email", "unknown")]


@pytest.mark.parametrize(("trust", "positive"), [(1, False), (3, False), (4, True), (5, True)])
def test_taps_carry_the_polarity_of_trust(trust: int, positive: bool) -> None:
    found = answers.check(SURVEYS["tap"], {"satisfaction": 1, "trust": trust})
    assert found.positive is positive
