"""The survey inside a Starlette application. Run it: uvicorn inside_starlette:app --port 8000

CX_BASE_URL is the public address of this application and /cx: http://127.0.0.1:8000/cx.
CX_KEY is what `cx key issue permits` printed. CX_DATA_DIR is where `cx migrate` made the data.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from survey_anchor import survey_anchor

from cxserver import create_app

surveys = create_app()


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    await surveys.shutdown()  # it started by itself, at its first request


async def renew(request: Request) -> HTMLResponse:
    number = request.path_params["number"]
    # Here your work is done, and the transaction has ended.
    survey = survey_anchor("permits", "riverside")
    return HTMLResponse(f"<p>Permit {number} is renewed.</p>{survey}")


routes = [Route("/permits/{number:int}/renew", renew, methods=["POST"]), Mount("/cx", surveys)]
app = Starlette(routes=routes, lifespan=lifespan)
