"""The examples of hosting: nginx really runs, and the others say only what exists."""

import configparser
import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import typer
import yaml  # type: ignore[import-untyped]  # mkdocs brings it
from packaging.requirements import Requirement
from typer.core import TyperGroup

from cxserver.cli import console
from cxserver.settings import Settings
from tests.support import http_server, programs
from tests.support.house import House, stamp_of
from tests.support.http_server import Servers
from tests.support.matches import first_match

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
DOCKER = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
CLOUD = (DEPLOY / "manifest.yml").read_text(encoding="utf-8")


@dataclass
class Proxy:
    """A running nginx. `said` is all that it wrote, in whatever file."""

    address: str
    folder: Path

    @property
    def written(self) -> str:
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return "\n".join(file.read_text("utf-8", "replace") for file in files)

    @property
    def log(self) -> list[str]:
        return (self.folder / "cx.log").read_text(encoding="utf-8").splitlines()


def rewritten(folder: Path, port: int, behind: str) -> str:
    """The example for this machine: without TLS and the redirect to it, on free ports."""
    first, mark, secure = NGINX.partition("server {\n    listen 443")
    before, _, redirect = first.partition("server {\n    listen 80")
    assert mark and "return 301 https://cx.agency.gov$request_uri;" in redirect
    text = before + mark + secure
    text = re.sub(r"    (ssl_\w+|listen \[::\]).*\n", "", text)
    for old, new in {
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
        "server_name cx.agency.gov;": "server_name 127.0.0.1;",
        "server 127.0.0.1:8000;": f"server {behind.removeprefix('http://')};",
        "/var/log/nginx/cx.log": f"{folder}/cx.log",
    }.items():
        assert old in text
        text = text.replace(old, new)
    return whole(folder, text)


def plain_door(folder: Path, port: int) -> str:
    """The part of the example that leads to https, on a free port."""
    text = NGINX.partition("server {\n    listen 443")[0]
    text = re.sub(r"    listen \[::\].*\n", "", text)
    text = text.replace("server_name cx.agency.gov;", "server_name 127.0.0.1;")
    return whole(folder, text.replace("listen 80;", f"listen 127.0.0.1:{port};"))


