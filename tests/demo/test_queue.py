"""The demonstration's numbers wait their turn like a page of the staff's: answers wait for none."""

import pytest

from cxserver.demo import front
from cxserver.demo.front import Stage
from cxserver.reading_queue import ReadingQueue
from tests.support.answer_service import services_of
from tests.support.comment_factory import THURSDAY, add_comments
from tests.support.house import House, answer


def stage_of(house: House) -> Stage:
    settings = house.settings
    return Stage(
        house.keys["permits"].text, house.settings.data_dir, settings.data_dir, settings.base_url
    )


@pytest.mark.parametrize("path", ["/", "/demo/counts", "/demo/quarter/v2"])
def test_whoever_finds_the_queue_full_is_told_to_come_again(house, path):
    add_comments(house, "quick and kind", day=THURSDAY)
    with house.client(demo=True, more_routes=front.routes(stage_of(house))) as client:
        assert client.get(path).status_code == 200
        services_of(client.app).intake.readers = ReadingQueue(1, waiting=0)
        refused = client.get(path)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert answer(client, house.mint()).status_code == 303
