"""No restore loses a legal hold that was placed after the backup, or brings back a lifted one."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from cxserver import db
from cxserver.audit.journal import COMMAND, Journal
from cxserver.backups import erasures
from cxserver.backups.erasures import Kind
from cxserver.catalog import directory, rootkey
from cxserver.records import disposal, holds
from cxserver.records.disposal import Officer
from cxserver.records.holds import Hold, Standing
from cxserver.settings import Settings
from tests.support.cli_runner import invoke
from tests.support.comment_factory import add_comments
from tests.support.house import NOW, House
from tests.support.record_rules import ANSWERS, LAST_DUE, set_rules
from tests.support.restored_places import back_up, opened, run

COVER = ("permits", "--office", "riverside", "--from", "2023-01-01", "--to", "2023-12-31")


def hold(house: House, *cover: str) -> str:
    """Place a hold by the command; its id."""
    invoke(house, "records", "hold", *cover, "--why", "Smith v. X", "--who", "R. Lee")
    return str(list_holds(house)[-1]["id"])


def lift(house: House, id: str) -> None:
    invoke(house, "records", "lift", id, "--why", "Settled", "--who", "J. Ortiz")


def list_holds(house: House) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(invoke(house, "records", "holds", "--json")[0])[
        "holds"
    ]
    return listed


def restored(place: Settings) -> list[Hold]:
    with opened(place) as connection:
        return holds.read(connection)


def test_a_hold_placed_after_the_backup_is_there_before_anything_is_deleted(
    house: House, place: Settings
) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", day=LAST_DUE)
    folder = back_up(house)
    id = hold(house, *COVER)
    with db.read(house.engine) as connection:
        [placed] = holds.read(connection)
    said = run(place, "restore", folder)
    assert "Again: 1 legal holds placed." in said
    # The same in every word and moment.
    assert restored(place) == [placed] and placed.id == id
    assert deleted(place) == 0
    run(place, "audit", "verify")


def deleted(place: Settings) -> int:
    """How many days the nightly job would delete at a place; and it does."""
    engine = db.open_engine(place)
    try:
        with db.read(engine) as connection:
            known = directory.load(connection)
        officer = Officer(COMMAND, Journal(rootkey.read(place.root_key_path)))
        return len(disposal.dispose(engine, known, officer, NOW))
    finally:
        engine.dispose()


def test_a_hold_lifted_after_the_backup_is_lifted_again(house: House, place: Settings) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", day=LAST_DUE)
    id = hold(house, "--all")
    folder = back_up(house)
    lift(house, id)
    said = run(place, "restore", folder)
    assert "Again: 1 legal holds lifted." in said and "holds placed" not in said
    [hold_again] = restored(place)
    assert (hold_again.lifted_by, hold_again.lifted_reason) == ("J. Ortiz", "Settled")
    assert hold_again.lifted_at and deleted(place) == 1
    run(place, "audit", "verify")


def test_a_hold_that_came_and_went_after_the_backup_stands_in_the_record(
    house: House, place: Settings
) -> None:
    folder = back_up(house)
    lift(house, hold(house, "permits"))
    run(place, "restore", folder)
    [hold_again] = restored(place)
    assert hold_again.lifted_at and hold_again.reason == "Smith v. X"
    run(place, "audit", "verify")


def test_a_hold_in_the_backup_is_not_placed_twice(house: House, place: Settings) -> None:
    id = hold(house, "permits")
    said = run(place, "restore", back_up(house))
    assert "legal holds" not in said and [item.id for item in restored(place)] == [id]
    run(place, "audit", "verify")


def test_a_hold_over_an_office_that_the_backup_does_not_know_stops_no_other_deletion(
    house: House, place: Settings
) -> None:
    set_rules(house, ANSWERS)
    add_comments(house, "Old", day=LAST_DUE)
    folder = back_up(house)
    list_path = folder.parent / erasures.NAME
    hold(house, "permits", "--office", "riverside")
    text = list_path.read_text()
    assert '"riverside"' in text
    list_path.write_text(text.replace('"riverside"', '"opened-since"'))
    run(place, "restore", folder)
    [hold_again] = restored(place)
    assert hold_again.cover.office == "opened-since"
    assert deleted(place) == 1


def test_each_act_is_listed_at_once_and_once(house: House) -> None:
    id = hold(house, *COVER)
    lift(house, id)
    path = house.settings.backups / erasures.NAME
    entries = erasures.read(path)
    assert [(entry.kind, entry.id) for entry in entries] == [(Kind.HOLD, id), (Kind.LIFT, id)]
    assert erasures.follow(house.engine, path.parent) == 0


def test_what_the_list_says_of_a_hold_is_read_back_whole(house: House, tmp_path: Path) -> None:
    hold(house, *COVER)
    [entry] = erasures.read(house.settings.backups / erasures.NAME)
    with db.read(house.engine) as connection:
        [placed] = holds.read(connection)
    assert entry.hold and entry.hold.cover == placed.cover
    assert (entry.hold.reason, entry.hold.who, entry.at) == (placed.reason, placed.who, placed.at)


def test_an_unknown_office_is_covered_by_its_name_alone(house: House) -> None:
    set_rules(house, ANSWERS)
    with db.write(house.engine) as connection:
        known = directory.load(connection)
        placed = place_over(connection, "riverside")
    elsewhere = replace(placed, cover=replace(placed.cover, office="gone"))
    standing = Standing(known, [elsewhere])
    assert standing.over("permits", "gone", LAST_DUE) == placed.id
    assert standing.over("permits", "riverside", LAST_DUE) == ""


def place_over(connection: Connection, office: str) -> Hold:
    known = directory.load(connection)
    return holds.place(connection, known, holds.Cover(office=office), "Smith v. X", "Lee", NOW)
