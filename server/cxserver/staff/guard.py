"""The pages of the staff: an address, who may enter, and what is done there; none is unguarded.

`behind_guard` wraps every handler alike: a session (else the sign-in page, or one that shows what
was posted), a role that may enter (else 404, as if there were no such page), a request from our own
pages for whatever is not a GET (else 403). What the handler then gets is a `Visit`.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from cxserver.accounts.roles import Member, Role, may_see
from cxserver.accounts.sessions import Session
from cxserver.attention import now
from cxserver.attention.now import Counts
from cxserver.catalog.directory import Directory
from cxserver.errors import NotFound, QuestionRefused
from cxserver.results.cuts import NotCut
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope
from cxserver.staff import context, origin, session_cookie, session_notice, unsent
from cxserver.staff.context import StaffContext
from cxserver.staff.session_notice import SessionNotice
from cxserver.staff.snapshot import Snapshot
from cxserver.web import form_body

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 64 * 1024
# What a page was asked to show travels on to the next one; a page or a word searched for does not.
FILTERS = ("service", "office", "channel", "language", "period", "from", "to")

_NO_FILE = {
    "refused": "This is not counted this way, so there is no file of it: open the page to see why.",
    "withheld": "So few people answered this way that there is no file of them.",
    "unasked": "This survey does not ask about drivers, so there is no file of them.",
    "empty": "There is nothing to show in these days, so there is no file of it.",
}

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one member. `scope` is all that this person may see: narrow by it.

    `form` holds what was posted, each field with all its values.
    """

    session: Session
    scope: Scope
    directory: Directory
    now: datetime
    request: Request
    staff: StaffContext
    routes: tuple["GuardedRoute", ...]
    form: Mapping[str, Sequence[str]]
    snapshot: Snapshot

    @property
    def member(self) -> Member:
        """Who asks."""
        return self.session.member

    @property
    def notice(self) -> SessionNotice:
        """When this person is signed out, to be said on the page."""
        return session_notice.notice(self.session, self.directory, self.now)

    @property
    def connection(self) -> Connection:
        """The one snapshot that this page is read from."""
        return self.snapshot.connection

    def reading(self) -> Reading:
        """What domain functions are handed: this page's one look at the data."""
        return Reading(self.connection, self.directory, self.scope, self.now)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The same, for a stretch of lines."""
        yield self.snapshot.connection

    def write(self) -> AbstractContextManager[Connection]:
        """One transaction that may write. What is read afterwards is read anew."""
        return self.snapshot.write()

    def end_reading(self) -> None:
        """All has been read, the counts for the navigation too: what follows needs no database."""
        counts_of(self)
        self.snapshot.end()

    @property
    def path(self) -> str:
        """The public path of the staff pages: `/staff`, or below the path of CX_BASE_URL."""
        return self.staff.path

    def note(self, what: str, about: str = "", result: str = "done") -> None:
        """A line in the audit log. Never put in it what somebody answered, or a secret."""
        with self.write() as connection:
            self.staff.journal.write(connection, self.member, what, about, result, self.now)

    def note_refusal(self, what: str, about: str, status: int) -> None:
        """A line that something was refused, unless such lines come in floods."""
        beyond = self.staff.refusals.another(self.member.id, self.now)
        if beyond <= 0:
            self.note(what, about, str(status))
            return
        self.staff.intake.log.note("warning", "staff_refused", str(status), member=self.member.id)
        if beyond == 1:
            self.note("refused", "more than the log takes in an hour", "not written down")


Handler = Callable[[Request, Visit], Response]
After = Callable[[Request, Response], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class GuardedRoute:
    """One page. `path` is below /staff; the handler runs in a thread, so that it may wait.

    With a `label` it stands in the navigation of those who may enter, in the order of the list,
    under the heading `group`.
    `audit` names the line that each visit writes to the log; "" for none. `after` is for what may
    take long elsewhere: it gets the response when the thread and the connection are given back.
    `words` labels the fields that people write in: where the session has ended, they read them
    again and can send them again, unless nothing `resends`. A page that `extends` no session is
    for what asks by itself.
    """

    path: str
    handler: Handler
    roles: frozenset[Role]
    methods: tuple[str, ...] = ("GET",)
    audit: str = ""
    label: str = ""
    group: str = ""
    after: After | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    resends: bool = True
    extends: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation: its label, its address with the filters kept."""

    label: str
    address: str
    is_current: bool


def behind_guard(routes: Iterable[GuardedRoute]) -> list[Route]:
    """Each of them as a route of the application, behind the same guard."""
    known = tuple(routes)
    return [
        Route(route.path, _guarded(route, known), methods=list(route.methods)) for route in known
    ]


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """`template`, which extends `layout.html`, with the navigation, the name and `visit`.

    Whoever asked for a file of what is empty or hidden gets a 404: a program must not take this
    page for numbers, nor a file without rows for nobody's answers.
    """
    if _wants_file(visit.request) and values.get("state") in _NO_FILE:
        raise HTTPException(404, _NO_FILE[values["state"]])
    visit.end_reading()
    counts, nav = counts_of(visit), navigation(visit)
    return drawn(visit.staff, template, status, visit=visit, nav=nav, to_do=counts, **values)


