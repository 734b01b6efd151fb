"""The digests that are due, each mailed once and written down when the mail server has it.

If everything dies between the two, that one person gets it twice: better than not at all.
"""

import smtplib
from collections import Counter

from sqlalchemy.exc import SQLAlchemyError

from cxserver import db, mail
from cxserver.accounts import members
from cxserver.audit.journal import Journal
from cxserver.catalog import fingerprints
from cxserver.digests import content, subscriptions
from cxserver.digests import letter as digest_mail
from cxserver.digests.content import Digest
from cxserver.digests.subscriptions import Due, Every
from cxserver.errors import MailRefused, ServerError
from cxserver.jobs.errand import Errand
from cxserver.log import logger
from cxserver.mail import Letter


def send_due(errand: Errand) -> str:
    """Mail them; tells how many, in words. Raises ServerError when some could not be written."""
    with db.read(errand.engine) as connection:
        roots = fingerprints.read(connection, errand.settings.root_key_path)
        due = subscriptions.due(connection, errand.now, content.zone(errand.directory))
    if not due:
        return "nothing to send"
    done: Counter[str] = Counter()
    journal = Journal(roots, aloud=True)
    with mail.connected(errand.settings) as session:
        for item in due:
            if not errand.go_on():
                break
            done[_send(errand, session, journal, item)] += 1
    done["left for later"] += len(due) - done.total()
    summary = ", ".join(f"{n} {fate}" for fate, n in done.items() if n)
    logger.info("digests", **{fate.replace(" ", "_"): n for fate, n in done.items()})
    if done["broken"]:
        raise ServerError(summary)
    return summary


def _send(errand: Errand, session: smtplib.SMTP, journal: Journal, due: Due) -> str:
    """What became of one."""
    with db.read(errand.engine) as connection:
        # A round may take long. Who has another role by now, or none, is looked at the next time.
        if members.find(connection, due.member.id) != due.member:
            return "left for later"
    try:
        with db.read(errand.engine) as connection:
            said = content.make(due.member, due.period, connection, errand.directory)
        letter = _letter(errand, due, said) if said else None
    except SQLAlchemyError:
        raise
    except Exception as error:
        # A fault in one must not keep the others from theirs.
        logger.error("digest_failed", reason=type(error).__name__)
        return "broken"
    if said is None or letter is None:
        return "without anything to tell"
    try:
        mail.send(session, errand.settings, letter)
    except MailRefused as refused:
        return _note_refused(errand, due, refused)
    with db.write(errand.engine) as connection:
        subscriptions.delivered(connection, due)
        if said.quotes:
            # Who reads comments stands in the log, wherever they are read.
            about = f"digest of {due.period.name}"
            journal.write(connection, due.member, "mail comments", about, "sent", errand.now)
    return "sent"


def _letter(errand: Errand, due: Due, said: Digest) -> Letter:
    every = Every(due.period.kind)
    return digest_mail.letter(said, due.member, every, errand.directory, errand.settings)


def _note_refused(errand: Errand, due: Due, refused: MailRefused) -> str:
    if not refused.lasting:
        return "left for later"
    today = errand.now.astimezone(content.zone(errand.directory)).date()
    with db.write(errand.engine) as connection:
        subscriptions.refused(connection, due, today)
    return "refused"
