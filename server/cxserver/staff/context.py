"""What every staff page needs: the answer service, static files, templates, the audit log."""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from anyio import CapacityLimiter
from sqlalchemy import Engine
from starlette.requests import Request

from cxserver import db
from cxserver.audit.journal import NOBODY, Journal
from cxserver.digests import letter
from cxserver.intake.answer_service import AnswerService
from cxserver.pages import environment
from cxserver.settings import Settings
from cxserver.staff.refusals import Refusals
from cxserver.web.static_files import Files

# A page of ours, and nothing that a browser could read as another host.
_PAGE = re.compile(r"/staff/[a-z0-9/_-]*(?:\?[A-Za-z0-9%&=_.+-]*)?\Z", re.ASCII)
_LONGEST = 1000
# The log cannot be shortened, and each line takes the lock that answers need: strangers get few.
_STRANGERS = 10
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StaffContext:
    """Shared by all staff pages of this process."""

    intake: AnswerService
    files: Files
    demo: bool
    journal: Journal
    templates: jinja2.Environment = field(
        default_factory=lambda: environment.make(
            Path(__file__).parent / "templates", letter.TEMPLATES
        )
    )
    # Letters that a page has sent off; one that hangs keeps back no more than letters.
    mailing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))
    refusals: Refusals = field(default_factory=Refusals)
    failures: deque[datetime] = field(default_factory=lambda: deque(maxlen=_STRANGERS))

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        return self.intake.settings

    @property
    def engine(self) -> Engine:
        """The database, by the connections of the staff pages."""
        return self.intake.staff_engine

    @property
    def entrance(self) -> Engine:
        """The database, by the connections of those who are not signed in yet."""
        return self.intake.entrance_engine

    @property
    def path(self) -> str:
        """The public path of the staff pages."""
        return self.settings.path + "/staff"

    def note_stranger(self, how: str, result: str, now: datetime) -> None:
        """Write down a failed sign-in of nobody in particular, unless they come in floods."""
        self.intake.log.note("warning", "sign_in_refused", result, how=how)
        if len(self.failures) == _STRANGERS and now - self.failures[0] < _MINUTE:
            return
        self.failures.append(now)
        with db.write(self.entrance) as connection:
            self.journal.write(connection, NOBODY, "sign in", how, result, now)

    def draw(self, template: str, **values: Any) -> str:
        """A page, in English: staff pages speak no other language."""
        agency = self.intake.directory.agency
        shared: Mapping[str, Any] = {
            "agency_name": agency.name if agency else "",
            "path": self.path,
            "static": self.files.url,
            "demo": self.demo or (agency is not None and agency.demonstration),
        }
        return environment.render(self.templates, template, "en", **{**shared, **values})

    def address(self, request: Request) -> str:
        """The public address of what was asked for, query and all."""
        path = request.scope["path"].removeprefix(self.settings.path)
        query = request.scope["query_string"].decode("latin-1")
        return quote(self.settings.path + path) + (f"?{query}" if query else "")

    def sign_in(self, request: Request) -> str:
        """The address of the sign-in page that leads back to the page asked for."""
        path = request.scope["path"].removeprefix(self.settings.path)
        query = request.scope["query_string"].decode("ascii", "replace")
        back = safe_page(f"{path}?{query}" if query else path)
        on = request.method == "GET" and back != "/staff/"
        return f"{self.path}/sign-in" + (f"?next={quote(back, safe='/')}" if on else "")


def make(intake: AnswerService, files: Files, *, demo: bool) -> StaffContext:
    """What the staff pages of a process share."""
    return StaffContext(intake, files, demo, Journal(intake.roots, aloud=True))


def of(request: Request) -> StaffContext:
    """What the staff pages of this process share."""
    staff_context: StaffContext = request.app.state.staff
    return staff_context


def safe_page(page: str) -> str:
    """`page`, if it is one of the staff pages; else the first page."""
    return page if len(page) <= _LONGEST and _PAGE.match(page) else "/staff/"
