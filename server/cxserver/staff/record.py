"""The quarter's files as one ZIP, and the log of what became of them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver import db
from cxserver.errors import NotFound, ServerError
from cxserver.reporting.quarter import bundle, check, filing, fiscal, fits, submissions
from cxserver.staff import access, quarter
from cxserver.staff import filing as choosing
from cxserver.staff.filing import Chosen
from cxserver.staff.quarter import Refused
from cxserver.staff.rooms import Room, Visit


def download(request: Request, visit: Visit) -> Response:
    """The folder that `cx quarter` writes."""
    wanted = choosing.order(visit.directory, _named(request))
    try:
        body = bundle.make(visit.engine, wanted, visit.now)
    except ServerError as error:
        raise HTTPException(404, str(error)) from None
    return zipped(bundle.name(wanted), body)


def zipped(name: str, body: bytes) -> Response:
    """A ZIP file to save."""
    saved = {"content-disposition": f'attachment; filename="{name}.zip"'}
    return Response(body, media_type="application/zip", headers=saved)


def add(request: Request, visit: Visit) -> Response:
    """A record: a draft, the check, the signature, the submission, the publication."""
    chosen = choosing.read(visit)
    try:
        _add(visit, chosen)
    except ServerError as error:
        typed = {name: values[0] for name, values in visit.form.items()}
        return quarter.drawn(visit, chosen, Refused(409, quarter.plainly(error), "", typed))
    return RedirectResponse(f"{visit.path}/quarter{chosen.query()}#records", 303)


def _add(visit: Visit, chosen: Chosen) -> None:
    state, note = choosing.field(visit, "state"), choosing.field(visit, "note")
    wanted = choosing.order(visit.directory, chosen)
    # Read whole: a record holds the digest of the files that it speaks of.
    filed = filing.rehearse(visit.engine, wanted, visit.now, lambda rows: None)
    report = check.judge(filed.drawer, filed.entries)
    if state == "signed-off" and report.blocked:
        raise ServerError(quarter.blocked(report))
    signs = state == "signed-off"
    who = choosing.field(visit, "official") if signs else visit.member.email
    if signs and not who:
        raise ServerError("Write the name and the title of the official who signs.")
    if signs:
        note = f"{note} (recorded by {visit.member.email})".strip()
    if state == "checked":
        note = note or f"{report.colour}"
    with db.write(visit.engine) as connection:
        submissions.add(
            connection,
            chosen.quarter,
            chosen.form,
            state,
            who,
            filed.digest,
            visit.now,
            note,
            filed.drawer.agency.filing.official,
        )
        about = f"{chosen.quarter.name} {chosen.form} {state}"
        visit.back.journal.write(
            connection, visit.member, "record a quarter", about, "done", visit.now
        )


def _named(request: Request) -> Chosen:
    form = request.path_params["form"]
    for known in fits.FORMATS:
        if form == known:
            try:
                return Chosen(fiscal.named(request.path_params["quarter"]), known)
            except NotFound:
                break
    raise HTTPException(404)


ROOMS = (
    Room("/quarter/files/{quarter}/{form}", download, access.FILERS),
    Room("/quarter/record", add, access.FILERS, methods=("POST",)),
)
