"""Hostile words on their way out to a spreadsheet, and hostile catalogs on their way in."""

import csv
import html
import io
import json

import pytest

from cxserver import db
from cxserver.catalog import check
from cxserver.export import cells, formats, responses
from tests.support.cx_process import cx
from tests.support.house import CATALOGUE
from tests.support.shared_house import row_counts

# Row 69: what a spreadsheet would run, and what a cell of it looks like afterwards.
FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil","click")', "=cmd|'/c calc'!A0"),
    *("\t=1+1", " =1+1", "    @x", "＝1+1", "＋1", "－1", "＠x", "\n=1+1", "+1 (see below)"),
    *(";=1+1;", ",=1+1", '"=1+1', "'=1+1", 'DDE("x")', "%0A=1+1"),
]
# Row 70: what breaks rows and columns.
AWKWARD = [
    *(
        "a\nb",
        'quote " in it',
        "comma, in it",
        "semi;colon",
        '"',
        '""',
        ",",
        "\n\n",
        "\\",
        "\u2028",
    ),
    *("x" * 2000, "a\n" * 900, "🙂" * 1999, "\u00a0", "null", "NULL", "#N/A", "1e5", "001", "TRUE"),
    *("a\u202eb", "a\u2066b\u202ec", "\u202a\u2066\u202c", "ab\u2069\u202c", "שלום =1", "'"),
]


@pytest.fixture(scope="module")
def exports(street):
    """The same answers as CSV rows and as JSON lines."""
    with street.client() as client:
        for number, comment in enumerate([*FORMULAS, *AWKWARD]):
            item = {"trust": 1 + number % 5, "satisfaction": 5, "comment": comment}
            item |= {"link": street.mint(), "drivers": ["ease", "employee"]}
            assert client.post("/api/v1/responses", json=item).status_code == 201
    texts = {}
    for kind in ("csv", "jsonl"):
        file = io.StringIO(newline="")
        formats.write(db.source(street.engine), responses.Filter(), kind, file, lambda rows: None)
        texts[kind] = file.getvalue()
    rows = list(csv.DictReader(io.StringIO(texts["csv"], newline="")))
    lines = [json.loads(line) for line in texts["jsonl"].split("\n")[:-1]]
    return texts, rows, lines


def test_lines_of_json_lose_nothing(exports):
    _, _, lines = exports
    assert sorted(line["comment"] for line in lines) == sorted([*FORMULAS, *AWKWARD])


def test_csv_comes_back_row_by_row_whatever_was_typed(exports):
    texts, rows, lines = exports
    assert len(rows) == len(lines) == len(FORMULAS) + len(AWKWARD)
    for row, line in zip(rows, lines, strict=True):
        assert None not in row and None not in row.values()
        shown = row["comment"].removeprefix("'") if _runs(line["comment"]) else row["comment"]
        assert shown.startswith(line["comment"])
        assert set(shown.removeprefix(line["comment"])) <= {"\u202c", "\u2069"}
    assert not texts["csv"].startswith("\ufeff")


def _runs(words):
    return words.lstrip(" ")[:1] in tuple("=+-@\t\r\n＝＋－＠")


def test_no_cell_begins_as_a_formula_and_numbers_stay_numbers(exports):
    _, rows, _ = exports
    for row in rows:
        for name, cell in row.items():
            assert cell == "" or not _runs(cell), (name, cell)
        assert row["trust"] in "12345" and row["satisfaction"] == "5"
    assert sum(row["comment"].startswith("'") for row in rows) >= 15


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("plain", ""),
        ("a\u202eb", "\u202c"),
        ("a\u202eb\u202c", ""),
        ("a\u2066b\u202ec", "\u202c\u2069"),
        ("a\u2066b\u202ec\u2069", ""),
        ("\u202a\u2066\u202c", "\u2069\u202c"),
        ("\u2069\u202c", ""),
        ("\u202e" * 3, "\u202c" * 3),
    ],
)
def test_a_turned_direction_ends_with_its_cell(text, closed):
    """Row 44: or the rest of the line reads backwards in every editor."""
    assert cells.guarded(text) == text + closed


def test_what_is_no_date_and_no_name_is_refused_in_a_sentence(street):
    """Row 72, on the command line."""
    for words in (
        ("--from", "1' OR 1=1--"),
        ("--format", "../../etc/passwd"),
    ):
        output = cx(street, "export", *words, fails=True)
        assert "Traceback" not in output and words[1].split()[0][:9] in output
    said = cx(street, "export", "--service", "' OR 1=1--", "--format", "jsonl", fails=True)
    assert "There is no service '' OR 1=1--'." in said


# ---- 77: catalogs

HOSTILE = "<script>alert(1)</script>{{7*7}}"


def spoilt(old, new):
    assert old in CATALOGUE
    return CATALOGUE.replace(old, new, 1)


BAD = [
    spoilt('omb_control_number = "1234-5678"', ""),
    spoilt('omb_control_number = "1234-5678"', 'omb_control_number = "soon"'),
    spoilt("expires = 2028-03-31", "expires = 2020-03-31"),
    spoilt('trust_statement = "increased"', 'trust_statement = "none"'),
    spoilt('slug = "lakeside"', 'slug = "riverside"'),
    spoilt('slug = "lakeside"', 'slug = "../lakeside"'),
    spoilt('slug = "lakeside"', 'slug = "lakeside\\u0000"'),
    spoilt('name = "Permit renewal"', 'name = "Permit\\u0000renewal"'),
    spoilt('name = "Permit renewal"', 'name = "Permit\\u202erenewal\\u0007"'),
    spoilt("https://www.example.gov", "https://*"),
    spoilt("https://www.example.gov", "https://a.gov; script-src *"),
    spoilt("https://www.example.gov", "https://a.gov\\r\\nSet-Cookie: a=b"),
    spoilt("https://www.example.gov", "*"),
    spoilt("https://www.example.gov", "http://www.example.gov"),
    spoilt("https://example.gov/contact", "javascript:alert(1)"),
    spoilt("https://example.gov/contact", "data:text/html,x"),
    spoilt('mask = ["A[0-9]{8,9}"]', 'mask = ["(a+)+$"]'),
    spoilt('mask = ["A[0-9]{8,9}"]', 'mask = ["("]'),
    CATALOGUE + "\n[agency]\n",
    "!!python/object/apply:os.system ['id']",
    "a: &a [*a, *a]",
    "\0" * 1000,
    "[" * 10_000,
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_catalogue_is_refused_whole_and_what_runs_stays(street, text, tmp_path):
    before = row_counts(street)
    file = tmp_path / "bad.toml"
    file.write_text(text)
    report = check.text(text, str(file), street.clock.now.date())
    assert report.catalog is None and report.faults
    assert all("bad.toml" in str(fault) for fault in report.faults)
    with street.client() as client:
        assert client.get(street.mint()).status_code == 200
    assert row_counts(street) == before


def test_hostile_names_in_a_catalogue_are_shown_as_words(sqlite_house):
    house = sqlite_house
    for name in ('"Why did you come?"', '"First hearing"', '"Riverside Office"', '"the hearing"'):
        assert name in CATALOGUE
    text = CATALOGUE
    for name in ('"Why did you come?"', '"First hearing"', '"Riverside Office"', '"the hearing"'):
        text = text.replace(name, f"'{HOSTILE}'")
    house.apply(text)
    with house.client() as client:
        page = client.get(house.mint("hearings")).text
        assert html.unescape(page).count(HOSTILE) >= 3
        assert "<script>alert" not in page and "{{7*7}}" in page
