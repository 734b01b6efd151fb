"""A kiosk loses its network for eight hours, its power, and the right time; two windows are open.

Real Chromium with a profile on disk, a real server on each of the two databases. An answer is
acknowledged when the person saw "Thank you".
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from cxserver import db, tables
from tests.faults.proof import Result
from tests.support.house import NOW, House
from tests.support.kiosk_tablet import (
    RestartableServer,
    Tablet,
    give_answer,
    in_queue,
    queue_status,
    ready_without_network,
)

pytestmark = pytest.mark.slow

_ANSWERS = 16
# What the device's clock lacks: three days slow, two hours fast.
_CLOCKS = {"F13-slow": timedelta(days=3), "F13-fast": timedelta(hours=-2)}


@dataclass
class Stand:
    """A kiosk, its server, and when each of the people before it was thanked."""

    tablet: Tablet
    server: RestartableServer
    link: str
    thanked: dict[str, datetime] = field(default_factory=dict)

    @property
    def house(self) -> House:
        return self.tablet.house

    def answers(self, n: int) -> None:
        """So many people answer, half an hour apart."""
        for _ in range(n):
            self.tablet.wait(minutes=30)
            word = f"person {len(self.thanked):02}"
            give_answer(self.tablet.page, 4, 3, word)
            self.thanked[word] = self.house.clock.now

    def reopen(self, *, offline: bool) -> Page:
        page = self.tablet.open(self.link, offline=offline)
        expect(page.locator("h1")).to_have_text("Permit renewal")
        return page

    def all_sent(self) -> bool:
        return not queue_status(self.tablet.page)["waiting"]


@pytest.fixture
def kiosk(browser: Browser, tmp_path: Path, house: House) -> Iterator[Stand]:
    """A kiosk, on each of the two databases."""
    house.clock.now = NOW.replace(minute=10)
    server = RestartableServer(house)
    server.start()
    tablet = Tablet(browser, tmp_path / "profile", house)
    yield Stand(tablet, server, house.mint(channel="kiosk", place="East door"))
    tablet.close()
    server.stop()
    assert not tablet.faults


def stored(house: House) -> Counter[str]:
    return Counter(row["comment"] for row in house.responses())


def hours_of_answers(house: House) -> dict[str, datetime]:
    return {row["comment"]: row["answered_hour"] for row in house.responses()}


def through_everything(kiosk: Stand, copy: Path) -> None:
    """Eight hours without a network, the plug pulled in the middle, then two windows send at once.

    `copy`: the device's disk as it was before it sent anything.
    """
    tablet = kiosk.tablet
    ready_without_network(tablet.open(kiosk.link))
    tablet.until(lambda: queue_status(tablet.page).get("offset") is not None)
    tablet.context.set_offline(True)
    kiosk.answers(_ANSWERS // 2)
    tablet.kill()
    kiosk.reopen(offline=True)
    assert queue_status(tablet.page)["waiting"] == _ANSWERS // 2
    kiosk.answers(_ANSWERS - _ANSWERS // 2)
    tablet.kill()
    shutil.copytree(tablet.profile, copy, symlinks=True)
    kiosk.reopen(offline=True)
    other = tablet.context.new_page()
    other.goto(kiosk.link)
    tablet.context.set_offline(False)
    for page in (tablet.page, other):
        page.evaluate("void " + in_queue("send()"))
    tablet.until(kiosk.all_sent)


def sent_again(kiosk: Stand, copy: Path) -> None:
    """The device's disk is put back as it was before it sent anything, and all is sent again."""
    tablet = kiosk.tablet
    tablet.kill()
    shutil.rmtree(tablet.profile)
    shutil.copytree(copy, tablet.profile, symlinks=True)
    kiosk.reopen(offline=True)
    assert queue_status(tablet.page)["waiting"] == _ANSWERS
    tablet.context.set_offline(False)
    tablet.until(kiosk.all_sent)


@pytest.mark.parametrize("fault", _CLOCKS)
def test_a_kiosk_sends_each_answer_once_whatever_happens_to_it(
    kiosk: Stand, fault: str, tmp_path: Path
) -> None:
    house, copy = kiosk.house, tmp_path / "copy"
    kiosk.tablet.slow = _CLOCKS[fault]
    through_everything(kiosk, copy)
    first = stored(house)
    assert set(first) == set(kiosk.thanked) and set(first.values()) == {1}
    assert hours_of_answers(house) == {
        word: at.replace(minute=0, second=0, microsecond=0) for word, at in kiosk.thanked.items()
    }
    assert {row["flags"] for row in house.responses()} == {"clock"}
    sent_again(kiosk, copy)
    again = stored(house)
    assert again == first, "a disk put back made second answers"
    with db.write(house.engine) as connection:
        connection.execute(delete(tables.use_keys))
    sent_again(kiosk, copy)
    doubles = stored(house).total() - len(first)
    assert doubles > 0, "without the use-once keys every answer must count again"
    note = (
        "disk put back as it was before sending, and sent again: none twice; "
        f"the same with use-once keys deleted: {doubles} counted twice"
    )
    Result(
        fault=fault,
        engine=house.engine.dialect.name,
        seed=0,
        attempted=len(kiosk.thanked),
        acknowledged=len(kiosk.thanked),
        stored=first.total(),
        lost=len(set(kiosk.thanked) - set(first)),
        doubled=first.total() - len(first),
        unsaved=0,
        control=note,
    ).save()
