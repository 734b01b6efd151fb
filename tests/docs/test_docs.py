"""The README and the pages of docs/ say what is: their code runs, their tables are complete."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer

from cxsdk import Issuer, Key
from cxserver.cli import console
from cxserver.instrument import masking
from cxserver.settings import Settings
from tests.support import http_server
from tests.support.house import House, stamp_of
from tests.support.matches import first_match

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "develop" / "architecture.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
STORE = (ROOT / "docs" / "reference" / "what-we-store.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *ROOT.glob("docs/**/*.md"),
]
INSTALL = (ROOT / "docs" / "operate" / "install.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "operate" / "settings.md").read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """What stands below a heading."""
    return page.partition(f"\n## {title}")[2].partition("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def cells(text: str) -> list[list[str]]:
    """The rows of the tables in `text`, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    rules = {at for at, row in enumerate(rows) if set(row) == {"---"}}
    return [row for at, row in enumerate(rows) if not {at, at + 1} & rules]


def commands() -> dict[str, set[str]]:
    """Every command of `cx` by its words, with its options."""
    options: dict[str, set[str]] = {}

    def walk(command: Any, words: str) -> None:
        for name, sub in getattr(command, "commands", {}).items():
            walk(sub, f"{words} {name}")
        if not hasattr(command, "commands"):
            options[words] = {flag for option in command.params for flag in option.opts}

    walk(typer.main.get_command(console.app), "cx")
    return options


# ---- the README runs


