"""A response has one kind of name, wherever it is spoken of: a ResponseId."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import cxserver
from cxserver import db
from cxserver.comments import cases, omb_review
from cxserver.periods import of
from cxserver.response_id import ResponseId
from tests.support.comment_factory import add_comments
from tests.support.house import House

ROOT = Path(cxserver.__file__).parent
# There it is a level, a day and an office.
OTHER_THINGS = {"instrument/levels.py"}


def with_a_type_of_their_own(sources: Mapping[str, str]) -> set[str]:
    """The modules that spell the name of a response as a bare tuple."""
    return {name for name, source in sources.items() if "tuple[str, date, str]" in source}


def test_no_module_has_a_type_of_its_own_for_the_name_of_a_response() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.rglob("*.py")}
    assert with_a_type_of_their_own(sources) == OTHER_THINGS
    planted = {"comments/new.py": "Named = tuple[str, date, str]\n"}
    assert with_a_type_of_their_own(planted) == {"comments/new.py"}


def test_what_is_stored_reviewed_and_followed_up_goes_by_the_same_name(sqlite_house: House) -> None:
    house = sqlite_house
    [row] = add_comments(house, "slow", day=date(2026, 10, 29))
    with db.write(house.engine) as connection:
        cases.read(connection, row, "riverside", house.clock())
        case = cases.find(connection, row)
        [comment] = omb_review.read(connection, of("quarter", row.day))
    assert case is not None
    names = (row, case.row, comment.row, omb_review.named(comment.name))
    assert all(isinstance(name, ResponseId) for name in names) and len(set(names)) == 1
