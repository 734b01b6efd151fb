"""Every address that the application serves, also those inside its sub-applications."""

from collections.abc import Iterable, Iterator

from starlette.routing import BaseRoute, Mount, Route

from cxserver.web import app


def served(routes: Iterable[BaseRoute] | None = None, prefix: str = "") -> Iterator[Route]:
    """The routes, each with its whole path."""
    for route in [*app.routes(), *app.last_routes()] if routes is None else routes:
        if isinstance(route, Mount):
            yield from served(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield Route(prefix + route.path, route.endpoint, methods=route.methods)


def get_paths(below: str) -> Iterator[str]:
    """The paths below `below` that take a GET."""
    for route in served():
        if route.path.startswith(below) and "GET" in (route.methods or ()):
            yield route.path
