"""Comments beside a thumb: a thumb up is no point 1, not in what is told, nor what is sought."""

import pytest

from cxserver.comments.shelf import Search
from cxserver.results.scopes import Scope
from tests.support import instrument_catalogs
from tests.support.closed_batches import release
from tests.support.comment_factory import add_comments, directory_of
from tests.support.readings import CommentReader

THUMBS, FIVE = "a11-v2-thumbs", "a11-v2-five-point"


@pytest.fixture
def both(house):
    """Six comments with a 1 on five points; then, by thumbs, six up and six down."""
    house.apply(instrument_catalogs.catalog_text(FIVE))
    add_comments(house, *["one of five"] * 6, trust=1, drivers=("ease",))
    house.apply(instrument_catalogs.catalog_text(THUMBS))
    for point, words in ((1, "up"), (0, "down")):
        add_comments(house, *[words] * 6, trust=point, satisfaction=None, drivers=("ease",))
    release(house)
    return house


def listed(house, **search):
    scope = Scope(offices=frozenset({"riverside"})).released
    return (
        CommentReader(house.engine, directory_of(house), scope, house.clock.now)
        .find(Search(**search))
        .comments
    )


def test_each_comment_is_told_with_its_own_scale_and_side(both) -> None:
    lines = {entry.comment.text: " · ".join(entry.facts) for entry in listed(both)}
    assert (
        "Trust 1 of 5" in lines["one of five"] and "Could be better: Ease" in lines["one of five"]
    )
    assert "Trust: thumb up" in lines["up"] and "Went well: Ease" in lines["up"]
    assert "Trust: thumb down" in lines["down"] and "Could be better: Ease" in lines["down"]
    assert "Satisfaction" not in lines["up"] and "of 5" not in lines["up"]


def test_who_looks_for_a_score_of_1_finds_no_thumb(both) -> None:
    score = listed(both, score=1)
    assert {entry.comment.text for entry in score} == {"one of five"}


def test_a_driver_is_sought_on_the_side_that_its_scale_gives_it(both) -> None:
    good = listed(both, driver=("ease", "positive"))
    assert {entry.comment.text for entry in good} == {"up"}
    bad = listed(both, driver=("ease", "negative"))
    assert {entry.comment.text for entry in bad} == {"one of five", "down"}
