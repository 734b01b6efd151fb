"""GET of a survey page by a real server, against a bare Starlette route with the same bytes."""

import itertools
import urllib.request
from urllib.parse import urlsplit

from measuring import installation, rounds
from measuring.installation import Installation
from measuring.rounds import Contestant
from measuring.servers import Bare, Server, running
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from cxserver.settings import Settings
from cxserver.web import server
from cxserver.web.app import create_app

INVITES = 2000


def ours(port: int, settings: Settings) -> None:
    """The product, as `cx serve` runs it."""
    server.serve_app(create_app(settings), "127.0.0.1", port)


def bare(port: int, page: bytes, headers: dict[str, str]) -> None:
    """One route that returns the bytes it was given."""

    async def show(request: Request) -> HTMLResponse:
        return HTMLResponse(page, headers=headers)

    server.serve_app(Bare(Starlette(routes=[Route("/page", show)])), "127.0.0.1", port)


def main() -> None:
    quick = rounds.quick(__doc__)
    with installation.fresh() as place:
        product = Server(ours, place.settings)
        with running(product):
            plain = Server(bare, *_page(place, product.port))
            with running(plain):
                _compete(_contestants(place, product, plain), quick=quick)


def _page(place: Installation, port: int) -> tuple[bytes, dict[str, str]]:
    path = urlsplit(place.site()).path
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"accept-encoding": "gzip"}
    )
    with urllib.request.urlopen(asked) as answer:
        left_out = {"date", "content-length", "content-type", "connection"}
        headers = {name: value for name, value in answer.headers.items() if name not in left_out}
        return answer.read(), headers


def _contestants(place: Installation, product: Server, plain: Server) -> list[Contestant]:
    invites = [installation.getting(urlsplit(link).path) for link in place.invites(INVITES)]
    site = installation.getting(urlsplit(place.site()).path)
    return [
        Contestant(
            "bare route, same bytes", plain, itertools.repeat(installation.getting("/page")), 200
        ),
        Contestant("a place's page", product, itertools.repeat(site), 200),
        Contestant("an invite's page", product, itertools.cycle(invites), 200),
    ]


def _compete(contestants: list[Contestant], *, quick: bool) -> None:
    rounds.compete(contestants, rounds=2 if quick else 7, seconds=0.5 if quick else 2.0)
    rounds.tell(contestants)
    bare = contestants[0]
    for other in contestants[1:]:
        rounds.compare(bare, other)


if __name__ == "__main__":
    main()
