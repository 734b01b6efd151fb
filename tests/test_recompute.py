"""Every number on the staff pages equals the same number, recomputed from the export alone."""

import csv
import json
import random
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from pathlib import Path

import pytest

import recompute
from command import cx
from cxsdk.token import Kind, Token
from cxserver import db
from cxserver.catalog import directory
from cxserver.instrument.answers import Answers
from cxserver.intake import entry, store
from cxserver.intake.entry import Secrets, Sheet
from cxserver.intake.gate import Opened
from cxserver.staff.access import Role
from desks import sign_in
from house import CATALOGUE
from releasing import release_anew

END = date(2026, 11, 4)  # today; the last answers are of yesterday
DAYS = 106
HIDDEN = ("", "not shown")
ORDER = ("effectiveness", "ease", "efficiency", "transparency", "humanity", "employee")
QUESTIONS = {"Trust": "trust", "Satisfaction": "satisfaction"}
# How busy an office is, and what share of its people are content.
BUSY = [(9, 0.9), (8, 0.7), (7, 0.88), (6, 0.5), (6, 0.93), (5, 0.8), (5, 0.85), (4, 0.8), (0.6, 1)]
OFFICES = {f"branch-{at}": how for at, how in enumerate(BUSY)}
REGION = """
[[service.permits.office]]
slug = "west"
name = "West"
timezone = "UTC"
serves = false
"""
BRANCHES = REGION + "".join(
    f'[[service.permits.office]]\nslug = "{slug}"\nname = "{slug}"\ntimezone = "UTC"\n'
    f'parent = "west"\n'
    for slug in OFFICES
)


def sheets(known, chance):
    """A few thousand people of the last weeks, of two services."""
    places = [("permits", slug, *how) for slug, how in OFFICES.items()]
    places += [("permits", "riverside", 9, 0.8), ("hearings", "riverside", 4, 0.75)]
    for slug, office, busy, content in places:
        service = known.services[slug]
        for _ in range(int(busy * 60)):
            day = END - timedelta(days=chance.randint(1, DAYS))
            moment = datetime.combine(day, time(17), UTC)
            kind = chance.choice((Kind.EMAIL, Kind.EMAIL, Kind.SMS))
            token = Token(kind, 1, int(moment.timestamp()), chance.randbytes(8))
            opened = Opened(service, known.offices[office], token, token.nonce.hex(), 1)
            language = chance.choice(("en", "en", "es"))
            sheet = Sheet(opened, service.survey, language, moment, chance.randbytes(18))
            yield sheet, answers(service.survey, chance, content)


def answers(survey, chance, content):
    happy = chance.random() < content
    both = [chance.choice((4, 5) if happy else (1, 2, 3)) for _ in range(2)]
    codes = chance.sample(survey.drivers, chance.randint(0, 3))
    if survey.driver_mode == "likert":
        scores = {code: chance.randint(1, 5) for code in codes}
        return Answers(satisfaction=both[0], trust=both[1], scores=scores)
    taps = tuple(code for code in survey.drivers if code in codes)
    return Answers(satisfaction=both[0], trust=both[1], drivers=taps)


@pytest.fixture(params=[Role.ANALYST, Role.ADMINISTRATOR], ids=["rows", "released"])
def agency(request, sqlite_house, tmp_path):
    """The house with its people; signed in as one who holds the rows, or one who does not; the
    export, and what exists.
    """
    house = sqlite_house
    house.apply(CATALOGUE + BRANCHES)
    with db.read(house.engine) as connection:
        known = directory.load(connection)
    chance = random.Random(280)
    hidden = Secrets(house.roots)
    waiting = [
        entry.prepare(sheet, given, hidden, sheet.answered_at)
        for sheet, given in sheets(known, chance)
    ]
    assert not any(isinstance(one, Exception) for one in store.write(house.engine, waiting))
    release_anew(house)
    file = tmp_path / "answers.jsonl"
    cx(house, "export", "--format", "jsonl", "-o", str(file))
    with house.client() as client:
        sign_in(house, client, request.param)
        rows = recompute.read(file)
        batched = recompute.released(rows, END)
        holds_rows = request.param is Role.ANALYST
        found = Agency(house, client, rows if holds_rows else batched, what_exists(known), file)
        found.all, found.batched, found.holds_rows = rows, batched, holds_rows
        found.labels = {
            ("likert" if one.survey.driver_mode == "likert" else "tap", code): words
            for slug in ("permits", "hearings")
            for one in [known.services[slug]]
            for code, words in one.survey.wording["en"].drivers.items()
        }
        yield found


