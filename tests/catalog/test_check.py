"""Checking a catalog file: every fault is told at once, and nothing odd gets through."""

import copy
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxserver.catalog import check, file, shape
from cxserver.catalog.check import Report

TODAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 17, tzinfo=UTC)

SOUND = """\
[agency]
slug = "state"
name = "Department of State"
timezone = "America/New_York"
contact_url = "https://www.state.gov/contact/"
privacy_url = "https://www.state.gov/privacy/"
urgent_help = { en = "In danger? Call 911.", es = "¿En peligro? Llame al 911." }
es = { name = "Departamento de Estado" }

[clearance.umbrella]
omb_control_number = "1405-0193"
expires = 2028-03-31
burden_minutes = 1
approved_responses = 500000

[service.passports]
name = "Passports"
description = "A new passport, or a renewed one."
type = "administrative"
owner = "Bureau of Consular Affairs"
channels = ["email", "kiosk"]
embed_origins = ["https://travel.state.gov"]
es = { name = "Pasaportes" }

[service.passports.survey]
instrument = "a11-2022"
clearance = "umbrella"
statement_name = { en = "the passport office", es = "la oficina de pasaportes" }
trust_statement = "increased"
satisfaction_statement = "satisfied"
drivers = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]
languages = ["en", "es"]

[[service.passports.office]]
slug = "boston"
name = "Boston"

[[service.passports.office]]
slug = "denver"
name = "Denver"
timezone = "America/Denver"
"""
QUESTION = """
[[service.passports.survey.question]]
code = "purpose"
text = { en = "Why did you come?", es = "¿Por qué vino?" }
choices = [{ code = "new", en = "New", es = "Nuevo" }, { code = "old", en = "Old", es = "Viejo" }]
category = "none"
reason = "Plans the counters."
"""


def changed(*changes: tuple[str, str]) -> str:
    """The sound file with pieces replaced; each piece must be there."""
    text = SOUND
    for old, new_text in changes:
        assert old in text, old
        text = text.replace(old, new_text, 1)
    return text


def report(*changes: tuple[str, str]) -> Report:
    return check.text(changed(*changes), "va.toml", TODAY)


def faults(*changes: tuple[str, str]) -> list[str]:
    checked = report(*changes)
    assert (checked.catalog is None) == bool(checked.faults)
    return [str(fault) for fault in checked.faults]


def test_a_sound_file_has_neither_faults_nor_warnings() -> None:
    checked = report()
    assert (checked.faults, checked.warnings) == ((), ())
    assert checked.catalog is not None
    assert checked.catalog.agency.slug == "state"
    assert [office.timezone for office in checked.catalog.offices] == [
        "America/New_York",
        "America/Denver",
    ]
    (service,) = checked.catalog.services
    assert service.offices == ("boston", "denver")
    assert service.survey.languages == ("en", "es")


def test_a_fault_names_file_key_rule_and_paragraph() -> None:
    extra = QUESTION * 12
    for number in range(12):
        extra = extra.replace('code = "purpose"', f'code = "q{number}"', 1)
    assert faults(("\n[[service.passports.office]]", f"{extra}\n[[service.passports.office]]")) == [
        "va.toml: service.passports.survey: 16 questions; §280.10 allows 15"
    ]


