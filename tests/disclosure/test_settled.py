"""Until when released numbers are complete: units that gave nearly all answers have closed."""

from datetime import date

from cxserver.disclosure.settled import Unit, settled_through

EARLY, LATE, LATEST = date(2026, 10, 5), date(2026, 10, 20), date(2026, 10, 31)


def test_days_are_settled_when_units_with_nearly_all_answers_have_closed():
    units = [Unit(LATE, 800), Unit(EARLY, 30), Unit(LATEST, 170)]
    assert settled_through(units) == LATE
    assert settled_through(reversed(units)) == LATE
    # Where a large one has not closed, nothing after its last day is complete.
    assert settled_through([Unit(EARLY, 800), Unit(LATEST, 200)]) == EARLY
    assert settled_through([Unit(LATEST, 1)]) == LATEST
    assert settled_through([]) is None


def test_exactly_nine_tenths_are_nearly_all():
    assert settled_through([Unit(LATEST, 90), Unit(EARLY, 10)]) == LATEST
    assert settled_through([Unit(LATEST, 89), Unit(EARLY, 11)]) == EARLY
