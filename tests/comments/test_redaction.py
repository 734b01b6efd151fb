"""Words taken out of a comment are gone: from the page, the exports, and the database's files."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.cli import app
from cxserver.comments import cases, copies, redaction, striking
from cxserver.comments.striking import MARK, Cut
from cxserver.intake import recount
from tests.support.closed_batches import release
from tests.support.comment_factory import ASKING, MONDAY, add_comments
from tests.support.cx_process import cx, environment
from tests.support.optional import present
from tests.support.shared_house import shared_house
from tests.support.staff_accounts import post, sign_in

NAME = "Clementine Quartzbottom"


def redact(house, row, *words, free=(), everything=False):
    with db.write(house.engine) as connection:
        characters, _ = redaction.redact(
            connection, row, free, Cut(words, everything), house.clock.now
        )
    db.forget_rows(house.engine, redaction.TABLES)
    return characters


def comment_of(house, row):
    return next(answer["comment"] for answer in house.responses() if answer["id"] == row[2])


# ---- which words


@pytest.mark.parametrize(
    ("comment", "words", "left"),
    [
        (f"{NAME} was rude. Yes, {NAME}!", NAME, f"{MARK} was rude. Yes, {MARK}!"),
        ("clementine  QUARTZBOTTOM", NAME, MARK),
        ("Clementine\nQuartzbottom", NAME, MARK),
        ("Ann has a plan", "Ann", f"{MARK} has a plan"),
        ("Ann Lee and Ann", "Ann\nAnn Lee", f"{MARK} and {MARK}"),
        ("It was Ann Lee Smith", "Ann Lee\nLee Smith", f"It was {MARK}"),
        ("no no no, Ann", "no no", f"{MARK}, Ann"),
        ("Ann, Lee", "Ann\nLee", f"{MARK}, {MARK}"),
        ("a.b and aXb", "a.b", f"{MARK} and aXb"),
        ("At (window 7), closed", "(window 7)", f"At {MARK}, closed"),
        ("Señora Ibáñez", "señora ibáñez", MARK),
        ("nothing of it", "Ann", "nothing of it"),
    ],
)
def test_exactly_these_words_go_wherever_they_stand(house, comment, words, left):
    row = add_comments(house, comment)[0]
    characters = redact(house, row, *striking.named(words))
    assert comment_of(house, row) == left
    assert (characters > 0) == (left != comment)


def test_the_whole_comment_can_go_and_answers_in_words_with_it(house):
    house.apply(ASKING)
    own = {"missed": f"{NAME} again", "purpose": "first"}
    row = add_comments(house, f"{NAME} did it", of="hearings", questions=own)[0]
    redact(house, row, NAME, free=["missed"])
    [answer] = house.responses()
    assert answer["questions"] == {"missed": f"{MARK} again", "purpose": "first"}
    redact(house, row, free=["missed"], everything=True)
    [answer] = house.responses()
    assert (answer["comment"], answer["questions"]["missed"]) == (MARK, MARK)
    assert answer["questions"]["purpose"] == "first"
    assert recount.differences(db.source(house.engine)) == []


def test_what_is_not_in_it_is_named_before_anything_happens(house):
    row = add_comments(house, "Ann was rude")[0]
    with db.read(house.engine) as connection:
        shown = redaction.preview(connection, row, (), Cut(("Ann", "Bob")))
    assert (shown.comment, shown.missing, shown.characters) == (f"{MARK} was rude", ("Bob",), 3)
    assert comment_of(house, row) == "Ann was rude"


# ---- gone


def test_the_words_are_in_no_file_of_the_database(sqlite_house):
    house = sqlite_house
    long = f"{NAME} " + "and then the clerk went away for a very long time. " * 30
    rows = add_comments(house, long, f"{NAME} was rude", *["fine"] * 200)
    assert files_with(house, NAME)
    for row in rows[:2]:
        redact(house, row, NAME)
    assert files_with(house, NAME) == []
    assert files_with(house, "the clerk went away")


def files_with(house, words):
    folder = Path(house.settings.data_dir)
    return [file.name for file in folder.glob("cx.sqlite3*") if words.encode() in file.read_bytes()]


@pytest.fixture
def postgresql_house(request):
    with shared_house(request, "postgresql") as house:
        yield house


def test_no_row_as_it_was_is_left_in_postgresql(postgresql_house):
    house = postgresql_house
    row = add_comments(house, NAME, *["fine"] * 50)[0]
    assert rows_with(house, NAME)
    redact(house, row, NAME)
    assert not rows_with(house, NAME)


def rows_with(house, words):
    """How many rows hold these words, those included that nobody can select any more."""
    with house.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pageinspect"))
        size = text("SELECT pg_relation_size('responses') / 8192")
        pages = connection.execute(size).scalar_one()
        count = connection.execute(
            text(
                "SELECT count(*) FROM generate_series(0, :last) AS page, "
                "heap_page_items(get_raw_page('responses', page::int)) AS item "
                "WHERE position(CAST(:name AS bytea) IN item.t_data) > 0"
            ),
            {"last": pages - 1, "name": words.encode()},
        ).scalar_one()
    return count


def test_the_next_export_has_the_redacted_words(house):
    row = add_comments(house, f"{NAME} was rude", "fine")[0]
    assert NAME in cx(house, "export", "--format", "jsonl")
    redact(house, row, NAME)
    exported = cx(house, "export", "--format", "jsonl")
    assert NAME not in exported
    assert f"{MARK} was rude" in [json.loads(line)["comment"] for line in exported.splitlines()]


# ---- by the page, in two steps


@pytest.fixture
def manager(house):
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        yield client


def test_nothing_goes_until_it_was_shown_and_confirmed(house, manager):
    row = add_comments(house, f"{NAME} was rude", *["fine"] * 5)[0]
    release(house)
    at = f"/staff/comments/{row[0]}/{MONDAY}/{row[2]}"
    shown = post(manager, f"{at}/redact", words=NAME.lower() + "\r\nBob")
    assert shown.status_code == 200
    assert f"{MARK} was rude" in shown.text and "You can't undo this" in shown.text
    assert "Not in the comment" in shown.text and "Bob" in shown.text
    assert NAME in comment_of(house, row)
    gone = post(manager, f"{at}/redact", words=NAME, confirm="yes")
    assert gone.status_code == 303 and gone.headers["location"] == at
    assert comment_of(house, row) == f"{MARK} was rude"
    assert NAME not in manager.get(at).text and NAME not in manager.get("/staff/comments").text
    with db.read(house.engine) as connection:
        lines = connection.execute(select(tables.audit)).all()
    [line] = [line for line in lines if line.what == "redact a comment"]
    assert line.result == f"{len(NAME)} characters" and row[2] in line.about
    assert "Clementine" not in str(lines)


def test_naming_no_words_takes_none_out(house, manager):
    row = add_comments(house, "rude", *["fine"] * 5)[0]
    release(house)
    at = f"/staff/comments/{row[0]}/{MONDAY}/{row[2]}/redact"
    assert post(manager, at, words=" \r\n ", confirm="yes").status_code == 422
    assert "Nothing would change" in post(manager, at, words="Bob").text
    assert comment_of(house, row) == "rude"


# ---- in the review before OMB gets it


@pytest.fixture
def analyst(sqlite_house):
    with sqlite_house.client() as client:
        sign_in(sqlite_house, client, Role.ANALYST)
        yield client


def test_a_comment_that_waits_for_its_batch_can_be_redacted_in_the_review(sqlite_house, analyst):
    house = sqlite_house
    row = add_comments(house, f"{NAME} was rude")[0]
    listed = analyst.get("/staff/quarter/comments?quarter=2027Q1").text
    named = f"{row[0]}/{row[2]}"
    at = "/staff/quarter/comments/redact"
    assert f"{at}?quarter=2027Q1" in listed
    assert NAME in analyst.get(f"{at}?quarter=2027Q1&name={named}").text
    fields = {"quarter": "2027Q1", "format": "v2", "name": named, "words": NAME}
    shown = post(analyst, at, **fields)
    assert f"{MARK} was rude" in shown.text and NAME in comment_of(house, row)
    assert str(row[1]) not in shown.text and "Riverside" not in shown.text
    gone = post(analyst, at, **fields, confirm="yes")
    assert gone.status_code == 303 and comment_of(house, row) == f"{MARK} was rude"
    with db.read(house.engine) as connection:
        lines = connection.execute(select(tables.audit)).all()
    [line] = [line for line in lines if line.what == "redact a comment"]
    assert line.about == f"{row[0]}/{MONDAY}/{row[2]}" and "Clementine" not in str(lines)
    for wrong in ("permits/0", "nothing"):
        assert post(analyst, at, **fields | {"name": wrong}).status_code == 404
    assert analyst.get(f"{at}?quarter=2026Q1&name={named}").status_code == 404


def test_the_command_redacts_in_two_steps_and_takes_the_words_from_standard_input(sqlite_house):
    house = sqlite_house
    row = add_comments(house, f"{NAME} was rude")[0]
    words = ["review", "redact", f"{row[0]}/{row[1]}/{row[2]}", "--who", "ana@example.gov"]

    def type_(*more, stdin):
        return CliRunner().invoke(app, [*words, *more], input=stdin, env=environment(house))

    first = type_(stdin=NAME)
    assert first.exit_code == 0 and f"{MARK} was rude" in first.output
    assert "Nothing was changed" in first.output and NAME in comment_of(house, row)
    assert type_("--confirm", stdin="").exit_code == 2
    done = type_("--confirm", stdin=NAME)
    assert done.exit_code == 0 and comment_of(house, row) == f"{MARK} was rude"
    with db.read(house.engine) as connection:
        [line] = connection.execute(select(tables.audit)).all()
    assert line.what == "redact a comment" and "ana@example.gov" in line.about
    assert "Clementine" not in str(line)


# ---- what the staff copied


def test_words_go_from_notes_replies_and_what_we_did_in_the_same_step(house, manager):
    row = add_comments(house, f"{NAME} was rude to Ann", *["fine"] * 5)[0]
    release(house)
    at = f"/staff/comments/{row[0]}/{MONDAY}/{row[2]}"
    manager.get(at)
    post(manager, f"{at}/act", act="note", note="Spoke to QUARTZBOTTOM, and Ann.")
    with db.write(house.engine) as connection:
        case = present(cases.find(connection, row))
        cases.close(
            connection,
            row,
            said="Clementine was not kind",
            did="We talked",
            seen=case.version,
            now=house.clock.now,
            today=MONDAY,
        )
        seen = present(cases.find(connection, row)).version
        connection.execute(
            tables.replies.insert().values(
                code_hash=b"0" * 32,
                service=row[0],
                day=row[1],
                response=row[2],
                until=row[1] + timedelta(days=60),
                text="Sorry about Quartzbottom.",
                replied=MONDAY,
            )
        )
    shown = post(manager, f"{at}/redact", words=f"{NAME}\nAnn").text
    for phrase in ("A note by", "You said", "The reply", f"Spoke to {MARK}, and Ann."):
        assert phrase in shown
    assert "redact each longer word" in shown
    assert "We did" not in shown and "QUARTZ" not in shown
    assert post(manager, f"{at}/redact", words=f"{NAME}\nAnn", confirm="yes").status_code == 303
    with db.read(house.engine) as connection:
        [note] = cases.notes(connection, row)
        case = present(cases.find(connection, row))
        reply = connection.execute(select(tables.replies.c.text)).scalar_one()
    # Three letters are too few to look for: "Ann" is half of every other word.
    assert note.text == f"Spoke to {MARK}, and Ann."
    assert (case.said, case.did) == (f"{MARK} was not kind", "We talked")
    assert reply == f"Sorry about {MARK}." and case.version != seen


def test_of_a_whole_comment_its_sentences_are_looked_for_and_not_its_words():
    cut = copies.wanted(["They lost my file. Twice!", ""], Cut(everything=True))
    assert cut.words == ("They lost my file. Twice!", "They lost my file", "Twice!")
    assert striking.struck("They say: they lost my file", cut) == (f"They say: {MARK}", 17)


def test_words_within_longer_words_leave_nothing_of_them():
    """However two stretches lie over each other, both go whole."""
    for words in (("Ann Lee Smith", "Lee"), ("Ann Lee", "Lee Smith"), ("Lee", "Ann Lee Smith")):
        assert striking.struck("So Ann Lee Smith came", Cut(words)) == (f"So {MARK} came", 13)


@pytest.mark.parametrize("other", ["Anna", "JoAnn", "Annex", "Ann2", "Ann_"])
def test_words_go_only_where_they_stand_alone(other):
    assert striking.struck(f"{other}, Ann", Cut(("Ann",))) == (f"{other}, {MARK}", 3)
    assert list(striking.missing([other], ["Ann"])) == ["Ann"]