def test_all_faults_are_told_at_once() -> None:
    """A misspelt key, a wrong value and broken rules, in one survey and around it."""
    messages = faults(
        ('timezone = "America/New_York"', 'timezone = "America/Newyork"'),
        ("expires = 2028-03-31", "expires = 2026-03-31"),
        ('trust_statement = "increased"', 'trust_statement = "none"'),
        ('satisfaction_statement = "satisfied"', 'satisfaction_statment = "satisfied"'),
        ('languages = ["en", "es"]', 'languages = ["en", "fr"]'),
        ('"effectiveness", "ease"', '"effectiveness", "eese"'),
        ('slug = "denver"', 'slug = "boston"'),
        ('owner = "Bureau of Consular Affairs"\n', ""),
    )
    assert messages == [
        "va.toml: agency.timezone: 'America/Newyork' is not a time zone; "
        "did you mean 'America/New_York'?",
        "va.toml: service.passports.owner: is missing (§280.5)",
        "va.toml: service.passports.survey.languages[2]: must be 'en' or 'es', not 'fr' (§280.6)",
        "va.toml: service.passports.survey.satisfaction_statment: unknown key; "
        "did you mean 'satisfaction_statement'?",
        'va.toml: service.passports.office["boston"]: appears twice in this service',
        "va.toml: service.passports.survey.trust_statement: trust must be asked, on five points; "
        "§280.10 has two statements: 'increased' or 'commitment'",
        "va.toml: service.passports.survey.satisfaction_statement: satisfaction must be asked, on "
        "five points; §280.10 has two statements: 'satisfied' or 'experience' (five stars)",
        "va.toml: service.passports.survey.drivers: unknown driver 'eese'; did you mean 'ease'? "
        "(§280.10)",
        "va.toml: service.passports.survey.clearance: expired on 2026-03-31 (§280.11)",
    ]


def test_a_bad_value_silences_only_the_rules_that_read_it() -> None:
    messages = faults(
        ('drivers = ["effectiveness", ', 'trust_icons = "thumbs"\ndrivers = [7, '),
        ("expires = 2028-03-31", 'expires = "soon"'),
    )
    assert messages == [
        "va.toml: clearance.umbrella.expires: must be a date without quotes, like 2028-03-31, "
        "not 'soon' (§280.11)",
        "va.toml: service.passports.survey.drivers[1]: must be text in quotes, not 7",
        "va.toml: service.passports.survey.trust_icons: 'thumbs' needs another instrument: "
        "a11-2022 asks trust on five points; use 'none' or, with omb_reference, 'stars' "
        "(§280.10)",
    ]


def test_a_bad_question_does_not_hide_its_own_other_faults() -> None:
    bad = QUESTION.replace('"purpose"', '"Purpose!"').replace('category = "none"\n', "")
    second = QUESTION.replace('reason = "Plans the counters."\n', "")
    messages = faults(("\n[[service", f"{bad}{second}\n[[service"))
    assert [line.split(": ")[1] for line in messages] == [
        "service.passports.survey.question[1].code",
        "service.passports.survey.question[2].reason",
        "service.passports.survey.question[1].category",
    ]


def test_a_fault_in_one_service_does_not_hide_another_service() -> None:
    other = (
        SOUND[SOUND.index("[service.passports]") :]
        .replace("passports", "visas")
        .replace('"satisfied"', '"happy"')
    )
    checked = check.text(changed(('name = "Passports"', "name = 3")) + other, "va.toml", TODAY)
    assert [fault.key for fault in checked.faults] == [
        "service.passports.name",
        "service.visas.survey.satisfaction_statement",
    ]


OFFICE = '\n[[service.passports.office]]\nslug = "{}"\nname = "{}"\n'


