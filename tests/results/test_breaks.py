"""A break is a break: found when planted, dated to where it began, and hardly ever found in noise.

The simulation prints its seed, its rates and their 95 % intervals (Wilson): run it with `-s`.
"""

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from cxserver.results import breaks, changes, measures, mix
from tests.support.tally_factory import changed_wording, slice_of, surveys

SEED = 280_15
FIRST = surveys()["permits/1"]
CHANNELS = ("email", "sms", "web", "phone", "kiosk", "poster", "site", "paper")
# Constant mixes: two alike, two unlike, five alike, as an agency has it, one that is nearly all,
# and eight.
SHAPES = (
    (50, 50),
    (30, 70),
    (1, 1, 1, 1, 1),
    (55, 12, 8, 10, 15),
    (92, 3, 2, 2, 1),
    (30, 20, 15, 10, 10, 8, 5, 2),
)
WEEKS = 52


def weeks(chance: random.Random, shape: Sequence[float], n: int, count: int) -> list[mix.Ways]:
    """So many weeks of `n` answers each, drawn from one mix."""
    ways = [f"permits/{channel}" for channel in CHANNELS[: len(shape)]]
    return [Counter(chance.choices(ways, shape, k=n)) for _ in range(count)]


def planted(chance: random.Random, n: int, points: float) -> tuple[list[mix.Ways], list[mix.Ways]]:
    """Four to 26 weeks of one mix; and two weeks in which one channel's share is other."""
    while True:
        shape = chance.choice(SHAPES)
        shares = [share / sum(shape) for share in shape]
        at = chance.randrange(len(shares))
        share = shares[at] + chance.choice((points, -points))
        if 0 <= share <= 1:
            break
    rest = (1 - share) / (1 - shares[at])
    after = [share if item == at else rest * each for item, each in enumerate(shares)]
    return weeks(chance, shape, n, chance.randrange(4, 27)), weeks(chance, after, n, 2)


def rate_of_false_breaks(n: int, years: int) -> float:
    """Breaks in an office-year of constant mix, printed with the interval of its weekly rate."""
    chance = random.Random(SEED + n)
    wrong = sum(
        len(breaks.shifts(weeks(chance, SHAPES[year % len(SHAPES)], n, WEEKS)))
        for year in range(years)
    )
    low, high = measures.wilson(wrong, years * WEEKS)
    print(
        f"seed {SEED + n}: {n} answers a week, {years} office-years, {wrong} false breaks: "
        f"{wrong / years:.3f} an office-year (95 %: {WEEKS * low:.3f} to {WEEKS * high:.3f})"
    )
    return WEEKS * high


def share_noticed(n: int, points: float, runs: int) -> float:
    """How many planted changes are noticed within two weeks, at least; printed."""
    chance = random.Random(SEED - n)
    noticed = 0
    for _ in range(runs):
        before, after = planted(chance, n, points)
        shifts = breaks.shifts([*before, *after])
        noticed += any(at >= len(before) - 1 for at, _ in shifts)
    low, high = measures.wilson(noticed, runs)
    print(
        f"seed {SEED - n}: {100 * points:.0f} points at {n} answers a week, {noticed} of {runs} "
        f"noticed within two weeks: {noticed / runs:.3f} (95 %: {low:.3f} to {high:.3f})"
    )
    return low


# ---- the mix of channels


@pytest.mark.parametrize("n", [20, 50, 100, 200])
def test_a_mix_that_stays_as_it_is_hardly_ever_breaks(n: int) -> None:
    assert rate_of_false_breaks(n, 300) < 0.5


@pytest.mark.parametrize(("n", "points"), [(20, 0.4), (200, 0.2)])
def test_a_planted_change_of_one_channel_is_noticed_within_two_weeks(n: int, points: float) -> None:
    assert share_noticed(n, points, 400) >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 50, 100, 200])
def test_it_hardly_ever_breaks_in_3000_office_years(n: int) -> None:
    assert rate_of_false_breaks(n, 3000) < 0.26


@pytest.mark.slow
@pytest.mark.parametrize(("n", "points"), [(20, 0.4), (200, 0.2)])
def test_a_planted_change_is_noticed_in_5000_runs(n: int, points: float) -> None:
    assert share_noticed(n, points, 5000) >= 0.8


def test_a_chart_that_is_looked_at_each_week_shows_hardly_any_false_break() -> None:
    """The 24 weeks of a chart move on: what was no break last week may be one today."""
    chance = random.Random(SEED)
    years, wrong = 20, 0
    for year in range(years):
        every = weeks(chance, SHAPES[year % len(SHAPES)], 50, WEEKS)
        shown = {
            end - 24 + at
            for end in range(24, WEEKS + 1)
            for at, _ in breaks.shifts(every[end - 24 : end])
        }
        wrong += len(shown)
    print(f"seed {SEED}: {wrong} weeks shown as a break in {years} years of weekly looks")
    assert wrong <= years / 2


