"""Write the email and the text message around a link; sending them is the agency's own affair.

A tapped answer only opens the page with that answer chosen: mail scanners follow every link, so
nothing in a message may count before a person presses Send.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape

from cxsdk import keys, token
from cxsdk.address import LINK
from cxsdk.errors import (
    MessageRefused,
    NoRoom,
    NotAnInvite,
    TokenMalformed,
    UnknownLanguage,
)
from cxsdk.links import Link
from cxsdk.wording import WORDS, Words

# Mail programs cut a long message off; this leaves them far from it.
_EMAIL_BYTES = 8000
# One text message. A single letter outside of GSM-7 would make it 70.
_TEXT_LENGTH = 160
_GSM7 = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ALMOST_GSM7 = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}
    | {"[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "\\": "/", "`": "'", "€": "EUR"}
)
_LEAST_NAME = 8
_CUT = "..."

_PRINTABLE = re.compile(r"[!#-;=?-~]+")  # no space, no quote, no angle

# Outlook inherits nothing into a table, so each cell says all of it. Every text has a colour and
# a ground of its own: a program that turns colors for dark mode turns both.
_FONT = "font-family:Arial,Helvetica,sans-serif;font-size:{size}px;line-height:{line}px;"
_TEXT = "background-color:#ffffff;color:#1b1b1b;"
_ANSWER = "background-color:#d9e8f6;border:1px solid #005ea2;border-radius:4px;"
_TABLE = 'role="presentation" cellpadding="0" border="0"'


@dataclass(frozen=True, slots=True)
class EmailSnippet:
    """What to put into an email: `html` into its HTML part, `text` into its plain part.

    `html` is a fragment for the body of a page in UTF-8. `subject` is a suggestion.
    """

    subject: str
    html: str
    text: str


def email_snippet(
    link: str,
    *,
    service_name: str,
    language: str = "en",
    statement_name: str | None = None,
    satisfaction_statement: str = "satisfied",
    minutes: int = 1,
    timezone: tzinfo = UTC,
    fine_print: str = "",
) -> EmailSnippet:
    """Five answers to tap, at most 8 kB, without pictures or style sheet; and the same as text.

    `link` is one that `issue_link` gave: it knows when it closes, and `timezone` says on which
    clock to tell it. A plain text loses that; the mail then says "48 hours after your visit".
    `statement_name`, `satisfaction_statement` and `minutes` (the burden) are those of your
    catalog, so that the mail asks what the page asks. `fine_print` is a last line of your own.

    Raises NotAnInvite, UnknownLanguage, NoRoom, MessageRefused; all of them are ValueErrors.
    """
    _check_invite(link)
    words = _words(language)
    service = _line("service_name", service_name)
    name = _line("statement_name", statement_name) if statement_name is not None else None
    statement = _statement(words, satisfaction_statement, service, name)
    notes = [
        (words.voluntary if _count(minutes) == 1 else words.voluntary_many).format(minutes=minutes),
        words.once,
        _closing(words, link, timezone),
    ]
    if fine_print:
        notes.append(_line("fine_print", fine_print))
    answers = zip(_doors(link), words.answers[satisfaction_statement], strict=True)
    html = _html(language[:2], service, words, statement, list(answers), notes)
    if len(html.encode()) > _EMAIL_BYTES:
        raise NoRoom(f"The email is over {_EMAIL_BYTES:,} bytes. Use a shorter service_name.")
    text = "\n\n".join([service, words.ask, words.open_page, link, *notes])
    return EmailSnippet(words.subject.format(service=service), html, text + "\n")


def sms_text(
    link: str,
    *,
    service_name: str,
    language: str = "en",
    minutes: int = 1,
    timezone: tzinfo = UTC,
) -> str:
    """One text message: at most 160 characters of GSM-7, the link at its end.

    It says as much as fits; letters that GSM-7 lacks lose their accent, and a name that is still
    too long is cut at a word. Mint the link with `channel="sms"`, so that it is counted as such.

    Raises NotAnInvite, UnknownLanguage, NoRoom, MessageRefused; all of them are ValueErrors.
    """
    _check_invite(link)
    if foreign := set(link) - _GSM7:
        raise NoRoom(f"A text message cannot hold {' '.join(sorted(foreign))} of this link.")
    words = _words(language)
    service = _in_gsm7(_line("service_name", service_name))
    if not service:
        raise MessageRefused("service_name has no letter that a text message can hold.")
    moment = _moment(link, timezone)
    when = _in_gsm7(words.moment_in_text(moment)) if moment else ""
    room = _TEXT_LENGTH - len(link)
    for frame in words.texts[0 if moment else 1 :]:
        says = frame.format(service=service, minutes=_count(minutes), moment=when)
        if len(says) <= room:
            return says + str(link)
    room -= len(frame) - len("{service}")
    if room < min(len(service), _LEAST_NAME):
        raise NoRoom(
            f"The link has {len(link)} characters. That leaves no room in a text message of "
            f"{_TEXT_LENGTH}: use a shorter host name or path in CX_BASE_URL."
        )
    return frame.format(service=_cut(service, room)) + str(link)


# ---- what comes in


def _check_invite(link: str) -> None:
    """Raise NotAnInvite unless this is the whole address of an invite of ours."""
    if not isinstance(link, str):
        raise NotAnInvite(f"link must be what issue_link gave, not {link!r}.")
    match = LINK.fullmatch(link) if _PRINTABLE.fullmatch(link) else None
    if not match or not all(keys.SLUG.match(match[part]) for part in ("service", "office")):
        raise NotAnInvite(_NOT_OURS)
    try:
        kind = token.read(match["token"]).kind
    except TokenMalformed:
        raise NotAnInvite(_NOT_OURS) from None
    if kind.is_place or match["room"] == "k":
        raise NotAnInvite(
            f"This is a {kind.channel} link, which many people may use. Make one link for "
            "each person: issue_link(service, office, done_at=…)."
        )


_NOT_OURS = (
    "This is not a survey link. Give all of what issue_link gave; "
    "an address that was shortened or tracked does not work."
)


def _words(language: str) -> Words:
    if isinstance(language, str) and (words := WORDS.get(language.partition("-")[0])):
        return words
    raise UnknownLanguage(f"There are no words in {language!r}. Use one of {', '.join(WORDS)}.")


def _line(word: str, value: str) -> str:
    """`value` on one line: nobody's name adds a line to a mail, or a header."""
    if not isinstance(value, str):
        raise MessageRefused(f"{word} must be a text, not {value!r}.")
    printable = (char for char in value if char.isspace() or unicodedata.category(char) != "Cc")
    line = unicodedata.normalize("NFC", " ".join("".join(printable).split()))
    if not line:
        raise MessageRefused(f"{word} is empty.")
    if any("\ud800" <= char <= "\udfff" for char in line):
        raise MessageRefused(f"{word} holds characters that cannot be encoded.")
    return line


