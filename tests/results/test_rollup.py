"""Sums of the tallies: the same numbers from every level, whatever is written and however."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from cxserver import db, tables
from cxserver.instrument import drivers, levels
from cxserver.instrument.levels import Level
from cxserver.intake import counts, store
from cxserver.periods import Span
from cxserver.results import parts, tally_query
from cxserver.results.parts import Part
from cxserver.results.scopes import Scope
from tests.support import examples, readings, tally_factory
from tests.support.optional import present

FIRST = date(2025, 11, 10)
LAST = date(2027, 2, 20)
DAYS = (LAST - FIRST).days
MEASURES = [
    *(("response", "all"), ("trust", "2"), ("satisfaction", "5"), ("driver:ease", "positive")),
    *(("driver:ease", "3"), ("driver:unheard", "negative"), ("question:why", "appeal")),
]
a_day = st.none() | st.dates(FIRST, LAST) | st.sampled_from([date(2026, 3, 1), date(2026, 6, 1)])
a_span = st.builds(Span, a_day, a_day)
a_split = st.lists(st.sampled_from(tally_query.GROUPS), unique=True, max_size=3)
some_offices = st.none() | st.frozensets(st.sampled_from(["north", "south", "west"]))
some_measures = st.none() | st.frozensets(st.sampled_from([measure for measure, _ in MEASURES]))


def invented(many: int = 900) -> Counter[tuple]:
    """Counts of fifteen months."""
    chance = random.Random(280)
    tallies: Counter[tuple] = Counter()
    for _ in range(many):
        tally = (
            chance.choice(["hearings", "permits"]),
            FIRST + timedelta(days=chance.randrange(DAYS)),
            chance.choice(["north", "south", "west"]),
            chance.choice(["email", "kiosk"]),
            chance.choice(["en", "es"]),
            chance.choice([1, 2]),
            chance.random() < 0.2,
            *chance.choice(MEASURES),
        )
        tallies[tally] += chance.randint(1, 9)
    return tallies


def counts_by_group(read) -> dict:
    return {tuple(row.group.items()): row.counts for row in read}


@pytest.mark.hypothesis
def test_every_level_gives_the_same_numbers(engine, monkeypatch):
    tally_factory.write_tallies(engine, invented())

    def of_single_days(span, by, *, apart):
        return [Part(Level.OFFICE_DAY, span)]

    @examples.times(1)
    @given(a_span, a_split, some_offices, some_measures)
    def check(span, by, offices, only):
        scope = Scope(offices=offices, span=span)
        chosen = readings.counted(engine, scope, by, only)
        with monkeypatch.context() as other:
            other.setattr(parts, "parts", of_single_days)
            assert counts_by_group(chosen) == counts_by_group(
                readings.counted(engine, scope, by, only)
            )

    check()


@given(a_span, a_split, st.booleans())
def test_each_day_is_counted_once(span, by, apart):
    read = parts.parts(span, by, apart=apart)
    for ahead in range(-40, DAYS + 40):
        day = FIRST + timedelta(days=ahead)
        assert sum(part.sign for part in read if day in part.span) == (day in span)
    for part in read:
        assert (part.level is not Level.DAY) is apart
        if part.level is Level.OFFICE_MONTH:
            ends = [end for end in (part.span.start, part.span.end) if end]
            assert all(end.day == 1 for end in ends) and not {"day", "week"} & set(by)


@given(a_span, a_split)
def test_a_part_that_spells_out_its_days_spells_out_all(span, by):
    for part in parts.parts(span, by, apart=True):
        each = part.each(400)
        if each is None:
            continue
        days = [FIRST + timedelta(days=n) for n in range(DAYS)]
        counted = {
            at for day in days for level, at, _ in levels.places(day, "") if level == part.level
        }
        within = {day for day in counted if day in part.span}
        assert within == {day for day in each if day in counted}
        assert len(each) == len(set(each)) <= 400


def test_a_year_of_a_service_reads_months_and_offices_only_when_asked():
    year = Span(date(2025, 12, 1), date(2026, 12, 1))
    assert parts.parts(year, ("channel",), apart=False) == [Part(Level.DAY, year)]
    assert parts.parts(year, ("office",), apart=True) == [Part(Level.OFFICE_MONTH, year)]
    assert parts.parts(year, ("week",), apart=False) == [Part(Level.DAY, year)]


def test_a_ragged_span_is_months_and_the_days_by_which_it_differs():
    ragged = Span(date(2026, 1, 5), date(2026, 3, 9))
    assert parts.parts(ragged, (), apart=True) == [
        Part(Level.OFFICE_MONTH, Span(date(2026, 1, 1), date(2026, 3, 1))),
        Part(Level.OFFICE_DAY, Span(date(2026, 3, 1), date(2026, 3, 9))),
        Part(Level.OFFICE_DAY, Span(date(2026, 1, 1), date(2026, 1, 5)), sign=-1),
    ]
    few = Span(date(2026, 1, 5), date(2026, 1, 9))
    assert parts.parts(few, (), apart=True) == [Part(Level.OFFICE_DAY, few)]


@given(st.dates(FIRST, LAST), st.integers(1, 500))
def test_never_more_than_a_month_of_single_days_is_read(start, length):
    span = Span(start, start + timedelta(days=length))
    single = [
        part.span for part in parts.parts(span, (), apart=True) if part.level is Level.OFFICE_DAY
    ]
    assert sum((present(span.end) - present(span.start)).days for span in single) <= 31


def test_what_is_added_and_taken_again_leaves_nothing(engine):
    added = invented(200)
    with db.write(engine) as connection:
        store.count(connection, added)
        store.count(connection, {tally: -n for tally, n in added.items()})
        store.drop_empty(connection, added)
        for table in (tables.tallies, tables.choices):
            assert connection.execute(select(table)).first() is None


def test_rows_and_counts_are_the_same_thing():
    added = invented()
    rows = counts.rows(added)
    again: Counter[tuple] = Counter()
    for row in rows.tallies + rows.choices:
        again.update(dict(counts.of_row(row)))
    assert again == counts.spread(added)
    assert sum(again.values()) == len(Level) * sum(added.values())
    for some in (rows.tallies, rows.choices):
        keys = [tuple(row.values())[:8] for row in some]
        assert keys == sorted(keys)


def test_every_driver_has_its_columns():
    named = {measure for measure, _ in tables.COUNTED if measure.startswith("driver:")}
    assert named == {f"driver:{code}" for code in drivers.CODES}
    columns = {column.name for column in tables.tallies.columns if not column.primary_key}
    assert set(tables.COUNTED.values()) == columns


def test_answers_of_an_office_are_counted_over_all_services(engine):
    added = invented()
    tally_factory.write_tallies(engine, added)
    expected: Counter[str] = Counter()
    for (_, _, office, *_, measure, _), n in added.items():
        expected[office] += n if measure == "response" else 0
    assert {office: readings.of_office(engine, office) for office in expected} == expected
    assert readings.of_office(engine, "nowhere") == 0
