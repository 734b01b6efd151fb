"""`cx link --csv`: a file of people in, the same file with a link for each out, or nothing."""

import csv
import io
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cxsdk import Link, token
from cxserver.cli import mailmerge
from cxserver.cli.console import app
from cxserver.errors import ServerError
from tests.support import fork_server, http_server
from tests.support.cx_process import cx
from tests.support.house import House, answer

EXAMPLE = Path(__file__).parents[2] / "examples" / "people.csv"
LINK = Link("https://cx.example.gov/x", "s", "o", "email", datetime(2026, 11, 4, tzinfo=UTC))
# In the example's rows; the command asks the real clock.
WRITTEN = ("2026-11-04T10:20:00-05:00", "2026-11-04T10:45:00-05:00", "2026-11-04T08:05:00-08:00")


def ago(**much: float) -> str:
    return (datetime.now(UTC) - timedelta(**much)).isoformat(timespec="seconds")


@pytest.fixture
def house(sqlite_house: House) -> House:
    """A house that lives now, as the commands do."""
    sqlite_house.live_today()
    return sqlite_house


@pytest.fixture
def people(tmp_path: Path):
    """Writes a file of people."""

    def write(content: str | bytes) -> Path:
        file = tmp_path / "people.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


def merged(house: House, file: Path, *words: str, fails: bool = False) -> list[dict[str, str]]:
    """The rows of the file that came of it."""
    out = file.with_name("out.csv")
    cx(house, "link", *words, "--csv", str(file), "-o", str(out), fails=fails)
    return list(csv.DictReader(io.StringIO(out.read_bytes().decode("utf-8-sig"), newline="")))


def failure(house: House, file: Path, *words: str) -> str:
    """What the command says as it fails."""
    return cx(house, "link", *words, "--csv", str(file), "-o", str(file) + ".out", fails=True)


