"""Numbers of every instrument: thumbs apart from points, a break at every change, honest pages."""

import csv
import json
import random
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from io import StringIO

import pytest

from cxsdk.token import Kind, Token
from cxserver import db
from cxserver.accounts.roles import Role
from cxserver.catalog import directory
from cxserver.findings import engine
from cxserver.instrument.answers import Answers
from cxserver.intake import entry
from cxserver.intake.entry import Secrets, Sheet
from cxserver.intake.gate import Opened
from cxserver.results import breaks, changes, measures, small
from cxserver.results.slices import Slice
from tests.support import instrument_catalogs
from tests.support.cx_process import cx
from tests.support.staff_accounts import sign_in
from tests.support.stored_answers import store_all
from tests.support.tally_factory import slice_of, slice_of_counts

THUMBS, FIVE = "a11-v2-thumbs", "a11-v2-five-point"
# One service that changed its instrument: 2018, 2022, 2022 rated, v2 on five points, v2 by thumbs.
VERSIONS = {
    f"permits/{n}": replace(survey, n=n)
    for n, survey in enumerate(
        (
            instrument_catalogs.survey("a11-2018"),
            instrument_catalogs.survey("a11-2022"),
            replace(instrument_catalogs.survey("a11-2022"), driver_mode="likert"),
            instrument_catalogs.survey(FIVE),
            instrument_catalogs.survey(THUMBS),
        ),
        start=1,
    )
}


def thumbs(up: int, n: int, survey: str = "permits/5") -> Slice:
    group = {"survey": survey, "language": "en", "channel": "email", "office": "riverside"}
    return slice_of_counts(group, {"response": {"all": n}, "trust": {"up": up, "down": n - up}})


def points(top: int, n: int, survey: str = "permits/4") -> Slice:
    return slice_of(top, n, survey=survey)


def compared(before: list[Slice], after: list[Slice], measure: str = "trust") -> changes.Change:
    then, now = (changes.side(group, measure) for group in (before, after))
    return changes.compare(then, now, VERSIONS, measure)


# ---- the score


def test_thumbs_have_a_share_with_its_interval_and_no_mean() -> None:
    score = thumbs(60, 80).thumbs
    assert (score.counts, score.n, score.top, score.bottom) == ((20, 60), 80, 60, 20)
    assert score.top2 == 0.75 and score.mean is None
    assert (score.low, score.high) == measures.wilson(60, 80)
    assert thumbs(60, 80).trust.n == 0 and points(60, 80).thumbs.n == 0


def test_a_side_is_on_the_scale_of_most_and_leaves_the_others_out() -> None:
    mostly_thumbs = changes.side([thumbs(50, 60), points(5, 10)])
    assert mostly_thumbs.score.counts == (10, 50)
    mostly_points = changes.side([thumbs(5, 10), points(50, 60)])
    assert (mostly_points.score.top, mostly_points.score.n) == (50, 60)


def test_the_unhappy_of_both_scales_count_where_drivers_are_compared() -> None:
    counted = thumbs(50, 80)
    assert counted.thumbs.bottom == 30
    group = {**counted.group, "service": "permits"}
    report = engine.first([Slice(group, counted.counts)], VERSIONS)
    assert report.looked_at == 0


# ---- breaks


@pytest.mark.parametrize(
    ("before", "after", "measure"),
    [
        ("permits/1", "permits/2", "trust"),
        ("permits/1", "permits/2", "satisfaction"),
        ("permits/1", "permits/3", "trust"),
        ("permits/2", "permits/4", "trust"),
        ("permits/2", "permits/4", "satisfaction"),
    ],
)
def test_another_instrument_is_another_question(before: str, after: str, measure: str) -> None:
    comparison = compared([points(80, 100, before)], [points(80, 100, after)], measure)
    assert comparison.verdict == "not comparable", comparison
    sides = [("May", before), ("June", after)]
    series = [(name, changes.side([points(80, 100, version)], measure)) for name, version in sides]
    [stop] = breaks.find(series, VERSIONS, measure)
    assert (stop.period, stop.cause) == ("June", "question")


@pytest.mark.parametrize("code", ["effectiveness", "transparency"])
def test_a_rated_driver_of_2018_is_none_of_2022_even_in_the_same_words(code: str) -> None:
    """The domain of 2018 holds transparency and humanity: nobody can take it apart again."""
    measure = f"driver:{code}"
    rated = {"response": {"all": 100}, measure: {"5": 80, "2": 20}}
    old, new = (
        slice_of_counts({"survey": version, "language": "en", "channel": "email"}, rated)
        for version in ("permits/1", "permits/3")
    )
    comparison = compared([old], [new], measure)
    assert comparison.verdict == "not comparable"


