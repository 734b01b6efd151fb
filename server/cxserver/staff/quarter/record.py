"""The quarter's files as one ZIP, and the log of what became of them."""

import os
from collections.abc import Iterator
from typing import IO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from cxserver.accounts import roles
from cxserver.errors import NotFound, ServerError
from cxserver.quarter import bundle, fiscal, recording
from cxserver.quarter.formats import fits
from cxserver.quarter.recording import Entry
from cxserver.staff.guard import GuardedRoute, Visit
from cxserver.staff.quarter import choosing, quarter
from cxserver.staff.quarter.choosing import Chosen
from cxserver.staff.quarter.quarter import RejectedInput

_PIECE = 64 * 1024


def download(request: Request, visit: Visit) -> Response:
    """The folder that `cx quarter write` writes."""
    wanted = choosing.order(_named(request))
    try:
        body = bundle.make(visit.snapshot.source(), wanted, visit.now)
    except ServerError as error:
        raise HTTPException(404, str(error)) from None
    return zipped(bundle.name(wanted), body)


def zipped(name: str, body: IO[bytes]) -> Response:
    """A ZIP file to save, sent piece by piece: it may be larger than the memory."""
    size = body.seek(0, os.SEEK_END)
    body.seek(0)
    saved = {
        "content-disposition": f'attachment; filename="{name}.zip"',
        "content-length": str(size),
    }
    return StreamingResponse(_pieces(body), media_type="application/zip", headers=saved)


def _pieces(body: IO[bytes]) -> Iterator[bytes]:
    with body:
        while piece := body.read(_PIECE):
            yield piece


def add(request: Request, visit: Visit) -> Response:
    """A record: a draft, the check, the signature, the submission, the publication."""
    chosen = choosing.read(visit)
    try:
        _add(visit, chosen)
    except ServerError as error:
        typed = {name: values[0] for name, values in visit.form.items()}
        return quarter.drawn(visit, chosen, RejectedInput(409, quarter.plainly(error), "", typed))
    return RedirectResponse(f"{visit.path}/quarter{chosen.query()}#records", 303)


def _add(visit: Visit, chosen: Chosen) -> None:
    state, note = choosing.field(visit, "state"), choosing.field(visit, "note")
    wanted = choosing.order(chosen)
    who = visit.member.email
    if state == "signed-off":
        who, note = _signature(visit, note)
    about = f"{chosen.quarter.name} {chosen.form} {state}"
    entry = Entry(state, who, note)
    prepared = recording.prepare(visit.snapshot.source(), wanted, entry, visit.now)
    with visit.write() as connection:
        recording.add(connection, prepared, visit.now)
        visit.staff.journal.write(
            connection, visit.member, "record a quarter", about, "done", visit.now
        )


def _signature(visit: Visit, note: str) -> tuple[str, str]:
    """The official's name, and the note about who gave it."""
    name, mail = choosing.field(visit, "official"), visit.member.email
    if not quarter.may_sign(visit):
        raise ServerError(quarter.not_the_official(visit))
    if not name:
        raise ServerError("Write the name and the title of the official who signs.")
    how = "signed in as" if quarter.filing_of(visit).official_mail else "recorded by"
    return name, f"{note} ({how} {mail})".strip()


def _named(request: Request) -> Chosen:
    form = request.path_params["form"]
    for known in fits.FORMATS:
        if form == known:
            try:
                return Chosen(fiscal.named(request.path_params["quarter"]), known)
            except NotFound:
                break
    raise HTTPException(404)


_WRITTEN = {"official": "Name and title of the official who signs", "note": "Note"}
ROUTES = (
    GuardedRoute("/quarter/files/{quarter}/{form}", download, roles.FILERS),
    GuardedRoute("/quarter/record", add, roles.FILERS, methods=("POST",), words=_WRITTEN),
)
