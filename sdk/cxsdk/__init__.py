"""Mint signed survey links, `cxsdk.issue_link(service, office)`, and write messages with them."""

from cxsdk.errors import (
    BadName,
    CxError,
    KeyCutOff,
    KeyElsewhere,
    KeyMalformed,
    KeyMissing,
    KeyRefused,
    LinkRefused,
    MessageRefused,
    NaiveTime,
    NoRoom,
    NotAnInvite,
    OutsideWindow,
    ServerUnreachable,
    TokenExpired,
    TokenForged,
    TokenMalformed,
    TokenRefused,
    TokenTooEarly,
    UnknownChannel,
    UnknownLanguage,
    WrongArguments,
)
from cxsdk.findings import Finding
from cxsdk.keys import Key
from cxsdk.links import Issuer, Link, issue_link
from cxsdk.messages import EmailSnippet, email_snippet, sms_text
from cxsdk.token import Channel

__version__ = "0.1.0"

__all__ = [
    "BadName",
    "Channel",
    "CxError",
    "EmailSnippet",
    "Finding",
    "Issuer",
    "Key",
    "KeyCutOff",
    "KeyElsewhere",
    "KeyMalformed",
    "KeyMissing",
    "KeyRefused",
    "Link",
    "LinkRefused",
    "MessageRefused",
    "NaiveTime",
    "NoRoom",
    "NotAnInvite",
    "OutsideWindow",
    "ServerUnreachable",
    "TokenExpired",
    "TokenForged",
    "TokenMalformed",
    "TokenRefused",
    "TokenTooEarly",
    "UnknownChannel",
    "UnknownLanguage",
    "WrongArguments",
    "email_snippet",
    "issue_link",
    "sms_text",
]