class Terminal:
    """One bash, typed into line by line, as a reader of the README would."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._shell = subprocess.Popen(
            ["bash", "-s"],
            cwd=folder,
            env=environment or {"PATH": path, "HOME": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def type(self, command: str) -> str:
        """What the command printed; it must end well."""
        assert self._shell.stdin and self._shell.stdout
        self._shell.stdin.write(f"{command}\necho ended:$?\n")
        self._shell.stdin.flush()
        said: list[str] = []
        for line in self._shell.stdout:
            if line.startswith("ended:"):
                assert line.strip() == "ended:0", f"{command}\n{''.join(said)}"
                return "".join(said)
            said.append(line)
        raise AssertionError(f"the shell ended at {command}")

    def close(self) -> None:
        """End the shell, and what it started in the background."""
        os.killpg(self._shell.pid, 15)
        self._shell.communicate(timeout=http_server.PATIENCE)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A shell in an empty folder."""
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def wait_until_ready(base: str) -> None:
    deadline = time.monotonic() + http_server.PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx2.get(f"{base}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


def follow(terminal: Terminal, folder: Path, script: str) -> str:
    """Type a script that makes a link and counts; the link is answered in between."""
    [python] = blocks(section(README, "The first link"), "python")
    (folder / "first_link.py").write_text(python, encoding="utf-8")
    said = ""
    for command in script.splitlines():
        if "results" in command:
            # Nobody opens a link within a tenth of a second after its key was created: for so long
            # a server does not look again whether there is one.
            time.sleep(0.2)
            answer(first_match(r"http://\S+/s/\S+", said)[0])
        said = terminal.type(command)
        if serves := re.match(r"cx (?:serve|demo) --port (\d+)", command):
            wait_until_ready(f"http://127.0.0.1:{serves[1]}")
    return said


def test_the_readme_leads_to_a_first_link_within_the_demonstration(terminal, tmp_path):
    [script] = blocks(section(README, "The first link"), "sh")
    port = str(http_server.free_port())
    demo = f"cx demo --port {port} --data .demo --answers 0 &\n"
    said = follow(terminal, tmp_path, demo + script.replace(".venv/bin/", "").replace("8000", port))
    assert re.search(r"^\s*riverside\W+1\b", said, re.MULTILINE), said


@pytest.mark.parametrize("way", ["venv", "pipx"])
def test_the_readme_leads_from_a_machine_with_nothing_to_a_counted_answer(tmp_path, way):
    """Pasted line by line, with a HOME that has nothing in it and no environment of ours."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "build", "__pycache__"))
    venv, pipx, *rest = blocks(section(README, "Your own server"), "sh")
    terminal = Terminal(checkout, nothing(tmp_path, way))
    try:
        for line in {"venv": venv, "pipx": pipx}[way].splitlines():
            terminal.type(line)
        work, port = tmp_path / "work", str(http_server.free_port())
        work.mkdir()
        terminal.type(f"cd {work}; export CX_BASE_URL=http://127.0.0.1:{port}")
        script = "\n".join(rest).replace("cx serve", f"cx serve --port {port}")
        said = follow(terminal, work, script)
        assert re.search(r"^\s*riverside\W+1\b", said, re.MULTILINE), said
        assert terminal.type("cx key issue permits").startswith("cxk1_svc_permits_")
    finally:
        terminal.close()


def nothing(folder: Path, way: str) -> dict[str, str]:
    """The environment of a new machine: Python, and where this one gets its packages from."""
    home = folder / "home"
    home.mkdir()
    path = [str(home / ".local" / "bin"), f"{sys.base_prefix}/bin", "/usr/bin", "/bin"]
    if way == "pipx":
        tools = folder / "tools"
        subprocess.run([sys.executable, "-m", "venv", tools], check=True)
        subprocess.run([tools / "bin" / "pip", "install", "-q", "pipx"], check=True)
        path.insert(0, str(tools / "bin"))
    ours = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    config = Path.home() / ".config" / "pip" / "pip.conf"
    if config.exists():
        ours["PIP_CONFIG_FILE"] = str(config)
    return {"PATH": os.pathsep.join(path), "HOME": str(home), **ours}


def test_no_block_to_paste_names_an_index_without_us_or_an_agency_to_fill_in():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*")]
    for page in pages:
        if not page.is_file():
            continue
        text = page.read_text(encoding="utf-8")
        pasted = "\n".join(blocks(text, "sh")) if page.suffix == ".md" else text
        assert not re.search(r"(?:pip|pipx) install '?cxsdk|YOUR-AGENCY", pasted), page


def answer(link: str) -> None:
    """Open the link as a person does, and send the form."""
    with httpx2.Client() as person:
        stamp = stamp_of(person.get(link).text)
        sent = person.post(link, data={"stamp": stamp, "trust": "4", "satisfaction": "5"})
    assert sent.status_code == 303, sent.text


def test_the_first_link_runs_as_printed(monkeypatch, tmp_path, capsys):
    [python] = blocks(section(README, "The first link"), "python")
    assert len([line for line in python.splitlines() if line]) <= 5
    file = tmp_path / "first_link.py"
    file.write_text(python, encoding="utf-8")
    monkeypatch.setenv("CX_BASE_URL", "https://cx.example.gov")
    monkeypatch.setenv("CX_KEY", Key("permits", 1, bytes(range(32))).text)
    runpy.run_path(str(file))
    assert capsys.readouterr().out.startswith("https://cx.example.gov/s/permits/riverside/")


def test_a_link_of_the_readme_is_short_enough_for_a_text_message():
    key = Key("permits", 1, bytes(range(32))).text
    assert len(Issuer("https://cx.example.gov", key).issue_link("permits", "riverside")) < 100


# ---- the README is complete, and claims nothing that is not


def test_every_setting_is_on_its_page_with_its_default_and_meaning():
    documented = {row[0].strip("`"): row[1:] for row in cells(SETTINGS)}
    for name, field in Settings.model_fields.items():
        default, meaning = documented.pop(f"CX_{name.upper()}")
        assert default.strip("`") == str(field.default or ""), name
        assert meaning.startswith(field.description or "?"), name
    assert set(documented) == {"CX_KEY"}


def test_every_variable_that_the_sdk_reads_is_on_the_page_about_settings():
    source = "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("sdk/cxsdk/*.py"))
    read = set(re.findall(r'environ\.get\("(CX_[A-Z_]+)"', source))
    assert read == {"CX_BASE_URL", "CX_KEY"}
    assert all(f"| `{name}` |" in SETTINGS for name in read)


def test_no_page_names_a_variable_that_nobody_reads():
    known = {f"CX_{name.upper()}" for name in Settings.model_fields} | {
        "CX_KEY",
        "CX_TEST_CHROMIUM",
        "CX_API_KEY",  # for curl and its like, in docs/use
    }
    for page in PAGES:
        assert set(re.findall(r"\bCX_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known, page


def test_every_command_is_on_its_page():
    documented = [row[0].strip("`") for row in cells(COMMANDS)]
    assert sorted(documented) == sorted(commands())


def test_the_options_beside_a_command_exist():
    known = commands()
    for command, says in cells(COMMANDS):
        options = set(re.findall(r"--[a-z-]+", says))
        assert options <= known[command.strip("`")], command


def test_every_command_line_in_a_page_could_be_typed():
    known, typed = commands(), 0
    for page in PAGES:
        for words in said_commands(page.read_text(encoding="utf-8")):
            typed += 1
            command = next((name for name in known if f"{words} ".startswith(f"{name} ")), None)
            assert command, f"{page.name}: {words}"
            assert set(re.findall(r"(?<= )--?[a-z-]+", words)) <= known[command], words
    assert typed > 50


def said_commands(page: str) -> list[str]:
    """Each `cx …` of a page, in a code block or in a line of text."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    lines += [span for span in re.findall(r"`([^`\n]+)`", page) if span.startswith("cx ")]
    matches = [re.search(r"\bcx [a-z].*", line.partition("#")[0]) for line in lines]
    return [match[0].rstrip(" &)") for match in matches if match and "…" not in match[0]]


def test_every_make_target_in_a_page_exists():
    targets = re.findall(
        r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    named = 0
    for page in PAGES:
        for code in re.findall(r"`(make [^`]+)`", page.read_text(encoding="utf-8")):
            words = [word for word in shlex.split(code)[1:] if "=" not in word]
            assert set(words) <= set(targets), f"{page.name}: {code}"
            named += 1
    assert named > 5


def test_the_page_about_architecture_shows_every_room():
    documented = [row[0].strip("`") for row in cells(section(ARCHITECTURE, "The rooms"))]
    rooms = {f"{file.parent.name}/" for file in ROOT.glob("server/cxserver/*/__init__.py")}
    assert sorted(documented) == sorted(rooms | {"sdk/cxsdk"})


@pytest.mark.parametrize("journey", ["A link", "An answer", "A comment", "A number"])
def test_every_file_of_a_journey_exists(journey):
    text = section(ARCHITECTURE, journey)
    assert len(cells(text)) > 10
    named = [span for span in re.findall(r"`([^`\n]+)`", text) if re.search(r"/|\.py$", span)]
    for name in named:
        assert (ROOT / name).is_file() or (ROOT / "server/cxserver" / name).is_file(), name


def test_the_glossary_is_in_order():
    terms = [row[0] for row in cells(section(ARCHITECTURE, "Glossary"))]
    assert terms == sorted(terms)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page):
    code = r"^```.*?^```$"
    text = re.sub(code, "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r'\]\(([^)#]+)[^)]*\)|src="([^"]+)"', text):
        address = "".join(target)
        if not address.startswith("https://"):
            assert (page.parent / address).exists(), address


def test_the_index_of_the_documents_names_every_page():
    index = ROOT / "docs" / "index.md"
    text = index.read_text(encoding="utf-8")
    for page in ROOT.glob("docs/*/**/*.md"):
        assert f"]({page.relative_to(index.parent)})" in text, page


def test_the_changelog_has_one_entry_for_each_subject():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert kinds and set(kinds) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }
    for kind in re.split(r"^##+ .+$", text, flags=re.MULTILINE)[2:]:
        entries = [entry.strip() for entry in re.split(r"^- ", kind, flags=re.MULTILINE)[1:]]
        begins = [entry.partition(". ")[0] for entry in entries]
        assert begins, kind
        assert len(begins) == len(set(begins)), kind
        assert all(entry[0] in "*ABCDEFGHIJKLMNOPQRSTUVWXYZ" for entry in entries), kind
        assert all(entry.endswith(".") for entry in entries), kind


def test_the_readme_is_one_page():
    assert len(README.splitlines()) <= 115


def test_the_survey_weighs_what_the_readme_says(sqlite_house: House):
    [promised] = re.findall(r"under (\d+) kB in (\d+) requests", README)
    with sqlite_house.client() as client:
        page = client.get(sqlite_house.mint())
        files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)))
        weighed = [page, *(client.get(file) for file in files)]
    assert all(each.headers["content-encoding"] == "gzip" for each in weighed)
    sizes = [int(each.headers["content-length"]) for each in weighed]
    assert (sum(sizes) < 1000 * int(promised[0]), len(sizes)) == (True, int(promised[1])), sizes


