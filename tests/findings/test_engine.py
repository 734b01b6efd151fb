"""What to fix first: what stands out beyond noise, in the order of the people it concerns."""

import json
import random

import pytest
from statsmodels.stats.proportion import proportions_ztest

from cxserver import db
from cxserver.catalog import directory
from cxserver.findings import engine, text
from cxserver.intake import store
from cxserver.results import drivers
from tests.support.cx_process import cx
from tests.support.house import NOW
from tests.support.optional import present
from tests.support.tally_factory import slice_of, surveys

SURVEYS = surveys()
CODES = SURVEYS["permits/1"].drivers


def at(office: str, n: int, named: int, driver: str = "efficiency", unhappy: int = 40, **group):
    """An office where `named` of `n` people said that `driver` could be better."""
    taps = {code: (0, 2) for code in CODES} | {driver: (5, named)}
    return slice_of(n - unhappy, n, taps, office=office, service="permits", **group)


def quiet(offices: int = 10) -> list:
    return [at(f"quiet-{place}", 200, 12) for place in range(offices)]


def test_what_stands_out_is_told_with_its_people():
    report = engine.first([*quiet(), at("riverside", 120, 38, unhappy=45)], SURVEYS)
    [finding] = report.findings
    assert (finding.office, finding.driver, finding.named, finding.n) == (
        "riverside",
        "efficiency",
        38,
        120,
    )
    assert (finding.named_elsewhere, finding.n_elsewhere) == (120, 2000)
    assert 0.1 < finding.low < 38 / 120 - 0.06 < finding.high
    assert 20 < finding.people < 31 and finding.specific


def test_the_same_share_of_12_people_is_not_told():
    report = engine.first([*quiet(), at("tiny", 12, 4, unhappy=5)], SURVEYS)
    assert report.findings == ()


def test_a_difference_too_small_to_be_seen_is_no_finding_however_sure():
    """Among 40,000 people chance does not explain one point more; nobody could see it fixed."""
    for named, offices in ((4_416, []), (4_848, ["large"])):
        large = at("large", 40_000, named, unhappy=9_000)
        rest = at("rest", 40_000, 4_000, unhappy=9_000)
        share = named / 40_000 - 4_000 / 40_000
        assert (round(share, 4) >= 0.02) is bool(offices)  # 1.04 and 2.12 points
        assert proportions_ztest([named, 4_000], [40_000, 40_000])[1] < 0.0001
        report = engine.first([large, rest], SURVEYS)
        assert [finding.office for finding in report.findings] == offices


@pytest.mark.parametrize(("people", "offices"), [(29, []), (30, ["riverside"])])
def test_an_office_is_looked_at_from_its_thirtieth_answer_on(people, offices):
    report = engine.first([*quiet(), at("riverside", people, 20, unhappy=22)], SURVEYS)
    assert [finding.office for finding in report.findings] == offices


@pytest.mark.parametrize(("people", "count"), [(29, 0), (30, 1)])
def test_the_rest_of_a_service_has_to_have_thirty_answers_too(people, count):
    rest = at("lakeside", people, 0, unhappy=0)
    report = engine.first([at("riverside", 200, 100, unhappy=120), rest], SURVEYS)
    assert len(report.findings) == count


def test_the_most_people_come_first_not_the_worst_share():
    report = engine.first(
        [*quiet(), at("small", 40, 20, unhappy=25), at("large", 3000, 600, unhappy=900)], SURVEYS
    )
    assert [finding.office for finding in report.findings] == ["large", "small"]


def test_with_nothing_to_find_something_is_found_in_at_most_one_of_twenty_tries():
    chance = random.Random(280)
    wrong = 0
    for _ in range(10):
        same = [
            slice_of(
                n - n // 5,
                n,
                {
                    code: (0, sum(chance.random() < share for _ in range(n)))
                    for code, share in zip(CODES, (0.03, 0.03, 0.1, 0.05, 0.01, 0.01), strict=True)
                },
                office=f"o{place}",
                service="permits",
            )
            for place in range(200)
            for n in (chance.choice((30, 60, 150)),)
        ]
        wrong += bool(engine.first(same, SURVEYS).findings)
    assert wrong <= 1


def test_an_office_that_only_has_another_mix_of_channels_does_not_stand_out():
    others = [at(f"q-{place}", 300, 15, channel="email") for place in range(8)]
    others += [at(f"q-{place}", 60, 15, channel="kiosk") for place in range(8)]
    mixed = [at("lobby", 40, 2, channel="email"), at("lobby", 400, 100, channel="kiosk")]
    assert engine.first(others + mixed, SURVEYS).findings == ()
    worse = [
        at("lobby", 40, 2, channel="email"),
        at("lobby", 400, 200, unhappy=250, channel="kiosk"),
    ]
    [finding] = engine.first(others + worse, SURVEYS).findings
    assert (finding.office, finding.channel) == ("lobby", "kiosk")


