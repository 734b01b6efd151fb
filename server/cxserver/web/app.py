"""The application: routes and error handlers handed to one constructor, behind a doorman."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from cxserver import clock as system_clock
from cxserver import db, log
from cxserver.api import answers, feed, figures, openapi, quarters, words
from cxserver.catalog import directory
from cxserver.clock import Clock
from cxserver.comments import replies
from cxserver.errors import TooManyReading
from cxserver.intake.answer_service import AnswerService
from cxserver.jobs import scheduler
from cxserver.log import logger
from cxserver.public import embed, services, survey
from cxserver.public import replies as answered
from cxserver.public.kiosk import heartbeat, page, pairing, worker
from cxserver.public.services import PublicServices
from cxserver.public.sheets import Sheets
from cxserver.settings import Settings
from cxserver.staff import problem, site
from cxserver.web import problem_details
from cxserver.web.middleware import EdgeMiddleware
from cxserver.web.static_files import Files

_PAGES = {
    400: "bad_request",
    404: "not_found",
    405: "method",
    408: "timeout",
    413: "too_long",
    415: "unsupported",
    503: "busy",
}
_STEPS = 6

_UNREADABLE = "The results cannot be read just now. Try again in a moment."
_CROWDED = "Many people are looking at results just now. Please try again in half a minute."


def routes() -> list[BaseRoute]:
    """Every address. The survey stands first: a router tries them in turn."""
    return [
        Route("/s/{service}/{office}/thanks", survey.thanks),
        Route("/s/{service}/{office}/{token}", survey.show),
        Route("/s/{service}/{office}/{token}", survey.take, methods=["POST"]),
        Route("/s/{service}/{office}/{token}", survey.options, methods=["OPTIONS"]),
        Route("/r", answered.ask),
        Route("/r/{code}", answered.show),
        Route("/k", pairing.show),
        Route("/k", pairing.take, methods=["POST"]),
        Route("/k/heartbeat", heartbeat.take, methods=["POST"]),
        Route("/k/sw.js", worker.serve),
        Route("/k/manifest.webmanifest", page.manifest),
        Route("/k/{service}/{office}/{token}", page.show),
        Route("/embed/{version}/cx.js", embed.serve),
        Route("/static/{version}/{name}", static),
        Route("/api/v1/responses", responses, methods=["GET", "POST"]),
        Route("/api/v1/results", figures.show),
        Route("/api/v1/comments", words.show),
        Route("/api/v1/quarters/{quarter}", quarters.show),
        Route("/api/v1/openapi.json", openapi.show),
        *site.routes(),
        Route("/favicon.ico", favicon),
        Route("/healthz", healthy),
        Route("/readyz", ready),
    ]


class CxApp:
    """The survey server as an ASGI application.

    It starts at its first request if nobody ran its lifespan: a host that mounts it will not.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = system_clock.now,
        demo: bool = False,
        more_routes: Sequence[BaseRoute] = (),
    ):
        self.settings = settings
        self._clock = clock
        self._demo = demo
        self._house: asyncio.Task[None] | None = None
        self._jobs: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._app = Starlette(
            routes=[*routes(), *more_routes],
            exception_handlers={
                HTTPException: refused,
                SQLAlchemyError: busy,
                TooManyReading: crowded,
                Exception: broken,
            },
            lifespan=self._lifespan,
        )
        # It would send people on to an address made of the request's own scheme: behind a proxy
        # that speaks https, that is one without encryption, token and all.
        self._app.router.redirect_slashes = False
        self._door = EdgeMiddleware(self._app, settings, demo)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._house is None:
                await self.startup()
            scope = self._under_path(scope)
        await self._door(scope, receive, send)

    async def startup(self) -> None:
        """Open the database and begin to write. Doing it twice does nothing."""
        async with self._starting:
            if self._house is not None:
                return
            site.check(self.settings)
            desk = await run_in_threadpool(AnswerService, self.settings, self._clock)
            files = Files(self.settings.path)
            sheets = Sheets(files.url, demo=self._demo)
            self._app.state.services = PublicServices(desk, sheets, files, self._demo)
            self._app.state.staff = site.prepare(desk, files, demo=self._demo)
            if self.settings.scheduler:
                self._jobs = asyncio.create_task(scheduler.keep_working(desk))
            self._house = asyncio.create_task(desk.keep_house(replies.forget))

    async def shutdown(self) -> None:
        """Write what waits, then let go."""
        if self._house is None:
            return
        for task in (self._jobs, self._house):
            await _ended(task)
        self._house = self._jobs = None
        await run_in_threadpool(self._app.state.services.desk.close)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        await self.startup()
        yield
        await self.shutdown()

    def _under_path(self, scope: Scope) -> Scope:
        # A proxy may hand over the public path as it is; a host that mounts us has said so.
        path = self.settings.path
        if path and not scope.get("root_path") and scope["path"].startswith(path + "/"):
            return {**scope, "root_path": path}
        return scope


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is None:
        return
    task.cancel()
    with suppress(asyncio.CancelledError):  # it may never have had its turn
        await task


