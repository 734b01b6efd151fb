"""The survey server: it draws the screen, keeps the answer, counts it and shows the count."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxserver.settings import Settings
    from cxserver.web.app import CxApp


def create_app(settings: "Settings | None" = None) -> "CxApp":
    """The survey server as an ASGI application, to serve or to mount under the path of its address.

    Without `settings` it reads `CX_*`. It opens its database at its first request; await
    `shutdown()` on it when the application around it stops.
    """
    from cxserver.web import app  # here, so that `import cxserver` stays as light as it was

    return app.create_app(settings)