@pytest.mark.parametrize(
    ("old", "new_text", "reason"),
    [
        ('slug = "boston"', 'slug = "Boston"', '["Boston"].slug: \'Boston\' must be 1 to 32'),
        ('slug = "boston"', 'slug = "bos\\n"', "must be 1 to 32"),
        ('slug = "boston"', f'slug = "{"b" * 33}"', "must be 1 to 32"),
        ('slug = "boston"', "slug = 7", "office[1].slug: must be text in quotes, not 7"),
        ('slug = "boston"\n', "", "office[1].slug: is missing"),
        ('name = "Boston"', 'name = ""', "must not be empty"),
        ('name = "Boston"', 'name = "  "', "must not be empty"),
        ('name = "Boston"', 'name = "Bos\\u0007ton"', "control or invisible"),
        ('name = "Boston"', 'name = "Bos\\u202Eton"', "control or invisible"),
        ('name = "Boston"', 'name = "Bos\\u200Bton"', "control or invisible"),
        ('name = "Boston"', f'name = "{"B" * 121}"', "has 121 characters; 120 are allowed"),
        ('name = "Boston"', 'name = "Boston"\nparent = "east"', "'east' is not declared"),
        ('name = "Boston"', 'name = "Boston"\nparent = "denve"', "did you mean 'denver'?"),
        ('name = "Boston"', 'name = "Boston"\nparent = "boston"', "circle: boston → boston"),
        ('name = "Boston"', 'name = "Boston"\nserves = "no"', "must be true or false, not 'no'"),
        ('"America/Denver"', '"Mars/Olympus"', "is not a time zone"),
        ('"America/Denver"', '"../../etc/passwd"', "is not a time zone"),
        ('"https://travel.state.gov"', '"https://travel.state.gov/"', "exact origin"),
        ('"https://travel.state.gov"', '"https://*.state.gov"', "exact origin"),
        ('"https://travel.state.gov"', '"http://travel.state.gov"', "must start with https://"),
        ('"https://travel.state.gov"', '"https://state.gov; script-src *"', "exact origin"),
        ('"https://travel.state.gov"', '"https://state.gov\\n"', "exact origin"),
        ('"https://travel.state.gov"', '"https://a@state.gov"', "exact origin"),
        ('"https://travel.state.gov"', '"https://state.gov:99999"', "exact origin"),
        ('"https://www.state.gov/contact/"', '"javascript:alert(1)"', "starts with https://"),
        ('"https://www.state.gov/contact/"', '"http://state.gov/"', "starts with https://"),
        ('"https://www.state.gov/contact/"', '"https://[broken"', "starts with https://"),
        ('clearance = "umbrella"\n', "", "survey.clearance: is missing (§280.11)"),
        ('clearance = "umbrella"', 'clearance = "umbrela"', "did you mean 'umbrella'?"),
        ('"1405-0193"', '"14050193"', "must be four digits"),
        ('"1405-0193"', '"1405-01٣3"', "must be four digits"),
        ("expires = 2028-03-31", "expires = 2026-11-01", "expired on 2026-11-01 (§280.11)"),
        ("burden_minutes = 1", "burden_minutes = 0", "must be at least 1"),
        ("burden_minutes = 1", "burden_minutes = true", "must be a whole number"),
        ('["email", "kiosk"]', "[]", "channels: must not be empty (§280.5)"),
        ('channels = ["email", "kiosk"]\n', "", "channels: is missing (§280.5)"),
        ('["email", "kiosk"]', '["email", "email"]', "'email' appears twice"),
        ('["email", "kiosk"]', '["fax"]', "not 'fax'"),
        ('type = "administrative"', 'type = "other"', "type: must be 'administrative', "),
        ('description = "A new passport, or a renewed one."\n', "", "description: is missing"),
        ('["en", "es"]', '["de"]', "must be 'en' or 'es', not 'de'"),
        ('["en", "es"]', "[]", "languages: must not be empty"),
        ('["en", "es"]', '["en", "en"]', "'en' appears twice"),
        (", es = \"¿En peligro? Llame al 911.\"", "", "urgent_help.es: is missing"),
        ("[service.passports.survey]", "[service.passports.surveys]", "survey: is missing"),
        ('slug = "state"', "slug = 7", "agency.slug: must be text in quotes"),
        ('slug = "state"', 'slug = "state"\nmask = ["(a+)+"]', "could take too long"),
        ('slug = "state"', 'slug = "state"\nmask = ["("]', "not a regular expression"),
        ('slug = "state"', 'slug = "state"\nmask = ["[[a]"]', "not a regular expression"),
        ('slug = "state"', 'slug = "state"\nmask = ["x?"]', "matches nothing at all"),
    ],
)  # fmt: skip
def test_a_bad_value_is_told(old: str, new_text: str, reason: str) -> None:
    messages = faults((old, new_text))
    assert any(reason in fault for fault in messages), messages


