"""An export goes page by page: the same rows whatever the page, and none is read twice."""

import pytest
from sqlalchemy import event

from cxserver import db
from cxserver.export import responses
from cxserver.export.responses import Filter
from tests.support.api_reader import Group, add_answers, noon
from tests.support.shared_house import shared_house

GROUPS: tuple[Group, ...] = (
    (noon(10, 6), "permits", "riverside", "site", 4, {}),
    (noon(10, 7), "hearings", "riverside", "site", 3, {}),
    (noon(10, 8), "permits", "lakeside", "site", 5, {}),
    (noon(10, 9), "hearings", "riverside", "site", 2, {}),
)
WANTED = [
    Filter(),
    Filter(service="permits"),
    Filter(start=noon(10, 7).date()),
    Filter(service="permits", start=noon(10, 7).date()),
    Filter(service="hearings", end=noon(10, 8).date()),
    Filter(office="riverside", start=noon(10, 7).date(), end=noon(10, 9).date()),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def street(request):
    with shared_house(request, request.param) as house:
        add_answers(house, *GROUPS)
        yield house


@pytest.mark.parametrize("wanted", WANTED, ids=repr)
@pytest.mark.parametrize("page", [1, 2])
def test_the_rows_are_the_same_whatever_the_page(street, monkeypatch, wanted, page):
    whole = list(responses.rows(db.source(street.engine), wanted))
    assert len(whole) == responses.total(db.source(street.engine), wanted) >= 3
    monkeypatch.setattr(responses, "PAGE", page)
    assert list(responses.rows(db.source(street.engine), wanted)) == whole


@pytest.mark.parametrize("wanted", [WANTED[1], WANTED[3]], ids=repr)
def test_a_page_begins_where_the_last_one_ended(sqlite_house, monkeypatch, wanted):
    """SQLite would else read a service from its first day again for each page."""
    add_answers(sqlite_house, *GROUPS)
    executions = []
    event.listen(
        sqlite_house.engine,
        "before_cursor_execute",
        lambda *arguments: executions.append(arguments),
    )
    monkeypatch.setattr(responses, "PAGE", 4)
    list(responses.rows(db.source(sqlite_house.engine), wanted))
    *_, (_, _, statement, parameters, *_) = [
        execution for execution in executions if "ORDER BY" in execution[2]
    ]
    with db.read(sqlite_house.engine) as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "(service=? AND (day,id)>(?,?)" in str(plan)