def test_a_change_that_is_noticed_late_is_dated_back_to_where_it_began() -> None:
    before, after = (
        {"permits/email": email, "permits/kiosk": kiosk} for email, kiosk in ((16, 4), (10, 10))
    )
    [(at, shift)] = breaks.shifts([before] * 10 + [after] * 6)
    assert at == 10
    # Of all weeks of either side, not of those alone in which it was noticed.
    assert (shift.channel, shift.before, shift.after) == ("kiosk", (40, 200), (60, 120))


def test_a_kiosk_that_is_off_for_three_weeks_breaks_the_line_twice() -> None:
    usual = {"permits/email": 60, "permits/kiosk": 40}
    shifts = breaks.shifts([usual] * 6 + [{"permits/email": 60}] * 3 + [usual] * 6)
    assert [(at, shift.channel) for at, shift in shifts] == [(6, "email"), (9, "kiosk")]


def test_a_share_that_moves_by_less_than_ten_points_is_no_break_however_sure() -> None:
    before, after = (
        {"permits/email": email, "permits/kiosk": 10_000 - email} for email in (5000, 5900)
    )
    assert breaks.shifts([before] * 4 + [after] * 4) == []


def test_one_channel_alone_never_breaks() -> None:
    assert breaks.shifts([{"permits/email": n} for n in (500, 3, 800, 40)]) == []


def test_a_new_channel_everywhere_is_seen_though_each_service_has_little_of_it() -> None:
    services = [f"s{at}" for at in range(20)]
    before = {f"{service}/email": 50 for service in services}
    after = before | {f"{service}/kiosk": 10 for service in services}
    [(at, shift)] = breaks.shifts([before] * 4 + [after] * 2)
    assert (at, shift.service, shift.channel) == (4, "", "kiosk")


def test_another_service_is_named_as_people_know_it() -> None:
    both = ("permits/email", "hearings/email")
    sides = [
        changes.side([slice_of(40, n, survey=f"{way.partition('/')[0]}/1") for way, n in counts])
        for counts in (zip(both, (100, 100), strict=True), zip(both, (100, 500), strict=True))
    ]
    versions = surveys() | surveys("hearings")
    [stop] = breaks.find([("a", sides[0]), ("b", sides[1])], versions, shares=True)
    assert stop.reason == "more of the answers are about Hearing (83 of 100, before 50)"


def test_few_answers_are_told_in_people_and_not_in_percent() -> None:
    few = [slice_of(10, 10), slice_of(8, 10, channel="kiosk")]
    sides = [changes.side([slice_of(180, 200)]), changes.side(few)]
    [stop] = breaks.find([("a", sides[0]), ("b", sides[1])], surveys(), shares=True)
    assert stop.reason == "more answers come from the kiosk (10 of 20, before none)"


# ---- the survey


def test_a_series_is_broken_once_for_each_reason():
    versions = surveys(
        v2=changed_wording(FIRST, trust="I trust it."),
        v3={**changed_wording(FIRST, trust="I trust it.", comment="?")},
    )
    email, kiosk = {"channel": "email"}, {"channel": "kiosk"}
    series = [
        ("2026-05", [slice_of(80, 100)]),
        ("2026-06", []),
        ("2026-07", [slice_of(70, 90), slice_of(8, 10, survey="permits/2")]),
        ("2026-08", [slice_of(80, 100, survey="permits/2")]),
        ("2026-09", [slice_of(80, 100, survey="permits/3")]),
        (
            "2026-10",
            [
                slice_of(40, 50, survey="permits/3", **email),
                slice_of(40, 50, survey="permits/3", **kiosk),
            ],
        ),
        (
            "2026-11",
            [
                slice_of(40, 50, survey="permits/3", **email),
                slice_of(40, 50, survey="permits/3", **kiosk),
            ],
        ),
    ]
    stops = breaks.find([(name, changes.side(slices)) for name, slices in series], versions)
    assert [(each.period, each.cause) for each in stops] == [
        ("2026-07", "question"),
        ("2026-09", "version"),
        ("2026-10", "channels"),
    ]
    reasons = [each.reason for each in stops]
    assert reasons[1] == "people answer version 3 of the survey of Permit renewal"
    assert reasons[2] == "more answers come from the kiosk"


def test_a_new_version_is_always_a_break_and_says_that_the_question_stayed() -> None:
    versions = surveys(v2={"drivers": FIRST.drivers[:-1]})
    sides = [changes.side([slice_of(80, 100, survey=name)]) for name in versions]
    [stop] = breaks.find([("a", sides[0]), ("b", sides[1])], versions)
    assert (stop.cause, stop.is_comparable) == ("version", True)


def test_a_break_in_the_question_begins_a_new_mix() -> None:
    versions = surveys(v2=changed_wording(FIRST, trust="I trust it."))
    series = [
        ("a", changes.side([slice_of(80, 100)])),
        ("b", changes.side([slice_of(80, 100, survey="permits/2", channel="kiosk")])),
        ("c", changes.side([slice_of(80, 100, survey="permits/2", channel="kiosk")])),
    ]
    assert [stop.cause for stop in breaks.find(series, versions)] == ["question"]
