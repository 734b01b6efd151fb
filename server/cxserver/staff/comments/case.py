"""A comment's own page: read it, take care of it, note what was found out, and close the case.

Its address has the service, the Monday of the week and the response's random id in it. The day is
left out, though the row is kept under it: a manager who knew it might know who came that day. Any
other day of the week leads to the same page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from anyio import to_thread
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver import mail, tables
from cxserver.accounts import members, roles
from cxserver.accounts.roles import Member
from cxserver.attention import alarms
from cxserver.comments import acknowledging, cases, handovers, replies
from cxserver.comments.cases import Case
from cxserver.comments.readable import ReadableComment
from cxserver.comments.replies import Posted
from cxserver.comments.shelf import Shelf
from cxserver.errors import Conflict, NotFound, ReplyRefused
from cxserver.response_id import ResponseId
from cxserver.results.question import today_of
from cxserver.staff import alerts, guard
from cxserver.staff.comments import colleagues, comments
from cxserver.staff.guard import GuardedRoute, Visit

ADDRESS = "/comments/{service}/{week}/{id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a button did: what the log is to say beside it (the colleague, the alerts), and
    whether a letter waits.
    """

    about: str = ""
    mails: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """A button of the page: what the log calls it, and what it does."""

    words: str
    do: Callable[[Connection, Visit, ReadableComment], Outcome | None]


def told_of(request: Request, visit: Visit) -> ReadableComment:
    """The comment that an address names. Raises HTTPException(404), also for what is held, and
    for what is somebody else's: none of them can be told from what does not exist.
    """
    address = request.path_params
    shelf = Shelf(visit.connection, visit.directory, visit.scope, visit.now)
    try:
        return shelf.named(address["service"], date.fromisoformat(address["week"]), address["id"])
    except (NotFound, ValueError, OverflowError):
        raise HTTPException(404) from None


def show(request: Request, visit: Visit) -> Response:
    """The page. Who opens it has read the comment."""
    readable = told_of(request, visit)
    # A browser that fetches pages ahead, in case somebody should want them, has read nothing.
    if request.method == "GET" and "sec-purpose" not in request.headers:
        with visit.write() as connection:
            cases.read(connection, readable.comment.row, readable.comment.office, visit.now)
    return drawn(visit, readable)


def act(request: Request, visit: Visit) -> Response:
    """One button was pressed."""
    readable = told_of(request, visit)
    wanted = _ACTS.get(field(visit, "act"))
    if wanted is None:
        raise HTTPException(422, "Press one of the buttons of the page.")
    try:
        with visit.write() as connection:
            outcome = wanted.do(connection, visit, readable) or Outcome()
            log(connection, visit, readable, wanted.words, about=outcome.about)
    except Conflict as conflict:
        return drawn(visit, readable, status=409, problem=str(conflict), typed=_typed(visit))
    except ReplyRefused as refused:
        return drawn(visit, readable, status=422, problem=str(refused), typed=_typed(visit))
    response = back_to(visit, readable)
    if outcome.mails:
        # Once the page is there: nobody waits for a mail server. Where this process ends before,
        # the job does it.
        response.background = BackgroundTask(_mail, visit, readable.comment.row)
    return response


async def _mail(visit: Visit, row: ResponseId) -> None:
    staff, known = visit.staff, visit.directory
    send = partial(handovers.send_due, staff.engine, staff.settings, known, visit.now, row=row)
    await to_thread.run_sync(send, limiter=staff.mailing)