def whole(folder: Path, text: str) -> str:
    """A configuration that nginx runs with, around this part of one."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;\n" if os.getuid() == 0 else ""
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\n"
        f"error_log {folder}/error.log info;\nhttp {{\n{places}\naccess_log {folder}/all.log;\n"
        f"{text}\n}}\n"
    )


@contextlib.contextmanager
def nginx(folder: Path, port: int, text: str) -> Iterator[Proxy]:
    program = programs.nginx()
    assert program, "No nginx was found. `make test` installs it."
    folder.mkdir()
    conf = folder.parent / "nginx.conf"
    conf.write_text(text, encoding="utf-8")
    line: list[str | Path] = [program, "-p", folder, "-c", conf, "-e", folder / "start.log"]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + http_server.PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None and time.monotonic() < deadline, process.communicate()
            time.sleep(0.02)
        yield Proxy(f"http://127.0.0.1:{port}", folder)
    finally:
        process.send_signal(signal.SIGQUIT)
        process.communicate(timeout=http_server.PATIENCE)


def serving(folder: Path, port: int, behind: str) -> contextlib.AbstractContextManager[Proxy]:
    """nginx before the server at `behind`."""
    return nginx(folder / "nginx", port, rewritten(folder / "nginx", port, behind))


def test_an_answer_through_nginx_is_counted_and_no_log_knows_its_link(
    serve: Servers, sqlite_house: House, tmp_path: Path
):
    port = http_server.free_port()
    sqlite_house.move(f"http://127.0.0.1:{port}")
    behind = serve(sqlite_house.app())
    link = sqlite_house.mint()
    with serving(tmp_path, port, behind) as proxy, httpx2.Client() as person:
        page = person.get(link)
        assert page.status_code == 200 and page.headers["content-encoding"] == "gzip"
        assert page.headers["server"] == "nginx" and "no-store" in page.headers["cache-control"]
        comment = "A long story. " * 2000
        fields = {"stamp": stamp_of(page.text), "trust": "4", "satisfaction": "5"}
        short = person.post(link, data=fields | {"comment": comment})
        assert short.status_code == 422  # told by us, with every word kept
        assert person.post(link, data=fields).status_code == 303
        [file] = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
        assert person.get(f"{proxy.address}{file}").status_code == 200
        kiosk = link.replace("/s/", "/k/", 1)
        assert person.get(kiosk).status_code == 404
        too_much = person.post(link, content=b"x" * (1024 * 1024 + 1))
        assert too_much.status_code == 413
    # nginx writes its line after it has answered: look once it has ended.
    written = proxy.written
    doors = [line.split()[1:4] for line in proxy.log]
    assert sqlite_house.count() == 1
    token = link.rpartition("/")[2]
    assert token not in written and token[:20] not in written and "long story" not in written
    assert "127.0.0.1" not in "\n".join(line for line in written.splitlines() if " survey " in line)
    assert doors == [
        ["GET", "survey", "200"],
        ["POST", "survey", "422"],
        ["POST", "survey", "303"],
        ["GET", "static", "200"],
        ["GET", "kiosk", "404"],
        ["POST", "survey", "413"],
    ]


def test_no_log_knows_the_link_when_the_server_is_down(sqlite_house: House, tmp_path: Path):
    port, dead = http_server.free_port(), http_server.free_port()
    sqlite_house.move(f"http://127.0.0.1:{port}")
    link = sqlite_house.mint()
    with serving(tmp_path, port, f"http://127.0.0.1:{dead}") as proxy:
        assert httpx2.get(link).status_code == 502
    assert [line.split()[1:4] for line in proxy.log] == [["GET", "survey", "502"]]
    assert link.rpartition("/")[2][:20] not in proxy.written


# ---- the others


def check_line(line: str) -> None:
    """A line of `cx …` that exists, with options that exist."""
    word, name, *options = shlex.split(line)
    assert word.rpartition("/")[2] == "cx"
    commands = typer.main.get_command(console.app)
    assert isinstance(commands, TyperGroup)
    known = commands.commands[name]
    if isinstance(known, TyperGroup):
        known = known.commands[options[0]]
    flags = {flag for option in known.params for flag in option.opts}
    assert {option for option in options if option.startswith("-")} <= flags


def check_settings(names: set[str]) -> None:
    fields = {f"CX_{name.upper()}" for name in Settings.model_fields}
    assert names and names <= fields


class UnitParser(configparser.RawConfigParser):
    """Reads a file of systemd, whose keys have capitals."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def test_people_are_led_to_https_and_programs_are_refused(tmp_path: Path):
    folder, port = tmp_path / "nginx", http_server.free_port()
    with nginx(folder, port, plain_door(folder, port)) as proxy:
        person = httpx2.get(f"{proxy.address}/s/permits/riverside/abc?lang=es")
        program = httpx2.get(f"{proxy.address}/api/v1/results?service=permits")
    assert person.status_code == 301
    assert person.headers["location"] == "https://cx.agency.gov/s/permits/riverside/abc?lang=es"
    assert program.status_code == 403 and "location" not in program.headers


def test_the_unit_starts_what_exists_and_is_shut_in():
    unit = UnitParser(strict=False)
    text = (DEPLOY / "cx.service").read_text(encoding="utf-8")
    unit.read_string(text)
    service = unit["Service"]
    check_line(service["ExecStartPre"])
    check_line(service["ExecStart"])
    check_settings(set(re.findall(r"CX_\w+(?==)", text)))
    assert service["Environment"] == f"CX_DATA_DIR=/var/lib/{service['StateDirectory']}"
    assert service["DynamicUser"] == "yes" and service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes" and service["CapabilityBoundingSet"] == ""


