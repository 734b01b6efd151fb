"""Dated notes: who writes them, whose charts show them, and what became of the scores since."""

import re
from datetime import date, timedelta
from html import unescape

import httpx2
import pytest
from sqlalchemy import select

from cxsdk.token import Kind
from cxserver import db, tables
from cxserver.accounts.roles import Role
from tests.support.answer_factory import TODAY, add_answers
from tests.support.house import House
from tests.support.staff_accounts import post, sign_in

NOTES, WRITE = "/staff/notes", "/staff/notes/write"
DAY = TODAY - timedelta(days=21)
TYPED = {"act": "note", "day": str(DAY), "text": "New form live", "service": "", "office": ""}


def text_of(page: httpx2.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def stored(house: House) -> list[tuple[str | None, str | None, str]]:
    with db.read(house.engine) as connection:
        note = tables.chart_notes.c
        query = select(note.service, note.office, note.text).order_by(note.text)
        return [tuple(row) for row in connection.execute(query)]


def write(client: httpx2.Client, **fields: str) -> httpx2.Response:
    return post(client, WRITE, **(TYPED | fields))


def fill(house: House) -> None:
    """Two offices with enough answers for a chart, from 40 days on."""
    for office in ("riverside", "lakeside"):
        add_answers(house, office, 160, 80, days=range(1, 41))


def test_a_note_is_a_mark_and_a_line_on_each_chart_of_what_it_is_about(house: House) -> None:
    fill(house)
    add_answers(house, "riverside", 90, 30, days=range(1, 41), of="hearings")
    charts = {
        "": "Agency",
        "?service=permits": "permits",
        "?office=riverside": "riverside",
        "?service=permits&office=riverside": "both",
        "?service=permits&office=lakeside": "lakeside",
    }
    shown = {
        ("", ""): {"", *charts},
        ("permits", ""): {"?service=permits", *(item for item in charts if "permits&" in item)},
        ("", "riverside"): {"?office=riverside", "?service=permits&office=riverside"},
        ("permits", "riverside"): {"?service=permits&office=riverside"},
    }
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        for (service, office), where in shown.items():
            text = " ".join(("Note", *filter(None, (service, office))))
            assert write(client, text=text, service=service, office=office).status_code == 303
            for query in charts:
                page = client.get(f"/staff/scores{query}").text
                assert (f"Oct 12: {text} (" in unescape(page)) is (query in where), (text, query)
        chart = client.get("/staff/scores?service=permits&office=riverside")
    # Two charts, four notes on each.
    assert chart.text.count('class="noted"') == 8
    assert "Oct 12: Note permits riverside (Permit renewal, Riverside Office)" in text_of(chart)
    assert "Oct 12: Note (the whole agency)" in text_of(chart)


def test_beneath_a_chart_a_link_leads_to_the_form_with_its_service_and_office(house: House) -> None:
    fill(house)
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        page = client.get("/staff/scores?service=permits&office=riverside").text
        link = unescape(re.findall(r'href="([^"]+)">Add a dated note<', page)[0])
        form = client.get(link).text
        assert '<option value="permits" selected>' in form
        assert '<option value="riverside" selected>' in form
        sign_in(house, client, Role.ADMINISTRATOR)
        assert ">Dated notes</a>" in client.get("/staff/scores").text
        assert "Add a dated note" not in client.get(NOTES).text


@pytest.mark.parametrize(
    ("who", "service", "office", "field"),
    [
        ({"role": Role.OFFICE_MANAGER}, "", "riverside", ""),
        ({"role": Role.OFFICE_MANAGER}, "permits", "riverside", ""),
        ({"role": Role.OFFICE_MANAGER}, "permits", "", "office"),
        ({"role": Role.OFFICE_MANAGER}, "", "", "office"),
        ({"role": Role.OFFICE_MANAGER}, "permits", "lakeside", "office"),
        ({"role": Role.SERVICE_LEAD}, "permits", "", ""),
        ({"role": Role.SERVICE_LEAD}, "permits", "lakeside", ""),
        ({"role": Role.SERVICE_LEAD}, "", "riverside", "service"),
        ({"role": Role.SERVICE_LEAD}, "hearings", "", "service"),
        ({"role": Role.ANALYST}, "", "", ""),
        ({"role": Role.ANALYST}, "permits", "center", "office"),
        ({"role": Role.ANALYST}, "nothing", "", "service"),
        ({"role": Role.ANALYST}, "", "nowhere", "office"),
    ],
)
def test_who_leads_all_of_it_may_write_it(
    house: House, who: dict[str, Role], service: str, office: str, field: str
) -> None:
    with house.client() as client:
        sign_in(house, client, **who)
        page = write(client, service=service, office=office)
    assert page.status_code == (422 if field else 303), page.text
    assert len(stored(house)) == (0 if field else 1)
    if field:
        assert f'name="{field}"' in re.findall(r"<select[^>]*aria-invalid[^>]*>", page.text)[0]
        assert "New form live" in page.text and str(DAY) in page.text


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("day", "10/12/2026", "Date: write the day as 2026-10-05."),
        ("day", "", "Date: write the day as 2026-10-05."),
        ("day", "1999-12-31", "Date: choose a day from 2000-01-01 to 2027-11-05."),
        ("day", "2027-11-06", "Date: choose a day from 2000-01-01 to 2027-11-05."),
        ("text", " \t ", "What happened: write it in a few words."),
        ("text", "x" * 121, "What happened: 121 characters are too long. Use 120 or fewer."),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_typed_is_lost(
    house: House, field: str, typed: str, problem: str
) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        page = write(client, **{"service": "permits", field: typed})
    assert page.status_code == 422 and problem in text_of(page)
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', page.text)
    assert '<option value="permits" selected>' in page.text
    assert stored(house) == []


def test_a_note_is_one_line_of_plain_characters(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        write(client, text="<b>New\r\nform</b>\x07 ")
        page = client.get(NOTES).text
    assert stored(house) == [(None, None, "<b>New form</b>")]
    assert "&lt;b&gt;New form&lt;/b&gt;" in page


def note_id(house: House) -> str:
    with db.read(house.engine) as connection:
        [id] = connection.execute(select(tables.chart_notes.c.id)).scalars()
        return str(id)


def test_its_writer_and_who_leads_it_change_and_delete_it_and_nobody_else(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.OFFICE_MANAGER)
        write(client, service="permits", office="riverside")
        id = note_id(house)
        address = f"{NOTES}?note={id}"
        change = {"id": id, "act": "save", "service": "permits", "office": "riverside"}
        for who, may in (
            ({"role": Role.SERVICE_LEAD, "service": "hearings"}, False),
            ({"role": Role.OFFICE_MANAGER, "office": "lakeside", "email": "b@example.gov"}, False),
            ({"role": Role.RECORDS_OFFICER}, False),
            ({"role": Role.ADMINISTRATOR}, False),
            ({"role": Role.SERVICE_LEAD, "email": "c@example.gov"}, True),
            ({"role": Role.ANALYST}, True),
        ):
            sign_in(house, client, **who)
            assert client.get(address).status_code == (200 if may else 404), who
            version = re.findall(r'name="seen" value="(\d+)"', client.get(address).text)
            text = f"Changed by {who['role']}"
            saved = write(client, **change, text=text, seen="".join(version))
            assert saved.status_code == (303 if may else 404), who
            assert (stored(house)[0][2] == text) is may
        # The manager wrote it, and still may when a lead has changed it.
        sign_in(house, client, Role.OFFICE_MANAGER)
        assert "Change or delete" in client.get(NOTES).text
        assert write(client, **(change | {"act": "delete", "seen": "3"})).status_code == 303
        assert stored(house) == []
        assert client.get(address).status_code == 404
    with db.read(house.engine) as connection:
        line = tables.audit.c
        lines = connection.execute(select(line.what, line.about, line.who)).all()
    noted = [tuple(each) for each in lines if "dated note" in each.what]
    assert [what for what, _, _ in noted] == [
        "add a dated note",
        *["change a dated note"] * 2,
        "delete a dated note",
    ]
    assert {about for _, about, _ in noted} == {f"note {id}: {DAY}, permits riverside"}
    assert "New form" not in str(noted)


def test_a_note_that_somebody_changed_is_not_deleted_unseen(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        write(client)
        id = note_id(house)
        write(client, id=id, act="save", text="Form and queue", seen="1")
        page = write(client, id=id, act="delete", seen="1")
        assert page.status_code == 409 and "Form and queue" in page.text
        assert len(stored(house)) == 1


def test_who_reads_a_note_on_the_whole_agency_cannot_change_it(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        write(client)
        id = note_id(house)
        sign_in(house, client, Role.OFFICE_MANAGER, office="riverside")
        page = client.get(NOTES).text
        assert "New form live" in page and f"note={id}" not in page
        assert client.get(f"{NOTES}?note={id}").status_code == 404
        for act in ("save", "delete"):
            assert write(client, id=id, act=act, seen="1", text="Mine now").status_code == 404
    assert stored(house) == [(None, None, "New form live")]


def test_nobody_reads_the_notes_of_others_and_all_read_those_of_the_agency(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        write(client, text="For all")
        write(client, text="At lakeside", office="lakeside")
        write(client, text="In calls", service="calls")
        write(client, text="In permits", service="permits")
        sign_in(house, client, Role.OFFICE_MANAGER, office="riverside")
        page = client.get(NOTES).text
        assert "For all" in page and "In permits" in page
        assert "At lakeside" not in page and "In calls" not in page
        sign_in(house, client, Role.SERVICE_LEAD, service="calls")
        page = client.get(NOTES).text
        assert "For all" in page and "In calls" in page
        # Lakeside gives no calls.
        assert "At lakeside" not in page and "In permits" not in page


def test_the_list_goes_on_where_there_are_more(house: House) -> None:
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        for at in range(12):
            write(client, text=f"Number {at};", day=str(date(2026, 9, 1) + timedelta(days=at)))
        page = client.get(NOTES).text
        assert "Number 11;" in page and "Number 1;" not in page
        older = unescape(re.findall(r'href="([^"]+)">Older notes', page)[0])
        page = client.get(older).text
        assert "Number 1;" in page and "Number 2;" not in page and "Newest notes" in page
        assert client.get(f"{NOTES}?page=never").status_code == 200


# ---- before and after


def effects(house: House, client: httpx2.Client, day: date, **fields: str) -> list[str]:
    assert write(client, day=str(day), **fields).status_code == 303
    page = client.get(NOTES).text
    [item] = re.findall(r'<li id="note-[^"]*">(.*?)</li>', page, re.DOTALL)
    lines = re.findall(r"<p>(.*?)</p>", item, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in lines]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.SERVICE_LEAD])
def test_a_planted_rise_is_said_with_its_interval(house: House, role: Role) -> None:
    add_answers(house, "riverside", 140, 140, days=range(22, 50))
    add_answers(house, "riverside", 170, 40, days=range(1, 22))
    with house.client() as client:
        sign_in(house, client, role)
        trust, satisfaction = effects(house, client, DAY, service="permits")
    assert re.fullmatch(
        r"Trust: Up\. 50% of 280 people before, 81% of 210 people after: \+31 points "
        r"\(between \+2\d and \+3\d\)\. More than chance would do\.",
        trust,
    )
    assert satisfaction.startswith("Satisfaction: Up. ")


def test_few_answers_are_too_few_and_the_true_reason_is_said(house: House) -> None:
    add_answers(house, "riverside", 80, 20, days=range(22, 50))
    add_answers(house, "riverside", 15, 5, days=range(1, 22))
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        [trust, _] = effects(house, client, DAY)
    assert trust == (
        "Trust: Too few to say: 20 people answered this in the 3 weeks since. "
        "It takes 30 on each side."
    )


def test_a_day_that_has_just_been_or_is_to_come_says_so(house: House) -> None:
    add_answers(house, "riverside", 80, 20)
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        [line] = effects(house, client, TODAY + timedelta(days=30))
        assert line == "Too few to say: this day has not come yet."
        write(client, id=note_id(house), act="save", seen="1", day=str(TODAY - timedelta(days=2)))
        assert (
            "Too few to say: the answers of the first week since then are still coming in."
            in text_of(client.get(NOTES))
        )


def test_another_mix_of_channels_is_not_called_a_change(house: House) -> None:
    add_answers(house, "riverside", 140, 140, days=range(22, 50))
    add_answers(house, "riverside", 170, 40, days=range(1, 22), kind=Kind.POSTER)
    with house.client() as client:
        sign_in(house, client, Role.ANALYST)
        [trust, _] = effects(house, client, DAY)
    assert "Trust: Not comparable. 50% of 280 people before" in trust
    assert "(100 of 100, before none): the two are not comparable." in trust
