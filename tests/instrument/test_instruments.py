"""The four instruments: what each asks, what it refuses, and what stays as it was."""

from datetime import date
from pathlib import Path

import pytest

from cxserver.catalog import check
from cxserver.instrument import instruments, statements
from cxserver.instrument import survey as survey_text
from tests.support import house, instrument_catalogs

TODAY = date(2026, 11, 4)
ROOT = Path(__file__).parents[2]
# Written down before there was more than one instrument. Another fingerprint would make a new
# version of every survey at the next `cx catalog apply`, and a break in every series.
FINGERPRINTS = {
    "permits": "c91fb5dfac0f102ffcfe861fd3c6bebed480f187f3e7a1f0ab33c4f5ff596cc0",
    "hearings": "1f315467f03eeb962003c3f12b40c94aa10496411246dc7efa743e46bc0fd0e5",
    "calls": "0ee8c31e98f9f399493bd98f34307c85d30f3463c67f51055c45a1290b27dc1e",
    "vet-out": "b3ed2234afe757dc3a035943da914e1021e75c7df663c7319a5da6bcb8104efe",
    "vet-claims": "33e58720d6a18daf0a0ab2a078e0523c3579294db6105ba840a939e88aca01b3",
    "vet-rest": "7933ebfafec6c3f362368e71085e0a4dd630fe5308e45f167c0c91ba2fd9ccaa",
}


def faults(code: str, *changes: tuple[str, str]) -> list[str]:
    """What `cx catalog check` says of the example with these changes."""
    return messages(code, *changes)[0]


def messages(code: str, *changes: tuple[str, str]) -> tuple[list[str], list[str]]:
    text = instrument_catalogs.catalog_text(code)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    report = check.text(text, "it.toml", TODAY)
    return [str(fault) for fault in report.faults], [str(warning) for warning in report.warnings]


def only(lines: list[str], key: str, words: str) -> None:
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"it.toml: service.permits.survey.{key}: "), lines
    assert words in lines[0]


# ---- what each asks


@instrument_catalogs.EVERY
def test_the_example_of_each_instrument_has_no_fault(code: str) -> None:
    errors, warned = messages(code)
    assert errors == []
    wanting = ["satisfaction"] if code == "a11-v2-thumbs" else []
    assert [line.split(": ")[1].rpartition(".")[2] for line in warned] == wanting


def test_the_seven_domains_of_2018_are_each_rated() -> None:
    survey = instrument_catalogs.survey("a11-2018")
    words = survey.wording["en"]
    assert survey.driver_mode == "likert"
    assert [words.satisfaction, words.trust, *words.drivers.values()] == [
        "I am satisfied with the service I received from permit renewal.",
        "This interaction increased my confidence in permit renewal.",
        "My need was addressed.",
        "It was easy to complete what I needed to do.",
        "It took a reasonable amount of time to do what I needed to do.",
        "I was treated fairly.",
        "Employees I interacted with were helpful.",
    ]
    assert list(words.drivers) == [
        "effectiveness",
        "ease",
        "efficiency",
        "transparency",
        "employee",
    ]


@pytest.mark.parametrize("code", ["a11-v2-five-point", "a11-v2-thumbs"])
def test_the_second_version_asks_in_the_words_of_omb(code: str) -> None:
    words = instrument_catalogs.survey(code).wording["en"]
    assert words.trust == (
        "Based on my experience with permit renewal, I trust the Department of Everyday Affairs "
        "to deliver on their mission for the American public."
    )
    assert words.drivers_question_positive == "What went well?"
    assert words.drivers_question_negative == "What didn't go so well?"


def test_thumbs_are_two_points_with_words_and_five_points_are_five() -> None:
    thumbs, five = (
        instrument_catalogs.survey("a11-v2-thumbs"),
        instrument_catalogs.survey("a11-v2-five-point"),
    )
    assert (thumbs.scale, thumbs.trust_icons, thumbs.trust_scale.points) == (
        "thumbs",
        "thumbs",
        (0, 1),
    )
    assert thumbs.wording["en"].trust_labels == ("Thumbs down: no", "Thumbs up: yes")
    assert (five.scale, five.trust_icons, five.trust_scale.points) == (
        "five-point",
        "none",
        (1, 2, 3, 4, 5),
    )
    assert five.wording["es"].trust_labels == statements.AGREEMENT["es"]


