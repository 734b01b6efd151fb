"""The letters about assigned cases that the page which assigned them could not send."""

from cxserver.comments import handovers
from cxserver.jobs.errand import Errand


def send_due(errand: Errand) -> str:
    """Mail what waits. What cannot leave is tried again later; `cx doctor` says where it fails."""
    handovers.forget_old(errand.engine, errand.now)
    sent = handovers.send_due(
        errand.engine, errand.settings, errand.directory, errand.now, errand.go_on
    )
    return f"{sent} sent" if sent else "nothing to send"