def run(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    """All that a command prints, here and there."""
    return fork_server.run(words, {**os.environ, "CX_DATA_DIR": str(house.settings.data_dir)})


# ---- what comes out


def test_the_example_becomes_a_file_of_links_that_open(house, people):
    text = EXAMPLE.read_text(encoding="utf-8")
    for written in WRITTEN:
        assert written in text
        text = text.replace(written, ago(hours=1))
    file = people(text)
    rows = merged(house, file, "permits")
    assert list(rows[0]) == [
        *("email", "name", "ref", "done_at", "language", "office"),
        *("link", "expires_at", "error"),
    ]
    assert [row["office"] for row in rows] == ["riverside", "riverside", "lakeside"]
    assert not any(row["error"] for row in rows)
    assert rows[0]["name"] == "Ñandú Pérez, Ana" and rows[0]["link"].endswith("?lang=es")
    with house.client() as client:
        for row in rows:
            assert f"/s/permits/{row['office']}/" in row["link"]
            assert answer(client, row["link"]).status_code == 303
    assert house.count() == 3


def test_the_same_file_gives_the_same_links_again(house, people):
    file = people(f"ref,done_at\ncase-1,{ago(hours=1)}\ncase-2,{ago(hours=2)}\n")
    first = merged(house, file, "permits", "riverside")
    assert merged(house, file, "permits", "riverside") == first
    assert first[0]["link"] != first[1]["link"]


def test_a_row_says_more_than_the_command_line(house, people):
    done = ago(hours=3)
    file = people(
        "Service, OFFICE ,channel,language,done_at\n"
        f"permits,lakeside,sms,es,{done}\n"
        f"hearings,,,,{done}\n"
        ",,,,\n"
        f" , riverside , phone , en , {done} \n"
    )
    rows = merged(house, file, "permits", "riverside", "--channel", "web", "--language", "es")
    expected = [
        ("permits/lakeside", "sms", "es"),
        ("hearings/riverside", "web", "es"),
        None,
        ("permits/riverside", "phone", "en"),
    ]
    ends = datetime.fromisoformat(done) + timedelta(hours=48)
    for row, wanted in zip(rows, expected, strict=True):
        if wanted is None:
            assert set(row.values()) == {""}  # a row that is nobody's
            continue
        address, _, language = row["link"].partition("?lang=")
        *_, service, office, text = address.split("/")
        assert (f"{service}/{office}", token.read(text).kind.channel, language) == wanted
        assert datetime.fromisoformat(row["expires_at"]) == ends


def test_without_a_column_of_times_the_command_line_says_when_or_it_was_just_now(house, people):
    file = people("email,ref\na@example.com,case-1\n")
    [row] = merged(house, file, "permits", "riverside", "--done-at", ago(hours=20))
    left = datetime.fromisoformat(row["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=27) < left < timedelta(hours=29)
    [row] = merged(house, people("email\na@example.com\n"), "permits", "riverside")
    left = datetime.fromisoformat(row["expires_at"]) - datetime.now(UTC)
    assert left > timedelta(hours=47, minutes=58)


def test_every_byte_of_a_row_stays_as_it_was(house, people):
    rows = [
        b'"email",name,note\r\n',
        b'a@example.com,"He said ""no"", twice","line 1\nline 2\r\nline 3"\r\n',
        b"b@example.com,  spaces  , \xc3\x91and\xc3\xba \xf0\x9f\x99\x82\r\n",
        b'"c@example.com","=1+1",\r\n',
        b"\r\n",
        b"d@example.com,short",
    ]
    file = people(b"\xef\xbb\xbf" + b"".join(rows))
    merged(house, file, "permits", "riverside")
    out = file.with_name("out.csv").read_bytes()
    assert out.startswith(b"\xef\xbb\xbf" + rows[0].rstrip() + b",link,expires_at,error\r\n")
    rest = out.partition(b"error\r\n")[2]
    for row in rows[1:]:
        written = row.rstrip(b"\r\n")
        assert rest.startswith(written)
        rest = rest[len(written) :]
        if written == rows[5]:
            assert rest.startswith(b",")  # filled up, so that the link is in its own column
            rest = rest[1:]
        if written:
            assert rest.startswith(b",http://")
        rest = rest.partition(b"\n")[2]
    assert rest == b""


CELL = st.text(st.sampled_from('ab ",;\n\r=é漢'), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=6),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_no_cell_is_lost_or_changed(tmp_path, rows, quoting):
    file = tmp_path / "any.csv"
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, quoting=quoting).writerows([["one", "two"], *rows])
    out = io.StringIO(newline="")
    outcome = mailmerge.write(mailmerge.People(file), lambda cells: LINK, out, lambda n: None)
    head, *written = csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True)
    assert head == ["one", "two", "link", "expires_at", "error"]
    assert [row[:2] for row in written] == rows
    blank = sum(not any(cell.strip() for cell in row) for row in rows)
    assert sum(row[2] == LINK for row in written) == outcome.minted == len(rows) - blank
    assert all(len(row) == 5 for row in written)


def test_a_reason_with_quotes_and_commas_is_one_cell(tmp_path):
    file, out = tmp_path / "people.csv", io.StringIO(newline="")
    file.write_text("email\na@example.com\n")
    why = 'say "no", and\nwhy'

    def refuse(cells):
        raise ValueError(why)

    mailmerge.write(mailmerge.People(file), refuse, out, lambda n: None)
    _, row = csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True)
    assert row == ["a@example.com", "", "", why]


def test_a_dash_prints_the_file(house, people):
    file = people("email\na@example.com\n")
    printed = cx(house, "link", "permits", "riverside", "--csv", str(file))
    assert printed.startswith("email,link,expires_at,error\na@example.com,http://")


# ---- rows that fail