def test_the_image_copies_all_that_the_server_is_built_from(tmp_path):
    for sources, target in re.findall(r"^COPY (.+) /src(/\S*)$", DOCKER, re.MULTILINE):
        for source in sources.split():
            into = tmp_path / "src" / target.strip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                into.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, into)
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(line, cwd=tmp_path / "src", check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    for folder in ("widget", "locale", "migrations"):
        ours = {f"cxserver/{folder}/{file.name}" for file in (ROOT / folder).glob("*.*")}
        assert {name for name in ours if name.endswith((".css", ".js", ".py", ".pot"))} <= packed
    assert "cxserver/web/app.py" in packed and "cxsdk/links.py" in packed


def test_the_image_runs_as_nobody_special_and_keeps_its_data_apart():
    assert DOCKER.index("USER cx") < DOCKER.index("VOLUME /data") < DOCKER.index("\nCMD")
    check_settings(set(re.findall(r"CX_\w+", DOCKER)))
    command = first_match(r'^CMD \["sh", "-c", "(.+)"\]$', DOCKER, re.MULTILINE)
    for line in command[1].split(" && "):
        check_line(line.removeprefix("exec "))


def test_the_command_of_the_manifest_runs(tmp_path):
    """With its `cx` replaced by one that tells how it was called: the shell around it is real."""
    command = " ".join(CLOUD.partition("command: >-\n")[2].split())
    telling = tmp_path / "cx"
    telling.write_text(
        '#!/bin/sh\necho "cx $@|$CX_DATABASE_URL|$(cat "$CX_ROOT_KEY_FILE")|$ROOT_KEY"\n'
    )
    telling.chmod(0o755)
    for scheme in ("postgres", "postgresql"):
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "CX_ROOT_KEY_FILE": str(tmp_path / "root.key"),
            "ROOT_KEY": "ab" * 32,
            "DATABASE_URL": f"{scheme}://me:it@db:5432/cx?a=postgres:b",
            "PORT": "8080",
        }
        done = subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, check=True
        )
        for line in done.stdout.splitlines():
            called, database, key, left = line.split("|")
            check_line(called)
            assert database == "postgresql://me:it@db:5432/cx?a=postgres:b"
            assert (key, left) == ("ab" * 32, "")
        assert (tmp_path / "root.key").stat().st_mode & 0o077 == 0
        assert done.stdout.count("\n") == 2 and "--port 8080" in done.stdout
    check_settings(set(re.findall(r"CX_\w+", CLOUD)))


def test_the_manifest_makes_requirements_that_pin_every_package(tmp_path):
    line = first_match(r"^#     (sed .+) > requirements.txt$", CLOUD, re.MULTILINE)
    done = subprocess.run(["bash", "-c", line[1]], cwd=ROOT, capture_output=True, text=True)
    pinned = [Requirement(line) for line in done.stdout.splitlines()]
    locked = re.findall(
        r"^([a-z0-9.-]+)(?:\[\w+\])?==", (ROOT / "requirements/server.lock").read_text(), re.M
    )
    assert [package.name for package in pinned] == locked and "starlette" in locked


def test_compose_waits_for_the_database_and_says_only_what_exists():
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    server, database = compose["services"]["server"], compose["services"]["database"]
    check_settings(set(server["environment"]))
    assert server["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert (DEPLOY / server["build"]["context"] / server["build"]["dockerfile"]).is_file()
    # No password is shipped: without one of its own it does not start.
    assert database["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    # Nothing but this machine reaches it without https.
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    mounted = {volume.partition(":")[0] for volume in server["volumes"] + database["volumes"]}
    assert mounted == set(compose["volumes"])
    user, name = (database["environment"][f"POSTGRES_{key}"] for key in ("USER", "DB"))
    assert server["environment"]["CX_DATABASE_URL"].startswith(f"postgresql://{user}:")
    assert server["environment"]["CX_DATABASE_URL"].endswith(f"@database:5432/{name}")


def test_every_command_of_the_deploy_page_exists():
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    commands = re.findall(r"(?:^cxd|bin/cx) ([a-z].*)$", blocks, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        check_line(f"cx {command}")
    check_settings(set(re.findall(r"\bCX_[A-Z_]+", page)))
    for file in re.findall(r"examples/deploy/([\w.]+)", blocks):
        assert (DEPLOY / file).is_file()