@pytest.mark.parametrize(
    ("code", "points", "went_well"),
    [("a11-v2-thumbs", (0, 1), [False, True])]
    + [
        (code, (1, 2, 3, 4, 5), [False, False, False, True, True])
        for code in instruments.CODES
        if code != "a11-v2-thumbs"
    ],
)
def test_which_list_a_rating_opens(code: str, points: tuple[int, ...], went_well: list) -> None:
    scale = instrument_catalogs.survey(code).trust_scale
    assert [scale.is_good(point) for point in points] == went_well


@pytest.mark.parametrize("code", ["a11-v2-five-point", "a11-v2-thumbs"])
@pytest.mark.parametrize(
    ("designated", "said_so", "statement", "expected"),
    [
        ("true", "", '"satisfied"', True),
        ("false", "", "", False),
        ("false", "", '"satisfied"', True),
        ("false", "true", '"experience"', True),
        ("true", "false", "", False),
    ],
)
def test_satisfaction_is_asked_of_designated_services_or_where_it_is_wanted(
    code: str, designated: str, said_so: str, statement: str, expected: bool
) -> None:
    lines = [
        line
        for line in instrument_catalogs.catalog_text(code).splitlines()
        if not line.startswith(("designated", "satisfaction"))
    ]
    lines.insert(lines.index("[service.permits]") + 1, f"designated = {designated}")
    more = [f"satisfaction = {said_so}"] if said_so else []
    more += [f"satisfaction_statement = {statement}"] if statement else []
    at = lines.index("[service.permits.survey]") + 1
    report = check.text("\n".join([*lines[:at], *more, *lines[at:]]), "it.toml", TODAY)
    assert report.catalog is not None, report.faults
    survey = report.catalog.services[0].survey
    assert survey.asks_satisfaction is expected
    assert bool(survey.wording["en"].satisfaction) is expected
    warned = any("§280.10 still requires it" in str(warning) for warning in report.warnings)
    assert warned is not expected


# ---- what is refused, and the cure


def test_thumbs_need_a_reference_from_omb() -> None:
    lines = instrument_catalogs.catalog_text("a11-v2-thumbs").splitlines()
    [line] = [line for line in lines if line.startswith("omb_reference")]
    errors = faults("a11-v2-thumbs", (line, ""))
    only(errors, "instrument", "icons on trust, and these must be discussed with OMB first")
    assert errors[0].endswith("put the reference in omb_reference (§280.10)")