def test_each_row_that_fails_says_why_and_the_others_have_their_links(house, people):
    faults = [
        (f"1,{ago(hours=49)},,", "48 hours"),
        (f"2,{(datetime.now(UTC) + timedelta(hours=1)).isoformat()},,", "in the future"),
        ("3,,,", "done_at is empty"),
        ("4,11/4/2026 10:20,,", "not a time such as"),
        ("5,2026-11-04T10:20:00,,", "no time zone"),
        (f"6,{ago(hours=1)},nowhere,", "no office 'nowhere'"),
        (f"7,{ago(hours=1)},,pigeon", "no channel 'pigeon'"),
        (f"8,{ago(hours=1)},,poster", "is for many people"),
    ]
    good = f"9,{ago(hours=1)},,"
    lines = [good, *(line for line, _ in faults), good.replace("9", "10", 1)]
    file = people("ref,done_at,office,channel\n" + "\n".join(lines) + "\n")
    rows = merged(house, file, "permits", "riverside", fails=True)
    assert len(rows) == 10
    assert rows[0]["link"] and rows[-1]["link"] and not rows[0]["error"]
    output = failure(house, file, "permits", "riverside")
    for number, (row, (_, reason)) in enumerate(zip(rows[1:-1], faults, strict=True), 2):
        assert reason in row["error"] and row["link"] == row["expires_at"] == ""
        assert f"people.csv, row {number} (line {number + 1}): {row['error']}" in output
    assert "2 links in" in output and "8 rows failed" in output


def test_an_office_that_nobody_named_is_told(house, people):
    file = people("email\na@example.com\n")
    [row] = merged(house, file, "permits", fails=True)
    assert "office is missing" in row["error"]


def test_many_faults_are_counted_and_not_all_told(house, people):
    file = people("email,office\n" + "a@example.com,nowhere\n" * 50)
    output = failure(house, file, "permits")
    assert output.count("no office 'nowhere'") == 20
    assert "30 more" in output and "50 rows failed" in output


def test_a_repeated_ref_is_pointed_out(house, people):
    visit = ago(hours=1)
    file = people(f"ref,done_at,office\n1,{visit},\n1,{visit},\n1,{visit},lakeside\n,{visit},\n")
    out = file.with_name("out.csv")
    done = run(house, "link", "permits", "riverside", "--csv", str(file), "-o", str(out))
    assert done.returncode == 0
    assert "1 row repeats the ref of an earlier row. They share one answer." in done.stderr


# ---- files that are refused


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "must name the columns"),
        (b"\n\na,b\n", 1, "must name the columns"),
        (b"email;ref;done_at\na;b;c\n", 1, "columns with commas"),
        (b"email\tref\na\tb\n", 1, "columns with commas"),
        (b"email,ref,Ref\n", 1, "two columns 'ref'"),
        (b"email,link\na,b\n", 1, "already a column 'link'"),
        (b"email,ERROR\na,b\n", 1, "already a column 'error'"),
        (b'email,note\na,b\nc,"d" e\n', 3, "twice"),
        (b'email,note\na,"b\nc\nd,e\n', 2, "Put quotes"),
        (b'email,note\na,"b\nc"\nd,e,f\n', 4, "3 cells, but the first line names 2"),
        ("email,name\na,b\nc,Pérez\n".encode("latin-1"), 3, "not UTF-8"),
        ("email,name\na,b\n".encode("utf-16"), 1, "not UTF-8"),
        (b"email\n" + b"x" * 200_000 + b"\n", 2, "larger than field limit"),
    ],
)
def test_a_bad_file_is_told_with_its_line_and_a_cure(people, content, line, says):
    file = people(content)
    with pytest.raises(ServerError, match=says) as refused:
        mailmerge.write(mailmerge.People(file), lambda cells: LINK, io.StringIO(), lambda n: None)
    assert str(refused.value).startswith(f"people.csv, line {line}: ")


