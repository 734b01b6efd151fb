"""Is the work done that is due: mails to staff, by the server itself or by cron?"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cxserver import mail, tables
from cxserver.comments import handovers
from cxserver.doctor.finding import Finding
from cxserver.settings import Settings

_JOBS, _MAIL = "jobs", "mail"
# Every job is looked at many times an hour.
_STALE = timedelta(days=1)
_FAILED = "failed: "
_CRON = "have cron call `cx jobs run-due` every minute"


def jobs(connection: Connection, settings: Settings, now: datetime) -> list[Finding]:
    """Whether mails can go out, and whether somebody sends them."""
    if settings.smtp_url.get_secret_value() and not settings.mail_from:
        text = "CX_SMTP_URL is set, but CX_MAIL_FROM is not. No email is sent"
        return [Finding(_MAIL, "warning", text, "Set CX_MAIL_FROM.")]
    if not mail.is_set_up(settings):
        text = "no mail server is set up (CX_SMTP_URL), so no digest or alert is sent"
        return [Finding(_MAIL, "ok", text)]
    rows = list(connection.execute(select(tables.jobs).order_by(tables.jobs.c.name)))
    faults = [fault for row in rows for fault in _faults(row, now)]
    if not any(row.ran for row in rows):
        faults = [_never(settings)]
    faults += [*_refused(connection), *_not_handed_over(connection)]
    last = max((row.ran for row in rows if row.ran), default=now)
    return faults or [Finding(_JOBS, "ok", f"last done {last:%Y-%m-%d %H:%M} UTC")]


def _never(settings: Settings) -> Finding:
    if settings.scheduler:
        return Finding(_JOBS, "ok", "not run yet. The server runs them while it is on")
    text = "no job ever ran. CX_SCHEDULER tells the server not to run them, and nothing else does"
    return Finding(_JOBS, "warning", text, f"Remove CX_SCHEDULER, or {_CRON}.")


def _faults(row: Row[Any], now: datetime) -> list[Finding]:
    if row.result.startswith(_FAILED):
        text = f"{row.name}: {row.result}"
        return [Finding(_JOBS, "warning", text, "Fix it, then: cx jobs run-due")]
    if row.ran and now - row.ran > _STALE:
        text = f"{row.name} was last done {row.ran:%Y-%m-%d %H:%M} UTC"
        return [Finding(_JOBS, "warning", text, f"Start the server, or {_CRON}.")]
    return []


def _refused(connection: Connection) -> list[Finding]:
    findings = []
    for table, what in ((tables.digests, "digest"), (tables.reminders, "reminder")):
        query = select(func.count()).select_from(table).where(table.c.refused.is_not(None))
        n = connection.execute(query).scalar_one()
        if n:
            counted = f"{n} {what} was" if n == 1 else f"{n} {what}s were"
            cure = "See the log for whose. Remove people who left with cx staff revoke."
            findings.append(
                Finding(_MAIL, "warning", f"{counted} refused by the mail server", cure)
            )
    return findings


def _not_handed_over(connection: Connection) -> list[Finding]:
    n = handovers.stuck(connection)
    if not n:
        return []
    counted = "1 letter" if n == 1 else f"{n} letters"
    text = f"{counted} about an assigned case not mailed after {handovers.MANY} tries or more"
    cure = "See handover_not_mailed in the log. Remove people who left with cx staff revoke."
    return [Finding(_MAIL, "warning", text, cure)]
