"""Did it change? Found when planted, not found in noise, refused where numbers do not compare."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.results import changes, mix
from tests.support.optional import present
from tests.support.tally_factory import changed_wording, slice_of, surveys

SURVEYS = surveys()
FIRST = SURVEYS["permits/1"]


def draw(chance: random.Random, n: int, share: float) -> int:
    return sum(chance.random() < share for _ in range(n))


def change(before, after, versions=SURVEYS, measure="trust", **how):
    return changes.compare(
        changes.side(before, measure), changes.side(after, measure), versions, measure, **how
    )


# ---- what is found, and what is not


def test_a_planted_drop_of_8_points_is_found_and_its_interval_holds_the_truth():
    chance = random.Random(280)
    found = held = 0
    for _ in range(100):
        one = change(
            [slice_of(draw(chance, 800, 0.85), 800)], [slice_of(draw(chance, 800, 0.77), 800)]
        )
        found += one.verdict == "changed" and one.difference < 0
        held += one.low <= -0.08 <= one.high
    assert found >= 95 and held >= 90


def test_noise_of_the_same_size_in_a_12_answer_office_is_not():
    one = change([slice_of(10, 12)], [slice_of(9, 12)])  # 83 % → 75 %
    assert one.verdict == "cannot tell" and "30 people" in one.reason
    # Nor is it believed when so few are let in to be compared.
    assert change([slice_of(10, 12)], [slice_of(9, 12)], least=10).verdict == "cannot tell"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [(30, 30, "changed"), (29, 30, "cannot tell"), (30, 29, "cannot tell")],
)
def test_exactly_thirty_answers_on_either_side_are_enough(before, after, verdict):
    one = change([slice_of(before, before)], [slice_of(3, after)])
    assert one.verdict == verdict
    assert ("30 people" in one.reason) is (verdict == "cannot tell")


def test_the_same_office_is_found_among_200_that_did_not_change():
    chance = random.Random(7)
    every = [
        change([slice_of(draw(chance, 800, 0.85), 800)], [slice_of(draw(chance, 800, 0.85), 800)])
        for _ in range(199)
    ]
    every.append(
        change([slice_of(draw(chance, 800, 0.85), 800)], [slice_of(draw(chance, 800, 0.73), 800)])
    )
    told = [at for at, one in enumerate(changes.screen(every)) if one.verdict == "changed"]
    assert told == [199]
    alone = [one for one in every if one.verdict == "changed"]
    assert len(alone) > 5, "looked at one by one, a twentieth changes by chance"


def test_where_nothing_changed_anywhere_hardly_anything_is_told():
    chance = random.Random(1)
    wrong = 0
    for _ in range(40):
        every = [
            change([slice_of(draw(chance, 60, 0.85), 60)], [slice_of(draw(chance, 60, 0.85), 60)])
            for _ in range(50)
        ]
        wrong += any(one.verdict == "changed" for one in changes.screen(every))
    assert wrong <= 5  # 2 of 40 are to be expected at most


def test_many_answers_can_say_that_nothing_changed():
    one = change([slice_of(8500, 10000)], [slice_of(8480, 10000)])
    assert one.verdict == "not changed"
    assert change([slice_of(85, 100)], [slice_of(84, 100)]).verdict == "cannot tell"
    assert change([slice_of(85, 100)], []).verdict == "cannot tell"


# ---- what may be compared


@pytest.mark.parametrize(
    ("version", "trust", "satisfaction", "ease"),
    [
        ({"drivers": FIRST.drivers[:-1]}, "same", "same", "other"),
        (changed_wording(FIRST, trust="I trust it."), "other", "same", "other"),
        (changed_wording(FIRST, satisfaction="It was good."), "same", "other", "same"),
        (changed_wording(FIRST, comment="Tell us."), "same", "same", "same"),
        (changed_wording(FIRST, trust_labels=("a", "b", "c", "d", "e")), "other", "same", "same"),
        ({"satisfaction_icons": "stars"}, "same", "other", "same"),
        ({"trust_statement": "commitment"}, "other", "same", "same"),
        ({"instrument": "a11-v2"}, "other", "other", "other"),
        ({"driver_mode": "choice"}, "same", "same", "other"),
    ],
    ids=[
        "a driver less",
        "trust in other words",
        "satisfaction in other words",
        "another line for comments",
        "other words on the scale",
        "stars",
        "another base",
        "another instrument",
        "another way to tap",
    ],
)
def test_a_new_version_breaks_just_what_it_changes(version, trust, satisfaction, ease):
    from cxserver.results import wording

    versions = surveys(v2=version)
    for measure, told in (
        ("trust", trust),
        ("satisfaction", satisfaction),
        ("driver:ease", ease),
    ):
        before, after = (wording.in_use({(name, "en"): 90}, versions, measure) for name in versions)
        assert (wording.switch(before, after) is None) == (told == "same"), measure
        if measure != "driver:ease":
            one = change(
                [slice_of(90, 100)], [slice_of(60, 100, survey="permits/2")], versions, measure
            )
            assert (one.verdict == "changed") == (told == "same")


def test_a_break_says_in_words_what_changed():
    versions = surveys(v2=changed_wording(FIRST, trust="I trust it."))
    one = change([slice_of(90, 100)], [slice_of(60, 100, survey="permits/2")], versions)
    assert one.verdict == "not comparable"
    assert FIRST.wording["en"].trust in one.reason and "I trust it." in one.reason


def test_a_straggler_on_the_old_version_breaks_nothing():
    versions = surveys(v2=changed_wording(FIRST, trust="I trust it."))
    new = {"survey": "permits/2"}
    before = [slice_of(80, 100, **new), slice_of(1, 2)]
    assert change(before, [slice_of(60, 100, **new)], versions).verdict == "changed"


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
    found = changes.breaks([(name, changes.side(one)) for name, one in series], versions)
    assert [(one.period, one.cause) for one in found] == [
        ("2026-07", "question"),
        ("2026-10", "channels"),
    ]
    assert "fewer by email" in found[1].reason


# ---- the mix of channels


def test_a_change_of_mix_alone_is_not_a_change_and_the_adjusted_difference_says_so():
    before = [slice_of(720, 800), slice_of(100, 200, channel="kiosk")]
    after = [slice_of(180, 200), slice_of(400, 800, channel="kiosk")]
    one = change(before, after)
    assert one.verdict == "not comparable" and "email" in one.reason
    assert one.difference == pytest.approx(-0.24)
    assert one.adjusted.difference == pytest.approx(0) and one.adjusted.low < 0 < one.adjusted.high
    assert one.adjusted.covered == 1


def test_small_samples_of_one_mix_are_not_taken_for_two():
    chance = random.Random(3)
    kinds = ("email", "sms", "web", "poster", "site")
    weights = (55, 12, 8, 10, 15)
    wrong = 0
    for _ in range(200):
        one, other = (
            {kind: drawn.count(kind) for kind in kinds}
            for drawn in (chance.choices(kinds, weights, k=100) for _ in range(2))
        )
        wrong += mix.changed(one, other)
    assert wrong <= 4


shares = st.fixed_dictionaries(
    {name: st.tuples(st.integers(0, 50), st.integers(0, 50)) for name in ("a", "b", "c")}
)


@given(shares, shares)
def test_the_mix_alone_moves_a_share_by_no_more_than_its_distance_times_the_gap(one, other):
    before = {name: n for name, (n, _) in one.items()}
    after = {name: n for name, (n, _) in other.items()}
    if not sum(before.values()) or not sum(after.values()):
        return
    rates = {"a": 0.9, "b": 0.8, "c": 0.7}
    first, second = (
        sum(n * rates[name] for name, n in side.items()) / sum(side.values())
        for side in (before, after)
    )
    assert abs(first - second) <= mix.distance(before, after) * 0.2 + 1e-9


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_with_one_channel_the_adjusted_difference_is_the_plain_one(n, m, data):
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    plain = change([slice_of(y, m)], [slice_of(x, n)])
    same = present(mix.adjusted({"email": (y, m)}, {"email": (x, n)}))
    assert (same.low, same.high) == pytest.approx((plain.low, plain.high))
    assert same.difference == pytest.approx(plain.difference) == pytest.approx(x / n - y / m)


def test_the_adjusted_interval_holds_the_truth_19_times_in_20():
    chance = random.Random(11)
    held = 0
    for _ in range(200):
        before = {"a": (draw(chance, 150, 0.9), 150), "b": (draw(chance, 50, 0.7), 50)}
        after = {"a": (draw(chance, 50, 0.85), 50), "b": (draw(chance, 150, 0.65), 150)}
        one = present(mix.adjusted(before, after))
        held += one.low <= -0.05 <= one.high
    assert held >= 182
