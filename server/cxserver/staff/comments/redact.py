"""POST /staff/comments/…/redact: take words out of a comment, in two steps.

The first shows what will be left; the second does it, and it cannot be undone. The words travel
in the form alone: no address, log or audit line holds them.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cxserver import db
from cxserver.accounts import roles
from cxserver.backups import erasures
from cxserver.comments import redaction, striking
from cxserver.comments.readable import ReadableComment
from cxserver.comments.striking import Cut
from cxserver.staff import guard
from cxserver.staff.comments import case
from cxserver.staff.guard import GuardedRoute, Visit


def redact(request: Request, visit: Visit) -> Response:
    """What will be left; or, confirmed, the deed."""
    readable = case.told_of(request, visit)
    cut = cut_of(visit)
    if not cut:
        raise HTTPException(
            422, "You didn't give any words. Go back and enter the words to redact."
        )
    if case.field(visit, "confirm") == "yes":
        return _done(visit, readable, cut)
    with visit.read() as connection:
        result = redaction.preview(connection, readable.comment.row, _free(readable), cut)
    return guard.page(
        visit,
        "redact.html",
        where=f"{readable.office}, {readable.week[:1].lower()}{readable.week[1:]}",
        result=result,
        questions={code: question for code, question, _ in readable.comment.more},
        lines="\n".join(cut.words),
        everything=cut.everything,
        action=f"{visit.path}{readable.address}/redact",
        home=visit.path + readable.address,
        carried={},
    )


def _done(visit: Visit, readable_comment: ReadableComment, cut: Cut) -> Response:
    with visit.write() as connection:
        gone, others = redaction.redact(
            connection, readable_comment.comment.row, _free(readable_comment), cut, visit.now
        )
        case.log(connection, visit, readable_comment, "redact a comment", result_of(gone, others))
    db.forget_rows(visit.staff.engine, redaction.TABLES)
    erasures.note(visit.staff.engine, visit.staff.settings.backups)
    return case.back_to(visit, readable_comment)


def cut_of(visit: Visit) -> Cut:
    """What the form says is to go."""
    everything = case.field(visit, "everything") == "yes"
    return Cut(striking.named(case.field(visit, "words")), everything)


def result_of(characters: int, others: int) -> str:
    """What the log says of it."""
    also = f", also out of {others} texts of the staff" if others else ""
    return f"{characters} characters{also}"


def _free(readable_comment: ReadableComment) -> list[str]:
    """The codes of the questions that were answered in words."""
    return [code for code, *_ in readable_comment.comment.more]


_WRITTEN = {"words": "Words to redact"}
ROUTES = (
    GuardedRoute(
        case.ADDRESS + "/redact", redact, roles.READERS, methods=("POST",), words=_WRITTEN
    ),
)
