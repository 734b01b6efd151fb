"""The store's claims on Chromium's own IndexedDB: what Node has in its place behaves the same."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from tests.support.http_server import Servers

ROOT = Path(__file__).parents[2]
RUN = """async () => {
  const {runAll} = await import("/tests/widget/store_claims.mjs");
  return runAll(() => new Promise((done, fail) => {
    const request = indexedDB.deleteDatabase("cx-kiosk");
    request.onsuccess = () => done(indexedDB);
    request.onerror = () => fail(request.error);
  }));
}"""


def test_the_store_keeps_its_promises_in_chromium(
    serve: Servers, open_page: Callable[..., Page]
) -> None:
    folders = ("widget/kiosk", "tests/widget")
    routes = [Mount(f"/{name}", StaticFiles(directory=ROOT / name)) for name in folders]
    address = serve(Starlette(routes=routes))
    page = open_page()
    page.goto(f"{address}/widget/kiosk/uuid.js")
    assert page.evaluate(RUN) >= 8