def test_an_unhappy_office_gets_one_line_and_a_second_driver_of_its_own_another():
    # The unhappy name what the unhappy elsewhere name; there are three times as many of them.
    taps = {code: (0, 360 if code == "efficiency" else 60) for code in CODES}
    gloomy = slice_of(800, 2000, taps, office="gloomy", service="permits")
    [finding] = engine.first([*quiet(), gloomy], SURVEYS).findings
    assert finding.driver == "efficiency" and not finding.specific
    taps["ease"] = (0, 180)
    both = slice_of(800, 2000, taps, office="gloomy", service="permits")
    first, second = engine.first([*quiet(), both], SURVEYS).findings
    assert (first.driver, first.specific) == ("efficiency", False)
    assert (second.driver, second.specific) == ("ease", True)


def test_a_lone_office_is_held_against_its_own_channels_or_not_at_all():
    lone = [at("riverside", 200, 10), at("riverside", 100, 30, channel="kiosk")]
    [finding] = engine.first(lone, SURVEYS).findings
    assert (finding.channel, finding.named_elsewhere, finding.n_elsewhere) == ("kiosk", 10, 200)
    report = engine.first([at("riverside", 200, 60)], SURVEYS)
    assert (report.findings, report.looked_at) == ((), 0)


def test_rated_drivers_count_those_who_disagree():
    rated = surveys("hearings")

    def office(slug: str, low: int, n: int):
        everyone = slice_of(n, n, office=slug, service="hearings", survey="hearings/1")
        points = {("driver:ease", "1"): low, ("driver:ease", "5"): n - low}
        return type(everyone)(everyone.group, {**everyone.counts, **points})

    several = [office(f"q-{place}", 10, 200) for place in range(5)]
    [finding] = engine.first([*several, office("worse", 60, 200)], rated).findings
    assert (finding.office, finding.driver, finding.named, finding.n) == ("worse", "ease", 60, 200)
    ease = next(driver for driver in drivers.per_person(several, rated) if driver.code == "ease")
    assert (ease.could_be_better.hits, ease.n, present(ease.score).mean) == (50, 1000, 4.8)


def test_who_was_not_offered_a_driver_is_not_counted_in_its_share():
    versions = surveys(v2={"drivers": CODES[:-1]})
    both = [slice_of(50, 100, {"employee": (20, 0)}), slice_of(50, 300, survey="permits/2")]
    figures = {driver.code: driver for driver in drivers.per_person(both, versions)}
    assert (figures["employee"].went_well.share, figures["employee"].n) == (0.2, 100)
    assert figures["ease"].n == 400


# ---- the command


def tell(house, office: str, n: int, named: int) -> None:
    """Released counts of `n` people at an office, `named` of whom name the time it took."""
    where = ("permits", NOW.date(), office, "email", "en", 1, False)
    counts = {
        ("response", "all"): n,
        ("trust", "2"): named + 5,
        ("trust", "5"): n - named - 5,
        ("driver:efficiency", "negative"): named,
    }
    with db.write(house.engine) as connection:
        added = {(*where, *measured): n for measured, n in counts.items()}
        store.count(connection, added)
        store.count(connection, added, store.RELEASED)


def test_fix_first_says_it_in_sentences_and_as_data(sqlite_house):
    tell(sqlite_house, "riverside", 120, 38)
    tell(sqlite_house, "lakeside", 800, 90)
    days = ("--from", NOW.date().isoformat(), "--to", NOW.date().isoformat())
    said = " ".join(cx(sqlite_house, "fix-first", "--service", "permits", *days).split())
    assert "1. It takes too long at Riverside Office" in said
    assert "38 of 120 people (32 of 100) name “Time it took”" in said
    assert "elsewhere 11 of 100 do" in said
    assert "Very sure: fewer than one such finding in a thousand is chance." in said
    report = json.loads(cx(sqlite_house, "fix-first", "--json", *days))
    [finding] = report["findings"]
    assert (finding["office"], finding["driver"], finding["named"], finding["n"]) == (
        *("riverside", "efficiency"),
        *(38, 120),
    )
    assert finding["text"] in said and report["summary"] in said
    under = json.loads(cx(sqlite_house, "fix-first", "--under", "lakeside", "--json", *days))
    assert under["findings"] == []


@pytest.mark.parametrize(
    ("named", "sentence"),
    [(0, "Not enough answers"), (10, "No finding is sure"), (40, "1 office stands out")],
)
def test_it_says_honestly_when_nothing_stands_out(sqlite_house, named, sentence):
    with db.read(sqlite_house.engine) as connection:
        known = directory.load(connection)
    both = [at("lakeside", 800, 80, unhappy=100), at("riverside", 100, named)]
    report = engine.first(both if named else [], surveys())
    assert sentence in text.summary(report)
    for finding in report.findings:
        assert "Riverside Office" in text.of(finding, known).title
