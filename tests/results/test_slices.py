"""The one query on the tallies: whatever is split, the parts make up the whole."""

import json
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from cxserver import db, periods
from cxserver.catalog import directory
from cxserver.errors import NotFound
from cxserver.periods import Span
from cxserver.results import parts, scopes, slices, tally_query
from cxserver.results.scopes import Scope
from tests.support import examples, readings, tally_factory
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE

FIRST = date(2026, 9, 1)
DAYS = 60
VALUES: dict[str, list[Any]] = {
    "service": ["hearings", "permits"],
    "office": ["riverside", "lakeside", "center"],
    "channel": ["email", "poster"],
    "language": ["en", "es"],
    "survey": [1, 2],
}
MEASURES = [
    *(("response", "all"), ("trust", "1"), ("trust", "5")),
    *(("driver:ease", "negative"), ("driver:ease", "4"), ("question:purpose", "appeal")),
]
TALLY = (
    *("service", "day", "office", "channel", "language", "survey", "flagged", "measure", "value"),
)


def fill(engine: Engine) -> list[dict[str, Any]]:
    """A few hundred tallies; returns them."""
    chance = random.Random(280)
    rows = {}
    for _ in range(600):
        row: dict[str, Any] = {name: chance.choice(values) for name, values in VALUES.items()}
        row["day"] = FIRST + timedelta(days=chance.randrange(DAYS))
        row["flagged"] = chance.random() < 0.2
        row["measure"], row["value"] = chance.choice(MEASURES)
        row["n"] = chance.randint(1, 9)
        rows[tuple(row[name] for name in TALLY)] = row
    tally_factory.write_tallies(engine, {key: row["n"] for key, row in rows.items()})
    return list(rows.values())


def some(names):
    return st.none() | st.frozensets(st.sampled_from(names))


versions = [f"{service}/{n}" for service in VALUES["service"] for n in VALUES["survey"]]
a_day = st.none() | st.dates(FIRST, FIRST + timedelta(days=DAYS))
a_scope = st.builds(
    Scope,
    services=some(VALUES["service"]),
    offices=some(VALUES["office"]),
    channels=some(VALUES["channel"]),
    languages=some(VALUES["language"]),
    surveys=some(versions),
    flagged=st.sampled_from([None, scopes.WITHOUT_FLAGGED, scopes.ONLY_FLAGGED]),
    span=st.builds(Span, a_day, a_day),
)
a_split = st.lists(st.sampled_from(tally_query.GROUPS), unique=True, max_size=3)


def holds(scope: Scope, row) -> bool:
    """The scope in plain Python."""
    sets = (
        (scope.services, row["service"]),
        (scope.offices, row["office"]),
        (scope.channels, row["channel"]),
        (scope.languages, row["language"]),
        (scope.surveys, f"{row['service']}/{row['survey']}"),
        (scope.flagged, row["flagged"]),
    )
    return row["day"] in scope.span and all(
        chosen is None or value in chosen for chosen, value in sets
    )


def name(row, group: str) -> str:
    if group in periods.KINDS:
        return periods.of(group, row["day"]).name
    return f"{row['service']}/{row['survey']}" if group == "survey" else str(row[group])


def counted(rows, by) -> dict:
    counts: dict[tuple, Counter] = {}
    for row in rows:
        key = tuple(name(row, group) for group in by)
        counts.setdefault(key, Counter())[row["measure"], row["value"]] += row["n"]
    return counts


def counts_by_group(read, by) -> dict:
    return {tuple(row.group[group] for group in by): Counter(row.counts) for row in read}


@pytest.mark.hypothesis
def test_every_slice_is_what_a_plain_count_finds(engine):
    rows = fill(engine)

    @examples.times(0.5)
    @given(a_scope, a_split)
    def check(scope, by):
        there = [row for row in rows if holds(scope, row)]
        assert counts_by_group(readings.counted(engine, scope, by), by) == counted(there, by)

    check()


@pytest.mark.hypothesis
def test_any_split_adds_up_to_the_whole_and_flags_split_it_in_two(engine):
    fill(engine)

    @examples.times(0.3)
    @given(a_scope, a_split)
    def check(scope, by):
        read = readings.counted(engine, scope, by)
        whole = readings.counted(engine, scope)
        assert slices.merged(read) == whole
        without, only = (
            readings.counted(engine, scope.narrowed(Scope(flagged=flagged)))
            for flagged in (scopes.WITHOUT_FLAGGED, scopes.ONLY_FLAGGED)
        )
        assert slices.merged(without + only) == whole

    check()


@pytest.mark.hypothesis
def test_a_role_narrows_whatever_is_asked_for(engine):
    rows = fill(engine)

    @examples.times(0.5)
    @given(a_scope, a_scope)
    def check(scope, role):
        read = readings.counted(engine, scope.narrowed(role), ("office", "service"))
        there = [row for row in rows if holds(scope, row) and holds(role, row)]
        assert counts_by_group(read, ("office", "service")) == counted(there, ("office", "service"))

    check()


def test_a_question_reads_tallies_only(engine):
    fill(engine)
    statements: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    readings.counted(engine, Scope(), ("office", "week", "survey"))
    selects = [statement for statement in statements if statement.startswith("SELECT")]
    assert selects and not any("responses" in statement for statement in selects)


def test_an_office_on_spelled_out_days_is_found_by_key(sqlite_house):
    scope = Scope(
        services=frozenset({"permits"}),
        offices=frozenset({"riverside"}),
        span=Span(FIRST, FIRST + timedelta(days=DAYS)),
    )
    [part] = parts.parts(scope.span, ("week",), apart=True)
    query = tally_query._tallied(scope, part, ("week",), ["answers"])
    with db.read(sqlite_house.engine) as connection:
        text = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())
    assert "(service=? AND level=? AND day=? AND office=?)" in plan


TREE = CATALOGUE.replace(
    'slug = "riverside"\nname = "Riverside Office"\ntimezone = "America/New_York"',
    'slug = "riverside"\nname = "Riverside Office"\ntimezone = "America/New_York"\n'
    'parent = "coast"',
) + "".join(
    f'[[service.permits.office]]\nslug = "{slug}"\nname = "{slug.title()}"\n'
    f'timezone = "America/New_York"\nserves = false\n{parent}'
    for slug, parent in (("coast", 'parent = "country"\n'), ("country", ""))
)


def test_a_unit_is_the_office_and_all_below_it(sqlite_house):
    sqlite_house.apply(TREE)
    with db.read(sqlite_house.engine) as connection:
        known = directory.load(connection)
    assert scopes.subtree(known, "country") == {"country", "coast", "riverside"}
    assert scopes.subtree(known, "lakeside") == {"lakeside"}
    unit = scopes.unit(known, "coast")
    assert unit.offices == frozenset({"coast", "riverside"})
    assert unit.services == frozenset({"permits", "hearings"})
    with pytest.raises(NotFound):
        scopes.subtree(known, "atlantis")


def test_results_by_period_and_under_an_office(sqlite_house):
    sqlite_house.apply(TREE)
    rows = [row for row in fill(sqlite_house.engine) if row["measure"] == "response"]
    read = json.loads(cx(sqlite_house, "results", "--by", "quarter", "--under", "coast", "--json"))
    there = [row for row in rows if row["office"] == "riverside"]
    expected = {key[0]: sum(counts.values()) for key, counts in counted(there, ["quarter"]).items()}
    assert {row["quarter"]: row["n"] for row in read["rows"]} == expected
    assert expected.keys() == {"2026Q4", "2027Q1"}
    assert "no office" in cx(sqlite_house, "results", "--under", "atlantis", fails=True)
