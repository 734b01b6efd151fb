"""Keeping answers: each once, all or nothing, the good beside the poisoned."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from cxserver import db, tables
from cxserver.errors import AnswerUnstorable, StoreUnavailable
from cxserver.instrument.answers import Answers
from cxserver.instrument.levels import Level
from cxserver.intake import entry, recount, store, unlinkable
from cxserver.intake.entry import Entry, Secrets, Sheet
from cxserver.intake.gate import Gate
from cxserver.intake.store import Outcome
from tests.support.house import House
from tests.support.stored_answers import store_all


def make(house: House, link: str | None = None, /, **given: object) -> Entry:
    """The entry of one answered link."""
    from cxserver.catalog import directory

    with db.read(house.engine) as connection:
        known = directory.load(connection)
    link = link or house.mint()
    service, office, token = link.split("?")[0].split("/")[-3:]
    opened = Gate(house.roots).recognise(known, service, office, token, kiosk=False)
    sheet = Sheet(opened, opened.service.survey, "en", house.clock(), sid=b"s" * 18)
    answers = Answers.model_validate({"satisfaction": 4, "trust": 4} | given)
    return entry.prepare(sheet, answers, Secrets(house.roots), house.clock())


def poisoned(good: Entry) -> Entry:
    """An entry that the database itself refuses."""
    return replace(good, response={**good.response, "trust": 9})


def kinds(results: list[store.Result]) -> Counter[str]:
    return Counter(
        result.kind if isinstance(result, Outcome) else type(result).__name__ for result in results
    )


def test_the_same_answers_again_get_the_same_receipt(house):
    link = house.mint()
    [first] = store_all(house.engine, [make(house, link)])
    [again] = store_all(house.engine, [make(house, link)])
    assert first.kind == "stored" and again.kind == "same"
    assert first.receipt == again.receipt
    assert house.count() == 1


def test_other_answers_change_nothing(house):
    link = house.mint()
    store.write(house.engine, [make(house, link, trust=5)])
    assert store.write(house.engine, [make(house, link, trust=1)]) == [Outcome("different")]
    assert [row["trust"] for row in house.responses()] == [5]


def test_twins_in_one_batch_are_one_row(house):
    link = house.mint()
    batch = [make(house, link), make(house, link), make(house, link, trust=1)]
    first, twin, other = store_all(house.engine, batch)
    assert [first.kind, twin.kind, other.kind] == ["stored", "same", "different"]
    assert first.receipt == twin.receipt
    assert house.count() == 1
    assert recount.differences(db.source(house.engine)) == []


def test_a_reminder_for_the_same_visit_cannot_answer_twice(house):
    visit = house.clock()
    mail = house.mint(ref="case-7", done_at=visit)
    house.clock.forward(hours=40)
    sms = house.mint(ref="case-7", done_at=house.clock(), channel="sms")
    assert store_all(house.engine, [make(house, mail)])[0].kind == "stored"
    assert store_all(house.engine, [make(house, sms)])[0].kind == "different"
    assert house.count() == 1


def test_forty_nine_good_answers_survive_a_poisoned_one(house):
    batch = [make(house) for _ in range(50)]
    batch[17] = poisoned(batch[17])
    results = store.write(house.engine, batch)
    assert kinds(results) == {"stored": 49, "AnswerUnstorable": 1}
    assert isinstance(results[17], AnswerUnstorable)
    assert house.count() == 49
    assert recount.differences(db.source(house.engine)) == []
    # The refused answer used up nothing: fixed, it is taken.
    mended = replace(batch[17], response={**batch[17].response, "trust": 4})
    assert store_all(house.engine, [mended])[0].kind == "stored"


def test_an_error_at_commit_is_unknown_for_all_and_the_retry_resolves_it(house):
    batch = [make(house) for _ in range(5)]

    def fail(connection: object) -> None:
        raise OperationalError("COMMIT", None, Exception("the line went dead"))

    event.listen(house.engine, "commit", fail)
    results = store.write(house.engine, batch)
    event.remove(house.engine, "commit", fail)
    assert kinds(results) == {"StoreUnavailable": 5}
    assert kinds(store.write(house.engine, batch)) in ({"stored": 5}, {"same": 5})
    assert house.count() == 5
    assert recount.differences(db.source(house.engine)) == []


@pytest.mark.parametrize("different", [False, True], ids=["same answers", "different answers"])
def test_fifty_threads_with_one_link_make_one_row(house, different):
    link = house.mint()
    batch = [make(house, link, comment=f"I am {n}" if different else "I am one") for n in range(50)]
    results: list[store.Result] = []
    start = threading.Barrier(50)

    def post(entry: Entry) -> None:
        start.wait()
        results.extend(store.write(house.engine, [entry]))

    threads = [threading.Thread(target=post, args=(entry,)) for entry in batch]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    others = "different" if different else "same"
    # A writer that waited for the lock too long may say "not known"; it never says a lie.
    counts = kinds(results)
    assert counts["stored"] == 1 and counts[others] + counts["StoreUnavailable"] == 49
    assert house.count() == 1


def test_a_locked_database_is_unavailable_not_an_error_of_the_answer(sqlite_house):
    house = sqlite_house
    entry = make(house)
    quick = db.open_engine(house.settings)

    @event.listens_for(quick, "connect")
    def _impatient(raw, _record):
        raw.execute("PRAGMA busy_timeout=50")

    with db.write(house.engine) as holding:
        holding.execute(text("SELECT 1"))
        assert isinstance(store.write(quick, [entry])[0], StoreUnavailable)
    assert store_all(quick, [entry])[0].kind == "stored"
    quick.dispose()


def test_after_the_end_receipts_are_erased_and_after_thirty_days_the_key_too(house):
    link = house.mint()
    store.write(house.engine, [make(house, link)])
    day = house.clock().date()
    assert store.forget(house.engine, day) == 0
    assert store.forget(house.engine, day + timedelta(days=3)) == 1
    with db.read(house.engine) as connection:
        (row,) = connection.execute(select(tables.use_keys))
    assert row.body_hash is None and row.receipt is None
    # The key is still there: the link cannot answer again.
    assert store_all(house.engine, [make(house, link)])[0].kind == "different"
    assert store.forget(house.engine, day + timedelta(days=40)) == 0
    with db.read(house.engine) as connection:
        assert connection.execute(select(tables.use_keys)).first() is None
    assert house.count() == 1


def test_no_road_leads_from_an_ended_link_to_its_response(house):
    store.write(house.engine, [make(house) for _ in range(20)])
    later = house.clock() + timedelta(days=3)
    broken = [
        claim.claim
        for claim in unlinkable.findings(db.source(house.engine), later)
        if not claim.holds
    ]
    assert broken == ["Receipts and hashes of links that have ended are erased."]
    store.forget(house.engine, later.date())
    claims = unlinkable.findings(db.source(house.engine), later)
    assert claims and all(claim.holds for claim in claims)


def test_the_proof_notices_an_exact_time(house):
    store.write(house.engine, [make(house)])
    with db.write(house.engine) as connection:
        exact = house.clock()
        connection.execute(tables.responses.update().values(answered_hour=exact))
    claims = {
        claim.claim: claim.holds for claim in unlinkable.findings(db.source(house.engine), exact)
    }
    assert claims["No response knows more of its time than the hour."] is False


def test_the_proof_notices_a_shared_transaction(house):
    if house.engine.dialect.name != "postgresql":
        # SQLite keeps no transaction numbers; there the tables have no rowid either.
        names = [
            claim.claim for claim in unlinkable.findings(db.source(house.engine), house.clock())
        ]
        assert "None of these tables remembers the order of arrival (no rowid)." in names
        return
    entry = make(house)
    with db.write(house.engine) as connection:
        connection.execute(tables.responses.insert().values(**entry.response))
        connection.execute(
            tables.use_keys.insert().values(
                service=entry.key.service,
                bucket=entry.key.bucket,
                key_hash=entry.key.hash,
                ends=entry.ends,
                forget=entry.forget,
            )
        )
    claims = {
        claim.claim: claim.holds
        for claim in unlinkable.findings(db.source(house.engine), house.clock())
    }
    assert claims["Of ended links, no transaction number is shared with a response."] is False


@pytest.mark.parametrize("level", Level)
def test_recount_finds_a_tally_that_lies(house, level):
    store.write(house.engine, [make(house), make(house, trust=1, drivers=("ease",))])
    assert recount.differences(db.source(house.engine)) == []
    with db.write(house.engine) as connection:
        tally = tables.tallies.c.level == level
        connection.execute(tables.tallies.update().where(tally).values(ease_negative=7, trust_1=0))
    differences = {
        (count[0], *count[-2:]): (tallied, counted)
        for count, tallied, counted in recount.differences(db.source(house.engine))
    }
    lies = {(level, "driver:ease", "negative"): (7, 1), (level, "trust", "1"): (0, 1)}
    if level == Level.OFFICE_DAY:  # the sums of a month are held against its days
        month = Level.OFFICE_MONTH
        lies |= {(month, "driver:ease", "negative"): (1, 7), (month, "trust", "1"): (1, 0)}
    assert differences == lies


def test_a_response_and_its_use_once_row_have_nothing_in_common(house):
    entry = make(house, comment="It went well")
    store.write(house.engine, [entry])
    with db.read(house.engine) as connection:
        (used,) = connection.execute(select(tables.use_keys))
        (response,) = connection.execute(select(tables.responses))
    secrets = {bytes(used.key_hash), bytes(used.body_hash), used.receipt}
    assert secrets.isdisjoint(set(map(str, response)) | {response.id})
    assert len({entry.response["id"], make(house).response["id"]}) == 2


def test_what_is_erased_is_gone_from_the_file(sqlite_house):
    house = sqlite_house
    entries = [make(house) for _ in range(300)]
    store.write(house.engine, entries)
    folder = house.settings.data_dir

    def hashes() -> int:
        content = b"".join(file.read_bytes() for file in folder.glob("cx.sqlite3*"))
        return sum(entry.body_hash in content for entry in entries)

    assert hashes() == 300
    store.forget(house.engine, house.clock().date() + timedelta(days=3))
    assert db.fold_journal(house.engine)
    assert hashes() == 0