def test_thumbs_and_points_are_never_compared_and_the_break_says_why() -> None:
    comparison = compared([points(80, 100)], [thumbs(90, 100)])
    assert comparison.verdict == "not comparable" and comparison.difference is None
    assert comparison.reason == "The answers to choose from changed."
    five, both, two = (
        changes.side(slices)
        for slices in ([points(80, 100)], [points(60, 70), thumbs(20, 30)], [thumbs(90, 100)])
    )
    stops = breaks.find([("1", five), ("2", both), ("3", two), ("4", two)], VERSIONS)
    # At 2 the question changed for some, at 3 the line would go on from points to thumbs.
    assert [stop.period for stop in stops] == ["2", "3"]


def test_satisfaction_that_is_no_longer_asked_was_taken_out() -> None:
    mixed = [points(40, 50), thumbs(45, 50)]
    comparison = compared([points(80, 100)], mixed, "satisfaction")
    assert comparison.verdict == "not comparable" and "taken out" in comparison.reason
    nobody = compared([points(80, 100)], [thumbs(45, 50)], "satisfaction")
    assert (nobody.verdict, nobody.reason) == ("not comparable", "The question was taken out.")
    before_anything = compared([], [points(80, 100)])
    assert before_anything.verdict == "cannot tell"


def test_the_same_words_of_another_questionnaire_are_told_as_such() -> None:
    comparison = compared(
        [points(80, 100, "permits/1")], [points(80, 100, "permits/2")], "satisfaction"
    )
    assert comparison.reason == "The questionnaire changed from a11-2018 to a11-2022."


# ---- few


@pytest.mark.parametrize(
    ("counted", "outcome"),
    [
        ([thumbs(7, 9)], "7 of 9 people gave trust a thumb up"),
        ([points(7, 9)], "7 of 9 people rated the service 4 or 5, 7 of 9 their trust"),
        # A measure of a shown total is shown, though 4 of the 20 had satisfaction to rate.
        (
            [thumbs(10, 16), points(3, 4)],
            "3 of 4 people rated the service 4 or 5, 10 of 16 people gave trust a thumb up",
        ),
    ],
)
def test_a_small_office_is_told_what_was_asked(counted: list[Slice], outcome: str) -> None:
    quarters = small.recent(datetime(2026, 11, 4, tzinfo=UTC).date())[-1:]
    slices = [Slice({**part.group, "quarter": quarters[0].name}, part.counts) for part in counted]
    [quarter] = small.trend(slices, VERSIONS, quarters)
    assert small.sentence(quarter) == f"{quarters[0].name}: {outcome}."


# ---- the pages and the command


def hand_in(
    house,
    code: str,
    good: int,
    bad: int,
    at_office: str = "riverside",
    satisfaction: int | None = None,
) -> None:
    """So many good and bad ratings, spread over the four weeks before the clock's."""
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    chance = random.Random(f"{code}{good}{at_office}")
    service, office = known.services["permits"], known.offices[at_office]
    best = instrument_catalogs.survey(code).trust_scale.points
    waiting = []
    for at in range(good + bad):
        monday = house.clock.now.date() - timedelta(days=house.clock.now.weekday())
        moment = datetime.combine(monday - timedelta(days=1 + at % 28), time(16), UTC)
        token = Token(Kind.EMAIL, 1, int(moment.timestamp()), chance.randbytes(8))
        opened = Opened(service, office, token, token.nonce.hex(), 1)
        sheet = Sheet(opened, service.survey, "en", moment, chance.randbytes(18))
        tapped = () if service.survey.driver_mode == "likert" else ("ease",)
        point = best[-1] if at < good else best[0]
        answers = Answers.model_validate(
            {"trust": point, "drivers": tapped, "satisfaction": satisfaction}
        )
        waiting.append(entry.prepare(sheet, answers, Secrets(house.roots), moment))
    assert {outcome.kind for outcome in store_all(house.engine, waiting)} == {"stored"}


PAGES = ("/staff/scores", "/staff/offices", "/staff/drivers", "/staff/response", "/staff/catalog")


