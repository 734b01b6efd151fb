"""How many answers may come from where, and what honest crowds see of it.

The crowds are those of docs/operate/floods.md: its table is made of these numbers.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxserver.intake.ceilings import Ceilings, Fate, Knocks
from cxserver.limits import Ceiling, Limits

LINK = ("permits", "riverside", b"poster")


class Watch:
    """Seconds that go on when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Iterator[Watch]:
    yield Watch()


def fates(
    watch: Watch, ceilings: Ceilings, moments: Sequence[tuple[float, str]], link: object = LINK
) -> dict[str, Counter[Fate]]:
    """What becomes of answers that come at these moments, by network."""
    result: dict[str, Counter[Fate]] = {}
    for moment, network in sorted(moments):
        watch.now = moment
        verdict = ceilings.judge("permits", link, network)
        result.setdefault(network, Counter())[verdict.fate] += 1
    return result


def crowd(people: int, minutes: float, networks: int, seed: int) -> list[tuple[float, str]]:
    """People who come over some minutes, most of them in the middle, from so many networks."""
    dice = random.Random(seed)
    return [
        (
            min(max(dice.gauss(minutes * 30, minutes * 10), 0), minutes * 60),
            f"192.0.2.{dice.randrange(networks)}",
        )
        for _ in range(people)
    ]


def share(results: dict[str, Counter[Fate]], fate: Fate) -> float:
    """Of all answers, the part that had this fate."""
    total = sum(counts.total() for counts in results.values())
    return sum(counts[fate] for counts in results.values()) / total


CROWDS = [
    # 2,000 people leave a stadium behind one carrier's address.
    (2000, 10, 1),
    (2000, 20, 1),
    (2000, 45, 1),
    # A class of 300 on the school's network.
    (300, 3, 1),
    (300, 1, 1),
    # A busy office in a day: 400 people on its guests' network.
    (400, 480, 1),
    # A city's day of a vote: 5,000 in an hour from 300 networks.
    (5000, 60, 300),
]


@pytest.mark.parametrize(("people", "minutes", "networks"), CROWDS)
@pytest.mark.parametrize("seed", range(3))
def test_of_an_honest_crowd_nobody_is_refused_and_one_in_a_hundred_marked_at_most(
    watch: Watch, people: int, minutes: float, networks: int, seed: int
) -> None:
    moments = crowd(people, minutes, networks, seed)
    results = fates(watch, Ceilings(Limits(), watch), moments)
    assert share(results, Fate.REFUSED) == 0
    assert share(results, Fate.MARKED) <= 0.01


def test_an_attack_on_one_poster_leaves_the_answers_of_others(watch: Watch) -> None:
    attack = [(second / 300, "198.51.100.7") for second in range(300 * 60)]
    people = crowd(60, 1, 40, seed=1)
    results = fates(watch, Ceilings(Limits(), watch), attack + people)
    attacker = results.pop("198.51.100.7")
    # What is taken of an attack of a minute is what a crowd might be.
    assert attacker[Fate.TAKEN] <= 1500 + 120 + 1
    assert attacker[Fate.REFUSED] > 0
    assert share(results, Fate.TAKEN) == 1


def test_where_many_networks_attack_those_above_the_usual_pace_are_marked(watch: Watch) -> None:
    attack = [
        (second, f"198.51.100.{n}") for n in range(20) for second in (i / 2 for i in range(1200))
    ]
    people = crowd(100, 10, 100, seed=2)
    results = fates(watch, Ceilings(Limits(), watch), attack + people)
    honest = {name: counts for name, counts in results.items() if name.startswith("192.")}
    attackers = {name: counts for name, counts in results.items() if name.startswith("198.")}
    assert share(honest, Fate.TAKEN) == 1
    assert sum(counts[Fate.TAKEN] for counts in attackers.values()) <= 3000 + 10 * 300 + 20
    assert share(attackers, Fate.MARKED) > 0.5


def test_a_slow_and_steady_attack_is_marked_once_it_is_more_than_a_day_of_people(
    watch: Watch,
) -> None:
    day = [(second, "198.51.100.7") for second in range(0, 86_400)]
    results = fates(watch, Ceilings(Limits(), watch), day)
    assert results["198.51.100.7"][Fate.TAKEN] <= 3000 + 3000