def test_a_fault_in_the_last_line_leaves_all_as_it_was(house, people):
    file = people("email,name\n" + "a@example.com,A\n" * 5000 + "b@example.com,B,b\n")
    out = file.with_name("out.csv")
    out.write_text("yesterday's")
    words = ("link", "permits", "riverside", "--csv", str(file))
    output = cx(house, *words, "-o", str(out), fails=True)
    assert output.startswith("cx: people.csv, line 5002: this row has 3 cells")
    assert out.read_text() == "yesterday's"
    assert not list(file.parent.glob(".*.part"))
    printed = run(house, *words)
    assert (printed.stdout, printed.stderr) == ("", output)


def test_a_file_that_is_not_there_is_told(house, tmp_path):
    output = failure(house, tmp_path / "nowhere.csv", "permits")
    assert "nowhere.csv: No such file" in output


@pytest.mark.parametrize(
    "words",
    [
        ("--ref", "1", "--csv", "x.csv"),
        ("--place", "door", "--csv", "x.csv"),
        ("--expires-at", "2027-01-01T00:00:00Z", "--csv", "x.csv"),
        ("--json", "--csv", "x.csv"),
        ("--output", "out.csv"),
    ],
)
def test_options_that_do_not_go_together_are_told(words):
    done = CliRunner().invoke(app, ["link", "permits", "riverside", *words])
    assert done.exit_code == 2
    assert f"Invalid value for {words[0]}: you can't use this with" in done.output


@pytest.mark.parametrize("words", [(), ("permits",)])
def test_a_single_link_needs_a_service_and_an_office(words):
    done = CliRunner().invoke(app, ["link", *words])
    assert done.exit_code == 2
    assert "name one, or give a file with --csv" in done.output


# ---- large files


@pytest.fixture
def crowd(people: Callable[[str], Path]) -> Path:
    """A hundred thousand people."""
    done = ago(hours=1)
    rows = (f"p{at}@example.com,case-{at},{done},lakeside\n" for at in range(100_000))
    return people("email,ref,done_at,office\n" + "".join(rows))


def command(house: House, file: Path, out: Path) -> tuple[list[str], dict[str, str]]:
    words = ["link", "permits", "--csv", str(file), "-o", str(out)]
    environment = {**os.environ, "CX_DATA_DIR": str(house.settings.data_dir), "TERM": "xterm"}
    return [sys.executable, "-m", "cxserver", *words], environment


def test_a_hundred_thousand_rows_take_less_than_a_minute_and_show_how_far_they_are(house, crowd):
    out = crowd.with_name("out.csv")
    words, environment = command(house, crowd, out)
    ours, theirs = pty.openpty()
    before = children_worked()
    running = subprocess.Popen(words, env=environment, stderr=theirs)
    os.close(theirs)
    seen = b""
    while chunk := _read(ours):
        seen += chunk
    assert running.wait() == 0
    assert children_worked() - before < 60
    assert b"Making links" in seen and b"100,000 links" in seen
    assert len(set(_percents(seen))) > 3
    with out.open(encoding="utf-8", newline="") as file:
        links = [row["link"] for row in csv.DictReader(file)]
    assert len(set(links)) == 100_000


def children_worked() -> float:
    """The seconds for which processes of ours have worked: others keep a busy machine, too."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # what Linux says when the other end has gone
        return b""


def _percents(seen: bytes) -> list[bytes]:
    return [word.rpartition(b"m")[2] for word in seen.split(b"%")[:-1]]


def test_a_command_that_is_interrupted_leaves_nothing(house, crowd):
    out = crowd.with_name("out.csv")
    words, environment = command(house, crowd, out)
    running = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + http_server.PATIENCE
    while not list(crowd.parent.glob(".out.csv.*.part")):
        assert time.monotonic() < deadline, "it does not begin to write"
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=http_server.PATIENCE)
    assert running.returncode != 0
    assert not out.exists() and not list(crowd.parent.glob(".out.csv.*.part"))
