"""A part of the site with routes and error handlers of its own."""

import re
from collections.abc import Sequence

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Mount, Router
from starlette.types import Receive, Scope, Send

from cxserver.web import error_handlers
from cxserver.web.error_handlers import Refusal


class SubApplication:
    """Serves `routes`, and answers with `refusal` whatever goes wrong among them.

    `request.app` stays the whole application, so its state is at hand.
    """

    # A `Starlette` would raise an unexpected fault again once it is answered, for the outer one to
    # log a second time; and it would be `request.app`. This is what is left of it without these.

    def __init__(self, routes: Sequence[BaseRoute], refusal: Refusal):
        self._router = Router(routes, redirect_slashes=False)
        self._app = ExceptionMiddleware(self._router, error_handlers.handlers(refusal))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        """Its routes, as a mount lists them."""
        return self._router.routes


class Prefix(Mount):
    """A sub-application below a path: it gets every address that begins so."""

    def __init__(self, path: str, app: SubApplication):
        super().__init__(path, app)
        # Starlette's own pattern ends at a line break: an address with one would go elsewhere.
        self.path_regex = re.compile(rf"{re.escape(path)}/(?P<path>.*)\Z", re.DOTALL)