@pytest.mark.parametrize(
    ("old", "new_text"),
    [
        ('"https://travel.state.gov"', '"https://travel.state.gov:8443", "http://localhost:8000"'),
        ('"https://travel.state.gov"', '"http://127.0.0.1:8000", "http://[::1]:8000"'),
        ('"https://www.state.gov/contact/"', '"http://127.0.0.1:8000/contact"'),
        ('name = "Boston"', 'name = "Ñuñoa \\"O\'Hara\\" & <b>{{7*7}}</b>"'),
        ('name = "Boston"', 'name = "Boston"\nparent = "denver"'),
        ('slug = "state"', 'slug = "state"\nmask = ["\\\\bA-?[0-9]{7,9}\\\\b"]'),
        ('"1405-0193"', '"0000-0000"'),
        ("[agency]", "\ufeff[agency]"),
    ],
)
def test_a_good_value_passes(old: str, new_text: str, tmp_path: Path) -> None:
    path = tmp_path / "va.toml"
    path.write_text(changed((old, new_text)), encoding="utf-8")
    assert check.read(path, NOON).faults == ()


def test_windows_line_ends_pass(tmp_path: Path) -> None:
    path = tmp_path / "va.toml"
    path.write_bytes(SOUND.replace("\n", "\r\n").encode())
    assert check.read(path, NOON).faults == ()


def test_a_name_is_data_and_never_a_template() -> None:
    checked = report(("the passport office", "{{7*7}} {population} {name.__class__}"))
    assert checked.catalog is not None
    assert checked.catalog.services[0].survey.wording["en"].trust == (
        "This interaction increased my trust in {{7*7}} {population} {name.__class__}."
    )


def test_parents_that_go_round_in_a_circle_are_told_once() -> None:
    messages = faults(
        ('name = "Boston"', 'name = "Boston"\nparent = "denver"'),
        ('name = "Denver"', 'name = "Denver"\nparent = "boston"'),
    )
    assert messages == [
        'va.toml: service.passports.office["boston"].parent: goes round in a circle: '
        "boston → denver → boston"
    ]


def second_service(name: str) -> str:
    rest = SOUND[SOUND.index("[service.passports]") :]
    return rest.replace("passports", "visas").replace('name = "Boston"', f'name = "{name}"')


def test_one_slug_is_one_office_in_every_service() -> None:
    assert check.text(SOUND + second_service("Boston"), "va.toml", TODAY).faults == ()
    checked = check.text(SOUND + second_service("Boston Center"), "va.toml", TODAY)
    assert [str(fault) for fault in checked.faults] == [
        "va.toml: service.visas.office[\"boston\"].name: is 'Boston Center', but 'Boston' in "
        "service.passports; one slug is one office in every service (§280.10)"
    ]


def test_a_service_where_no_office_serves_is_refused() -> None:
    messages = faults(
        ('name = "Boston"', 'name = "Boston"\nserves = false'),
        ('name = "Denver"', 'name = "Denver"\nserves = false'),
    )
    assert messages == [
        "va.toml: service.passports.office: no office of this service serves people (§280.10)"
    ]


