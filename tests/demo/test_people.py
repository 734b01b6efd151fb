"""The invented people of the demonstration answer as people could; at one office it got worse."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

import cxserver.demo
from cxserver import db
from cxserver.catalog import apply, check, directory
from cxserver.demo import people

# Soon after midnight: nobody has answered today.
NOW = datetime(2026, 11, 4, 0, 30, tzinfo=UTC)


@pytest.fixture
def sheets(sqlite_engine: Engine) -> list:
    """Ten thousand answered sheets."""
    file = Path(cxserver.demo.__file__).parent / "catalog.toml"
    report = check.read(file, NOW)
    assert report.catalog is not None
    with db.write(sqlite_engine) as connection:
        apply.apply(connection, report.catalog, NOW.date())
        known = directory.load(connection)
    return list(people.sheets(known, 10_000, NOW))


def test_the_invented_answers_fit_the_survey(sheets):
    points = Counter(point for _, answers in sheets for point in (answers.trust,))
    assert sorted(points) == [1, 2, 3, 4, 5]
    assert {answers.satisfaction for _, answers in sheets} == {1, 2, 3, 4, 5}
    assert all(set(answers.drivers) <= set(sheet.survey.drivers) for sheet, answers in sheets)


def test_nobody_has_answered_in_the_future(sheets):
    moments = [sheet.answered_at for sheet, _ in sheets]
    assert max(moments) < NOW
    assert min(moments) > NOW - timedelta(days=people.DAYS + 1)
    assert all(sheet.opened.token.moment <= sheet.answered_at for sheet, _ in sheets)


def test_one_office_got_worse_some_days_ago(sheets):
    dropped = NOW - timedelta(days=NOW.weekday() + people.DROP_DAYS)
    there = [
        (sheet.answered_at >= dropped, answers.satisfaction >= 4)
        for sheet, answers in sheets
        if sheet.opened.office.slug == people.DROPPED
    ]
    counts = Counter(there)
    before, after = (
        counts[late, True] / (counts[late, True] + counts[late, False]) for late in (False, True)
    )
    assert len(there) > 200 and before - after > people.DROP / 2
