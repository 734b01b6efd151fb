"""Answers of every instrument in both databases: kept, counted, exported, recounted alike."""

import csv
import json
from io import StringIO
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from cxserver.instrument import instruments
from cxserver.intake import entry
from tests.support import instrument_catalogs
from tests.support.answer_service import notice_changes
from tests.support.cx_process import cx
from tests.support.house import House, answer, stamp_of

THUMBS = "a11-v2-thumbs"
FIVE = "a11-v2-five-point"


def post(client, link: str, **body: object) -> dict:
    response = client.post("/api/v1/responses", json={"link": link, **body})
    return {**response.json(), "status": response.status_code}


def whole(code: str, point: int) -> dict[str, object]:
    """Answers that fit the instrument: this rating, and the driver that all of them have."""
    survey = instrument_catalogs.survey(code)
    rated = survey.driver_mode == "likert"
    satisfaction = {"satisfaction": 5} if survey.asks_satisfaction else {}
    return {"trust": point, "drivers": {"ease": 4} if rated else ["ease"], **satisfaction}


@instrument_catalogs.EVERY
def test_every_point_of_every_instrument_is_kept_counted_and_recounted(
    house: House, code: str
) -> None:
    house.apply(instrument_catalogs.catalog_text(code))
    scale = instrument_catalogs.survey(code).trust_scale
    with house.client() as client:
        for point in scale.points:
            assert post(client, house.mint(), **whole(code, point))["status"] == 201
    assert sorted(row["trust"] for row in house.responses()) == list(scale.points)
    assert "agree" in cx(house, "recount", "--check")
    rows = list(csv.DictReader(StringIO(cx(house, "export"))))
    assert {row["scale"] for row in rows} == {scale.name}
    good = [row for row in rows if row["drivers_positive"]]
    bad = [row for row in rows if row["drivers_negative"]]
    if instrument_catalogs.survey(code).driver_mode == "likert":
        assert good + bad == []
        assert {row["driver_scores"] for row in rows} == {"ease=4"}
    else:
        assert [len(good), len(bad)] == [1, 1] if scale.name == "thumbs" else [2, 3]
        assert all(scale.is_good(int(row["trust"])) for row in good)
    with_satisfaction = instrument_catalogs.survey(code).asks_satisfaction
    assert {row["satisfaction"] for row in rows} == ({"5"} if with_satisfaction else {""})


def test_a_thumb_is_never_added_to_the_points_of_the_other_scale(house: House) -> None:
    house.apply(instrument_catalogs.catalog_text(FIVE))
    with house.client() as client:
        for point in (1, 1, 5):
            post(client, house.mint(), **whole(FIVE, point))
        # A kiosk that still shows the old version may send it after the change.
        old = house.mint(channel="site")
        house.apply(instrument_catalogs.catalog_text(THUMBS))
        notice_changes(client.app)
        for point in (1, 1, 1, 0):
            assert post(client, house.mint(), **whole(THUMBS, point))["status"] == 201
        late = {**whole(FIVE, 1), "survey": "permits/2", "key": str(uuid4())}
        assert post(client, old, **late)["status"] == 201
    (row,) = json.loads(cx(house, "results", "--json"))["rows"]
    assert row["n"] == 8
    assert row["trust"]["counts"] == [3, 0, 0, 0, 1]
    assert row["satisfaction"]["counts"] == [0, 0, 0, 0, 4]
    assert "agree" in cx(house, "recount", "--check")


def test_a_form_and_json_of_a_thumb_are_the_same_answer(house: House) -> None:
    house.apply(instrument_catalogs.catalog_text(THUMBS))
    link = house.mint()
    with house.client() as client:
        stamp = stamp_of(client.get(link).text)
        sent = {"stamp": stamp, "trust": "0", "drivers": ["ease", "other"], "comment": "Slow"}
        assert client.post(link, data=sent).status_code == 303
        body = {"trust": 0, "drivers": ["ease", "other"], "comment": "Slow"}
        assert post(client, link, **body)["status"] == 200
        assert post(client, link, **{**body, "trust": 1})["status"] == 409
    assert house.count() == 1


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"trust": 2}, "trust", "choice"),
        ({"trust": None}, "trust", "required"),
        ({"satisfaction": 3}, "satisfaction", "unknown"),
        ({"drivers": {"ease": 3}}, "drivers", "choice"),
    ],
)
def test_what_thumbs_do_not_ask_is_refused_by_name(
    sqlite_house: House, changed: dict, field: str, code: str
) -> None:
    sqlite_house.apply(instrument_catalogs.catalog_text(THUMBS))
    with sqlite_house.client() as client:
        refusal = post(client, sqlite_house.mint(), **{**whole(THUMBS, 1), **changed})
    assert refusal["status"] == 422
    assert refusal["faults"] == [{"field": field, "code": code}]
    assert sqlite_house.count() == 0


# ---- the counts themselves


@given(
    code=st.sampled_from(instruments.CODES),
    data=st.data(),
)
@effort(suppress_health_check=[HealthCheck.too_slow])
def test_one_answer_is_one_count_of_each_thing_it_says(code: str, data: st.DataObject) -> None:
    survey = instrument_catalogs.survey(code)
    point = data.draw(st.sampled_from(survey.trust_scale.points))
    codes = st.sampled_from(survey.drivers)
    rated = survey.driver_mode == "likert"
    points = data.draw(st.dictionaries(codes, st.integers(1, 5))) if rated else {}
    drivers = points if rated else data.draw(st.lists(codes, unique=True))
    response = {
        **dict.fromkeys(("service", "day", "office", "channel", "language", "survey")),
        "flags": "",
        "trust": point,
        "satisfaction": 3 if survey.asks_satisfaction else None,
        "drivers": drivers,
        "questions": {},
    }
    counts = [tally[-2:] for tally in entry.tallies(response, survey)]
    assert len(counts) == len(set(counts))
    counted = dict.fromkeys(measure for measure, _ in counts)
    wanted = {"response", "trust", *(f"driver:{code}" for code in drivers)}
    assert set(counted) == wanted | ({"satisfaction"} if survey.asks_satisfaction else set())
    values = dict(counts)
    assert values["trust"] == ("down", "up")[point] if survey.scale == "thumbs" else str(point)
    side = "positive" if survey.trust_scale.is_good(point) else "negative"
    for driver in drivers:
        assert values[f"driver:{driver}"] == (str(points[driver]) if rated else side)


def test_the_old_way_still_counts(sqlite_house: House) -> None:
    """Two ratings of a11-2022, as they have been counted from the first day."""
    with sqlite_house.client() as client:
        assert answer(client, sqlite_house.mint()).status_code == 303
    (row,) = json.loads(cx(sqlite_house, "results", "--json"))["rows"]
    assert (row["trust"]["counts"], row["satisfaction"]["counts"]) == (
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    )
