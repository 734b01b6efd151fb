"""The composition rules of A-11 §280.10, one test each: what is refused, and what is allowed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cxserver.catalog import file
from cxserver.instrument import composition, drivers
from cxserver.instrument.compose import compose
from cxserver.instrument.draft import Approval, Draft, DraftChoice, DraftQuestion

TODAY = date(2026, 11, 2)
SOUND = Draft(
    service="passports",
    names={"en": "Passports", "es": "Pasaportes"},
    today=TODAY,
    approval=Approval(date(2028, 3, 31), burden_minutes=1),
    channels=("email", "kiosk"),
    languages=("en", "es"),
    trust_statement="increased",
    satisfaction_statement="satisfied",
    statement_name={"en": "the passport office", "es": "la oficina de pasaportes"},
    drivers=("effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"),
)
BOTH = {"en": "Why did you come?", "es": "¿Por qué vino?"}
YES_NO = (
    DraftChoice("yes", {"en": "Yes", "es": "Sí"}),
    DraftChoice("no", {"en": "No", "es": "No"}),
)


def question(code: str = "purpose", **changes: Any) -> DraftQuestion:
    sound = DraftQuestion(code, BOTH, YES_NO, category="none", reason="Plans the counters.")
    return replace(sound, **changes)


def faults(**changes: Any) -> list[str]:
    findings = composition.check(replace(SOUND, **changes))
    return [f"{finding.key}: {finding.text}" for finding in findings if not finding.warning]


def warnings(**changes: Any) -> list[str]:
    findings = composition.check(replace(SOUND, **changes))
    return [f"{finding.key}: {finding.text}" for finding in findings if finding.warning]


def only(findings: list[str], key: str, words: str) -> None:
    """The one finding is about `key` and says `words`."""
    assert len(findings) == 1, findings
    assert findings[0].startswith(f"{key}: ")
    assert words in findings[0]


def test_a_sound_survey_has_no_finding() -> None:
    assert composition.check(SOUND) == []


def test_an_unknown_instrument_is_refused_and_the_near_one_named() -> None:
    only(faults(instrument="a11-2202"), "survey.instrument", "did you mean 'a11-2022'")


@pytest.mark.parametrize("statement", ["", "none", "decreased"])
def test_trust_must_be_asked_with_one_of_two_statements(statement: str) -> None:
    only(faults(trust_statement=statement), "survey.trust_statement", "trust must be asked")


def test_trust_has_five_points() -> None:
    for statement in ("increased", "commitment"):
        draft = replace(
            SOUND,
            trust_statement=statement,
            relevant_population={"en": "veterans", "es": "los veteranos"},
        )
        assert composition.check(draft) == []
        for wording in compose(draft, 1).wording.values():
            assert len(wording.trust_labels) == 5


def test_the_commitment_statement_names_the_population_in_every_language() -> None:
    only(
        faults(trust_statement="commitment", relevant_population={"en": "veterans"}),
        "survey.relevant_population.es",
        "is missing",
    )


@pytest.mark.parametrize("statement", ["", "thumbs"])
def test_satisfaction_must_be_asked_with_one_of_two_statements(statement: str) -> None:
    only(
        faults(satisfaction_statement=statement),
        "survey.satisfaction_statement",
        "satisfaction must be asked",
    )


def test_satisfaction_has_five_points_or_five_stars() -> None:
    for statement, icons in (("satisfied", "none"), ("experience", "stars")):
        draft = replace(SOUND, satisfaction_statement=statement)
        assert composition.check(draft) == []
        survey = compose(draft, 1)
        assert survey.satisfaction_icons == icons
        assert survey.trust_icons == "none"
        for wording in survey.wording.values():
            assert len(wording.satisfaction_labels) == 5


@pytest.mark.parametrize("key", ["trust_text", "satisfaction_text"])
def test_wording_outside_the_bases_needs_a_reference_from_omb(key: str) -> None:
    own = {"en": "I trust {name}.", "es": "Confío en {name}."}
    only(faults(**{key: own}), f"survey.{key}", "discussed with OMB")
    assert faults(**{key: own}, omb_reference="OMB mail of 2026-05-04") == []


def test_own_wording_exists_in_every_language() -> None:
    own = {"en": "I trust {name}."}
    only(faults(trust_text=own, omb_reference="x"), "survey.trust_text.es", "is missing")


def test_own_wording_holds_no_slot_that_nothing_fills() -> None:
    own = {"en": "I trust {nmae}.", "es": "Confío en {name}."}
    only(
        faults(trust_text=own, omb_reference="x"),
        "survey.trust_text.en",
        "unknown slot {nmae}; did you mean '{name}'?",
    )


def test_stars_on_trust_need_a_reference_from_omb() -> None:
    only(faults(trust_icons="stars"), "survey.trust_icons", "discussed with OMB")
    assert faults(trust_icons="stars", omb_reference="OMB mail of 2026-05-04") == []


def test_thumbs_on_trust_are_refused_even_with_a_reference() -> None:
    only(
        faults(trust_icons="thumbs", omb_reference="x"),
        "survey.trust_icons",
        "needs another instrument",
    )


def test_a_missing_statement_name_is_a_warning() -> None:
    only(warnings(statement_name={"en": "us"}), "survey.statement_name.es", "service's name")


@pytest.mark.parametrize("mode", ["tap", "choice", "likert"])
def test_drivers_take_each_of_the_three_forms(mode: str) -> None:
    assert faults(driver_mode=mode) == []


def test_drivers_take_no_fourth_form() -> None:
    only(faults(driver_mode="slider"), "survey.driver_mode", "three forms")


def test_a_survey_without_drivers_is_refused() -> None:
    only(faults(drivers=()), "survey.drivers", "no driver is asked")


def test_an_unknown_driver_is_refused_and_the_near_one_named() -> None:
    only(faults(drivers=("ease", "eficiency")), "survey.drivers", "did you mean 'efficiency'?")


def test_a_driver_is_asked_once() -> None:
    only(faults(drivers=("ease", "ease")), "survey.drivers", "appears twice")


def test_every_driver_maps_to_a_category_and_an_omb_column() -> None:
    categories = {driver.code: driver.category for driver in drivers.ALL}
    assert categories == {
        "effectiveness": "Service quality",
        "ease": "Process",
        "efficiency": "Process",
        "transparency": "Process",
        "humanity": "Process",
        "employee": "People",
        "other": "Other",
    }
    assert all(driver.omb == driver.code for driver in drivers.ALL)


def test_a_driver_that_does_not_apply_says_why() -> None:
    only(
        faults(drivers=("ease",), drivers_not_applicable={"employee": ""}),
        "survey.drivers_not_applicable.employee",
        "give the reason",
    )


def test_an_unknown_driver_cannot_be_said_not_to_apply() -> None:
    only(
        faults(drivers_not_applicable={"employees": "online"}),
        "survey.drivers_not_applicable",
        "did you mean 'employee'?",
    )


def test_the_employee_driver_is_not_asked_where_it_does_not_apply() -> None:
    only(
        faults(drivers_not_applicable={"employee": "no employee is met online"}),
        "survey.drivers",
        "'employee' is asked and also said not to apply",
    )


def test_an_extra_question_does_not_bring_back_a_driver_that_does_not_apply() -> None:
    only(
        faults(
            drivers=("ease",),
            drivers_not_applicable={"employee": "no employee is met online"},
            questions=(question(category="employee"),),
        ),
        "survey.question[1].category",
        "is said not to apply",
    )


def test_the_employee_driver_on_an_online_service_is_a_warning() -> None:
    only(warnings(channels=("site", "web")), "survey.drivers", "every channel is online")


@pytest.mark.parametrize("left_out", drivers.OF_THE_CHART)
def test_a_designated_service_asks_every_driver_or_explains(left_out: str) -> None:
    codes = tuple(code for code in drivers.OF_THE_CHART if code != left_out)
    only(faults(designated=True, drivers=codes), "survey.drivers", f"'{left_out}' is not asked")
    assert faults(drivers=codes) == []
    explained = {left_out: "there is no such thing here"}
    assert faults(designated=True, drivers=codes, drivers_not_applicable=explained) == []


def test_an_adjusted_statement_keeps_its_driver() -> None:
    own = {"ease": {"en": "The form was easy.", "es": "El formulario fue fácil."}}
    assert faults(driver_mode="likert", driver_statements=own) == []
    draft = replace(SOUND, driver_mode="likert", driver_statements=own)
    assert compose(draft, 1).wording["es"].drivers["ease"] == "El formulario fue fácil."


def test_an_adjusted_statement_belongs_to_a_driver_that_is_asked() -> None:
    own = {"other": {"en": "Else", "es": "Otra"}}
    only(faults(driver_statements=own), "survey.driver_statements.other", "is not asked")


def test_an_adjusted_statement_exists_in_every_language() -> None:
    own = {"ease": {"en": "Easy form"}}
    only(faults(driver_statements=own), "survey.driver_statements.ease.es", "is missing")


def test_an_adjusted_statement_fits_where_it_stands() -> None:
    own = {"ease": {"en": "The form on the website was easy to fill in.", "es": "Fácil"}}
    only(faults(driver_statements=own), "survey.driver_statements.ease.en", "30 fit")
    assert faults(driver_statements=own, driver_mode="likert") == []


def test_other_needs_a_statement_of_its_own_to_be_rated() -> None:
    assert faults(drivers=("ease", "other")) == []
    only(
        faults(drivers=("ease", "other"), driver_mode="likert"),
        "survey.drivers",
        "no baseline statement",
    )


def test_an_extra_question_needs_a_reason() -> None:
    only(faults(questions=(question(reason=""),)), "survey.question[1].reason", "necessary")


@pytest.mark.parametrize("category", [*drivers.CODES, "none"])
def test_an_extra_question_maps_to_a_driver_or_to_none(category: str) -> None:
    assert faults(questions=(question(category=category),)) == []


@pytest.mark.parametrize("category", ["", "eas", "People"])
def test_an_extra_question_without_a_category_is_refused(category: str) -> None:
    only(
        faults(questions=(question(category=category),)),
        "survey.question[1].category",
        "must be a driver or 'none'",
    )


def test_extra_questions_have_different_codes() -> None:
    only(faults(questions=(question(), question())), "survey.question", "'purpose' appears twice")


def test_choices_have_different_codes() -> None:
    only(
        faults(questions=(question(choices=(YES_NO[0], YES_NO[0])),)),
        "survey.question",
        "two choices 'yes'",
    )


def test_a_single_choice_is_no_choice() -> None:
    only(faults(questions=(question(choices=YES_NO[:1]),)), "survey.question", "only one choice")


def test_extra_questions_and_their_choices_exist_in_every_language() -> None:
    half = question(texts={"en": "Why?"}, choices=(YES_NO[0], DraftChoice("no", {"en": "No"})))
    assert [line.split(":")[0] for line in faults(questions=(half,))] == [
        "survey.question[1].text.es",
        "survey.question[1].choices.no.es",
    ]


def test_two_free_texts_are_allowed_and_a_third_is_not() -> None:
    free_texts = [question(f"q{number}", choices=()) for number in range(2)]
    assert faults(questions=tuple(free_texts[:1])) == []
    only(faults(questions=tuple(free_texts)), "survey", "3 free texts; §280.10 allows 2")


def test_a_survey_without_any_free_text_is_a_warning() -> None:
    only(warnings(comment=False), "survey.comment", "no free text")


def test_fifteen_questions_are_allowed_and_a_sixteenth_is_not() -> None:
    # Trust, satisfaction, the list of drivers and the comment are four.
    extra = tuple(question(f"q{number}") for number in range(12))
    assert faults(questions=extra[:11]) == []
    only(faults(questions=extra), "survey", "16 questions; §280.10 allows 15")


def test_each_rated_driver_counts_as_a_question() -> None:
    extra = tuple(question(f"q{number}") for number in range(7))
    assert faults(driver_mode="likert", questions=extra[:6]) == []
    only(
        faults(driver_mode="likert", questions=extra),
        "survey",
        "16 questions; §280.10 allows 15",
    )


def test_five_minutes_are_allowed_and_more_is_not() -> None:
    # 16 s of scales, 10 s of drivers, 30 s of comment leave 244 s: eight texts are 240 s.
    free_texts = tuple(question(f"q{number}", choices=()) for number in range(9))
    assert not any("seconds" in fault for fault in faults(questions=free_texts[:8]))
    assert any(
        "takes about 326 seconds; §280.10 allows 300" in line
        for line in faults(questions=free_texts)
    )


def test_more_minutes_than_the_clearance_says_are_a_warning() -> None:
    assert warnings() == []
    only(warnings(questions=(question(),)), "survey", "takes about 66 seconds")


def test_a_survey_without_a_clearance_is_refused() -> None:
    only(faults(approval=None), "survey.clearance", "no approval")


def test_a_clearance_works_on_its_last_day_and_not_after_it() -> None:
    assert faults(approval=Approval(TODAY, 1)) == []
    only(
        faults(approval=Approval(date(2026, 11, 1), 1)),
        "survey.clearance",
        "expired on 2026-11-01",
    )


def test_a_clearance_that_ends_soon_is_a_warning() -> None:
    only(
        warnings(approval=Approval(date(2026, 12, 1), 1)),
        "survey.clearance",
        "in 29 days",
    )


def test_every_rule_names_keys_of_the_survey_that_exist() -> None:
    """A misspelt key would let a rule judge a value that could not be read."""
    known = {
        *file.Survey.model_fields,
        *file.Service.model_fields,
        *file.Clearance.model_fields,
        *(f"agency.{name}" for name in file.Agency.model_fields),
    }
    for rule, reads in composition.RULES:
        assert reads, rule
        assert set(reads) <= known, rule