@pytest.mark.parametrize(
    ("code", "old", "new", "key", "words"),
    [
        *(
            (code, 'driver_mode = "tap"', 'driver_mode = "choice"', "driver_mode", "write 'tap'")
            for code in ("a11-v2-five-point", "a11-v2-thumbs")
        ),
        ("a11-2018", '"likert"', '"tap"', "driver_mode", "write 'likert'"),
        (
            "a11-2018",
            '"employee"]',
            '"employee", "humanity"]',
            "drivers",
            "'humanity' is none of a11-2018",
        ),
        (
            "a11-2018",
            '"ease", ',
            "",
            "drivers",
            "'ease' is not asked; a11-2018 always asks it; or say in drivers_not_applicable why",
        ),
        (
            "a11-v2-thumbs",
            '"ease", ',
            "",
            "drivers",
            "'ease' is not asked; a11-v2-thumbs always asks it; OMB's file has no 'not asked'",
        ),
        (
            "a11-2018",
            'trust_statement = "confidence"',
            'trust_statement = "increased"',
            "trust_statement",
            "a11-2018 has: 'confidence' or 'commitment'",
        ),
        (
            "a11-v2-thumbs",
            '"mission"',
            '"increased"',
            "trust_statement",
            "trust must be asked, by thumbs; a11-v2-thumbs has: 'mission'",
        ),
        (
            "a11-2022",
            '"increased" ',
            '"mission" ',
            "trust_statement",
            "§280.10 has two statements: 'increased' or 'commitment'",
        ),
        (
            "a11-2022",
            'driver_mode = "tap"',
            'satisfaction = false\ndriver_mode = "tap"',
            "satisfaction",
            "must be asked: a11-2022 has it, and §280.10 requires it",
        ),
        (
            "a11-v2-five-point",
            "satisfaction = true",
            "satisfaction = false",
            "satisfaction",
            "is false, but its statement is given",
        ),
        (
            "a11-v2-five-point",
            'satisfaction_statement = "satisfied"',
            "",
            "satisfaction_statement",
            "or write satisfaction = false",
        ),
        (
            "a11-v2-thumbs",
            'driver_mode = "tap"',
            'trust_icons = "stars"\ndriver_mode = "tap"',
            "trust_icons",
            "'stars' needs another instrument: a11-v2-thumbs shows thumbs",
        ),
    ],
)
def test_a_wrong_pair_is_refused_with_its_cure(
    code: str, old: str, new: str, key: str, words: str
) -> None:
    only(faults(code, (old, new)), key, words)


def test_a_driver_that_does_not_apply_is_excused_in_2018_and_never_in_the_second_version() -> None:
    reason = 'drivers_not_applicable = { ease = "no" }\ndriver_mode'
    assert faults("a11-2018", ('"ease", ', ""), ("driver_mode", reason)) == []
    only(faults("a11-v2-thumbs", ('"ease", ', ""), ("driver_mode", reason)), "drivers", "'ease'")


def test_what_omb_itself_is_unsure_of_is_a_warning() -> None:
    errors, warned = messages(
        "a11-v2-five-point", ('"efficiency", ', ""), ("= true\nes", "= false\nes")
    )
    assert errors == []
    assert "'efficiency' is not asked; OMB's documents disagree" in warned[0]


def test_an_agency_without_a_name_for_the_middle_of_a_sentence_is_told() -> None:
    lines = instrument_catalogs.catalog_text("a11-v2-five-point").splitlines()
    [name_line] = [
        line for line in lines if line.startswith("statement_name") and "Affairs" in line
    ]
    errors, warned = messages("a11-v2-five-point", (name_line, ""))
    assert errors == []
    assert [line.split("agency.")[1].split(" ")[0] for line in warned] == [
        "statement_name.en",
        "statement_name.es",
    ]


# ---- what stays as it was


def test_no_survey_of_before_gets_a_new_version() -> None:
    texts = [house.CATALOGUE, (ROOT / "examples" / "va-offices.toml").read_text(encoding="utf-8")]
    fingerprints = {}
    for text in texts:
        report = check.text(text, "it.toml", TODAY)
        assert report.catalog is not None
        for service in report.catalog.services:
            fingerprints[service.slug] = survey_text.fingerprint(service.survey)
    assert fingerprints == FINGERPRINTS


def test_a_survey_that_was_stored_before_still_loads_and_means_the_same() -> None:
    stored = (ROOT / "tests" / "data" / "stored-survey.json").read_text(encoding="utf-8")
    assert "scale" not in stored and "asks_satisfaction" not in stored
    survey = survey_text.from_json(stored)
    assert survey_text.fingerprint(survey) == FINGERPRINTS["permits"]
    assert survey.trust_scale.points == (1, 2, 3, 4, 5) and survey.asks_satisfaction


@instrument_catalogs.EVERY
def test_each_instrument_has_a_fingerprint_of_its_own_and_comes_back_from_json(code: str) -> None:
    survey = instrument_catalogs.survey(code)
    assert survey_text.from_json(survey_text.to_json(survey)) == survey
    others = [instrument_catalogs.survey(other) for other in instruments.CODES if other != code]
    assert survey_text.fingerprint(survey) not in map(survey_text.fingerprint, others)
