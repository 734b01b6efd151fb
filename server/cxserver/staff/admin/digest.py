"""GET and POST /staff/digest: one's own digest as it is mailed, and how often it comes."""

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver import mail
from cxserver.accounts import roles
from cxserver.digests import content, letter, subscriptions
from cxserver.digests.subscriptions import Every
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit

_WORDS = {
    Every.DAY: "Every morning: the four weeks that ended the day before",
    Every.WEEK: "Every Monday: the four weeks that ended on Sunday",
    Every.MONTH: "On the first of each month: the month that is over",
    Every.NEVER: "Never",
}


def enter(request: Request, visit: Visit) -> Response:
    """Show it, or take the choice."""
    return _choose(visit) if request.method == "POST" else _show(visit)


def _show(visit: Visit) -> Response:
    with visit.read() as connection:
        every = subscriptions.of(connection, visit.member)
    zone = content.zone(visit.directory)
    # Who gets none may see what there would be.
    shown = Every.WEEK if every is Every.NEVER else every
    period = subscriptions.latest(shown, visit.now, zone)
    digest = period and content.make(visit.member, period, visit.connection, visit.directory)
    guard.counts_of(visit)
    if digest and digest.quotes:
        visit.note("read comments", "digest")
    return guard.page(
        visit,
        "digest.html",
        digest=digest,
        sections=letter.sections(digest) if digest else (),
        why=letter.reason(visit.directory, shown),
        every=every,
        choices=[(word.value, words) for word, words in _WORDS.items()],
        next=_day(subscriptions.following(every, visit.now, zone)),
        sends=mail.is_set_up(visit.staff.settings),
    )


def _choose(visit: Visit) -> Response:
    try:
        every = Every((visit.form.get("every") or [""])[0])
    except ValueError:
        raise HTTPException(422, "Choose: every day, every week, every month, or never.") from None
    with visit.write() as connection:
        zone = content.zone(visit.directory)
        subscriptions.choose(connection, visit.member, every, visit.now, zone)
        visit.staff.journal.write(
            connection, visit.member, "choose digest", every.value, "done", visit.now
        )
    return RedirectResponse(f"{visit.path}/digest", 303)


def _day(moment: datetime | None) -> str:
    return f"{moment:%A, %B} {moment.day}, {moment.year}, at {moment.hour}:00" if moment else ""


ROUTES = (
    GuardedRoute(
        "/digest", enter, roles.EVERYONE, methods=("GET", "POST"), label="Digest", group="Reporting"
    ),
)
