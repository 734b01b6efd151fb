"""The doctor tries what stands around the server: address, disk, backups, mail server."""

import json
import os
import shutil
import socket
import ssl
import subprocess
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest

from cxserver.doctor import surroundings
from cxserver.settings import Settings
from tests.support import http_server, mail_server
from tests.support.cli_runner import invoke
from tests.support.house import NOW

# Not a loopback name, though it leads to this machine: the doctor would not try the others.
HERE = "127.0.0.1.nip.internal"


@pytest.fixture
def public_name(monkeypatch):
    """A name that is not loopback by its looks, and leads here."""
    real = socket.getaddrinfo

    def lookup(host, *rest, **more):
        return real("127.0.0.1" if host == HERE else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return HERE


def looked_at(address):
    return surroundings.public_address(Settings(base_url=address), NOW)


def test_a_server_that_is_reached_as_the_public_does_is_well(house, serve, public_name):
    port = int(serve.reserve().rpartition(":")[2])
    house.move(f"http://{public_name}:{port}")
    serve(house.app(), at=f"http://127.0.0.1:{port}")
    [finding] = looked_at(house.settings.base_url)
    assert (finding.check, finding.state) == ("reached", "ok")


def test_a_proxy_that_asks_by_another_name_is_named(house, serve, public_name):
    address = serve(house.app())  # it answers to the house's own name alone
    [finding] = looked_at(f"http://{public_name}:{address.rpartition(':')[2]}")
    assert (finding.check, finding.state) == ("proxy", "problem")
    assert "proxy_set_header Host $host" in finding.cure


async def somebody_else(scope, receive, send):
    await send({"type": "http.response.start", "status": scope["path"] != "/cx/r" and 200 or 502})
    await send({"type": "http.response.body", "body": b"hello"})


def test_what_is_not_this_server_is_named(serve, public_name):
    port = serve(somebody_else).rpartition(":")[2]
    [stranger] = looked_at(f"http://{public_name}:{port}")
    assert stranger.check == "proxy" and "0 content-security-policy" in stranger.text
    [failing] = looked_at(f"http://{public_name}:{port}/cx")
    assert failing.check == "reached" and "answers 502" in failing.text


def test_an_address_that_nobody_answers_is_a_problem(public_name):
    [finding] = looked_at(f"http://{public_name}:{http_server.free_port()}")
    assert finding.state == "problem" and "cannot be reached" in finding.text
    [finding] = looked_at("https://no-such-host.invalid")
    assert finding.state == "problem" and "cannot be reached" in finding.text


def test_this_machines_own_address_is_not_tried():
    assert looked_at("http://127.0.0.1:1") == []


@pytest.mark.parametrize(("days", "state"), [(60, "ok"), (20, "warning"), (2, "problem")])
def test_a_certificate_is_told_before_it_ends(
    serve, public_name, tmp_path, monkeypatch, days, state
):
    """A real one, made by openssl and trusted for this test."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", "/CN=x")
    name = ("-addext", f"subjectAltName=DNS:{public_name}")
    line = ["openssl", *made, *name, "-keyout", key, "-out", certificate]
    subprocess.run(line, check=True, capture_output=True)
    port = serve(somebody_else, ssl_keyfile=key, ssl_certfile=certificate).rpartition(":")[2]
    address = f"https://{public_name}:{port}"
    now = datetime.now(UTC)
    [distrusted] = surroundings.public_address(Settings(base_url=address), now)
    assert distrusted.state == "problem" and "self" in distrusted.text
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ssl.get_default_verify_paths().cafile == str(certificate)
    *_, finding = surroundings.public_address(Settings(base_url=address), now)
    assert (finding.check, finding.state) == ("certificate", state)


def test_a_disk_without_room_is_told(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    for free, state in ((9, "ok"), (3, "warning"), (0.5, "problem")):
        left = usage(10**12, 0, int(free * 1024**3))
        monkeypatch.setattr(shutil, "disk_usage", lambda folder, left=left: left)
        finding = surroundings.disk(Settings(data_dir=tmp_path / "not" / "made"))
        assert finding.state == state and str(tmp_path) in finding.text


def test_an_old_backup_is_told_and_a_fresh_one_is_well(house):
    now = datetime.now(UTC)
    assert "there is none" in surroundings.backup(house.settings, now).text
    invoke(house, "backup")
    assert surroundings.backup(house.settings, now).state == "ok"
    later = surroundings.backup(house.settings, now + timedelta(days=3))
    assert later.state == "warning" and "cx backup" in later.cure


def test_a_mail_server_is_asked_and_sent_nothing():
    with mail_server.running() as postbox:
        settings = postbox.settings(Settings())
        [finding] = surroundings.mail_server(settings)
        assert finding.state == "ok" and postbox.to == []


def test_a_mail_server_that_does_not_take_us_is_a_problem():
    port = http_server.free_port()
    gone = Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="cx@agency.gov")
    [finding] = surroundings.mail_server(gone)
    assert finding.state == "problem" and "127.0.0.1" in finding.text
    assert surroundings.mail_server(Settings()) == []


def test_the_command_tells_of_all_of_it(sqlite_house):
    sqlite_house.live_today()
    report = json.loads(invoke(sqlite_house, "doctor", "--json")[0])
    assert {"disk", "backup"} <= {check["check"] for check in report["checks"]}
    assert os.fspath(sqlite_house.settings.backups) in json.dumps(report)
