"""The ground the tests stand on: databases, servers and a browser, all of them real.

A test that names `engine`, `settings` or `database_url` runs twice: on SQLite and on PostgreSQL.
Nothing starts before a test needs it, and everything is gone when the tests end.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from sqlalchemy import Engine
from starlette.testclient import TestClient

from cxserver import db
from cxserver.settings import Settings
from tests.support import (
    browser_layout,
    fork_server,
    kiosk_screen,
    kiosk_tablet,
    mail_server,
    postgresql_server,
    programs,
    temporary_folder,
)
from tests.support.house import House
from tests.support.http_server import PATIENCE, Servers
from tests.support.page_faults import Faults
from tests.support.shared_house import shared_house

# A machine that is busy is no fault in the code, nor does chance decide whether a test succeeds.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# `make test-slow`: many more, and others each time. It prints the seed that chose them.
hypothesis.settings.register_profile(
    "nightly",
    hypothesis.settings.get_profile("patient"),
    derandomize=False,
    max_examples=1000,
    print_blob=True,
)
hypothesis.settings.load_profile("patient")
expect.set_options(timeout=PATIENCE * 1000)


def pytest_configure() -> None:
    """Let `tmp_path` lie in memory, unless somebody wants it elsewhere, and hear Ctrl-C: what a
    shell starts in the background is deaf to it, and so are the commands that tests interrupt.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(temporary_folder.folder()))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a row of a table that holds a link: each process signs another one, and the processes
    that share the tests must know them by the same names.
    """
    return argname if isinstance(val, str) and "/permits/" in val else None


@pytest.fixture(scope="session", autouse=True)
def _settings_of_the_tests_alone() -> Iterator[None]:
    """What the developer has set in `CX_*` must not steer the tests. In the end the process
    that forks goes too.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CX_")]:
            if not name.startswith("CX_TEST_"):
                patch.delenv(name)
        yield
    fork_server.close()


# ---- databases


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgresql_server.Cluster]:
    """A PostgreSQL server of our own."""
    with postgresql_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_pool(postgresql: postgresql_server.Cluster) -> postgresql_server.Pool:
    """Databases with all tables and nothing in them."""
    template = postgresql.create()
    _migrate(postgresql.url(template))
    return postgresql_server.Pool(postgresql, template)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "cx.sqlite3"
    _migrate(f"sqlite:///{file}")
    return file


def _migrate(url: str) -> None:
    engine = db.open_engine(Settings(database_url=url))
    db.migrate(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'cx.sqlite3'}"
        return
    server: postgresql_server.Cluster = request.getfixturevalue("postgresql")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh database with all tables, on each of the two."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    pool: postgresql_server.Pool = request.getfixturevalue("postgresql_pool")
    name = pool.take()
    yield pool.server.url(name)
    pool.give_back(name)


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """The address of a fresh SQLite database with all tables, where `data_dir` expects it."""
    file = shutil.copyfile(_sqlite_template, tmp_path / "cx.sqlite3")
    return f"sqlite:///{file}"


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """The settings of one installation with a fresh database, on each of the two."""
    return _settings(tmp_path, database_url)


@pytest.fixture
def sqlite_settings(tmp_path: Path, sqlite_url: str) -> Settings:
    """As `settings`, on SQLite alone: for a test that is not about the database."""
    return _settings(tmp_path, sqlite_url)


