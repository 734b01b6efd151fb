"""Nobody without the rows can subtract numbers and be left with fewer than five people.

Months of answers come in at offices of all sizes; the job closes batches night by night, on two
nodes at times, and some nights not at all; late answers and imports come in between, answers are
excluded and put back. On some of the nights everybody without the rows reads what there is to be
read, over HTTP. The test knows who answered: each number must be that of a set of people, and no
two of one reader's sets may differ by one to four. Planted faults show that it would tell.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from cxsdk.token import Token
from cxserver import db
from cxserver.disclosure import batches, changes, suppression
from cxserver.instrument.answers import Answers
from cxserver.intake import closing, cut_tables, entry, exclusions, recount, store
from cxserver.intake.entry import Entry, Secrets, Sheet
from cxserver.intake.gate import Opened
from cxserver.response_id import ResponseId
from cxserver.results import cuts
from tests.disclosure import arrivals
from tests.disclosure.arrivals import FIRST, KINDS, Action, Night, Person, Town
from tests.disclosure.checker import whole
from tests.disclosure.readers import KEYS, NORTH, SEES, Read, apart, issue_keys, look, worked_out
from tests.support.api_reader import REGION
from tests.support.comment_factory import directory_of
from tests.support.house import CATALOGUE, House
from tests.support.import_files import HEAD, MAP, batch, row, run_import, sheet

WHO = "ann@example.gov"
ANSWERS = Answers.model_validate({"satisfaction": 4, "trust": 4})
CODES = {"riverside": "R", "lakeside": "L", "seaside": "S"}
IMPORTED = MAP | {
    "offices": {code: office for office, code in CODES.items()},
    "columns": MAP["columns"] | {"channel": "How", "language": "Spoken"},
    "wording": {"en": MAP["wording"]["en"], "es": MAP["wording"]["en"]},
}


class World:
    """A house, the people who answered there, and what its readers were told of them."""

    def __init__(
        self,
        house: House,
        folder: Path,
        seed: int = 280,
        readers: Iterable[str] = SEES,
        enough: int = 5,
        least: int = 5,
    ):
        house.settings = house.settings.model_copy(update={"scheduler": False})
        house.apply(CATALOGUE + REGION)
        self.house, self.folder, self.chance = house, folder, random.Random(seed)
        self.town = Town(enough, least)
        self.rows: list[ResponseId | None] = []
        self.ids: list[tuple[str, str]] = []
        self.reads = {name: Read() for name in readers}
        self.keys = issue_keys(house)
        self.known, self.secrets = directory_of(house), Secrets(house.roots)

    def live(
        self,
        many: int,
        every: int,
        imports: tuple[int, ...] = (),
        mixed: bool = False,
        meddles: bool = False,
    ) -> None:
        """Live for so many nights, and look every so often."""
        with self.house.client() as client:
            for at, night in enumerate(arrivals.nights(self.chance, many)):
                self.answer(arrivals.of_a_day(self.chance, night.day))
                if at in imports:
                    some = arrivals.of_an_import(self.chance, night.day, f"file-{at}", mixed)
                    self.bring(some, night.day)
                self.close(night)
                if meddles:
                    self.meddle(night.day + timedelta(days=1))
                if at % every == every - 1:
                    self.look(client, night.day + timedelta(days=1))

    def read_around_an_import(self, before: Counter[str], brought: Counter[str]) -> None:
        """Everybody reads the first month, before and after a file brings more people of it."""
        earlier = [
            Person("permits", "lakeside", channel, "en", FIRST, FIRST)
            for channel in before.elements()
        ]
        more = [
            Person("permits", "lakeside", channel, "en", FIRST, FIRST, "file")
            for channel in brought.elements()
        ]
        today = FIRST + timedelta(days=30)
        with self.house.client() as client:
            self.answer(earlier)
            self.close(Night(today, runs=True, early=False, nodes=1))
            self.look(client, today + timedelta(days=1))
            self.bring(more, today)
            self.look(client, today + timedelta(days=2))

    def meddle(self, today: date) -> None:
        """On some days somebody excludes answers, and on some an exclusion is undone."""
        if self.chance.random() < 0.15:
            self.exclude(arrivals.to_exclude(self.chance, self.town, today), today)
        for action in self.town.active:
            if self.chance.random() < 0.03:
                self.restore(action, today)

    def exclude(self, people: int, today: date) -> None:
        """These people are taken out, if there are any."""
        rows = [row for n, row in enumerate(self.rows) if row and people >> n & 1]
        if not rows:
            return
        now = datetime.combine(today, time(14), UTC)
        with db.write(self.house.engine) as connection:
            id = exclusions.exclude(connection, self.known, rows[0][0], rows, "a flood", WHO, now)
        self.ids.append((rows[0][0], id))
        self.town.exclude(people)

    def restore(self, action: Action, today: date) -> None:
        """They are put back."""
        service, id = self.ids[self.town.actions.index(action)]
        now = datetime.combine(today, time(15), UTC)
        with db.write(self.house.engine) as connection:
            exclusions.restore(connection, self.known, service, id, WHO, now)
        self.town.restore(action, today)

    def exclude_beside_a_table(self) -> None:
        """Everybody reads a month's total and table, before and after five of seven leave."""
        many = Counter({"email": 20, "kiosk": 7}).elements()
        people = [Person("permits", "lakeside", channel, "en", FIRST, FIRST) for channel in many]
        today = FIRST + timedelta(days=30)
        with self.house.client() as client:
            self.answer(people)
            self.close(Night(today, runs=True, early=False, nodes=1))
            self.look(client, today + timedelta(days=1))
            self.exclude(0b11111 << 20, today + timedelta(days=1))
            self.look(client, today + timedelta(days=2))

    def exclude_twice(self) -> None:
        """Everybody reads what is left when five leave, come back, and leave with a sixth."""
        tomorrow = FIRST + timedelta(days=1)
        with self.house.client() as client:
            self.answer([Person("permits", "lakeside", "email", "en", FIRST, FIRST)] * 20)
            self.close(Night(FIRST, runs=True, early=False, nodes=1))
            self.exclude(0b11111, tomorrow)
            self.look(client, tomorrow)
            self.restore(self.town.actions[0], tomorrow)
            self.exclude(0b111111, tomorrow)
            self.look(client, tomorrow)

    def answer(self, people: list[Person]) -> list[Entry]:
        """They answer, and are stored."""
        entries = [self._entry(person) for person in people]
        for at in range(0, len(entries), 200):
            results = store.write(self.house.engine, entries[at : at + 200])
            assert not any(isinstance(result, Exception) for result in results)
        self.town.arrive(people)
        self.rows += [each.row for each in entries]
        return entries

    def bring(self, people: list[Person], today: date) -> None:
        """They are in a file that is imported."""
        rows = [
            [
                *row(str(n), When=str(person.day), Where=CODES[person.office]),
                person.channel,
                person.language,
            ]
            for n, person in enumerate(people)
        ]
        file = sheet(rows, (*HEAD, "How", "Spoken"))
        given = batch(self.folder, file, mapping=IMPORTED, name=f"{today}.csv")
        run_import(self.house, given, also=True, now=datetime.combine(today, time(18), UTC))
        self.town.arrive(people)
        self.rows += [None] * len(people)
        self.known = directory_of(self.house)

    def close(self, night: Night) -> None:
        """The job of this night, if it runs."""
        if not night.runs:
            return
        now = arrivals.morning(night)
        work = partial(closing.close_due, self.house.engine, self.known, now)
        _at_once(work, night.nodes)
        cut_tables.draw_due(self.house.engine, self.known, now)
        self.town.finish(night.finished)

    def look(self, client: TestClient, today: date) -> None:
        """Everybody reads what there is, in the afternoon."""
        self.house.clock.now = datetime.combine(today, time(18), UTC)
        look(self.house, client, self.keys, self.reads, self.town.released())

    def faults(self) -> list[str]:
        """All that is wrong with what was told; a few of each kind."""
        faults = []
        for read in self.reads.values():
            chance = random.Random(1)
            faults += read.faults[:9]
            faults += [*worked_out(read, chance)][:9]
            faults += [*apart(read)][:9]
        return faults

    def _entry(self, person: Person) -> Entry:
        service, office = self.known.services[person.service], self.known.offices[person.office]
        at, now = (datetime.combine(day, time(18), UTC) for day in (person.day, person.stored))
        token = Token(KINDS[person.channel], 1, int(at.timestamp()), self.chance.randbytes(8))
        opened = Opened(service, office, token, token.nonce.hex(), 1)
        how = Sheet(opened, service.survey, person.language, at, self.chance.randbytes(18))
        return entry.prepare(how, ANSWERS, self.secrets, now)


