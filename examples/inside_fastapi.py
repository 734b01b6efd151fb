"""The survey inside a FastAPI application. Run it: uvicorn inside_fastapi:app --port 8000

CX_BASE_URL is the public address of this application and /cx: http://127.0.0.1:8000/cx.
CX_KEY is what `cx key issue permits` printed. CX_DATA_DIR is where `cx migrate` made the data.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from survey_anchor import survey_anchor

from cxserver import create_app

surveys = create_app()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await surveys.shutdown()  # it started by itself, at its first request


app = FastAPI(lifespan=lifespan)
app.mount("/cx", surveys)


@app.post("/permits/{number}/renew", response_class=HTMLResponse)
async def renew(number: int) -> str:
    # Here your work is done, and the transaction has ended.
    survey = survey_anchor("permits", "riverside")
    return f"<p>Permit {number} is renewed.</p>{survey}"
