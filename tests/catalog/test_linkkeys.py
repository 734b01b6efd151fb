"""Keys of services and offices: which number comes next, and which key mints."""

from cxserver import db
from cxserver.catalog import linkkeys
from tests.support.house import NOW, House


def current(house: House, service: str = "permits") -> int:
    with db.write(house.engine) as connection:
        return linkkeys.current(connection, house.roots, service, NOW.date()).kid


def minting(house: House) -> list[int]:
    with db.write(house.engine) as connection:
        keys = linkkeys.minting(connection, house.roots, "permits", NOW.date())
        return [key.kid for key in keys]


def test_the_newest_sound_key_mints(sqlite_house: House) -> None:
    first = current(sqlite_house)
    second = sqlite_house.cut("permits").kid
    assert (second, current(sqlite_house)) == (first + 1, second)
    # A key of one office, or one that is revoked, mints for no whole service.
    assert sqlite_house.cut("permits", "lakeside").kid == second + 1
    assert current(sqlite_house) == second
    sqlite_house.revoke("permits", second)
    assert current(sqlite_house) == first
    # Where none is left, a new one is made, with a number that no key has had.
    sqlite_house.revoke("permits", first)
    assert current(sqlite_house) == second + 2
    assert current(sqlite_house, "hearings") == 1


def test_sound_keys_mint_together_and_a_revoked_one_no_more(sqlite_house: House) -> None:
    second = sqlite_house.cut("permits").kid
    sqlite_house.cut("permits", "lakeside")
    assert minting(sqlite_house) == [1, second]
    sqlite_house.revoke("permits", 1)
    assert minting(sqlite_house) == [second]