def _count(minutes: int) -> int:
    if isinstance(minutes, int) and minutes >= 1:
        return minutes
    raise MessageRefused(f"minutes must be a whole number of 1 or more, not {minutes!r}.")


def _moment(link: str, timezone: tzinfo) -> datetime | None:
    if not isinstance(timezone, tzinfo):
        raise MessageRefused(
            f'timezone must be a tzinfo such as ZoneInfo("America/New_York"), not {timezone!r}.'
        )
    return link.expires_at.astimezone(timezone) if isinstance(link, Link) else None


# ---- the email


def _statement(words: Words, which: str, service: str, name: str | None) -> str:
    text = words.statements.get(which) if isinstance(which, str) else None
    if text is None:
        known = " or ".join(f"'{code}'" for code in words.statements)
        raise MessageRefused(f"satisfaction_statement must be {known}, not {which!r}.")
    name = name or words.name_in_statement.format(service=service)
    if words is WORDS["es"] and name.startswith("el "):
        return text.replace("de {name}", "del {name}").format(name=name[3:])
    return text.format(name=name)


def _closing(words: Words, link: str, timezone: tzinfo) -> str:
    moment = _moment(link, timezone)
    if moment is None:
        return words.closes_after
    return words.closes_on.format(moment=words.moment(moment))


def _doors(link: str) -> list[str]:
    """The link five times, each with its answer chosen."""
    joint = "&" if "?" in link else "?"
    return [f"{link}{joint}r={point}" for point in range(1, 6)]


def _html(
    language: str,
    service: str,
    words: Words,
    statement: str,
    answers: list[tuple[str, str]],
    notes: list[str],
) -> str:
    tiles = "\n".join(_tile(door, label) for door, label in answers)
    rows = [
        _row(f"<b>{escape(service)}</b>", size=20, padding="16px 16px 0"),
        _row(f"{escape(words.ask)} {escape(words.choose)}", size=16, padding="8px 16px 0"),
        _row(f"<b>{escape(statement)}</b>", size=16, padding="16px 16px 0"),
        f'<tr><td bgcolor="#ffffff" style="background-color:#ffffff;padding:0 8px;">'
        f'<table {_TABLE} width="100%" cellspacing="8" style="width:100%;">\n'
        f"{tiles}\n</table></td></tr>",
        _row(escape(words.after_choice), size=16, padding="0 16px 0"),
        *(_row(escape(note), size=14, padding="8px 16px 0") for note in notes),
        _row("&nbsp;", size=8, padding="0"),
    ]
    # Outlook does not know max-width; the comments are a table to it, and nothing to others.
    return (
        f'<div lang="{language}" dir="ltr">\n'
        f'<!--[if mso]><table {_TABLE} width="560"><tr><td><![endif]-->\n'
        f'<table {_TABLE} cellspacing="0" width="100%" bgcolor="#ffffff" '
        'style="width:100%;max-width:560px;background-color:#ffffff;">\n'
        + "\n".join(rows)
        + "\n</table>\n<!--[if mso]></td></tr></table><![endif]-->\n</div>\n"
    )


def _row(html: str, *, size: int, padding: str) -> str:
    font = _FONT.format(size=size, line=size * 3 // 2)
    return f'<tr><td bgcolor="#ffffff" style="{_TEXT}padding:{padding};{font}">{html}</td></tr>'


def _tile(door: str, label: str) -> str:
    # Outlook pads the cell and not the link; the others the link, so that all of it can be tapped.
    # It also paints links as it likes, but for a span within.
    font = _FONT.format(size=16, line=24)
    return (
        f'<tr><td bgcolor="#d9e8f6" style="{_ANSWER}mso-padding-alt:10px 16px;">'
        f'<a href="{escape(door)}" style="display:block;padding:10px 16px;color:#162e51;{font}">'
        f'<span style="color:#162e51;">{escape(label)}</span></a></td></tr>'
    )


# ---- the text message


def _in_gsm7(text: str) -> str:
    """`text` in the letters of GSM-7: without accents it does not know, without what it lacks."""
    return " ".join("".join(_bare(char) for char in text.translate(_ALMOST_GSM7)).split())


def _bare(char: str) -> str:
    if char in _GSM7:
        return char
    return "".join(part for part in unicodedata.normalize("NFKD", char) if part in _GSM7)


def _cut(text: str, room: int) -> str:
    """`text` within `room` characters, cut at a word where there is one to keep."""
    if len(text) <= room:
        return text
    beginning = text[: room - len(_CUT) + 1]
    words = beginning.rpartition(" ")[0] or beginning[:-1]
    return words.rstrip(" ,;:-") + _CUT
