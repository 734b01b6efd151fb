"""Who else may read a comment: to them its case may be handed, and to nobody else."""

from cxserver.accounts import members, roles
from cxserver.accounts.roles import Member
from cxserver.comments.readable import ReadableComment
from cxserver.comments.shelf import Shelf
from cxserver.errors import NotFound
from cxserver.results import question
from cxserver.results.scopes import Scope
from cxserver.staff.guard import Visit

LEFT = "somebody who has left"


def others(visit: Visit, readable_comment: ReadableComment) -> list[Member]:
    """All who may open this comment's page but the visitor, by what they are called."""
    above = question.line_up(visit.directory, readable_comment.comment.office)
    with visit.read() as connection:
        known = members.of_roles(connection, roles.READERS, above)
    scopes = {
        item: roles.may_see(item, visit.directory) for item in known if item.id != visit.member.id
    }
    # Many have the same scope, and each is a question to the counts.
    opens = {scope: _opens(visit, readable_comment, scope) for scope in set(scopes.values())}
    return sorted((member for member, scope in scopes.items() if opens[scope]), key=called)


def may_read(visit: Visit, readable_comment: ReadableComment, member: Member) -> bool:
    """Whether this person may open the comment's page, too."""
    if not roles.sees_comments(member):
        return False
    return _opens(visit, readable_comment, roles.may_see(member, visit.directory))


def called(member: Member) -> str:
    """What colleagues know somebody by."""
    return member.name or member.email


def _opens(visit: Visit, readable_comment: ReadableComment, scope: Scope) -> bool:
    # The same rule as the page itself: for some a comment opens only when its batch has closed.
    shelf = Shelf(visit.connection, visit.directory, scope, visit.now)
    comment = readable_comment.comment
    try:
        shelf.named(comment.service, comment.monday, comment.id)
    except NotFound:
        return False
    return True