@pytest.fixture
def by_thumbs(sqlite_house):
    second = '[[service.permits.office]]\nslug = "lakeside"\nname = "Lakeside Office"\n'
    sqlite_house.apply(instrument_catalogs.catalog_text(THUMBS) + second)
    hand_in(sqlite_house, THUMBS, 150, 50)
    hand_in(sqlite_house, THUMBS, 75, 25, "lakeside")
    return sqlite_house


def test_the_pages_speak_of_thumbs_where_trust_is_asked_by_thumbs(by_thumbs) -> None:
    with by_thumbs.client() as client:
        sign_in(by_thumbs, client, Role.ANALYST)
        pages = {page: client.get(page) for page in PAGES}
        tables = {page: client.get(f"{page}?format=csv").text for page in PAGES}
    assert {response.status_code for response in pages.values()} == {200}
    overview = " ".join(re.sub(r"<[^>]+>", " ", pages["/staff/scores"].text).split())
    assert "Trust (thumbs)" in overview and "75% gave a thumb up" in overview
    assert "Satisfaction" not in overview and "4 or 5" not in overview
    assert "Trust: the share who gave thumbs up" in pages["/staff/offices"].text
    offices = csv.DictReader(StringIO(tables["/staff/offices"]))
    [row] = [office for office in offices if office["Office"] == "Riverside Office"]
    assert (row["People"], float(row["Trust thumbs up"])) == ("200", 0.75)
    assert "Thumbs up: yes" in pages["/staff/catalog"].text
    (now, *_) = csv.DictReader(StringIO(tables["/staff/scores"]))
    assert float(now["Gave thumbs up"]) == 0.75


def test_the_command_counts_thumbs_apart(by_thumbs) -> None:
    (_, row) = json.loads(cx(by_thumbs, "results", "--json"))["rows"]
    assert row["trust"] == {
        **dict.fromkeys(("top2", "low", "high", "mean")),
        "counts": [0] * 5,
    }
    low, high = measures.wilson(150, 200)
    assert row["thumbs"] == {"down": 50, "up": 150, "share": 0.75, "low": low, "high": high}
    assert row["satisfaction"]["counts"] == [0] * 5
    assert row["drivers"]["ease"] == {"positive": 150, "negative": 50}
    assert "75%" in cx(by_thumbs, "results")
    assert "thumbs up" in cx(by_thumbs, "results")


def test_after_a_change_of_scale_the_overview_compares_nothing(sqlite_house) -> None:
    house = sqlite_house
    house.apply(instrument_catalogs.catalog_text(FIVE))
    house.clock.forward(days=-28)
    hand_in(house, FIVE, 150, 50, satisfaction=5)
    house.clock.forward(days=28)
    house.apply(instrument_catalogs.catalog_text(THUMBS))
    hand_in(house, THUMBS, 150, 50)
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        page = " ".join(re.sub(r"<[^>]+>", " ", client.get("/staff/scores").text).split())
    assert "Trust (thumbs)" in page and "Not comparable." in page
    assert "the answers to choose from changed: earlier weeks are not comparable." in page


@instrument_catalogs.EVERY
def test_no_page_falls_over_whatever_is_asked(sqlite_house, code: str) -> None:
    sqlite_house.apply(instrument_catalogs.catalog_text(code))
    with_satisfaction = instrument_catalogs.survey(code).asks_satisfaction
    for n in (7, 200):
        hand_in(sqlite_house, code, n, 5, satisfaction=4 if with_satisfaction else None)
        with sqlite_house.client() as client:
            sign_in(sqlite_house, client, Role.ANALYST, email=f"a{n}@example.gov")
            for page in PAGES:
                for form in ("", "?format=csv"):
                    response = client.get(page + form)
                    # A file of what is not shown is none.
                    hidden = form and response.status_code == 404
                    assert response.status_code == 200 or hidden, page


def test_the_table_of_instruments_names_what_each_asks(sqlite_house) -> None:
    instruments = json.loads(cx(sqlite_house, "instruments", "--json"))
    assert [instrument["code"] for instrument in instruments] == list(instrument_catalogs.CODES)
    thumbs_ = instruments[-1]
    assert thumbs_["trust_scale"] == "thumbs" and thumbs_["satisfaction"] == "optional"
    assert thumbs_["drivers_required"] == ["effectiveness", "ease"]
    printed = cx(sqlite_house, "instruments")
    assert all(code in printed for code in instrument_catalogs.CODES)
