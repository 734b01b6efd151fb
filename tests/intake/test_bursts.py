"""The rule about bursts: what it catches, what it lets be, and how often it errs."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cxserver.instrument import flags
from cxserver.instrument.answers import Answers
from cxserver.instrument.flags import RUSH, SAME
from cxserver.intake import bursts
from cxserver.intake.bursts import Face, Runs, Seen
from cxserver.response_id import ResponseId
from tests.support import crowds

PAGE = (Path(__file__).parents[2] / "docs" / "operate" / "bursts.md").read_text(encoding="utf-8")
FIVES: Face = (5, 5)


def every(seconds: float, count: int, face: Face | None = None) -> list[crowds.Visit]:
    return [(seconds * n, face) for n in range(count)]


# ---- the rule


def test_five_answers_within_ten_seconds_of_each_other_are_a_rush_with_the_first():
    assert crowds.flags(every(9.9, 4)) == {}
    assert crowds.flags(every(9.9, 5)) == dict.fromkeys(range(5), RUSH)
    assert crowds.flags(every(9.9, 40)) == dict.fromkeys(range(40), RUSH)
    assert crowds.flags(every(10, 40)) == {}


def test_eight_alike_within_twenty_seconds_of_each_other_are_the_same_with_the_first():
    assert crowds.flags(every(19.9, 7, FIVES)) == {}
    assert crowds.flags(every(19.9, 8, FIVES)) == dict.fromkeys(range(8), SAME)
    assert crowds.flags(every(20, 40, FIVES)) == {}


@pytest.mark.parametrize("other", [None, (5, 4), (4, 5), (1, 1)])
def test_one_answer_that_differs_ends_a_run_of_the_same(other):
    visits = every(15, 15, FIVES)
    visits[7] = (visits[7][0], other)
    assert crowds.flags(visits) == {}
    visits = every(15, 16, FIVES)
    visits[7] = (visits[7][0], other)
    assert crowds.flags(visits) == dict.fromkeys(range(8, 16), SAME)


def test_answers_with_words_are_never_the_same():
    assert crowds.flags(every(15, 40, None)) == {}


def test_an_answer_has_one_reason_the_first_that_was_found():
    fives = every(5, 12, FIVES)
    assert crowds.flags(fives) == dict.fromkeys(range(12), RUSH)
    slow = every(15, 8, FIVES)
    fast: list[crowds.Visit] = [(slow[-1][0] + 2 * n, FIVES) for n in range(1, 5)]
    reasons = crowds.flags(slow + fast)
    assert reasons == dict.fromkeys(range(11), SAME) | {11: RUSH}


def test_a_pause_starts_a_new_run():
    early = every(2, 4)
    late: list[crowds.Visit] = [(60 + at, None) for at, _ in every(2, 4)]
    assert crowds.flags(early + late) == {}
    assert crowds.flags([*early, *late, (68, None)]) == dict.fromkeys(range(4, 9), RUSH)


def test_an_earlier_answer_starts_a_new_run_but_not_a_clock_that_is_put_right():
    visits = every(2, 4)
    assert crowds.flags([*visits, (visits[-1][0] - 5.1, None)]) == {}
    assert len(crowds.flags([*visits, (visits[-1][0] - 5, None)])) == 5


def test_each_device_has_its_own_runs():
    runs = Runs()
    seen = Seen(crowds.DEVICE, ResponseId("permits", date(2026, 11, 4), "1"), crowds.START, None)
    for n in range(40):
        service, office, nonce = crowds.DEVICE
        others = [(service, office, f"{n % 4:016}"), (service, f"o{n % 4}", nonce)]
        for device in others:
            at = crowds.START + timedelta(seconds=2.6 * n)
            assert runs.judge(replace(seen, device=device, at=at)) == {}


def test_memory_is_bounded_and_the_longest_unseen_device_is_forgotten():
    runs = Runs(devices=3)

    def see(device: int, second: int) -> int:
        row = ResponseId("permits", date(2026, 11, 4), f"{device}-{second}")
        at = crowds.START + timedelta(seconds=second)
        return len(runs.judge(Seen(("permits", "riverside", str(device)), row, at, None)))

    assert [see(1, second) for second in range(4)] == [0, 0, 0, 0]
    for device in (2, 3, 1, 4, 5):
        see(device, 4)
    assert len(runs) == 3
    assert see(1, 5) == 1  # it had been seen again, and its first five are flagged
    see(6, 5)
    see(7, 5)
    see(8, 5)
    assert see(1, 6) == 0
    many = Runs()
    for second in range(2000):
        row = ResponseId("permits", date(2026, 11, 4), str(second))
        many.judge(Seen(crowds.DEVICE, row, crowds.START + timedelta(seconds=second), FIVES))
    assert sum(len(run.rows) for run in many._devices[crowds.DEVICE].runs) == 0


def test_only_ratings_alone_can_be_alike():
    plain = Answers(satisfaction=5, trust=4)
    assert bursts.face(plain) == (5, 4)
    for more in (
        {"drivers": ("ease",)},
        {"scores": {"ease": 5}},
        {"comment": "x"},
        {"questions": {"purpose": "first"}},
    ):
        assert bursts.face(plain.model_copy(update=more)) is None


def test_a_burst_is_suspect_and_one_that_was_looked_at_is_not():
    assert all(flags.is_suspect(flag) for flag in flags.BURSTS)
    assert not any(flags.is_suspect(flag) for flag in bursts.LIFTED.values())
    longest = ";".join({*flags.SUSPECT, "control"} - {SAME})
    assert len(longest) <= 64


@given(
    some.lists(
        some.tuples(some.sampled_from([1, 4, 9, 10, 15, 19, 20, -3, -30]), some.sampled_from("5n")),
        max_size=40,
    )
)
def test_what_is_flagged_is_a_run_and_every_run_is_flagged(steps):
    """An independent reading of the rule: cut the row of answers, and measure the pieces."""
    at, visits = 0.0, []
    for gap, mood in steps:
        at += gap
        visits.append((at, FIVES if mood == "5" else None))
    expected = set()
    for count, within, alike in ((5, 10, False), (8, 20, True)):
        piece: list[int] = []
        for n, (moment, mood) in enumerate(visits):
            if n:
                before, earlier = visits[n - 1]
                near = -5 <= moment - before < within
                if not near or (alike and (mood is None or mood != earlier)):
                    piece = []
            piece.append(n)
            if len(piece) >= count:
                expected |= set(piece)
    assert set(crowds.flags(visits)) == expected


# ---- how often it errs: the numbers stand in docs/operate/bursts.md

HOURS = 2000
PLANTED = 2000


@pytest.mark.parametrize(("crowd", "per_thousand"), [(crowds.even_hour, 1), (crowds.queue_hour, 4)])
def test_a_busy_honest_hour_is_almost_never_flagged(crowd, per_thousand):
    hours, share = crowds.flagged(crowd, HOURS, seed=280)
    assert 1000 * hours / HOURS < per_thousand
    assert share < 0.001
    assert f"fewer than {per_thousand} in 1,000" in PAGE


@pytest.mark.parametrize(
    ("crowd", "caught", "share"),
    [
        (crowds.child, 0.999, 0.99),
        (crowds.stuffing, 0.999, 0.99),
        (crowds.staff, 0.995, 0.98),
        (crowds.slow_staff, 0.98, 0.9),
    ],
)
def test_a_planted_burst_is_caught_almost_surely(crowd, caught, share):
    hits, marked = crowds.flagged(crowd, PLANTED, seed=280)
    assert hits / PLANTED >= caught
    assert marked >= share


def test_the_page_tells_the_rule_as_it_is():
    page = re.sub(r"\s+", " ", PAGE)
    for rule in bursts.RULES:
        words = f"{rule.count} or more answers in a row"
        assert words in page and f"less than {rule.within.seconds} seconds after" in page
        assert rule.flag in page and bursts.LIFTED[rule.flag] in page
