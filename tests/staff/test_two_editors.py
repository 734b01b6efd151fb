"""Two colleagues at one record: nothing is overwritten silently, and nothing typed is lost."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from cxserver import db, tables
from cxserver.accounts.roles import Role
from cxserver.comments import replies
from cxserver.response_id import ResponseId
from cxserver.results import chart_notes
from cxserver.results.chart_notes import Writer
from tests.support.comment_factory import THURSDAY, add_comments
from tests.support.house import House
from tests.support.matches import first_match
from tests.support.staff_accounts import post, sign_in
from tests.tables.test_tables import EDITED

QUARTER = "2027Q1"
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Form:
    """A form that two may have open: its page, where it is sent, what each of them types."""

    page: str
    to: str
    mine: dict[str, str]
    theirs: dict[str, str]
    hidden: tuple[str, ...]
    shown: str
    draft: str


def fields(page: str, names: tuple[str, ...]) -> dict[str, str]:
    """The hidden fields that a form was drawn with."""
    values = {}
    for name in names:
        value = first_match(rf'name="{re.escape(name)}" value="([^"]*)"', page)
        values[name] = unescape(value[1])
    return values


def written(house: House) -> ResponseId:
    rows = add_comments(house, *(["slow but kind"] * 6), day=THURSDAY)
    house.clock.now += 2 * WEEK
    return rows[0]


def address(row: ResponseId) -> str:
    service, day, id = row
    return f"/staff/comments/{service}/{day - timedelta(days=day.weekday())}/{id}"


def a_case(house: House) -> Form:
    path = address(written(house))
    return Form(
        path,
        f"{path}/act",
        {"act": "close", "said": "Waits are long", "did": "A second counter"},
        {"act": "close", "said": "Too slow", "did": "Nothing yet"},
        ("seen",),
        "A second counter",
        "Nothing yet",
    )


def a_reply(house: House) -> Form:
    row = written(house)
    with db.write(house.engine) as connection:
        connection.execute(
            tables.replies.insert().values(
                service=row[0],
                day=row[1],
                response=row[2],
                code_hash=replies.hash_of("A" * 16),
                until=row[1] + timedelta(days=tables.REPLY_DAYS),
                text="",
            )
        )
    path = address(row)
    return Form(
        path,
        f"{path}/act",
        {"act": "reply", "reply": "We are sorry."},
        {"act": "reply", "reply": "Come again."},
        ("reply-seen",),
        "We are sorry.",
        "Come again.",
    )


def a_review(house: House) -> Form:
    row = written(house)
    name = f"{row[0]}/{row[2]}"
    page = f"/staff/quarter/comments?quarter={QUARTER}&format=v2"
    common = {"quarter": QUARTER, "format": "v2", "act": "save"}
    return Form(
        page,
        "/staff/quarter/comments",
        common | {name: "withhold"},
        common | {name: "approve"},
        (f"seen:{name}",),
        "Withheld by",
        f'name="{name}" value="approve" checked',
    )


def volumes(house: House) -> Form:
    written(house)
    common = {"quarter": QUARTER, "format": "v2", "service": "permits"}
    return Form(
        f"/staff/quarter?quarter={QUARTER}&format=v2",
        "/staff/quarter/tell",
        common | {"served-email": "900", "offered-email": "800", "source-email": "counter log"},
        common | {"served-email": "950", "offered-email": "700", "source-email": "gut feeling"},
        ("seen-email", "seen-reflection"),
        "counter log",
        "gut feeling",
    )


def reflections(house: House) -> Form:
    written(house)
    common = {"quarter": QUARTER, "format": "v2", "service": "permits"}
    return Form(
        f"/staff/quarter?quarter={QUARTER}&format=v2",
        "/staff/quarter/tell",
        common | {"reflection": "Fewer waited.", "accomplishments": "A second counter."},
        common | {"reflection": "More waited.", "accomplishments": "None."},
        ("seen-reflection",),
        "Fewer waited.",
        "More waited.",
    )


def a_dated_note(house: House) -> Form:
    draft = chart_notes.Draft(THURSDAY, "new form", None, None)
    with db.write(house.engine) as connection:
        id = chart_notes.add(connection, draft, Writer("", "cy@example.gov"), house.clock.now)
    common = {"id": id, "day": str(THURSDAY), "service": "permits", "act": "save"}
    return Form(
        f"/staff/notes?note={id}",
        "/staff/notes/write",
        common | {"text": "the new form is live"},
        common | {"text": "the form is in use"},
        ("seen",),
        "the new form is live",
        "the form is in use",
    )


FORMS: dict[str, Callable[[House], Form]] = {
    "cases": a_case,
    "replies": a_reply,
    "comment_reviews": a_review,
    "volumes": volumes,
    "reflections": reflections,
    "chart_notes": a_dated_note,
}
# Changed by one command in one transaction: nobody has an older state before their eyes.
NO_TEXT = {"findings": "assigned and done by one press: tests/findings/test_memory.py"}
BY_COMMAND = {"indicators": "cx indicators import", "staff_members": "cx staff invite, revoke"}
NO_EDITORS = {
    **dict.fromkeys(
        ("agencies", "clearances", "services", "offices", "service_offices", "surveys"),
        "cx catalog apply: the file is the record",
    ),
    **dict.fromkeys(("root_keys", "trusted_time"), "written by the server and commands alone"),
    **dict.fromkeys(("link_keys", "revocations", "api_keys"), "made and revoked, never edited"),
    "legal_holds": "placed and lifted, never edited",
    **dict.fromkeys(("audit", "submissions", "case_notes", "imports"), "only ever added to"),
    **dict.fromkeys(("responses", "exclusions"), "whole actions, done and undone"),
    **dict.fromkeys(
        (
            *("use_keys", "burden", "durations", "refused_links", "tallies", "choices", "batches"),
            *("released", "disposals", "audit_anchors"),
            *("released_choices", "batch_changes", "cut_tables", "changes", "alerts", "jobs"),
            *("alert_letters", "handovers"),
            *("reminders", "pairings", "staff_sessions", "staff_invites", "placements", "kiosks"),
        ),
        "written by the server, or a note for the operator",
    ),
    "digests": "a member's own choice",
}


def test_every_table_is_edited_by_two_in_a_test_or_says_why_not():
    assert set(EDITED) == FORMS.keys() | BY_COMMAND.keys() | NO_TEXT.keys()
    every = tables.metadata.tables.keys()
    assert FORMS.keys() | BY_COMMAND.keys() | NO_EDITORS.keys() | NO_TEXT.keys() == every


@pytest.mark.parametrize("table", FORMS)
def test_the_second_editor_sees_both_texts_and_may_then_save(house, table):
    form = FORMS[table](house)
    with house.client() as ann:
        ben = TestClient(ann.app, base_url=str(ann.base_url), follow_redirects=False)
        sign_in(house, ann, Role.ANALYST, email="ann@example.gov")
        sign_in(house, ben, Role.ANALYST, email="ben@example.gov")
        drawn = {who: who.get(form.page).text for who in (ann, ben)}
        mine, theirs = (fields(drawn[who], form.hidden) for who in (ann, ben))
        assert post(ann, form.to, **(form.mine | mine)).status_code == 303
        refused = post(ben, form.to, **(form.theirs | theirs))
        assert refused.status_code == 409, refused.text[:500]
        page = unescape(refused.text)
        assert form.shown in page and form.draft in page
        again = post(ben, form.to, **(form.theirs | fields(refused.text, form.hidden)))
        assert again.status_code == 303, again.text[:500]
    assert version(house, table) >= 2


def version(house: House, table: str) -> int:
    db_table = tables.metadata.tables[table]
    with db.read(house.engine) as connection:
        return max(int(row.version) for row in connection.execute(db_table.select()))
