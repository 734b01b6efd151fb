"""Every number on the staff pages equals the same number, recomputed from the export alone."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from cxserver.accounts.roles import Role
from tests.recounts import recompute, recounted
from tests.recounts.recounted import HIDDEN, QUESTIONS, Agency, Books, back
from tests.support.cx_process import cx

ORDER = ("effectiveness", "ease", "efficiency", "transparency", "humanity", "employee")


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """The agency with its answers, and its export."""
    with recounted.opened(request) as books:
        yield books


@pytest.fixture(params=[Role.ANALYST, Role.ADMINISTRATOR], ids=["rows", "released"])
def agency(request: pytest.FixtureRequest, books: Books) -> Iterator[Agency]:
    """Somebody who holds the rows, or does not."""
    with recounted.entered(books, request.param) as agency:
        yield agency


WINDOWS = {"28-days": 28, "12-weeks": 84}


@pytest.mark.parametrize("period", WINDOWS)
def test_the_overview(agency: Agency, period: str) -> None:
    days = WINDOWS[period]
    for filters in agency.filters():
        now = agency.answers(back(days), back(1), **filters)
        before = agency.answers(back(2 * days), back(days + 1), **filters)
        wanted = recompute.overview(now, before)
        scores, changes, trend = (
            agency.page("/staff/scores", back(days), back(1), kind=kind, **filters)[1:]
            for kind in ("scores", "changes", "trend")
        )
        for title, question in QUESTIONS.items():
            latest, past = (row[3:] for row in scores if row[0].startswith(title))
            agency.agree(latest, wanted[question, "now"])
            if past[0] not in (*HIDDEN, "0"):
                agency.agree(past, wanted[question, "before"])
                [change] = [row for row in changes if row[0].startswith(title)]
                agency.agree(change[5:8], wanted[question, "change"])
            end = agency.end(**filters)
            answered = agency.answers(end - timedelta(days=168), back(1), **filters)
            mine = [row for row in trend if row[0].startswith(title)]
            blocks = recompute.trend(answered, question, end, length(mine))
            for row, counted in zip(reversed(mine), blocks.values(), strict=False):
                agency.agree(row[3:7], counted)
    assert agency.seen > (300 if agency.holds_rows else 200)


def length(rows: list[list[str]]) -> int:
    """How many days a block of the trend has."""
    return 7 if len(rows) > 168 // 28 else 28


@pytest.mark.parametrize("period", WINDOWS)
def test_the_offices(agency: Agency, period: str) -> None:
    places = {"usual range": "within", "clearly lower": "below", "clearly higher": "above"}
    judged = 0
    for filters in [each for each in agency.filters() if "office" not in each]:
        first = back(WINDOWS[period])
        answered = agency.answers(first, back(1), **filters)
        page = agency.page("/staff/offices", first, back(1), **filters)
        rows = {row[0]: row[1:] for row in page}
        slugs = {slug_of(name): row for name, row in rows.items() if name != "Office"}
        compared = [slug for slug, row in slugs.items() if row[8] in places]
        counted, expected = recompute.offices(answered, agency.exists, compared)
        for slug, row in slugs.items():
            agency.agree(row[:7], counted[slug])
            if slug in expected:
                assert float(row[7]) == pytest.approx(expected[slug][0])
                assert places[row[8]] == expected[slug][1]
                judged += 1
    assert agency.seen > 100 and judged > 15


def slug_of(name: str) -> str:
    """The short name of an office."""
    return {"Riverside Office": "riverside", "Call Center": "center"}.get(
        name, "lakeside" if name.startswith("Lakeside") else name
    )


def test_the_drivers(agency: Agency) -> None:
    for filters in [*agency.filters(), {"service": "hearings"}]:
        answered = agency.answers(back(28), back(1), **filters)
        counted = recompute.drivers(answered, agency.exists)
        rows = agency.page("/staff/drivers", back(28), back(1), **filters)[1:]
        assert [row[0] for row in rows] == [agency.labels[each] for each in in_order(counted)]
        for row, each in zip(rows, in_order(counted), strict=True):
            agency.agree(row[1:], counted[each])
    assert agency.seen > 150


def in_order(drivers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """As OMB lists them; those that are tapped before those that are rated."""
    return sorted(drivers, key=lambda each: (each[0] != "tap", list(ORDER).index(each[1])))


def test_the_ways_people_answer(agency: Agency) -> None:
    month = date(2026, 10, 1), date(2026, 10, 31)
    for filters in ({}, {"office": "riverside"}, {"office": "branch-0"}, {"service": "permits"}):
        counted = recompute.response(agency.answers(*month, **filters))
        languages = {"English": "en", "Spanish": "es"}
        channels = {"Email": "email", "Text message": "sms"}
        if agency.holds_rows:
            _, *rows = agency.page("/staff/response", period="2026-10", **filters)
            for channel, language, people in rows:
                agency.agree([people], [counted[channels[channel], languages[language]]])
            continue
        for kind in ("channels", "languages"):
            _, *rows = agency.page("/staff/response", period="2026-10", kind=kind, **filters)
            for name, people in rows:
                way = channels.get(name, ""), languages.get(name, "")
                agency.agree([people], [counted[way]])
    assert agency.seen > 15


@pytest.mark.parametrize("cut", [{"channel": "email"}, {"language": "es"}], ids=str)
def test_a_cut_of_a_month(agency: Agency, cut: dict[str, str]) -> None:
    month = date(2026, 10, 1), date(2026, 10, 31)
    answered = agency.answers(*month, **cut)
    rows = agency.page("/staff/offices", period="2026-10", **cut)
    counted, _ = recompute.offices(answered, agency.exists, [])
    for name, *cells in rows[1:]:
        agency.agree(cells[:7], counted[slug_of(name)])
    wanted = recompute.overview(answered, [])
    mine = [row for row in agency.page("/staff/scores", period="2026-10", **cut)[1:] if row]
    for title, question in QUESTIONS.items():
        now = next(row for row in mine if row[0].startswith(title))
        agency.agree(now[3:], wanted[question, "now"])
    assert agency.seen > 50


def test_a_small_office(agency: Agency) -> None:
    answered = agency.answers(back(400), back(1), office="branch-8")
    _, *rows = agency.page("/staff/scores", office="branch-8")
    counted = recompute.quarters(answered)
    for name, *cells in rows:
        agency.agree(cells, counted.get(name, (0, 0, 0)))
    assert agency.seen >= 3


def test_the_results_of_the_command(agency: Agency) -> None:
    for by in ("office", "channel", "language", "service"):
        printed = json.loads(cx(agency.house, "results", "--by", by, "--json"))["rows"]
        assert {row[by] for row in printed} == {each[by] for each in agency.all}
        for row in printed:
            mine = [each for each in agency.all if each[by] == row[by]]
            assert row["n"] == len(mine)
            for question in QUESTIONS.values():
                assert row[question]["counts"] == recompute.points(mine, question)
                shares = [row[question][name] for name in ("top2", "low", "high")]
                agency.agree(shares, recompute.share(recompute.top(mine, question), len(mine)))
    assert agency.seen > 80


def test_the_script_runs_alone(agency: Agency, tmp_path: Path) -> None:
    what = tmp_path / "what.json"
    what.write_text(json.dumps(agency.exists))
    script = Path(recompute.__file__)
    assert "cxserver" not in script.read_text() and "cxsdk" not in script.read_text()
    arguments = ["response", str(agency.file), str(what), str(back(28)), str(back(1))]
    done = subprocess.run(
        [sys.executable, "-I", str(script), *arguments], capture_output=True, check=True, text=True
    )
    shown = recompute.chosen(agency.all, agency.exists, back(28), back(1))
    assert json.loads(done.stdout)["('', '')"] == len(shown)
