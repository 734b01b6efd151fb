"""The application: its routes, its middleware, its error handlers, each in one list."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cxserver import clock as system_clock
from cxserver import db, log
from cxserver.api import endpoints
from cxserver.catalog import directory, placeholders
from cxserver.clock import Clock, Monotonic
from cxserver.comments import replies
from cxserver.errors import ServerError
from cxserver.intake import refused_links
from cxserver.intake.answer_service import AnswerService
from cxserver.intake.observer import Observer
from cxserver.jobs import scheduler
from cxserver.public import embed, home, security_txt, services, survey
from cxserver.public import replies as answered
from cxserver.public.kiosk import heartbeat, page, pairing, worker
from cxserver.public.services import PublicServices
from cxserver.public.sheets import Sheets
from cxserver.settings import Settings
from cxserver.staff import problem, site
from cxserver.web import error_handlers, metrics_page
from cxserver.web.middleware import EdgeMiddleware
from cxserver.web.static_files import Files
from cxserver.web.sub_application import Prefix, SubApplication

if TYPE_CHECKING:
    from cxserver.metrics.scraping import Scraping


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
        Route(heartbeat.PATH, SubApplication(heartbeat.routes(), heartbeat.refusal)),
        Route("/k/sw.js", worker.serve),
        Route("/k/manifest.webmanifest", page.manifest),
        Route("/k/{service}/{office}/{token}", page.show),
        Route("/embed/{version}/cx.js", embed.serve),
        Route("/static/{version}/{name:path}", static),
        Prefix("/api", SubApplication(endpoints.routes(), endpoints.refusal)),
        Route("/staff", staff_home),
        Prefix("/staff", SubApplication(site.routes(), problem.page)),
        Route("/.well-known/security.txt", security_txt.show),
        Route("/metrics", metrics_page.show),
        Route("/favicon.ico", favicon),
        Route("/healthz", healthy),
        Route("/readyz", ready),
    ]


def last_routes() -> list[BaseRoute]:
    """What a host or the demonstration may put a page of its own before."""
    return [Route("/", home.show)]


def middleware(settings: Settings, observer: Observer, *, demo: bool) -> list[Middleware]:
    """What every request passes on its way in, the outermost first.

    It stands around Starlette, whose own answer to an unexpected fault has to leave by it too.
    """
    proxies = ["127.0.0.1", "::1", *settings.trusted_proxies]
    return [
        # Who asks: told by a proxy that we trust, or else whoever is at the other end of the line.
        Middleware(ProxyHeadersMiddleware, trusted_hosts=proxies),
        Middleware(EdgeMiddleware, settings, demo, observer),
    ]


def handlers() -> Mapping[type[Exception], ExceptionHandler]:
    """What a public page does when it fails. A sub-application has handlers of its own."""
    return error_handlers.handlers(services.error)


class CxApp:
    """The survey server as an ASGI application.

    It starts at its first request if nobody ran its lifespan: a host that mounts it will not.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = system_clock.now,
        monotonic: Monotonic | None = None,
        demo: bool = False,
        more_routes: Sequence[BaseRoute] = (),
    ):
        self.settings = settings
        self._clock, self._monotonic = clock, monotonic
        self._demo = demo
        self._house: asyncio.Task[None] | None = None
        self._jobs: asyncio.Task[None] | None = None
        self._time: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._scraping = _scraping(settings)
        self._observer = self._scraping.counters if self._scraping else Observer()
        self._app = Starlette(
            routes=[*routes(), *more_routes, *last_routes()],
            exception_handlers=handlers(),
            lifespan=self._lifespan,
        )
        # It would send people on to an address made of the request's own scheme: behind a proxy
        # that speaks https, that is one without encryption, token and all.
        self._app.router.redirect_slashes = False
        self._door: ASGIApp = self._app
        for cls, args, kwargs in reversed(middleware(settings, self._observer, demo=demo)):
            self._door = cls(self._door, *args, **kwargs)

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
            opening = partial(
                AnswerService, self.settings, self._clock, self._monotonic, self._observer
            )
            intake = await run_in_threadpool(opening)
            try:
                placeholders.check_public(intake.directory, self.settings.base_url)
            except ServerError:
                await run_in_threadpool(intake.close)
                raise
            self._app.state.scraping = self._scraping
            if self._scraping:
                self._scraping.start(intake.staff_engine, intake.clock)
            files = Files(self.settings.path)
            sheets = Sheets(files.url, files.imports, demo=self._demo)
            self._app.state.services = PublicServices(intake, sheets, files, self._demo)
            self._app.state.staff = site.prepare(intake, files, demo=self._demo)
            if self.settings.scheduler:
                self._jobs = asyncio.create_task(scheduler.keep_working(intake))
            self._time = asyncio.create_task(intake.keep_time())
            forgetting = replies.forget, refused_links.forget
            self._house = asyncio.create_task(intake.keep_house(*forgetting))

    async def shutdown(self) -> None:
        """Write what waits, then let go."""
        if self._house is None:
            return
        for task in (self._jobs, self._time, self._house):
            await _ended(task)
        self._house = self._time = self._jobs = None
        if self._scraping:
            await run_in_threadpool(self._scraping.stop)
        await run_in_threadpool(self._app.state.services.intake.close)

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


def _scraping(settings: Settings) -> "Scraping | None":
    if not settings.metrics_listen and not settings.metrics_token.get_secret_value():
        return None
    # Loaded for those alone who watch.
    from cxserver.metrics import scraping

    return scraping.Scraping(settings)


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is None:
        return
    task.cancel()
    with suppress(asyncio.CancelledError):  # it may never have had its turn
        await task


def create_worker() -> CxApp:
    """The application in a worker process of its own, which has to set up its log itself."""
    settings = Settings()
    log.configure(settings.log_level)
    return create_app(settings)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock = system_clock.now,
    monotonic: Monotonic | None = None,
    demo: bool = False,
    more_routes: Sequence[BaseRoute] = (),
) -> CxApp:
    """The application for `settings` (default: from the environment).

    A `clock` of your own is its own monotonic clock, unless you give that too.
    """
    return CxApp(
        settings or Settings(),
        clock=clock,
        monotonic=monotonic,
        demo=demo,
        more_routes=more_routes,
    )


async def static(request: Request) -> Response:
    """GET /static/{version}/{name}: a name may have a folder in it."""
    return await services.of(request).files.serve(request)


async def staff_home(request: Request) -> Response:
    """GET /staff: the first page has a slash, so that what stands below it does too."""
    return RedirectResponse(services.of(request).intake.settings.path + "/staff/", 308)


async def favicon(request: Request) -> Response:
    """Nothing to see, said cheaply."""
    return Response(status_code=204, headers={"cache-control": "public, max-age=86400"})


async def healthy(request: Request) -> Response:
    """The process is alive."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """The database answers, and the last commit is known to have worked."""
    intake = services.of(request).intake
    if intake.writer.ready and await run_in_threadpool(_answers, intake):
        return PlainTextResponse("ready\n")
    return PlainTextResponse("not ready\n", 503, {"retry-after": "5"})


def _answers(intake: AnswerService) -> bool:
    try:
        with db.read(intake.engine) as connection:
            directory.counter(connection)
    except Exception:
        return False
    return True
