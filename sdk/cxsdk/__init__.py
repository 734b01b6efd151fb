"""Mint signed survey links: `cxsdk.issue_link(service, office)`."""

from cxsdk.errors import (
    BadName,
    CxError,
    KeyCutOff,
    KeyElsewhere,
    KeyMalformed,
    KeyMissing,
    KeyRefused,
    LinkRefused,
    NaiveTime,
    OutsideWindow,
    TokenExpired,
    TokenForged,
    TokenMalformed,
    TokenRefused,
    TokenTooEarly,
    UnknownChannel,
    WrongArguments,
)
from cxsdk.keys import Key
from cxsdk.links import Issuer, Link, issue_link

__all__ = [
    "BadName",
    "CxError",
    "Issuer",
    "Key",
    "KeyCutOff",
    "KeyElsewhere",
    "KeyMalformed",
    "KeyMissing",
    "KeyRefused",
    "Link",
    "LinkRefused",
    "NaiveTime",
    "OutsideWindow",
    "TokenExpired",
    "TokenForged",
    "TokenMalformed",
    "TokenRefused",
    "TokenTooEarly",
    "UnknownChannel",
    "WrongArguments",
    "issue_link",
]
