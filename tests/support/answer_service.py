"""What stands behind an application that runs in this process."""

from cxserver.public.services import PublicServices
from cxserver.web.app import CxApp


def services_of(app: object) -> PublicServices:
    """The services of a house's application that has started."""
    assert isinstance(app, CxApp), app
    services: PublicServices = app._app.state.services
    return services


def notice_changes(app: object) -> None:
    """Read the directory again, as the server does once a second."""
    services_of(app).intake._watch.refresh()
