"""Answers handed in by the dozen, on days of the past, for tests of what pages make of them."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from cxsdk.token import Kind, Token
from cxserver import db
from cxserver.catalog import directory
from cxserver.instrument.answers import Answers, Point
from cxserver.intake import entry
from cxserver.intake.entry import Secrets, Sheet
from cxserver.intake.gate import Opened
from tests.support.closed_batches import release_anew, take_back
from tests.support.house import House
from tests.support.stored_answers import store_all

# The Monday of the week of a house: the pages end with the Sunday before.
TODAY = date(2026, 11, 2)
_GOOD: tuple[Point, ...] = (4, 5)
_BAD: tuple[Point, ...] = (1, 2, 3)


def add_answers(
    house: House,
    office: str,
    good: int,
    bad: int,
    days: Sequence[int] = range(1, 29),
    kind: Kind = Kind.EMAIL,
    language: str = "en",
    of: str = "permits",
) -> None:
    """`good` and `bad` answers at an office, spread over so many days before `TODAY`, and released
    as they would have been.
    """
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    chance = random.Random(f"{office}{good}{bad}{days}{kind}{language}")
    service, waiting = known.services[of], []
    for at in range(good + bad):
        happy = at < good
        day = TODAY - timedelta(days=list(days)[at % len(days)])
        moment = datetime.combine(day, time(16), UTC)
        token = Token(kind, 1, int(moment.timestamp()), chance.randbytes(8))
        opened = Opened(service, known.offices[office], token, token.nonce.hex(), 1)
        sheet = Sheet(opened, service.survey, language, moment, chance.randbytes(18))
        tapped = ("employee",) if happy and at % 2 else ("efficiency",) if at % 3 == 0 else ()
        points: Point = chance.choice(_GOOD if happy else _BAD)
        answers = Answers(satisfaction=points, trust=points, drivers=tapped)
        waiting.append(entry.prepare(sheet, answers, Secrets(house.roots), moment))
    take_back(house)
    store_all(house.engine, waiting)
    release_anew(house)
