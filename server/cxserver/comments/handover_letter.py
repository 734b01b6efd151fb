"""The letter to a colleague who was handed a case: where it is, and no word of the comment."""

from cxserver import mail
from cxserver.comments.readable import ReadableComment
from cxserver.errors import MailFailed, MailRefused
from cxserver.log import logger
from cxserver.mail import Letter
from cxserver.settings import Settings


def write(readable: ReadableComment, base_url: str, *, to: str, by: str) -> Letter:
    """The letter `to` an address, about a case that `by` handed over."""
    text = (
        f"{by} assigned a comment to you. It is about {readable.service} at {readable.office}.\n"
        "\n"
        "Read it and take care of it here:\n"
        f"{base_url}/staff{readable.address}\n"
        "\n"
        "We leave the comment itself out of this mail. You need to sign in to read it.\n"
    )
    return Letter((to,), f"A comment is assigned to you: {readable.office}", text)


def send(settings: Settings, letter: Letter) -> None:
    """Hand it to the mail server, once. What goes wrong is a line in the server's log: the case
    has its new owner all the same, who finds it among their own.
    """
    try:
        with mail.connected(settings) as session:
            mail.send(session, settings, letter)
    except (MailFailed, MailRefused) as error:
        logger.error("handover_not_mailed", reason=str(error))
