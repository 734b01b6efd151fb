"""Closed batches: at least five people in each, and between any two totals made of them.

The checker works with people, not with numbers: who is in one total and not in the other.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxserver.disclosure.audience import Audience, audience
from cxserver.disclosure.batches import (
    Batch,
    close,
    counted_day,
    finished_day,
    import_batches,
)

START = date(2026, 1, 1)
NIGHTS = 200


def day(n):
    return START + timedelta(days=n)


@st.composite
def traffic(draw):
    """What an office gets in 200 days: (day stored, days until it is committed, answers)."""
    busy = draw(st.sampled_from([1, 2, 6, 50]))
    rng = draw(st.randoms(use_true_random=False))
    ordinary = [(n, 0, rng.randint(0, busy)) for n in range(NIGHTS)]
    late = [(rng.randrange(NIGHTS), rng.randint(1, 9), 1) for _ in range(rng.randint(0, 40))]
    return ordinary + late


def run(answers, nights, closing=close):
    """The job runs on these nights; answers come in between. Its batches, and all arrivals."""
    arrivals: dict[date, int] = {}
    batches: list[Batch] = []
    commits: dict[int, list[tuple[int, int]]] = {}
    for stored, lag, n in answers:
        commits.setdefault(stored + lag, []).append((stored, n))
    for today in range(NIGHTS + 10):
        last = batches[-1].through if batches else None
        for stored, n in commits.get(today, ()):
            counted = counted_day(day(stored), last)
            arrivals[counted] = arrivals.get(counted, 0) + n
        if today in nights:
            batches += closing(arrivals, day(today - 1), last)
    return batches, arrivals


def crowds(arrivals, batches):
    """Who is in each batch: everybody is a bit of a number."""
    masks, born = {}, 0
    for each, n in arrivals.items():
        masks[each] = ((1 << n) - 1) << born
        born += n
    return [
        sum(mask for each, mask in masks.items() if batch.first <= each <= batch.through)
        for batch in batches
    ]


def differences(batches, crowds, ranges):
    """How many people are in one range's total and not in another's, for all pairs."""
    totals = []
    for chosen in ranges:
        total = 0
        for batch, crowd in zip(batches, crowds, strict=True):
            if batch.through in chosen:
                assert not total & crowd, "somebody is counted twice"
                total |= crowd
        totals.append(total)
    return {(left & ~right).bit_count() for left in totals for right in totals}


def faults(arrivals, batches, ranges):
    """What is wrong with these batches; nothing, if they are as they should be."""
    members = crowds(arrivals, batches)
    pairs = list(zip(batches, members, strict=True))
    wrong = [f"{batch} is small" for batch, crowd in pairs if crowd.bit_count() < 5]
    wrong += [f"{batch} miscounts" for batch, crowd in pairs if crowd.bit_count() != batch.n]
    few = differences(batches, members, ranges) & {1, 2, 3, 4}
    return wrong + [f"two totals differ by {n}" for n in few]


def ranges_from(rng):
    """Sets of days people could ask for: days, weeks, ends that move by a day, and odd sets."""
    ranges = []
    for _ in range(6):
        first, length = rng.randrange(NIGHTS), rng.choice([1, 2, 7, 30, 90, NIGHTS])
        ranges += [{day(first + n) for n in range(length + more)} for more in (0, 1)]
    return [*ranges, {day(n) for n in range(NIGHTS) if rng.random() < 0.5}]


def test_a_batch_ends_with_the_day_by_which_five_are_waiting():
    arrivals = {day(0): 0, day(1): 2, day(3): 2, day(4): 7, day(5): 5, day(6): 4, day(9): 1}
    assert close(arrivals, day(8)) == [Batch(day(1), day(4), 11), Batch(day(5), day(5), 5)]
    assert close(arrivals, day(9))[-1] == Batch(day(6), day(9), 5)
    assert close(arrivals, day(3)) == close({}, day(9)) == []
    assert close(arrivals, day(9), day(4)) == close(arrivals, day(9))[1:]
    assert close(arrivals, day(9), day(9)) == []


def test_there_are_no_fewer_than_no_answers():
    with pytest.raises(ValueError):
        close({day(0): -1}, day(1))


@given(traffic(), st.sets(st.integers(1, NIGHTS + 9)), st.randoms(use_true_random=False))
def test_batches_keep_people_apart_by_five(answers, off, rng):
    batches, arrivals = run(answers, set(range(NIGHTS + 10)) - off)
    assert faults(arrivals, batches, ranges_from(rng)) == []


@given(traffic(), st.sets(st.integers(1, NIGHTS + 8)))
def test_step_by_step_is_the_same_as_from_scratch(answers, off):
    nights = set(range(NIGHTS + 10)) - off
    batches, arrivals = run(answers, nights)
    assert batches == close(arrivals, day(NIGHTS + 8))
    assert not off or sum(each.n for each in batches) + 4 >= sum(n for *_, n in answers)


@given(traffic(), st.integers(0, NIGHTS), st.integers(0, 60))
def test_catching_up_is_the_same_day_by_day_and_at_once(answers, began, off):
    arrivals = run(answers, set())[1]
    before = close(arrivals, day(began))
    last = before[-1].through if before else None
    daily = list(before)
    for n in range(began, began + off + 1):
        daily += close(arrivals, day(n), daily[-1].through if daily else None)
    assert daily == before + close(arrivals, day(began + off), last)


@given(traffic(), st.integers(0, NIGHTS))
def test_two_nodes_close_the_same(answers, night):
    arrivals = run(answers, set())[1]
    shuffled = dict(reversed(arrivals.items()))
    before = close(arrivals, day(night))
    last = before[-1].through if before else None
    assert close(arrivals, day(night + 1), last) == close(shuffled, day(night + 1), last)
    # And the slower one of the two, who reads what the faster has written, has nothing to do.
    after = before + close(arrivals, day(night + 1), last)
    assert not after or close(shuffled, day(night + 1), after[-1].through) == []


@given(traffic(), st.randoms(use_true_random=False))
def test_what_is_released_only_grows_by_five(answers, rng):
    arrivals = run(answers, set())[1]
    for n in rng.sample(range(NIGHTS), 5):
        grown = sum(b.n for b in close(arrivals, day(n + 1))) - sum(
            b.n for b in close(arrivals, day(n))
        )
        assert grown == 0 or grown >= 5


def test_the_checker_sees_batches_of_four():
    def batches_of_four(arrivals, last_finished, closed_through=None):
        return close(arrivals, last_finished, closed_through, enough=4)

    answers = [(n, 0, 1) for n in range(20)]
    everything = [{day(n) for n in range(length)} for length in range(30)]
    batches, arrivals = run(answers, set(range(40)), batches_of_four)
    assert "two totals differ by 4" in faults(arrivals, batches, everything)
    batches, arrivals = run(answers, set(range(40)))
    assert faults(arrivals, batches, everything) == []


def test_the_checker_sees_a_batch_that_grows_after_it_closed():
    # A late answer that counts on its own day although that is closed.
    arrivals = {day(0): 5, day(1): 5}
    batches = close(arrivals, day(1))
    arrivals[day(0)] += 1
    assert any("miscounts" in each for each in faults(arrivals, batches, [{day(0)}]))


# ---- days


@pytest.mark.parametrize(
    ("now", "zone", "finished"),
    [
        (datetime(2026, 3, 10, 6, 59, tzinfo=UTC), "America/New_York", date(2026, 3, 8)),
        (datetime(2026, 3, 10, 7, 0, tzinfo=UTC), "America/New_York", date(2026, 3, 9)),
        (datetime(2026, 3, 10, 3, 59, tzinfo=UTC), "America/New_York", date(2026, 3, 8)),
        (datetime(2026, 3, 10, 13, 0, tzinfo=UTC), "Pacific/Honolulu", date(2026, 3, 9)),
        (datetime(2026, 3, 10, 13, 0, tzinfo=UTC), "Pacific/Guam", date(2026, 3, 9)),
        # 2:00 to 3:00 does not exist, then 1:00 to 2:00 comes twice.
        (datetime(2026, 3, 8, 6, 59, tzinfo=UTC), "America/New_York", date(2026, 3, 6)),
        (datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "America/New_York", date(2026, 3, 7)),
        (datetime(2026, 11, 1, 7, 59, tzinfo=UTC), "America/New_York", date(2026, 10, 30)),
        (datetime(2026, 11, 1, 8, 0, tzinfo=UTC), "America/New_York", date(2026, 10, 31)),
    ],
)
def test_yesterday_is_finished_at_three_local_time(now, zone, finished):
    assert finished_day(now, ZoneInfo(zone)) == finished


def test_a_time_without_a_zone_finishes_nothing():
    with pytest.raises(ValueError):
        finished_day(datetime(2026, 3, 10, 12), ZoneInfo("America/New_York"))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(0, 3000))
def test_a_finished_day_stays_finished(moment, minutes):
    zone = ZoneInfo("America/Chicago")
    now = moment.replace(tzinfo=UTC)
    assert finished_day(now, zone) <= finished_day(now + timedelta(minutes=minutes), zone)
    assert finished_day(now, zone) < now.astimezone(zone).date()


def test_no_answer_counts_on_a_closed_day():
    assert counted_day(day(3), None) == day(3)
    assert counted_day(day(3), day(2)) == day(3)
    assert counted_day(day(3), day(3)) == day(4)
    assert counted_day(day(3), day(9)) == day(10)


# ---- imports


def month(n):
    return date(2025 + n // 12, n % 12 + 1, 1)


def test_small_months_join_the_next_of_their_file():
    january, february, april = month(0), month(1), month(3)
    both = Batch(january, date(2025, 4, 30), 9)
    assert import_batches({april: 5, january: 4, february: 0}) == {january: both, april: both}
    large = import_batches({january: 5, february: 6})
    assert large[january] == Batch(january, date(2025, 1, 31), 5)
    assert large[february] == Batch(february, date(2025, 2, 28), 6)


def test_small_months_at_the_end_join_the_one_before():
    first = Batch(month(0), date(2025, 1, 31), 9)
    second = Batch(month(1), date(2025, 2, 28), 8)
    released = import_batches({month(0): 9, month(1): 5, month(2): 1, month(11): 2})
    assert released == {month(0): first, month(1): second, month(2): second, month(11): second}


def test_a_file_of_fewer_than_five_is_not_released():
    assert import_batches({month(0): 2, month(5): 2}) == import_batches({}) == {}
    with pytest.raises(ValueError):
        import_batches({date(2025, 1, 2): 5})
    with pytest.raises(ValueError):
        import_batches({month(0): -5})


@given(st.dictionaries(st.integers(0, 40).map(month), st.integers(0, 12)))
@example({month(0): 5, month(1): 2, month(2): 2, month(3): 2})
def test_an_import_releases_whole_months_five_people_at_a_time(months):
    released = import_batches(months)
    for batch in set(released.values()):
        inside = [each for each in released if released[each] == batch]
        assert sum(months[each] for each in inside) == batch.n >= 5
        assert min(inside) == batch.first <= batch.through
    assert set(released) <= {each for each, n in months.items() if n}
    assert sum(months.values()) < 5 or set(released) == {each for each, n in months.items() if n}
    assert list(released) == sorted(released)


def test_who_may_export_rows_sees_them():
    assert audience(may_export_rows=True) is Audience.ROWS
    assert audience(may_export_rows=False) is Audience.RELEASED
