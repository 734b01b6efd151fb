"""Send the survey when a transaction ends. Call `transaction_ended` where your system closes it, or

    python send_after_transaction.py ana@example.com case-1001 2026-11-04T10:20:00-05:00 es

Set CX_BASE_URL, CX_KEY, SMTP_HOST, SMTP_PORT, MAIL_FROM; SMTP_USER, SMTP_PASSWORD if need be.
"""

import logging
import os
import smtplib
import ssl
import sys
from datetime import datetime
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from zoneinfo import ZoneInfo

from cxsdk import CxError, email_snippet, issue_link

NAMES = {  # what your catalog calls the service: in a heading, and within the statement
    "en": ("Permit renewal", "permit renewal"),
    "es": ("Renovación de permisos", "la renovación de permisos"),
}


def transaction_ended(to: str, case: str, ended: datetime, language: str = "en") -> None:
    """`invite`, but it never raises: whatever becomes of the mail, the transaction has ended."""
    try:
        invite(to, case, ended, language)
    except (CxError, OSError):  # all that smtplib raises is an OSError
        logging.getLogger(__name__).exception("No survey was sent")


def invite(to: str, case: str, ended: datetime, language: str = "en") -> None:
    """Send the survey. Called twice for one case, it sends the same link: one answer counts."""
    link = issue_link("permits", "riverside", ref=case, done_at=ended, language=language)
    name, in_statement = NAMES[language]
    words = {"service_name": name, "statement_name": in_statement, "language": language}
    snippet = email_snippet(link, timezone=ZoneInfo("America/New_York"), **words)
    message = EmailMessage()
    message["Subject"], message["To"] = snippet.subject, to
    message["From"] = os.environ["MAIL_FROM"]
    message["Date"], message["Message-ID"] = localtime(), make_msgid()
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office replies
    message.set_content(snippet.text)
    head = f'<head><meta charset="utf-8"><title>{name}</title></head>'
    page = f'<!doctype html>\n<html lang="{language}">{head}\n<body>\n{snippet.html}</body></html>'
    message.add_alternative(page, subtype="html")
    with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ.get("SMTP_PORT", "25"))) as smtp:
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
        if "SMTP_USER" in os.environ:
            smtp.login(os.environ["SMTP_USER"], os.environ["SMTP_PASSWORD"])
        smtp.send_message(message)


if __name__ == "__main__":
    to, case, ended, *language = sys.argv[1:]
    invite(to, case, datetime.fromisoformat(ended), *language)
