"""The demonstration's own pages: the front, the counts behind it, a sample agency page."""

import shlex
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cxsdk import Issuer
from cxserver import db, periods
from cxserver.demo import entrance
from cxserver.errors import ServerError
from cxserver.intake.answer_service import AnswerService
from cxserver.pages import environment
from cxserver.public import services
from cxserver.public.framing import POLICY
from cxserver.quarter import bundle
from cxserver.quarter.formats import fits
from cxserver.results import grouped
from cxserver.results.scopes import Scope
from cxserver.staff.quarter import choosing, record
from cxserver.staff.quarter.choosing import Chosen

SERVICE, OFFICE = "permits", "riverside"
_TEMPLATES = environment.make(Path(__file__).parent / "templates")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the front page shows: a key to mint with, and how to call `cx` from a shell."""

    key: str
    folder: Path
    data: Path
    base_url: str

    @property
    def setup(self) -> str:
        """The line that lets a shell know this `cx`, this data and this address."""
        data, folder = shlex.quote(str(self.data)), shlex.quote(str(self.folder))
        return f"export PATH={folder}:$PATH CX_DATA_DIR={data} CX_BASE_URL={self.base_url}"

    @property
    def commands(self) -> tuple[tuple[str, str], ...]:
        """What to try after `setup`, each with its command."""
        return (
            ("Make a link", f"cx link {SERVICE} {OFFICE}"),
            ("Results by office", "cx results"),
            ("Results by driver", "cx results --by driver"),
            ("What to fix first", "cx fix-first"),
            ("Make a tablet a kiosk", f'cx kiosk pair {SERVICE} {OFFICE} --place "East door"'),
            ("List kiosks", "cx kiosk list"),
            ("Save every answer as a row", "cx export -o answers.csv"),
            ("Count again and compare", "cx recount --check"),
            ("Check that answers can't be traced to links", "cx prove-unlinkable"),
            ("Create a key for one office", f"cx key issue {SERVICE} --office {OFFICE}"),
        )

    @property
    def python(self) -> str:
        """The first link in five lines."""
        return (
            "from cxsdk import Issuer\n"
            f'issuer = Issuer("{self.base_url}",\n'
            f'                "{self.key}")\n'
            f'link = issuer.issue_link("{SERVICE}", "{OFFICE}")\n'
            "print(link)\n"
        )


def routes(stage: Stage) -> list[BaseRoute]:
    """The pages of the demonstration."""

    async def show(request: Request) -> Response:
        """GET /: a fresh invite at every load."""
        intake = services.of(request).intake
        issuer = Issuer(_origin(request), stage.key, clock=intake.clock)
        invite = issuer.issue_link(SERVICE, OFFICE)
        return _page(
            request,
            "front.html",
            invite=invite,
            spanish=issuer.issue_link(SERVICE, OFFICE, language="es"),
            exit_link=issuer.issue_link(
                SERVICE, OFFICE, channel="kiosk", expires_at=intake.clock() + timedelta(days=1)
            ),
            stage=stage,
            offices=await _offices(intake),
        )

    async def counts(request: Request) -> Response:
        """GET /demo/counts: the table, for the page to keep itself up to date."""
        return JSONResponse(await _offices(services.of(request).intake))

    async def agency(request: Request) -> Response:
        """GET /demo/agency: how the survey looks inside an agency's page."""
        intake = services.of(request).intake
        issuer = Issuer(_origin(request), stage.key, clock=intake.clock)
        link = issuer.issue_link(SERVICE, OFFICE, channel="site")
        return _page(request, "agency.html", link=link)

    async def staff(request: Request) -> Response:
        """POST /demo/staff: in by a fresh link, as the demonstration's analyst."""
        intake = services.of(request).intake
        secret = await run_in_threadpool(_let_in, intake)
        return RedirectResponse(f"{intake.settings.path}/staff/sign-in/{secret}", 303)

    async def quarter(request: Request) -> Response:
        """GET /demo/quarter/{form}: OMB's files of the newest quarter, as one ZIP."""
        intake = services.of(request).intake
        return await intake.readers.run(partial(_files, intake, request.path_params["form"]))

    return [
        Route("/", show),
        Route("/demo/counts", counts),
        Route("/demo/agency", agency),
        Route("/demo/staff", staff, methods=["POST"]),
        Route("/demo/quarter/{form}", quarter),
    ]


async def _offices(intake: AnswerService) -> list[dict[str, object]]:
    """The counts, when it is their turn: they take a connection of those who read results."""
    return await intake.readers.run(partial(_counts, intake))


def _let_in(intake: AnswerService) -> str:
    with db.write(intake.entrance_engine) as connection:
        return entrance.link(connection, intake.roots, intake.clock())


def _files(intake: AnswerService, form: str) -> Response:
    """Nobody signs in for them here: every answer is invented. In the first days of a quarter,
    before anybody has answered, they are those of the quarter before.
    """
    running = periods.of("quarter", intake.directory.today(intake.clock()))
    for known in fits.FORMATS:
        for quarter in (running, periods.previous(running)):
            if form == known:
                wanted = choosing.order(Chosen(quarter, known))
                with suppress(ServerError):
                    body = bundle.make(db.source(intake.staff_engine), wanted, intake.clock())
                    return record.zipped(bundle.name(wanted), body)
    raise HTTPException(404)


def _counts(intake: AnswerService) -> list[dict[str, object]]:
    """A row per office that serves, with or without answers."""
    with db.read(intake.staff_engine) as connection:
        result = {row.name: row for row in grouped.rows(connection, "office", Scope())}
    rows: list[dict[str, object]] = []
    for office in sorted(intake.directory.offices.values(), key=lambda office: office.name):
        if not office.serves:
            continue
        row = result.get(office.slug)
        rows.append(
            {
                "office": office.slug,
                "name": office.name,
                "n": row.n if row else 0,
                "trust": _percent(row.trust.top2 if row else None),
                "satisfaction": _percent(row.satisfaction.top2 if row else None),
            }
        )
    return rows


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _origin(request: Request) -> str:
    # The middleware let this host in; a phone on the network came by another than we did.
    return f"http://{request.headers['host']}"


def _page(request: Request, template: str, **values: object) -> Response:
    text = environment.render(
        _TEMPLATES, template, "en", static=services.of(request).files.url, demo=True, **values
    )
    # The sample page frames the survey, which no page of the product itself does.
    policy = POLICY + "'none'; frame-src 'self'"
    return HTMLResponse(text, headers={"content-security-policy": policy})
