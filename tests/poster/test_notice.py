"""What a poster says of itself: until when it is good."""

from datetime import UTC, date, datetime
from typing import Any

from cxserver import db
from cxserver.catalog import directory
from cxserver.poster import notice
from tests.support.house import House

# In Los Angeles it is still the evening of the day before.
ENDS = datetime(2027, 6, 1, 5, tzinfo=UTC)


def test_the_last_day_is_that_of_the_office(sqlite_house: House) -> None:
    with db.read(sqlite_house.engine) as connection:
        known = directory.load(connection)
    agency, service, office = known.agency, known.services["permits"], known.offices["lakeside"]
    assert agency is not None
    facts: dict[str, Any] = {"link": "https://cx.agency.gov/s/…", "place": "", "speaking": ("en",)}
    made = notice.make(agency, service, office, ends=ENDS, **facts)
    assert made.good_until == date(2027, 5, 31)
    long_after = datetime(2030, 1, 1, tzinfo=UTC)
    made = notice.make(agency, service, office, ends=long_after, **facts)
    assert made.good_until == service.clearance.expires
