"""Would a team hear of it: alerts declared, a mail server to send them, none left behind, none that
nobody acknowledges.
"""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, func, select

from cxserver import mail, tables
from cxserver.catalog.directory import Directory
from cxserver.doctor.finding import Finding
from cxserver.settings import Settings

# Tried this often, half a minute apart, a mail server is not merely busy.
MANY = 3
_CHECK = "alerts"


def alerts(
    connection: Connection, known: Directory, settings: Settings, today: date
) -> Iterator[Finding]:
    """Nothing where an agency has no alerts, and none is waiting."""
    declared = {alert.code for alert in known.agency.alerts} if known.agency else set()
    left = _unsent(connection)
    if left:
        yield _left_behind(left, declared)
    alone = _unacknowledged(connection, today)
    if alone:
        text = f"{alone:,} that nobody has acknowledged since yesterday or longer"
        cure = "Whoever may see them presses Acknowledge on the first staff page."
        yield Finding(_CHECK, "warning", text, cure)
    if not declared:
        return
    if not mail.is_set_up(settings):
        text = f"{_lists(len(declared))} of phrases, but no mail server, so no team gets email"
        yield Finding(_CHECK, "problem", text, "Set CX_SMTP_URL and CX_MAIL_FROM.")
    elif not left and not alone:
        yield Finding(_CHECK, "ok", f"{_lists(len(declared))} of phrases, every alert is mailed")


def _unsent(connection: Connection) -> dict[str, int]:
    """How many alerts of each code were tried often and are not mailed."""
    columns = tables.alerts.c
    rows = connection.execute(
        select(columns.alert, func.count())
        .where(columns.sent.is_(None), columns.tries >= MANY)
        .group_by(columns.alert)
        .order_by(columns.alert)
    )
    return {row[0]: row[1] for row in rows}


def _unacknowledged(connection: Connection, today: date) -> int:
    columns = tables.alerts.c
    query = select(func.count()).where(columns.acknowledged.is_(None), columns.day < today)
    return int(connection.execute(query).scalar_one())


def _left_behind(left: dict[str, int], declared: set[str]) -> Finding:
    named = ", ".join(f"{code}: {n}" for code, n in left.items())
    text = f"Not mailed after {MANY} tries or more: {named}. Somebody may be in danger."
    gone = sorted(set(left) - declared)
    if gone:
        cure = f"Put [[agency.alert]] with code '{gone[0]}' back into the catalog."
    else:
        cure = "Read them on the staff pages now. Then see why the mail server refuses, in the log."
    return Finding(_CHECK, "problem", text, cure)


def _lists(n: int) -> str:
    return f"{n} list{'' if n == 1 else 's'}"