def test_bad_table_names_are_told() -> None:
    text = SOUND.replace("umbrella", "Umbrella").replace("[service.passports", '[service."a b"')
    text = text.replace("[[service.passports", '[[service."a b"')
    checked = check.text(text, "va.toml", TODAY)
    assert [fault.key for fault in checked.faults] == ["service.a b", "clearance.Umbrella"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[agency]\nslug = "a', "va.toml: not TOML: "),
        ("[agency]\n[agency]\n", "(at line 2"),
        ("a = 1\na = 2\n", "(at line 2"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("", "va.toml: agency: is missing"),
        ("service = 3", "va.toml: service: must be a table, not 3"),
        ("[service]\nx = 3", "va.toml: service.x: must be a table, not 3"),
        ("clearance = []", "va.toml: clearance: must be a table, not []"),
        ("[agencies]", "va.toml: agencies: unknown key; did you mean 'agency'?"),
        ('"\\u001b[31m" = 1', "va.toml: \\u001b[31m: unknown key"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(text: str, reason: str) -> None:
    checked = check.text(text, "va.toml", TODAY)
    assert checked.catalog is None
    assert any(reason in str(fault) for fault in checked.faults), [
        str(fault) for fault in checked.faults
    ]


def test_a_single_table_where_a_list_belongs_is_told() -> None:
    text = SOUND[: SOUND.index("[[service")]
    checked = check.text(text + '[service.passports.office]\nslug = "x"\n', "va.toml", TODAY)
    assert [str(fault) for fault in checked.faults] == [
        "va.toml: service.passports.office: must be a list, written [[service.passports.office]]"
    ]


def test_a_missing_file_and_a_file_of_bytes_are_faults(tmp_path: Path) -> None:
    (missing,) = check.read(tmp_path / "none.toml", NOON).faults
    assert str(missing) == "none.toml: cannot be read: No such file or directory"
    (tmp_path / "bytes.toml").write_bytes(b"a = '\xff'")
    (odd,) = check.read(tmp_path / "bytes.toml", NOON).faults
    assert str(odd) == "bytes.toml: is not UTF-8 text (byte 6)"


def test_missing_names_are_warnings_and_the_catalogue_stands() -> None:
    checked = report(
        ('es = { name = "Pasaportes" }\n', ""),
        ('es = { name = "Departamento de Estado" }\n', ""),
        ('statement_name = { en = "the passport office", es = "la oficina de pasaportes" }\n', ""),
    )
    assert checked.catalog is not None
    assert [warning.key for warning in checked.warnings] == [
        "service.passports.es.name",
        "agency.es.name",
        "service.passports.survey.statement_name.en",
        "service.passports.survey.statement_name.es",
    ]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every table, list and value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inner:
        yield (*path, key)
        if isinstance(below, dict | list):
            yield from leaves(below, (*path, key))


WHOLE = tomllib.loads(SOUND + QUESTION)
JUNK = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([1]),
    st.just({"a": 1}),
    st.just([{"slug": "x"}]),
    st.dates(),
)


@given(
    spoilt=st.lists(st.tuples(st.sampled_from(list(leaves(WHOLE))), JUNK), min_size=1, max_size=4)
)
@example(spoilt=[(("service", "passports"), []), (("service", "passports", "embed_origins"), 1)])
def test_no_value_of_any_key_breaks_the_check(spoilt: list[tuple[tuple[Any, ...], Any]]) -> None:
    """Whatever stands where, the outcome is a catalog or faults; `None` stands for missing."""
    raw: Any = tomllib.loads(SOUND + QUESTION)
    for (*steps, last), junk in spoilt:
        # What was spoilt before may have taken the place away.
        with suppress(KeyError, IndexError, TypeError):
            place = reduce(getitem, steps, raw)
            if isinstance(place, dict) and isinstance(last, int):
                continue  # no table of TOML has such a key
            if junk is None and isinstance(place, dict):
                del place[last]
            else:
                # A copy: what one example spoils further must not be another's junk.
                place[last] = copy.deepcopy(junk)
    checked = check.tables(raw, "va.toml", TODAY)
    assert (checked.catalog is None) == bool(checked.faults)


def test_every_required_key_has_an_example_that_is_valid() -> None:
    """The example stands in for a value that could not be read."""
    shaped = shape.shape({"service": {"x": {"office": [{}], "survey": {"question": [{}]}}}}, "x")
    assert shaped.faults
    assert shaped.file.service["x"].office[0].slug == "402"


def test_unknown_keys_are_refused_in_every_table() -> None:
    tables = [kind for kind in vars(file).values() if isinstance(kind, type)]
    models = [kind for kind in tables if issubclass(kind, file.Table)]
    assert len(models) >= 9
    assert all(model.model_config["extra"] == "forbid" for model in models)
