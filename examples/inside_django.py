"""The survey inside Django, under ASGI. Run it: uvicorn inside_django:application --port 8000

In your project the last lines belong into asgi.py, and the view where your views are.
CX_BASE_URL is the public address of this application and /cx: http://127.0.0.1:8000/cx.
CX_KEY is what `cx key issue permits` printed. CX_DATA_DIR is where `cx migrate` made the data.
"""

from contextlib import asynccontextmanager

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST
from starlette.applications import Starlette
from starlette.routing import Mount
from survey_anchor import survey_anchor

from cxserver import create_app

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])  # your settings.py


@require_POST
def renew(request: HttpRequest, number: int) -> HttpResponse:
    survey = survey_anchor("permits", "riverside")  # the transaction has ended
    return HttpResponse(f"<p>Permit {number} is renewed.</p>{survey}")


@asynccontextmanager
async def lifespan(app):
    yield
    await surveys.shutdown()  # it started by itself, at its first request


urlpatterns = [path("permits/<int:number>/renew", renew)]
surveys, pages = create_app(), get_asgi_application()
application = Starlette(routes=[Mount("/cx", surveys), Mount("/", pages)], lifespan=lifespan)
