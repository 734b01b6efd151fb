"""The rules of retention in the catalog, and the days that they make due."""

from datetime import date

import pytest

from cxserver.catalog import check
from cxserver.catalog.directory import Retention
from cxserver.records import rules
from tests.support.house import CATALOGUE

TODAY = date(2026, 11, 4)


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 11, 4), date(2023, 11, 4)),
        (date(2027, 2, 28), date(2024, 2, 28)),
        (date(2027, 3, 1), date(2024, 3, 1)),
        (date(2028, 2, 29), date(2025, 2, 28)),
    ],
)
def test_a_day_is_due_when_its_years_are_over(today: date, last: date) -> None:
    assert rules.last_due(Retention(3, "GRS 6.5 010"), today) == last


def faults(text: str) -> list[str]:
    written = CATALOGUE.replace("[clearance.umbrella]", f"{text}\n[clearance.umbrella]", 1)
    return [str(fault) for fault in check.text(written, "c.toml", TODAY).faults]


def rule(years: object, schedule: str = '"GRS 6.5 010"') -> str:
    return f"{{ years = {years}, schedule = {schedule} }}"


def test_an_audit_log_of_less_than_three_years_is_warned_of() -> None:
    def warnings(years: int) -> list[str]:
        written = f"[records]\naudit = {rule(years)}\n[clearance.umbrella]"
        written = CATALOGUE.replace("[clearance.umbrella]", written, 1)
        checked = check.text(written, "c.toml", TODAY)
        return [str(item) for item in checked.warnings if "audit" in str(item)]

    [warning] = warnings(2)
    assert "records.audit: is 2 years, and OMB asks for 30 months" in warning and not warnings(3)


def test_a_catalog_with_rules_has_no_fault() -> None:
    assert faults(f"[records]\nanswers = {rule(3)}\ncomments = {rule(3)}\ncases = {rule(1)}") == []


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        (f"[records]\nanswers = {rule(0)}", "records.answers.years", "1"),
        ("[records]\nanswers = { years = 3 }", "records.answers.schedule", "missing"),
        (f"[records]\nanswer = {rule(3)}", "records.answer", "did you mean 'answers'"),
        (
            f"[service.permits.records]\naudit = {rule(3)}",
            "service.permits.records.audit",
            "write it under [records]",
        ),
        (
            f"[records]\nanswers = {rule(3)}\ncases = {rule(7)}",
            "records.cases",
            "answers are deleted after 3",
        ),
        (
            f"[records]\nanswers = {rule(3)}\n[service.permits.records]\ncomments = {rule(4)}",
            "service.permits.records.comments",
            "answers are deleted after 3",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_named_with_its_fix(text: str, key: str, says: str) -> None:
    [fault] = faults(text)
    assert key in fault and says in fault, fault
