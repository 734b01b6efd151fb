"""The survey inside Django, under WSGI. Run it: python inside_django_wsgi.py 8000

In your project the last part belongs into wsgi.py, and the view where your views are.
CX_BASE_URL is the public address of this application and /cx: http://127.0.0.1:8000/cx.
CX_KEY is what `cx key issue permits` printed. CX_DATA_DIR is where `cx migrate` made the data.
"""

import sys
from wsgiref.simple_server import make_server

from a2wsgi import ASGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST
from survey_anchor import survey_anchor
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from cxserver import create_app

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])  # your settings.py


@require_POST
def renew(request: HttpRequest, number: int) -> HttpResponse:
    survey = survey_anchor("permits", "riverside")  # the transaction has ended
    return HttpResponse(f"<p>Permit {number} is renewed.</p>{survey}")


urlpatterns = [path("permits/<int:number>/renew", renew)]
surveys = ASGIMiddleware(create_app())
application = DispatcherMiddleware(get_wsgi_application(), {"/cx": surveys})

if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