def _wants_file(request: Request) -> bool:
    """Whether the address is one of a table or of a chart, and not of the page around it."""
    return request.query_params.get("format") == "csv" or "chart" in request.query_params


def counts_of(visit: Visit) -> Counts:
    """What waits for this person, for the navigation. It is read once for a request."""
    state = visit.request.state
    if not hasattr(state, "counts"):
        state.counts = now.count(visit.reading(), visit.member)
    counts: Counts = state.counts
    return counts


def drawn(staff: StaffContext, template: str, status: int, **values: Any) -> HTMLResponse:
    """A page inside the layout; without a `visit` it has no navigation."""
    given = {"visit": None, "nav": (), "to_do": None} | values
    return HTMLResponse(staff.draw(template, **given), status, {"x-frame-options": "DENY"})


def navigation(visit: Visit) -> list[tuple[str, list[Entry]]]:
    """The pages this person may enter, by the headings of the navigation."""
    filters = filters_kept(visit.request)
    path = visit.request.scope["path"]
    groups: dict[str, list[Entry]] = {}
    for route in visit.routes:
        if route.label and visit.member.role in route.roles:
            page = visit.path + route.path
            entry = Entry(route.label, page + filters, page == path)
            groups.setdefault(route.group, []).append(entry)
    return list(groups.items())


def filters_kept(request: Request) -> str:
    """The filters of this address as a query, `?` and all; "" when there are none."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if value]
    if not {"from", "to"} <= dict(pairs).keys():
        # The list of comments takes one of them alone; no other page does.
        pairs = [(name, value) for name, value in pairs if name not in ("from", "to")]
    query = urlencode([(name, value[:100]) for name, value in pairs if name in FILTERS])
    return f"?{query}" if query else ""


async def form_of(request: Request) -> Mapping[str, Sequence[str]]:
    """What was posted. Raises HTTPException for what no form of ours sends."""
    text = await form_body.read(request, FORM, FORM_LIMIT)
    try:
        return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise HTTPException(400) from None


def _guarded(route: GuardedRoute, routes: tuple[GuardedRoute, ...]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if "\x00" in request.scope["path"]:
            # No page is called so, and PostgreSQL takes no text with it, not even for the log.
            raise HTTPException(404)
        form: Mapping[str, Sequence[str]] = {}
        if request.method not in ("GET", "HEAD"):
            origin.check(request, context.of(request).settings)
            form = await form_of(request)
        staff = context.of(request)
        response = await staff.intake.readers.run(partial(_enter, route, routes, request, form))
        return await route.after(request, response) if route.after else response

    return endpoint


def _enter(
    route: GuardedRoute,
    routes: tuple[GuardedRoute, ...],
    request: Request,
    form: Mapping[str, Sequence[str]],
) -> Response:
    staff = context.of(request)
    with closing(Snapshot(staff.engine)) as snapshot:
        return _entered(route, routes, request, form, snapshot)


def _entered(
    route: GuardedRoute,
    routes: tuple[GuardedRoute, ...],
    request: Request,
    form: Mapping[str, Sequence[str]],
    snapshot: Snapshot,
) -> Response:
    staff = context.of(request)
    now = staff.intake.clock()
    session = session_cookie.session_of(request, staff, snapshot, now, extends=route.extends)
    if session is None:
        return _signed_out(route, request, form)
    directory = staff.intake.directory
    scope = may_see(session.member, directory)
    visit = Visit(session, scope, directory, now, request, staff, routes, form, snapshot)
    request.state.visit = visit
    if session.member.role not in route.roles:
        counts_of(visit)
        visit.note_refusal("refused", request.scope["path"][:200], 404)
        raise HTTPException(404)
    return _noted(route, visit)


def _signed_out(
    route: GuardedRoute, request: Request, form: Mapping[str, Sequence[str]]
) -> Response:
    """On to the sign-in page; of what was posted nothing is lost, and nothing is stored here."""
    staff = context.of(request)
    if request.method != "POST" or not route.resends:
        return RedirectResponse(staff.sign_in(request), 303)
    return drawn(
        staff,
        "signed-out.html",
        401,
        written=unsent.written(form, route.words),
        others=unsent.others(form, route.words),
        action=staff.address(request),
        sign_in=f"{staff.path}/sign-in?next=/staff/session",
    )


def _handled(route: GuardedRoute, visit: Visit) -> Response:
    try:
        return route.handler(visit.request, visit)
    except NotFound as missing:
        raise HTTPException(404, str(missing)) from None
    except (NotCut, QuestionRefused) as refusal:
        raise HTTPException(422, str(refusal)) from None


def _noted(route: GuardedRoute, visit: Visit) -> Response:
    about = (visit.request.scope["path"] + filters_kept(visit.request))[:400]
    try:
        response = _handled(route, visit)
    except HTTPException as refused:
        # For the navigation of the page that says so.
        counts_of(visit)
        # A 404 may be somebody trying the names of others' offices.
        if route.audit or refused.status_code == 404:
            visit.note_refusal(route.audit or "look", about, refused.status_code)
        raise
    saved = "content-disposition" in response.headers
    if route.audit or saved:
        visit.note(route.audit or "save", about, str(response.status_code))
    return response