def create_worker() -> CxApp:
    """The application in a worker process of its own, which has to set up its log itself."""
    log.configure()
    return create_app()


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock = system_clock.now,
    demo: bool = False,
    more_routes: Sequence[BaseRoute] = (),
) -> CxApp:
    """The application for `settings` (default: from the environment)."""
    return CxApp(settings or Settings(), clock=clock, demo=demo, more_routes=more_routes)


async def static(request: Request) -> Response:
    """GET /static/{version}/{name}"""
    return await services.of(request).files.serve(request)


async def responses(request: Request) -> Response:
    """One address to write to and to read from: `Allow` then names all that it does."""
    take = answers.take if request.method == "POST" else feed.show
    return await take(request)


async def favicon(request: Request) -> Response:
    """Nothing to see, said cheaply."""
    return Response(status_code=204, headers={"cache-control": "public, max-age=86400"})


async def healthy(request: Request) -> Response:
    """The process is alive."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """The database answers, and the last commit is known to have worked."""
    desk = services.of(request).desk
    if desk.writer.ready and await run_in_threadpool(_answers, desk):
        return PlainTextResponse("ready\n")
    return PlainTextResponse("not ready\n", 503, {"retry-after": "5"})


def _answers(desk: AnswerService) -> bool:
    try:
        with db.read(desk.engine) as connection:
            directory.counter(connection)
    except Exception:
        return False
    return True


async def refused(request: Request, error: Exception) -> Response:
    """An HTTP error as a page for people, or as a problem document for machines."""
    if not isinstance(error, HTTPException):
        raise error
    return _told(request, error.status_code, dict(error.headers or {}), error.detail)


async def busy(request: Request, error: Exception) -> Response:
    """The database does not answer. The link stays good."""
    logger.error("database_failed", reason=type(error).__name__, where=_where(error))
    return _told(request, 503, {"retry-after": "5"})


async def crowded(request: Request, error: Exception) -> Response:
    """More people wait for results than we let wait. Answers are not touched by it."""
    logger.warning("reading_queue_full")
    return _told(request, 503, {"retry-after": "30"}, _CROWDED)


async def broken(request: Request, error: Exception) -> Response:
    """Our own fault: said plainly, without a trace of how. Its kind and place go to the log."""
    logger.error("request_failed", reason=type(error).__name__, where=_where(error))
    return _told(request, 500, {})


def _told(request: Request, status: int, headers: dict[str, str], detail: str = "") -> Response:
    path = services.of(request).desk.settings.path
    asked = request.scope["path"]
    if asked.startswith(f"{path}/api/") or asked == f"{path}/k/heartbeat":
        unread = status == 503 and request.method in ("GET", "HEAD")
        details = problem_details.of_status(status, _UNREADABLE if unread else "")
        return problem_details.response(details, headers)
    if asked.startswith(f"{path}/staff/"):
        return problem.told(request, status, detail, headers)
    return services.page(request, _PAGES.get(status, "error"), status, headers=headers)


def _where(error: Exception) -> str:
    # The lines that led here, and never the error's own words: they may quote an answer.
    steps = traceback.extract_tb(error.__traceback__)[-_STEPS:]
    return " > ".join(f"{Path(step.filename).name}:{step.lineno}" for step in steps)