def drawn(
    visit: Visit,
    readable_comment: ReadableComment,
    *,
    status: int = 200,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The page as things stand, with what was typed and could not be taken."""
    with visit.read() as connection:
        case = cases.find(connection, readable_comment.comment.row)
        notes = cases.notes(connection, readable_comment.comment.row)
        owner = _owner(connection, case)
        reply = _replied(connection, visit, readable_comment)
    warned = alarms.of_comment(visit.reading(), visit.member, readable_comment.comment.row)
    empty = {"note": "", "said": case.said if case else "", "did": case.did if case else ""}
    empty["reply"] = reply.text if reply else ""
    return guard.page(
        visit,
        "case.html",
        status=status,
        readable=readable_comment,
        case=case,
        notes=notes,
        owner=owner,
        reply=reply,
        alarms=[alerts.view(visit, alarm) for alarm in warned],
        replies_end=_replies_end(readable_comment),
        mine=bool(case and case.owner == visit.member.id),
        heirs=[
            (other.id, colleagues.called(other), other.role.words.lower())
            for other in colleagues.others(visit, readable_comment)
            if not (case and case.owner == other.id)
        ],
        state=comments.STATE_WORDS[case.state if case else "unread"],
        mails=mail.is_set_up(visit.staff.settings),
        comment_page=visit.path + readable_comment.address,
        problem=problem,
        typed=empty | dict(typed or {}),
        longest={"note": cases.LONGEST_NOTE, "words": cases.LONGEST_WORDS, "reply": replies.LIMIT},
    )


def field(visit: Visit, name: str) -> str:
    """What was typed into a field of the form, "" for nothing."""
    return visit.form.get(name, [""])[0].replace("\r\n", "\n").replace("\x00", "").strip()


def log(
    connection: Connection,
    visit: Visit,
    readable_comment: ReadableComment,
    what: str,
    result: str = "done",
    *,
    about: str = "",
) -> None:
    """A line in the audit log, in the transaction of what was done. It names the comment by week
    and id, and never holds its words.
    """
    named = f"{readable_comment.address.removeprefix('/comments/')} {about}".strip()
    visit.staff.journal.write(connection, visit.member, what, named, result, visit.now)


def back_to(visit: Visit, readable_comment: ReadableComment) -> Response:
    """To the page again: pressing Reload must not do it twice."""
    return RedirectResponse(visit.path + readable_comment.address, 303)


def _take(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> Outcome:
    seen = field(visit, "seen")
    cases.take(connection, readable_comment.comment.row, visit.member.id, seen, visit.now)
    return Outcome(_acknowledge(connection, visit, readable_comment))


def _acknowledge(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> str:
    """Whoever takes care of a comment, or is done with it, has its alerts in hand."""
    row, email = readable_comment.comment.row, visit.member.email
    codes = acknowledging.acknowledge_all(connection, row, email, visit.now)
    return f"acknowledges {', '.join(codes)}" if codes else ""


def _leave(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> None:
    cases.take(connection, readable_comment.comment.row, None, field(visit, "seen"), visit.now)


def _hand(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> Outcome:
    heir = members.find(connection, field(visit, "member"))
    if heir is None or not colleagues.may_read(visit, readable_comment, heir):
        raise HTTPException(422, "Go back and choose a colleague who may read this comment.")
    cases.take(connection, readable_comment.comment.row, heir.id, field(visit, "seen"), visit.now)
    return Outcome(f"to {heir.email}", _note_letter(connection, visit, readable_comment, heir))


def _note_letter(
    connection: Connection, visit: Visit, readable_comment: ReadableComment, heir: Member
) -> bool:
    """Whether the colleague is to have a letter; nobody is sent one by themselves."""
    if heir.id == visit.member.id or not mail.is_set_up(visit.staff.settings):
        return False
    who = colleagues.called(visit.member)
    handovers.note(connection, readable_comment.comment.row, heir.id, who, visit.now)
    return True


def _open(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> None:
    cases.open_(connection, readable_comment.comment.row, field(visit, "seen"), visit.now)


def _close(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> Outcome:
    cases.close(
        connection,
        readable_comment.comment.row,
        said=field(visit, "said"),
        did=field(visit, "did"),
        seen=field(visit, "seen"),
        now=visit.now,
        today=today_of(visit.directory, visit.now),
    )
    return Outcome(_acknowledge(connection, visit, readable_comment))


def _note(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> None:
    text = field(visit, "note")
    if not text:
        raise HTTPException(422, "The note is empty. Go back and write it.")
    cases.note(connection, readable_comment.comment.row, visit.member.email, text, visit.now)


def _reply(connection: Connection, visit: Visit, readable_comment: ReadableComment) -> None:
    if _replied(connection, visit, readable_comment) is None:
        raise ReplyRefused("Nobody can read a reply to this comment anymore.")
    seen = field(visit, "reply-seen")
    version = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
    replies.post(
        connection,
        readable_comment.comment.row,
        field(visit, "reply"),
        today_of(visit.directory, visit.now),
        version,
    )


def _replied(
    connection: Connection, visit: Visit, readable_comment: ReadableComment
) -> Posted | None:
    today = today_of(visit.directory, visit.now)
    if today > _replies_end(readable_comment):
        return None
    return replies.of(connection, readable_comment.comment.row, today)


def _replies_end(readable_comment: ReadableComment) -> date:
    """The last day that a reply is offered. Counted from the Monday: from the code's own last day
    anybody could count back to the day of the answer.
    """
    day = readable_comment.comment.day
    return day - timedelta(days=day.weekday()) + timedelta(days=tables.REPLY_DAYS)


def _typed(visit: Visit) -> dict[str, str]:
    names = ("said", "did", "note", "reply")
    return {name: field(visit, name) for name in names if name in visit.form}


def _owner(connection: Connection, case: Case | None) -> str:
    if case is None or case.owner is None:
        return ""
    member = members.find(connection, case.owner)
    return colleagues.called(member) if member else colleagues.LEFT


_ACTS: Mapping[str, Act] = {
    "take": Act("take a case", _take),
    "leave": Act("leave a case", _leave),
    "hand": Act("hand over a case", _hand),
    "open": Act("open a case", _open),
    "close": Act("close a case", _close),
    "note": Act("note on a case", _note),
    "reply": Act("reply to a comment", _reply),
}

_WRITTEN = {
    "note": "Note",
    "reply": "Reply",
    "said": "You said",
    "did": "We did",
}
ROUTES = (
    GuardedRoute(ADDRESS, show, roles.READERS, audit="read a comment"),
    GuardedRoute(ADDRESS + "/act", act, roles.READERS, methods=("POST",), words=_WRITTEN),
)
