"""Send the survey when a transaction ends. Call `transaction_ended` where your system closes it, or

    python send_after_transaction.py ana@example.com case-1001 2026-11-04T10:20:00-05:00 es

Set CX_BASE_URL and CX_KEY for cxsdk, SMTP_HOST, SMTP_PORT and MAIL_FROM for the mail, and
SMTP_USER and SMTP_PASSWORD if your mail server wants to know who you are.
"""

import os
import smtplib
import ssl
import sys
from datetime import datetime
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from zoneinfo import ZoneInfo

from cxsdk import email_snippet, issue_link

SERVICE, OFFICE = "permits", "riverside"
# The names that your catalog gives the service: in a heading, and within the statement.
NAMES = {
    "en": ("Permit renewal", "permit renewal"),
    "es": ("Renovación de permisos", "la renovación de permisos"),
}


def transaction_ended(to: str, case: str, ended: datetime, language: str = "en") -> None:
    """Invite the person. Called twice for one case, it sends the same link: one answer counts."""
    link = issue_link(SERVICE, OFFICE, ref=case, done_at=ended, language=language)
    name, in_statement = NAMES[language]
    snippet = email_snippet(
        link,
        service_name=name,
        statement_name=in_statement,
        language=language,
        timezone=ZoneInfo("America/New_York"),
    )
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
    transaction_ended(to, case, datetime.fromisoformat(ended), *language)
