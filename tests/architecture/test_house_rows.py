"""A house of the tests begins as the first one did, whatever became of that."""

import pytest
from sqlalchemy import select

from cxserver import db, tables
from tests.support import house as building
from tests.support.house import House
from tests.support.shared_house import shared_house


def rows(house: House) -> dict[str, list[tuple[object, ...]]]:
    with db.read(house.engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in tables.metadata.sorted_tables
        }


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_copy_knows_nothing_of_what_the_first_house_did(request, engine, monkeypatch):
    monkeypatch.setattr(building, "_rows", {})
    with shared_house(request, engine) as first:
        before, key = rows(first), first.keys["permits"]
        first.keys["permits"] = first.cut("permits")
        with shared_house(request, engine) as second:
            assert rows(second) == before and second.keys["permits"] == key
            assert second.roots == first.roots and second.catalog == first.catalog
            with second.client() as client:
                assert client.get(second.mint()).status_code == 200