def what_exists(known):
    return {
        "services": {
            slug: {
                "mode": "likert" if one.survey.driver_mode == "likert" else "tap",
                "drivers": list(one.survey.drivers),
            }
            for slug, one in known.services.items()
        },
        "offices": {
            slug: {"parent": one.parent, "serves": one.serves}
            for slug, one in known.offices.items()
        },
    }


class Agency:
    """Pages and the export beside each other; `seen` counts the numbers that were compared."""

    def __init__(self, house, client, rows, exists, file):
        self.house, self.client, self.rows, self.exists, self.file = (
            house,
            client,
            rows,
            exists,
            file,
        )
        self.seen = 0

    def page(self, path, first=None, last=None, **filters):
        days = {"from": str(first), "to": str(last)} if first else {}
        told = self.client.get(path, params={**filters, **days, "format": "csv"})
        assert told.headers["content-type"].startswith("text/csv"), (path, filters)
        return list(csv.reader(StringIO(told.text)))

    def filters(self):
        """Those that this role may choose in any days: the others cut by channel or language."""
        cuts = {"channel", "language"}
        return [one for one in FILTERS if self.holds_rows or not cuts & one.keys()]

    def end(self, **filters):
        """The day after the last that the trend counts."""
        mine = recompute.chosen(self.batched, self.exists, date.min, END, **filters)
        return recompute.settled(mine, END)

    def answers(self, first, last, **filters):
        return recompute.chosen(self.rows, self.exists, first, last, **filters)

    def agree(self, shown, wanted):
        """Whether each cell is the number it should be, or not shown."""
        assert len(shown) == len(wanted)
        for cell, number in zip(shown, wanted, strict=True):
            if cell not in HIDDEN:
                assert float(cell) == pytest.approx(number, abs=1e-9), (shown, wanted)
                self.seen += 1


def back(days):
    return END - timedelta(days=days)


WINDOWS = {"28-days": 28, "12-weeks": 84}
FILTERS = [
    {},
    {"office": "riverside"},
    {"office": "west"},
    {"office": "branch-0"},
    {"channel": "email"},
    {"language": "es"},
    {"service": "permits"},
    {"office": "west", "language": "en"},
]


@pytest.mark.parametrize("period", WINDOWS)
def test_the_overview(agency, period):
    days = WINDOWS[period]
    for filters in agency.filters():
        now = agency.answers(back(days), back(1), **filters)
        before = agency.answers(back(2 * days), back(days + 1), **filters)
        wanted = recompute.overview(now, before)
        page = agency.page("/staff/", back(days), back(1), **filters)
        rows = [row for row in page[1:] if row]
        for title, question in QUESTIONS.items():
            mine = [row for row in rows if row[0].startswith(title)]
            agency.agree(mine[0][2:], wanted[question, "now"])
            if mine[1][2] not in (*HIDDEN, "0"):
                agency.agree(mine[1][2:], wanted[question, "before"])
                agency.agree(mine[2][3:6], wanted[question, "change"])
            end = agency.end(**filters)
            held = agency.answers(end - timedelta(days=168), back(1), **filters)
            blocks = recompute.trend(held, question, end, length(mine))
            for row, found in zip(reversed(mine[3:]), blocks.values(), strict=False):
                agency.agree(row[2:6], found)
    assert agency.seen > (300 if agency.holds_rows else 200)


def length(rows):
    return 7 if len(rows) > 3 + 168 // 28 else 28


@pytest.mark.parametrize("period", WINDOWS)
def test_the_offices(agency, period):
    places = {"as expected": "within", "lower than chance explains": "below"}
    places["higher than chance explains"] = "above"
    judged = 0
    for filters in [one for one in agency.filters() if "office" not in one]:
        first = back(WINDOWS[period])
        held = agency.answers(first, back(1), **filters)
        page = agency.page("/staff/offices", first, back(1), **filters)
        rows = {row[0]: row[1:] for row in page}
        slugs = {slug_of(name): row for name, row in rows.items() if name != "Office"}
        compared = [slug for slug, row in slugs.items() if row[8] in places]
        found, expected = recompute.offices(held, agency.exists, compared)
        for slug, row in slugs.items():
            agency.agree(row[:7], found[slug])
            if slug in expected:
                assert float(row[7]) == pytest.approx(expected[slug][0])
                assert places[row[8]] == expected[slug][1]
                judged += 1
    assert agency.seen > 100 and judged > 15


