"""The mails to teams whose alert phrases somebody wrote: a crisis waits for no week to end."""

from cxserver import db
from cxserver.comments import alerts
from cxserver.errors import MailFailed
from cxserver.jobs.errand import Errand


def send_due(errand: Errand) -> str:
    """Mail what waits. Raises MailFailed when some of it still waits: it is tried again at once."""
    known, now = errand.directory, errand.now
    sent = alerts.send_due(errand.engine, errand.settings, known, now, errand.go_on)
    with db.read(errand.engine) as connection:
        left = len(alerts.waiting(connection)) + len(alerts.further(connection, known, now))
    if left:
        raise MailFailed(f"{sent} sent, {left} still waiting")
    return f"{sent} sent" if sent else "nothing to send"
