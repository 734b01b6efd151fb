"""What stands beside single answers never leaves fewer than 5 who look alike."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cxserver.insight import labels

DAY = date(2026, 10, 5)
WAYS = [("email", "en"), ("email", "es"), ("kiosk", "en")]


def _cell(way, day, hour):
    on = DAY + timedelta(days=day)
    return *way, on, datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


CELLS = st.dictionaries(
    st.builds(_cell, st.sampled_from(WAYS), st.integers(0, 15), st.integers(13, 16)),
    st.integers(1, 9),
    max_size=12,
)


@given(CELLS)
def test_whoever_looks_alike_is_five_or_the_office_has_fewer(counts):
    groups = Counter()
    for cell, label in labels.of(counts, ways=False).items():
        groups[label] += counts[cell]
        assert label.way is None
        assert label.day in (None, cell[2]) and label.hour in (None, cell[3])
        assert (label.hour is None) >= (label.day is None) >= (label.week is None)
    assert groups.total() == sum(counts.values())
    assert all(n >= 5 for n in groups.values()) or groups.total() < 5


@given(CELLS)
def test_ways_are_told_where_each_has_five(counts):
    ways = Counter()
    for cell, n in counts.items():
        ways["here", cell[:2]] += n
    clean = labels.clean(ways)
    assert clean == (set() if any(n < 5 for n in ways.values()) else {"here"} if ways else set())
    if clean:
        groups = Counter()
        for cell, label in labels.of(counts, ways=True).items():
            assert label.way == cell[:2]
            groups[label] += counts[cell]
        assert all(n >= 5 for n in groups.values())


OFFICES = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(WAYS)), st.integers(1, 12), max_size=10
)


@given(OFFICES)
def test_the_ways_of_the_other_offices_together_are_five_or_none(counts):
    """How many came by a way is told of the service: what is left is of nobody, or of 5."""
    clean = labels.clean(counts)
    rest = Counter()
    for (office, way), n in counts.items():
        if office in clean:
            assert n >= 5
        else:
            rest[way] += n
    assert not clean or all(n >= 5 for n in rest.values())


def test_a_lone_hour_hides_behind_the_smallest_group():
    counts = {
        _cell(WAYS[0], 1, 14): 12,
        _cell(WAYS[0], 1, 15): 6,
        _cell(WAYS[0], 9, 15): 2,
    }
    found = labels.of(counts, ways=False)
    assert [counts[cell] for cell, label in found.items() if label.hour] == [12]
    assert len({label for cell, label in found.items() if counts[cell] < 12}) == 1
