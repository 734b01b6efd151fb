"""A survey link that never breaks a transaction. The examples use it: copy it with them."""

import logging
from html import escape

from cxsdk import CxError, issue_link


def survey_anchor(service: str, office: str) -> str:
    """A link to the survey for your page; nothing where none can be made, and a line in your log.

    Call it when your transaction is committed: the permit is renewed either way.
    """
    try:
        link = issue_link(service, office, channel="web")
    except CxError:
        logging.getLogger(__name__).exception("No survey link was made")
        return ""
    return f'<a href="{escape(link)}">How did we do?</a>'