def _settings(folder: Path, url: str) -> Settings:
    return Settings(data_dir=folder, database_url=url, base_url="http://127.0.0.1:8000")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The database of `settings`, open."""
    engine = db.open_engine(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_settings: Settings) -> Iterator[Engine]:
    """The database of `sqlite_settings`, open."""
    engine = db.open_engine(sqlite_settings)
    yield engine
    engine.dispose()


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """A small agency with its catalog and keys, on each of the two databases."""
    house = House(settings)
    yield house
    house.close()


@pytest.fixture
def sqlite_house(sqlite_settings: Settings) -> Iterator[House]:
    """As `house`, on SQLite alone."""
    house = House(sqlite_settings)
    yield house
    house.close()


@pytest.fixture
def today(sqlite_house: House) -> None:
    """`sqlite_house` goes by the real clock. Named first, it does before anything is served."""
    sqlite_house.live_today()
    clock = sqlite_house.clock
    clock.now = clock.now.replace(microsecond=0)  # a browser knows milliseconds


@pytest.fixture(scope="module")
def street(request: pytest.FixtureRequest) -> Iterator[House]:
    """One house for the whole file, on SQLite. Its clock must stay where it is."""
    with shared_house(request) as house:
        yield house


@pytest.fixture(scope="module")
def client(street: House) -> Iterator[TestClient]:
    """Somebody who comes to `street`."""
    with street.client() as client:
        yield client


# ---- mail


@pytest.fixture
def box() -> Iterator[mail_server.Postbox]:
    """A mail server that is up."""
    with mail_server.running() as box:
        yield box


@pytest.fixture
def mailed(house: House, box: mail_server.Postbox) -> House:
    """A house with a mail server, on each of the two databases."""
    house.settings = box.settings(house.settings)
    return house


@pytest.fixture
def quiet(sqlite_house: House, box: mail_server.Postbox) -> House:
    """As `mailed`, on SQLite alone."""
    sqlite_house.settings = box.settings(sqlite_house.settings)
    return sqlite_house


# ---- servers


@pytest.fixture
def serve() -> Iterator[Servers]:
    """`serve(app)` serves an ASGI app on a free port and gives its base URL.

    An app that must know its address: `at = serve.reserve()`, then `serve(app, at=at)`.
    """
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture
def open_house(serve: Servers, sqlite_house: House) -> House:
    """As `sqlite_house`, served where its links lead, as a demonstration (banner and all)."""
    address = serve.reserve()
    sqlite_house.move(address)
    serve(sqlite_house.app(demo=True), at=address)
    return sqlite_house


# ---- the browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    executable = programs.chromium()
    if executable is None:
        raise RuntimeError("No Chromium was found. `make test` installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=programs.CHROMIUM_OPTIONS
        )
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _loop_of_the_browser_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Playwright keeps an event loop marked as running in this thread for the whole session.

    Other tests must not see it: `asyncio.run` would refuse to work.
    """
    if "browser" in request.fixturenames:
        yield
        return
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture
def page_faults() -> Faults:
    """What went wrong in the test's pages: console errors, script errors, CSP violations.

    The test fails when something is left here. A test that means to provoke a fault looks at it
    and calls `page_faults.clear()`.
    """
    return Faults()


@pytest.fixture
def open_page(
    browser: Browser, page_faults: Faults, serve: Servers
) -> Iterator[Callable[..., Page]]:
    """`open_page(**options)`: a page in a browser context of its own, with Playwright's options.

    For example `open_page(java_script_enabled=False, viewport={"width": 360, "height": 640})`.
    The servers stop after the pages are closed: a page may still ask them for its icon.
    """
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            page_faults.append(f"{message.text} ({message.location.get('url', '')})")

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: page_faults.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        # A handler that is still at work would fail in the middle of somebody else's test.
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert not page_faults.unmeant()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page in a fresh browser context."""
    return open_page()


# ---- the kiosk


@pytest.fixture(scope="module")
def hall(request: pytest.FixtureRequest) -> Iterator[House]:
    """One open house for the whole file. Each test stands its own device in it."""
    servers = Servers()
    with shared_house(request, base_url=servers.reserve()) as hall:
        servers(hall.app(demo=True), at=hall.settings.base_url)
        yield hall
        servers.close()


@pytest.fixture
def stand(open_page: Callable[..., Page], hall: House) -> Callable[..., Page]:
    """`stand(language, room)`: a new device that shows the survey, its time in our hands."""

    def stand(
        language: str = "en", room: tuple[int, int] = kiosk_screen.TABLET, **how: Any
    ) -> Page:
        service = how.pop("service", "permits")
        size = {"width": room[0], "height": room[1]}
        page = open_page(viewport=size, has_touch=True, **how)
        browser_layout.stop_clock(page, hall.clock.now)
        link = hall.mint(service, channel="kiosk", language=language)
        page.goto(link)
        expect(page.locator("#stage h1")).to_be_visible()
        kiosk_screen.settle(page)
        return page

    return stand


@pytest.fixture
def cut_off(
    open_page: Callable[..., Page], page_faults: Faults
) -> Iterator[Callable[[Page], None]]:
    """`cut_off(page)` takes its network away; that Chromium complains of it is no fault."""
    cut: list[Page] = []

    def cut_off(page: Page) -> None:
        page_faults.allow("Failed to load resource: net::ERR_INTERNET_DISCONNECTED")
        page.context.set_offline(True)
        cut.append(page)

    yield cut_off
    for page in cut:
        page.close()


@pytest.fixture
def standing(sqlite_house: House) -> Iterator[kiosk_tablet.RestartableServer]:
    """A house that is served, and can be stopped and started again at the same address."""
    standing = kiosk_tablet.RestartableServer(sqlite_house)
    standing.start()
    yield standing
    if standing.thread.is_alive():
        standing.stop()


@pytest.fixture
def tablet(
    browser: Browser, tmp_path: Path, standing: kiosk_tablet.RestartableServer
) -> Iterator[kiosk_tablet.Tablet]:
    """A device with a disk of its own: it can be killed, and opened again."""
    tablet = kiosk_tablet.Tablet(browser, tmp_path / "profile", standing.house)
    yield tablet
    tablet.close()
    assert not tablet.faults