@pytest.mark.parametrize("file", sorted(ROOT.glob("benchmarks/*.py")), ids=lambda file: file.stem)
def test_the_page_about_speed_names_every_benchmark_and_each_starts(file):
    page = (ROOT / "docs" / "develop" / "performance.md").read_text(encoding="utf-8")
    assert f"`{file.relative_to(ROOT)}`" in page
    subprocess.run([sys.executable, file, "--help"], check=True, stdout=subprocess.DEVNULL)


# ---- what we store


def test_the_tables_of_what_we_store_are_those_of_the_code():
    drawn = subprocess.run(
        [sys.executable, ROOT / "scripts" / "what_we_store"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert drawn.stdout == STORE, "draw it anew: see scripts/what_we_store"


def examples(columns: int) -> list[list[str]]:
    """The rows of the tables about masking, by their number of columns."""
    rows = [row for row in cells(section(STORE, "What is taken out")) if len(row) == columns]
    return [[cell.strip("`") for cell in row] for row in rows]


@pytest.mark.parametrize(("what", "typed", "stored"), examples(3))
def test_what_the_page_says_is_caught_is_caught(what, typed, stored):
    assert masking.mask(typed) == stored


@pytest.mark.parametrize(("what", "typed"), examples(2))
def test_what_the_page_says_is_not_caught_is_stored_as_it_was_typed(what, typed):
    assert masking.mask(typed) == typed
