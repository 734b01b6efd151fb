"""What programs read as CSV, only if it changed, by the names of periods; and why they cannot."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver.api import representation
from tests.api.test_read import everything, exported, reader, street
from tests.support.api_reader import add_answers, bearer, new_key, noon, results, rows

__all__ = ["everything", "exported", "reader", "street"]  # fixtures

ROOT = Path(__file__).parents[2]
CSV = {"accept": "text/csv"}
LISTS = ["results", "findings", "responses", "comments"]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def get(client, key, path, headers=None, **query):
    sent = {name.rstrip("_"): value for name, value in query.items()}
    return client.get(f"/api/v1/{path}", params=sent, headers=bearer(key) | (headers or {}))


# ---- CSV


def test_rows_of_csv_are_those_of_json_in_columns_that_stay(client, everything):
    page = get(client, everything, "responses", CSV, limit=50)
    assert page.headers["content-type"] == "text/csv; charset=utf-8"
    known = get(client, everything, "responses", limit=50).json()["rows"]
    sheet = table(page.text)
    assert [row["day"] for row in sheet] == [row["day"] for row in known] and len(sheet) == 50
    assert [row["trust"] for row in sheet] == [str(row["trust"]) for row in known]
    assert sheet[0]["drivers_positive"] == ";".join(known[0]["drivers_positive"])
    empty = get(client, everything, "responses", CSV, from_="2000-01-01", to="2000-01-02")
    assert empty.text.strip().split(",") == list(sheet[0])


def test_figures_of_csv_have_a_column_for_each_number(client, everything):
    known = results(client, everything, by="office", from_="2026-10-01", to="2026-10-31")
    query = {"by": "office", "from_": "2026-10-01", "to": "2026-10-31"}
    sheet = table(get(client, everything, "results", CSV, **query).text)
    assert [row["office"] for row in sheet] == [row["office"] for row in known]
    for row, figures in zip(sheet, known, strict=True):
        assert [row[f"trust_counts_{n}"] for n in range(1, 6)] == [
            str(count) for count in figures["trust"]["counts"]
        ]
        assert row["hidden"] == "false" and row["n"] == str(figures["n"])
        assert row["thumbs"] == ""


def test_a_hidden_group_is_a_row_without_numbers(client, reader):
    query = {"by": "channel", "from_": "2026-10-01", "to": "2026-10-31"}
    known = get(client, reader, "results", **query).json()["rows"]
    sheet = table(get(client, reader, "results", CSV, **query).text)
    hidden = [row["channel"] for row in known if row["hidden"]]
    assert hidden and "trust" not in sheet[0]
    for row in sheet:
        assert (row["n"] == "") == (row["channel"] in hidden) == (row["hidden"] == "true")


def test_what_people_wrote_runs_in_no_spreadsheet():
    text = representation.as_csv([{"comment": '=HYPERLINK("x")', "n": 1}])
    assert table(text) == [{"comment": '\'=HYPERLINK("x")', "n": "1"}]


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/csv", True),
        ("TEXT/CSV; header=present", True),
        ("text/csv, application/json", False),
        ("text/csv;q=0.9, application/json;q=0.5", True),
        ("text/csv;q=0, */*", False),
        ("text/csv;q=high", False),
        (",;,;;q", False),
    ],
)
def test_who_prefers_csv_gets_it(accept, is_csv):
    assert representation.prefers_csv(accept) == is_csv


@given(st.text(max_size=60))
def test_no_accept_header_breaks_it(accept):
    assert representation.prefers_csv(accept) in (True, False)


def test_the_next_page_is_a_link_in_either_form(client, everything):
    seen: list[dict[str, str]] = []
    page = get(client, everything, "responses", CSV, limit=40)
    while True:
        seen += table(page.text)
        if "next" not in page.links:
            break
        following = page.url.join(page.links["next"]["url"])
        page = client.get(following, headers=bearer(everything) | CSV)
    assert len(seen) == len(rows(client, everything))
    assert page.status_code == 200


def test_the_example_with_pandas_reads_the_results(sqlite_house, serve):
    key = new_key(sqlite_house, rows=True, expires=date(2027, 1, 31))
    add_answers(sqlite_house, (noon(7, 10), "permits", "riverside", "site", 3, {}))
    page = (ROOT / "docs/use/api.md").read_text(encoding="utf-8")
    [_, code] = page.split("```python\nimport os\nimport pandas\n")
    program = "import os\nimport pandas\n" + code.split("```")[0] + "print(table.to_json())"
    address = serve(sqlite_house.app())
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"CX_BASE_URL": address, "CX_API_KEY": key},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)
    assert table["month"] == {"0": "2026-07"} and table["trust_counts_4"] == {"0": 3}


# ---- only if it changed


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("accept", [{}, CSV])
def test_what_has_not_changed_is_not_sent_again(client, everything, path, accept):
    first = get(client, everything, path, accept)
    tag = first.headers["etag"]
    again = get(client, everything, path, accept | {"if-none-match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert get(client, everything, path, accept | {"if-none-match": '"other"'}).text == first.text


def test_a_new_answer_changes_the_tag(sqlite_house):
    key = new_key(sqlite_house, rows=True)
    add_answers(sqlite_house, (noon(11, 10), "permits", "riverside", "site", 1, {}))
    with sqlite_house.client() as client:
        before = get(client, key, "results", period="this-month").headers["etag"]
    add_answers(sqlite_house, (noon(11, 11), "permits", "riverside", "site", 2, {}))
    with sqlite_house.client() as client:
        headers = {"if-none-match": before}
        assert get(client, key, "results", headers, period="this-month").status_code == 200


def test_a_tag_opens_nothing_without_a_key(client, everything):
    tag = get(client, everything, "results").headers["etag"]
    assert client.get("/api/v1/results", headers={"if-none-match": tag}).status_code == 401
    assert client.get("/api/v1/results", headers={"if-none-match": "*"}).status_code == 401


# ---- periods by name


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [  # today is November 18, 2026
        ("2026-10", "2026-10-01", "2026-10-31"),
        ("2026Q4", "2026-07-01", "2026-09-30"),
        ("2026-W45", "2026-11-02", "2026-11-08"),
        ("2026-11-04", "2026-11-04", "2026-11-04"),
        ("this-month", "2026-11-01", "2026-11-18"),
        ("this-week", "2026-11-16", "2026-11-18"),
        ("this-quarter", "2026-10-01", "2026-11-18"),
        ("2027Q1", "2026-10-01", "2026-11-18"),
        ("last-quarter", "2026-07-01", "2026-09-30"),
        ("last-month", "2026-10-01", "2026-10-31"),
    ],
)
def test_a_period_has_a_name(client, everything, period, start, end):
    body = get(client, everything, "results", period=period).json()
    assert (body["from"], body["to"]) == (start, end)
    assert body["rows"] == results(client, everything, from_=start, to=end)
    days = {row["day"] for row in rows(client, everything, period=period)}
    assert days == {row["day"] for row in rows(client, everything, **{"from": start, "to": end})}


# ---- why not


@pytest.mark.parametrize(
    ("path", "query", "says"),
    [
        ("results", {"by": "day"}, "`by`: Input should be 'office', 'service'"),
        ("results", {"from_": "1/2/2026"}, "`from`: a day such as 2026-10-01."),
        ("results", {"channel": "fax"}, "`channel`: Input should be 'email'"),
        (
            "results",
            {"offices": "x"},
            "`offices`: there is no such parameter, only service, office",
        ),
        ("responses", {"limit": "1001"}, "`limit`: Input should be less than or equal to 1000."),
        ("responses", {"cursor": "AAAAAAAAAAAA"}, "Leave it out to begin again."),
        ("comments", {"period": "yesterday"}, "`period`: String should match pattern"),
        ("results", {"period": "2026-13"}, "there is no 2026-13 in the calendar"),
        ("results", {"period": "2026-W54"}, "there is no 2026-W54 in the calendar"),
        ("results", {"period": "2027Q3"}, "2027Q3 has not begun"),
        ("results", {"period": "2026-10", "to": "2026-10-05"}, "`from` and `to`, not both"),
        ("findings", {"period": "2026-10", "from_": "2026-10-05"}, "not both"),
        ("quarters/2026Q1", {"format": "v3"}, "`format`: Input should be 'v1', 'wide' or 'v2'."),
    ],
)
def test_every_422_says_which_parameter_and_what_would_do(client, everything, path, query, says):
    reply = get(client, everything, path, **query)
    assert reply.status_code == 422, reply.text
    assert says in reply.json()["detail"]


def test_what_was_sent_is_not_in_the_reply(client, everything):
    reply = get(client, everything, "results", channel="Ana Pérez", office="Ana Pérez")
    assert reply.status_code == 422 and "Ana" not in reply.text
