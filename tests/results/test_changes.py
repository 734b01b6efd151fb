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
    detected = covered = 0
    for _ in range(100):
        result = change(
            [slice_of(draw(chance, 800, 0.85), 800)], [slice_of(draw(chance, 800, 0.77), 800)]
        )
        detected += result.verdict == "changed" and result.difference < 0
        covered += result.low <= -0.08 <= result.high
    assert detected >= 95 and covered >= 90


def test_noise_of_the_same_size_in_a_12_answer_office_is_not():
    result = change([slice_of(10, 12)], [slice_of(9, 12)])  # 83 % → 75 %
    assert result.verdict == "cannot tell" and "30 people" in result.reason
    # Nor is it believed when so few are let in to be compared.
    assert change([slice_of(10, 12)], [slice_of(9, 12)], least=10).verdict == "cannot tell"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [(30, 30, "changed"), (29, 30, "cannot tell"), (30, 29, "cannot tell")],
)
def test_exactly_thirty_answers_on_either_side_are_enough(before, after, verdict):
    result = change([slice_of(before, before)], [slice_of(3, after)])
    assert result.verdict == verdict
    assert ("30 people" in result.reason) is (verdict == "cannot tell")


def test_the_same_office_is_found_among_200_that_did_not_change():
    chance = random.Random(7)
    every = [
        change([slice_of(draw(chance, 800, 0.85), 800)], [slice_of(draw(chance, 800, 0.85), 800)])
        for _ in range(199)
    ]
    every.append(
        change([slice_of(draw(chance, 800, 0.85), 800)], [slice_of(draw(chance, 800, 0.73), 800)])
    )
    screened = enumerate(changes.screen(every))
    assert [at for at, result in screened if result.verdict == "changed"] == [199]
    alone = [result for result in every if result.verdict == "changed"]
    assert len(alone) > 5, "looked at one by one, a twentieth changes by chance"


def test_where_nothing_changed_anywhere_hardly_anything_is_told():
    chance = random.Random(1)
    wrong = 0
    for _ in range(40):
        every = [
            change([slice_of(draw(chance, 60, 0.85), 60)], [slice_of(draw(chance, 60, 0.85), 60)])
            for _ in range(50)
        ]
        wrong += any(result.verdict == "changed" for result in changes.screen(every))
    assert wrong <= 5  # 2 of 40 are to be expected at most


def test_many_answers_can_say_that_nothing_changed():
    result = change([slice_of(8500, 10000)], [slice_of(8480, 10000)])
    assert result.verdict == "not changed"
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
    for measure, wording_is in (
        ("trust", trust),
        ("satisfaction", satisfaction),
        ("driver:ease", ease),
    ):
        before, after = (wording.in_use({(name, "en"): 90}, versions, measure) for name in versions)
        assert (wording.switch(before, after) is None) == (wording_is == "same"), measure
        if measure != "driver:ease":
            result = change(
                [slice_of(90, 100)], [slice_of(60, 100, survey="permits/2")], versions, measure
            )
            assert (result.verdict == "changed") == (wording_is == "same")


def test_a_break_says_in_words_what_changed():
    versions = surveys(v2=changed_wording(FIRST, trust="I trust it."))
    result = change([slice_of(90, 100)], [slice_of(60, 100, survey="permits/2")], versions)
    assert result.verdict == "not comparable"
    assert FIRST.wording["en"].trust in result.reason and "I trust it." in result.reason


def test_a_straggler_on_the_old_version_breaks_nothing():
    versions = surveys(v2=changed_wording(FIRST, trust="I trust it."))
    new = {"survey": "permits/2"}
    before = [slice_of(80, 100, **new), slice_of(1, 2)]
    assert change(before, [slice_of(60, 100, **new)], versions).verdict == "changed"


# ---- the mix of channels


def test_a_change_of_mix_alone_is_not_a_change_and_the_adjusted_difference_says_so():
    before = [slice_of(720, 800), slice_of(100, 200, channel="kiosk")]
    after = [slice_of(180, 200), slice_of(400, 800, channel="kiosk")]
    result = change(before, after)
    assert result.verdict == "not comparable"
    assert result.reason == "More answers come from the kiosk: the two are not comparable."
    assert result.difference == pytest.approx(-0.24)
    assert (
        result.adjusted.difference == pytest.approx(0)
        and result.adjusted.low < 0 < result.adjusted.high
    )
    assert result.adjusted.covered == 1


def test_only_who_holds_the_rows_reads_how_many_came_by_a_channel():
    before = [slice_of(720, 800), slice_of(100, 200, channel="kiosk")]
    after = [slice_of(180, 200), slice_of(400, 800, channel="kiosk")]
    assert (
        "More answers come from the kiosk (80 of 100, before 20):"
        in change(before, after, shares=True).reason
    )


def test_small_samples_of_one_mix_are_not_taken_for_two():
    chance = random.Random(3)
    kinds = ("email", "sms", "web", "poster", "site")
    weights = (55, 12, 8, 10, 15)
    wrong = 0
    for _ in range(200):
        mix_a, mix_b = (
            {f"permits/{kind}": drawn.count(kind) for kind in kinds}
            for drawn in (chance.choices(kinds, weights, k=100) for _ in range(2))
        )
        wrong += mix.shift(mix_a, mix_b) is not None
    assert wrong <= 2


shares = st.fixed_dictionaries(
    {name: st.tuples(st.integers(0, 50), st.integers(0, 50)) for name in ("a", "b", "c")}
)


@given(shares, shares)
def test_the_mix_alone_moves_a_share_by_no_more_than_its_distance_times_the_gap(mine, theirs):
    before = {name: n for name, (n, _) in mine.items()}
    after = {name: n for name, (n, _) in theirs.items()}
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
    covered = 0
    for _ in range(200):
        before = {"a": (draw(chance, 150, 0.9), 150), "b": (draw(chance, 50, 0.7), 50)}
        after = {"a": (draw(chance, 50, 0.85), 50), "b": (draw(chance, 150, 0.65), 150)}
        result = present(mix.adjusted(before, after))
        covered += result.low <= -0.05 <= result.high
    assert covered >= 182