def slug_of(name):
    return {"Riverside Office": "riverside", "Call Center": "center"}.get(
        name, "lakeside" if name.startswith("Lakeside") else name
    )


def test_the_drivers(agency):
    for filters in [*agency.filters(), {"service": "hearings"}]:
        held = agency.answers(back(28), back(1), **filters)
        found = recompute.drivers(held, agency.exists)
        rows = agency.page("/staff/drivers", back(28), back(1), **filters)[1:]
        assert [row[0] for row in rows] == [agency.labels[one] for one in in_order(found)]
        for row, one in zip(rows, in_order(found), strict=True):
            agency.agree(row[1:], found[one])
    assert agency.seen > 150


def in_order(asked):
    """As OMB lists them; those that are tapped before those that are rated."""
    return sorted(asked, key=lambda one: (one[0] != "tap", list(ORDER).index(one[1])))


def test_the_ways_people_answer(agency):
    month = date(2026, 10, 1), date(2026, 10, 31)
    for filters in ({}, {"office": "riverside"}, {"office": "branch-0"}, {"service": "permits"}):
        found = recompute.response(agency.answers(*month, **filters))
        head, *rows = agency.page("/staff/response", period="2026-10", **filters)
        languages = {"English": "en", "Spanish": "es", "All": ""}
        channels = {"E-mail": "email", "Text message": "sms", "All": ""}
        for name, *cells in rows:
            if agency.holds_rows:
                wanted = [found[channels[name], languages[one]] for one in head[1:]]
            else:
                wanted = [found[channels.get(name, ""), languages.get(name, "")]]
            agency.agree(cells, wanted)
    assert agency.seen > 15


@pytest.mark.parametrize("cut", [{"channel": "email"}, {"language": "es"}], ids=str)
def test_a_cut_of_a_month(agency, cut):
    month = date(2026, 10, 1), date(2026, 10, 31)
    held = agency.answers(*month, **cut)
    rows = agency.page("/staff/offices", period="2026-10", **cut)
    found, _ = recompute.offices(held, agency.exists, [])
    for name, *cells in rows[1:]:
        agency.agree(cells[:7], found[slug_of(name)])
    wanted = recompute.overview(held, [])
    mine = [row for row in agency.page("/staff/", period="2026-10", **cut)[1:] if row]
    for title, question in QUESTIONS.items():
        now = next(row for row in mine if row[0].startswith(title))
        agency.agree(now[2:], wanted[question, "now"])
    assert agency.seen > 50


def test_a_small_office(agency):
    held = agency.answers(back(400), back(1), office="branch-8")
    _, *rows = agency.page("/staff/", office="branch-8")
    found = recompute.quarters(held)
    for name, *cells in rows:
        agency.agree(cells, found.get(name, (0, 0, 0)))
    assert agency.seen >= 3


def test_the_results_of_the_command(agency):
    for by in ("office", "channel", "language", "service"):
        told = json.loads(cx(agency.house, "results", "--by", by, "--json"))["rows"]
        for row in told:
            mine = [one for one in agency.all if one[by] == row[by]]
            assert row["n"] == len(mine)
            for question in QUESTIONS.values():
                assert row[question]["counts"] == recompute.points(mine, question)
                shares = [row[question][name] for name in ("top2", "low", "high")]
                agency.agree(shares, recompute.share(recompute.top(mine, question), len(mine)))
    assert agency.seen > 80


def test_the_script_runs_alone(agency, tmp_path):
    what = tmp_path / "what.json"
    what.write_text(json.dumps(agency.exists))
    script = Path(recompute.__file__)
    assert "cxserver" not in script.read_text() and "cxsdk" not in script.read_text()
    arguments = ["response", str(agency.file), str(what), str(back(28)), str(back(1))]
    told = subprocess.run(
        [sys.executable, "-I", str(script), *arguments], capture_output=True, check=True, text=True
    )
    shown = recompute.chosen(agency.all, agency.exists, back(28), back(1))
    assert json.loads(told.stdout)["('', '')"] == len(shown)