def _at_once(work: Callable[[], Any], nodes: int) -> None:
    """Do the same on several nodes; the fault of any is ours."""
    start, faults = Barrier(nodes), []

    def run() -> None:
        start.wait()
        try:
            work()
        except Exception as error:
            faults.append(error)

    threads = [Thread(target=run) for _ in range(nodes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


def test_no_few_people_are_left_between_any_two_numbers(house, tmp_path):
    world = World(house, tmp_path)
    world.live(210, 15, meddles=True)
    assert world.faults() == []
    assert recount.differences(db.source(house.engine)) == []
    assert {"parts", "wholes"} <= {
        name
        for action in world.town.actions
        for name in ("parts", "wholes")
        if getattr(action, name)
    }
    assert world.reads and all(read.refused for read in world.reads.values())
    assert all(len(read.plain) > 9 for read in world.reads.values())
    assert all(world.reads[name].cuts["channel"] for name in SEES if SEES[name][1] > NORTH)


def test_an_import_leaves_no_few_people_either(sqlite_house, tmp_path):
    world = World(sqlite_house, tmp_path, 281, KEYS)
    world.live(60, 12, imports=(20, 40, 52))
    assert world.faults() == []


def test_an_import_adds_no_few_people_to_a_table_that_was_read(house, tmp_path):
    """Before and after: one more by kiosk is one person, though the import brings ten."""
    world = World(house, tmp_path, 282, ["key of all"])
    world.read_around_an_import(
        Counter({"email": 20, "kiosk": 10}), Counter({"email": 9, "kiosk": 1})
    )
    assert world.faults() == []


def test_an_import_changes_no_hidden_cell_of_a_table_that_was_read(house, tmp_path):
    """Ten more by email, and the three by kiosk are hidden beside other cells than before."""
    world = World(house, tmp_path, 283, ["key of all"])
    world.read_around_an_import(
        Counter({"email": 10, "kiosk": 3, "poster": 15}), Counter({"email": 10})
    )
    assert world.faults() == []


def test_an_exclusion_leaves_no_few_people_beside_a_table_that_was_read(house, tmp_path):
    world = World(house, tmp_path, 284, ["key of all"])
    world.exclude_beside_a_table()
    assert world.faults() == []


def test_nearly_the_same_exclusion_leaves_no_few_people(house, tmp_path):
    world = World(house, tmp_path, 285, ["key of all"])
    world.exclude_twice()
    assert world.faults() == []


# ---- the test sees faults


def test_batches_of_four_are_seen(sqlite_house, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "close", partial(batches.close, enough=4))
    _without_constraints(sqlite_house)
    world = World(sqlite_house, tmp_path, 280, ["key of all"], enough=4)
    world.live(40, 4)
    # The numbers are those of the batches, and the batches are too small.
    faults = world.faults()
    assert not any("are released" in fault for fault in faults)
    assert any(" LESS " in fault for fault in faults)
    assert any("told apart" in fault for fault in faults)


def _without_constraints(house: House) -> None:
    """The database itself would refuse a batch of four."""
    house.engine.dispose()

    @event.listens_for(house.engine, "connect")
    def lax(raw: Any, _record: object) -> None:
        raw.execute("PRAGMA ignore_check_constraints = ON")


def test_a_batch_that_is_not_the_expected_one_is_seen(sqlite_house, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "close", partial(batches.close, enough=6))
    world = World(sqlite_house, tmp_path, 280, ["key of all"])
    world.live(20, 4)
    assert world.reads["key of all"].faults


def test_an_exclusion_that_is_released_at_once_is_seen(sqlite_house, tmp_path, monkeypatch):
    monkeypatch.setattr(changes, "decide", partial(changes.decide, enough=1))
    world = World(sqlite_house, tmp_path, 280, ["key of all"], least=1)
    with sqlite_house.client() as client:
        world.answer([Person("permits", "lakeside", "email", "en", FIRST, FIRST)] * 12)
        world.close(Night(FIRST, runs=True, early=False, nodes=1))
        world.look(client, FIRST + timedelta(days=1))
        assert world.faults() == []
        world.exclude(0b111, FIRST + timedelta(days=1))
        world.look(client, FIRST + timedelta(days=2))
    assert world.reads["key of all"].faults == []
    assert any(fault.endswith(" is 3") for fault in world.faults())


@pytest.mark.parametrize("live", [World.exclude_beside_a_table, World.exclude_twice])
def test_a_batch_that_is_split_where_it_must_not_is_seen(sqlite_house, tmp_path, monkeypatch, live):
    monkeypatch.setattr(exclusions, "_unsplit", lambda *_: set())
    monkeypatch.setattr(Town, "is_unsplit", lambda *_: False)
    world = World(sqlite_house, tmp_path, 284, ["key of all"])
    live(world)
    assert world.reads["key of all"].faults == []
    assert any(" LESS " in fault for fault in world.faults())


def test_a_table_that_stays_when_its_month_changed_is_seen(sqlite_house, tmp_path, monkeypatch):
    monkeypatch.setattr(cuts, "_exclusions", lambda *_: (defaultdict(set), Counter()))
    world = World(sqlite_house, tmp_path, 284, ["key of all"])
    world.exclude_beside_a_table()
    assert any(fault.endswith("channel is shown on 2026-12-07") for fault in world.faults())


def test_a_missing_second_hidden_cell_is_seen(sqlite_house, tmp_path, monkeypatch):
    def small_alone(cells: dict[tuple[str, str], int]) -> frozenset[tuple[str | None, str]]:
        return frozenset(cell for cell, n in whole(cells).items() if 0 < n < 5)

    monkeypatch.setattr(suppression, "hide", small_alone)
    world = World(sqlite_house, tmp_path, 280, ["key of all"])
    world.live(40, 20)
    assert any("and that follows" in fault for fault in world.faults())
    assert any(" LESS " in fault for fault in world.faults())
