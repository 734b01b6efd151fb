"""Answers: whatever is sent, the outcome is Answers or the list of what is wrong with it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.instrument import answers, drivers, instruments
from cxserver.instrument.answers import Answers, AnswersRefused
from cxserver.instrument.compose import compose
from cxserver.instrument.draft import Draft, DraftChoice, DraftQuestion
from cxserver.instrument.survey import Survey
from tests.support import instrument_catalogs

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


# Each form of the drivers with extra questions, and each instrument as its example has it.
SURVEYS = {mode: survey(mode) for mode in ("tap", "choice", "likert")}
SURVEYS |= {code: instrument_catalogs.survey(code) for code in instruments.CODES}
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
        sent = {**sent, "trust": SURVEYS[mode].trust_scale.points[1]}
        if SURVEYS[mode].asks_satisfaction:
            sent["satisfaction"] = 4
    try:
        checked = answers.check(SURVEYS[mode], sent)
    except AnswersRefused as refused:
        assert refused.problems
    else:
        assert isinstance(checked, Answers)
        assert checked.trust in SURVEYS[mode].trust_scale.points
        assert (checked.satisfaction is None) is not SURVEYS[mode].asks_satisfaction
        assert answers.check(SURVEYS[mode], sent).canonical() == checked.canonical()


POINT = st.integers(1, 5)
# Browsers send what was typed; a lone surrogate cannot be typed.
TYPED = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@st.composite
def sound_answers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A mode and answers in JSON shape that fit its survey."""
    mode = draw(MODES)
    mode_survey = SURVEYS[mode]
    codes = st.sampled_from(mode_survey.drivers)
    sent: dict[str, Any] = {"trust": draw(st.sampled_from(mode_survey.trust_scale.points))}
    if mode_survey.asks_satisfaction:
        sent["satisfaction"] = draw(POINT)
    rated = mode_survey.driver_mode == "likert"
    sent["drivers"] = draw(st.dictionaries(codes, POINT) if rated else st.lists(codes, unique=True))
    sent["comment"] = draw(TYPED)
    offered = {"purpose": st.sampled_from(["new", "old"]), "clerk": TYPED}
    extra = offered if mode_survey.wording["en"].questions else {}
    sent["questions"] = draw(st.fixed_dictionaries({}, optional=extra))
    return mode, sent


def as_form(sent: dict[str, Any]) -> list[tuple[str, str]]:
    """What a browser posts for the same answers: digits as text, each tap a field."""
    ratings = [name for name in ("satisfaction", "trust") if name in sent]
    pairs: list[tuple[str, str]] = [(name, str(sent[name])) for name in ratings]
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
    assert [(problem.field, problem.code) for problem in caught.value.problems] == [
        ("trust", "twice")
    ]


def test_an_unknown_field_is_refused_by_name() -> None:
    assert refused({"satisfaction": 3, "trust": 3, "email": "a@b.c"}) == [("email", "unknown")]


def test_nothing_rated_may_be_an_empty_list() -> None:
    sent = {"satisfaction": 3, "trust": 3, "drivers": []}
    assert answers.check(SURVEYS["likert"], sent).scores == {}
    assert refused({**sent, "drivers": ["ease"]}, "likert") == [("drivers", "choice")]


# ---- by thumbs, and without satisfaction

THUMBS = "a11-v2-thumbs"


def test_a_thumb_is_zero_or_one_and_the_only_thing_that_is_required() -> None:
    assert refused({}, THUMBS) == [("trust", "required")]
    assert answers.check(SURVEYS[THUMBS], {"trust": 0}).trust == 0


@pytest.mark.parametrize("value", [2, 5, -1, "1", True, 1.0, [1]])
def test_a_thumb_is_nothing_but_zero_or_one(value: Any) -> None:
    assert refused({"trust": value}, THUMBS) == [("trust", "choice")]


@pytest.mark.parametrize("value", ["2", "on", "up", " 1", "01", "true", "٠"])
def test_a_thumb_of_a_form_is_exactly_one_digit(value: str) -> None:
    sent = answers.from_form(SURVEYS[THUMBS], [("trust", value)])
    assert refused(sent, THUMBS) == [("trust", "choice")]


@pytest.mark.parametrize("mode", [mode for mode in SURVEYS if mode != THUMBS])
def test_five_points_have_no_zero(mode: str) -> None:
    assert refused({"satisfaction": 5, "trust": 0}, mode) == [("trust", "choice")]
    sent = answers.from_form(SURVEYS[mode], [("satisfaction", "5"), ("trust", "0")])
    assert refused(sent, mode) == [("trust", "choice")]


def test_satisfaction_is_refused_where_it_is_not_asked_and_nothing_is_nothing() -> None:
    assert refused({"trust": 1, "satisfaction": 4}, THUMBS) == [("satisfaction", "unknown")]
    assert answers.check(SURVEYS[THUMBS], {"trust": 1, "satisfaction": None}).satisfaction is None
