"""The survey inside a Flask application. Run it: flask --app inside_flask run --port 8000

CX_BASE_URL is the public address of this application and /cx: http://127.0.0.1:8000/cx.
CX_KEY is what `cx key issue permits` printed. CX_DATA_DIR is where `cx migrate` made the data.
"""

from a2wsgi import ASGIMiddleware
from flask import Flask
from survey_anchor import survey_anchor
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from cxserver import create_app

app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/cx": ASGIMiddleware(create_app())})


@app.post("/permits/<int:number>/renew")
def renew(number: int) -> str:
    # Here your work is done, and the transaction has ended.
    survey = survey_anchor("permits", "riverside")
    return f"<p>Permit {number} is renewed.</p>{survey}"
