"""What Prometheus reads: every metric, nobody's answer, and a real Prometheus that reads it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from cxsdk import Issuer
from cxserver import db, tables
from cxserver.clock import now
from cxserver.metrics import exposition
from cxserver.metrics.state import State
from cxserver.settings import Settings
from tests.support import fork_server, http_server, programs
from tests.support.cx_process import environment
from tests.support.house import House, answer, stamp_of
from tests.support.optional import present

DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
CX = Path(sys.executable).with_name("cx")
TOKEN = {"CX_METRICS_TOKEN": "a-long-random-token"}
SHOWN = {"authorization": f"Bearer {TOKEN['CX_METRICS_TOKEN']}"}
SAMPLE = re.compile(r"^(cx_\w+?)(\{[^}]*\})? (\S+)$", re.MULTILINE)


@pytest.fixture
def watched(house):
    """A client of a server that is watched, with a token."""
    house.settings = house.settings.model_copy(update={"metrics_token": secret()})
    with house.client() as client:
        yield client


def secret():
    return Settings(metrics_token=TOKEN["CX_METRICS_TOKEN"]).metrics_token


def samples(text):
    return {name + (labels or ""): float(value) for name, labels, value in SAMPLE.findall(text)}


def scrape(client):
    response = client.get("/metrics", headers=SHOWN)
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/plain")
    return response.text


def test_without_a_token_set_there_is_no_page(house):
    with house.client() as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers=SHOWN).status_code == 404


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic a-long-random-token", "é"]
)
def test_only_the_token_opens_it(watched, header):
    refused = watched.get("/metrics", headers={"authorization": header.encode()})
    assert refused.status_code == 401 and "cx_" not in refused.text


def test_each_step_of_an_answer_is_counted(house, watched):
    link, other = house.mint(), house.mint(channel="sms")
    stamps = [stamp_of(watched.get(link).text) for _ in range(2)]
    for stamp, trust in zip(stamps, ("4", "1"), strict=True):
        watched.post(link, data={"stamp": stamp, "trust": trust, "satisfaction": "5"})
    answer(watched, other, comment="canary")
    watched.get(link[:-1] + "!")
    key = house.keys["permits"].text
    issuer = Issuer(house.settings.base_url, key, clock=house.clock)
    watched.get(issuer.issue_link("permits", "atlantis"))
    counted = samples(scrape(watched))
    assert counted['cx_answers_total{channel="email",outcome="stored"}'] == 1
    assert counted['cx_answers_total{channel="sms",outcome="stored"}'] == 1
    assert counted['cx_answers_total{channel="email",outcome="different"}'] == 1
    assert counted['cx_links_refused_total{genuine="yes",reason="unknown_office"}'] == 1
    assert sum(v for k, v in counted.items() if 'genuine="no"' in k) == 1
    assert counted["cx_commit_answers_sum"] >= 2 and counted["cx_commit_seconds_count"] >= 2
    assert counted["cx_writer_ready"] == 1 and counted["cx_queue_answers"] == 0
    assert counted['cx_requests_total{method="GET",page="survey",status="404"}'] == 2
    assert counted["cx_database_up"] == 1 and counted["cx_clock_in_doubt"] == 0
    assert counted['cx_approval_days_left{approval="umbrella"}'] > 400


def test_nothing_in_it_is_of_a_person_an_office_or_a_moment(house, watched):
    link = house.mint()
    answer(watched, link, comment="canary words")
    watched.get("/no/such/canary?canary=1")
    watched.request("CANARY", "/")
    text = scrape(watched)
    for mark in ("canary", "CANARY", "riverside", "permits", link.rpartition("/")[2], "_created"):
        assert mark not in text, mark


def test_a_database_that_does_not_answer_is_a_metric_and_no_failure(house, tmp_path):
    lost = db.open_engine(Settings(database_url=f"sqlite:///{tmp_path}/missing/cx.sqlite3"))
    text = exposition.text(exposition.of_all(None, State(lost, now))).decode()
    assert samples(text)["cx_database_up"] == 0 and "cx_build_info" in text
    lost.dispose()


def test_a_failed_job_is_seen(house, watched):
    with db.write(house.engine) as connection:
        row = {"name": "digests", "ran": house.clock.now, "result": "failed: no mail server"}
        connection.execute(tables.jobs.delete().where(tables.jobs.c.name == "digests"))
        connection.execute(tables.jobs.insert().values(**row))
    counted = samples(scrape(watched))
    assert counted['cx_job_failing{job="digests"}'] == 1
    assert counted['cx_job_last_run_timestamp_seconds{job="digests"}'] == pytest.approx(
        house.clock.now.timestamp()
    )


# ---- what the examples name


def test_every_metric_of_the_dashboard_and_the_alerts_exists(house, watched):
    answer(watched, house.mint())
    text = scrape(watched)
    # A counter without a label yet has its family, and no sample.
    known = set(re.findall(r"^# TYPE (cx_\w+) ", text, re.MULTILINE))
    known |= {f"{name}{end}" for name in known for end in ("_bucket", "_sum", "_count")}
    dashboard = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    alerts = (DEPLOY / "alerts.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"\bcx_\w+", " ".join(shown) + alerts))
    assert len(named) > 15 and named <= known, named - known
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_prometheus_takes_the_example_and_its_alerts():
    program = programs.prometheus()
    assert program, "No Prometheus was found. `make test` installs it."
    done = subprocess.run(
        ["promtool", "check", "config", DEPLOY / "prometheus.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 rules found" in done.stdout, done.stdout


def test_a_real_prometheus_reads_a_real_server(sqlite_house, tmp_path):
    sqlite_house.live_today()
    ports = [http_server.free_port() for _ in range(3)]
    address = f"http://127.0.0.1:{ports[0]}"
    sqlite_house.move(address)
    steer = environment(sqlite_house) | {"CX_METRICS_LISTEN": f"127.0.0.1:{ports[1]}"}
    config = (DEPLOY / "prometheus.yml").read_text(encoding="utf-8")
    (tmp_path / "alerts.yml").write_text((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))
    config = config.replace("15s", "1s").replace("127.0.0.1:9464", f"127.0.0.1:{ports[1]}")
    (tmp_path / "prometheus.yml").write_text(config, encoding="utf-8")
    server = subprocess.Popen(
        [CX, "serve", "--port", str(ports[0])], env=steer, stdout=subprocess.DEVNULL
    )
    prometheus = subprocess.Popen(
        [
            present(programs.prometheus()),
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{ports[2]}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: httpx2.get(f"{address}/readyz").status_code == 200)
        with httpx2.Client() as person:
            answer(person, sqlite_house.mint())
        query = "cx_answers_total{outcome='stored'}"
        wait_for(lambda: ask(ports[2], query) == "1")
        assert ask(ports[2], "up{job='cx'}") == "1"
        rules = httpx2.get(f"http://127.0.0.1:{ports[2]}/api/v1/rules").json()["data"]["groups"]
        assert {rule["health"] for group in rules for rule in group["rules"]} <= {"ok", "unknown"}
    finally:
        for process in (prometheus, server):
            process.terminate()
            process.wait(http_server.PATIENCE)


@pytest.fixture
def postgresql_house(postgresql_pool, tmp_path):
    name = postgresql_pool.take()
    house = House(Settings(data_dir=tmp_path, database_url=postgresql_pool.server.url(name)))
    yield house
    house.close()
    postgresql_pool.give_back(name)


def test_several_processes_are_read_as_one(postgresql_house):
    house = postgresql_house
    house.live_today()
    port, watch = http_server.free_port(), http_server.free_port()
    address = f"http://127.0.0.1:{port}"
    house.move(address)
    steer = environment(house) | {"CX_METRICS_LISTEN": f"127.0.0.1:{watch}"} | TOKEN
    line = [str(CX), "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(line, env=steer, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: httpx2.get(f"{address}/readyz").status_code == 200)
        for _ in range(12):  # each a new connection, to either process
            with httpx2.Client() as person:
                assert answer(person, house.mint()).status_code == 303
        counted = samples(httpx2.get(f"http://127.0.0.1:{watch}/metrics").text)
        assert counted['cx_answers_total{channel="email",outcome="stored"}'] == 12
        assert counted["cx_database_up"] == 1 and counted["cx_writer_ready"] == 1
        behind = samples(httpx2.get(f"{address}/metrics", headers=SHOWN).text)
        assert behind['cx_answers_total{channel="email",outcome="stored"}'] == 12
    finally:
        server.terminate()
        server.wait(http_server.PATIENCE)


def wait_for(condition):
    until = time.monotonic() + http_server.PATIENCE
    while time.monotonic() < until:
        try:
            if condition():
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def ask(port, query):
    address = f"http://127.0.0.1:{port}/api/v1/query"
    rows = httpx2.get(address, params={"query": query}).json()["data"]["result"]
    return rows[0]["value"][1] if rows else None


def test_a_log_level_leaves_out_what_is_less_grave(sqlite_house):
    steer = environment(sqlite_house)
    for level, said in (("info", True), ("error", False)):
        port = str(http_server.free_port())
        process = subprocess.Popen(
            [CX, "serve", "--port", port],
            env=steer | {"CX_LOG_LEVEL": level},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda port=port: httpx2.get(f"http://127.0.0.1:{port}/healthz").is_success)
        process.terminate()
        out, err = process.communicate(timeout=http_server.PATIENCE)
        assert "is serving" in out and ('"event": "serving"' in err) == said
    done = fork_server.run(["serve"], steer | {"CX_LOG_LEVEL": "loud"})
    assert done.returncode == 1 and "CX_LOG_LEVEL" in done.stderr