def test_what_is_marked_takes_nothing_from_the_link(watch: Watch) -> None:
    limits = Limits(network=Ceiling(60, 5), link=Ceiling(60, 20))
    ceilings = Ceilings(limits, watch)
    for _ in range(45):
        ceilings.judge("permits", LINK, "198.51.100.7")
    assert [ceilings.judge("permits", LINK, f"192.0.2.{n}").fate for n in range(15)] == [
        Fate.TAKEN
    ] * 15


def test_a_refusal_says_when_to_come_again_and_then_it_is_over(watch: Watch) -> None:
    ceilings = Ceilings(Limits(network=Ceiling(6, 1)), watch)
    verdicts = [ceilings.judge("permits", LINK, "192.0.2.1") for _ in range(11)]
    assert [verdict.fate for verdict in verdicts] == [Fate.TAKEN, *[Fate.MARKED] * 9, Fate.REFUSED]
    assert verdicts[-1].wait == 1
    watch.now += verdicts[-1].wait
    assert ceilings.judge("permits", LINK, "192.0.2.1").fate is Fate.MARKED


def test_a_link_and_a_service_have_a_ceiling_for_the_day(watch: Watch) -> None:
    ceilings = Ceilings(Limits(link_day=10, service_day=15), watch)
    of_link = [ceilings.judge("permits", LINK, f"192.0.2.{n}").fate for n in range(12)]
    assert of_link == [Fate.TAKEN] * 10 + [Fate.REFUSED] * 2
    other = ("permits", "lakeside", b"poster")
    of_service = [ceilings.judge("permits", other, f"192.0.2.{n}").fate for n in range(7)]
    assert of_service == [Fate.TAKEN] * 5 + [Fate.REFUSED] * 2
    assert ceilings.judge("hearings", ("hearings", "riverside", b""), "x").fate is Fate.TAKEN


def test_links_do_not_share_a_network(watch: Watch) -> None:
    ceilings = Ceilings(Limits(network=Ceiling(60, 1)), watch)
    first, second = LINK, ("permits", "lakeside", b"poster")
    assert ceilings.judge("permits", first, "192.0.2.1").fate is Fate.TAKEN
    assert ceilings.judge("permits", second, "192.0.2.1").fate is Fate.TAKEN
    assert ceilings.judge("permits", first, "192.0.2.1").fate is Fate.MARKED


def test_workers_share_the_ceilings() -> None:
    shared = Limits().shared(4)
    assert (shared.network, shared.link_day) == (Ceiling(30, 375), 12_500)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 30)), max_size=300))
@settings(max_examples=50, deadline=None)
def test_whatever_comes_the_memory_is_bounded(pairs: list[tuple[int, int]]) -> None:
    ceilings = Ceilings(Limits(), Watch(), most=20)
    for network, link in pairs:
        ceilings.judge("permits", ("permits", "riverside", link), f"192.0.2.{network}")
        assert ceilings.networks <= 20


@given(st.lists(st.floats(0, 50, allow_nan=False), min_size=1, max_size=400))
@settings(max_examples=50, deadline=None)
def test_never_more_is_taken_than_burst_and_rate_allow(moments: list[float]) -> None:
    watch = Watch()
    ceilings = Ceilings(Limits(network=Ceiling(60, 10)), watch)
    results = fates(watch, ceilings, [(moment, "192.0.2.1") for moment in moments])
    assert results["192.0.2.1"][Fate.TAKEN] <= 10 + max(moments) + 1


def test_who_guesses_has_to_wait(watch: Watch) -> None:
    knocks = Knocks(Ceiling(60, 3), watch)
    assert [knocks.wait("192.0.2.1") for _ in range(4)] == [0, 0, 0, 1]
    assert knocks.wait("192.0.2.2") == 0
    watch.now += 1
    assert knocks.wait("192.0.2.1") == 0


def test_the_memory_of_guesses_holds_no_address_and_has_a_bound(watch: Watch) -> None:
    knocks = Knocks(Ceiling(60, 3), watch, most=100)
    for n in range(1_000):
        knocks.wait(f"reply 198.51.100.{n}")
    assert len(knocks._buckets) == 100
    assert all(len(name) == 16 and b"198.51" not in name for name in knocks._buckets)


@pytest.mark.parametrize("text", ["", "120", "120/", "/5", "a/b", "0/5", "5/0", "-1/5", "1/2/3"])
def test_a_ceiling_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must"):
        Ceiling.read(text)


def test_a_ceiling_is_read_as_it_is_written() -> None:
    assert Ceiling.read("120/1500") == Ceiling(120, 1500)
