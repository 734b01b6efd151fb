"""The audit log: who did what, about what, when, with what result. Lines are only ever added, and
go only when retention deletes the oldest: then the chain goes on from an anchor (`anchor.py`).

Each line's hash is keyed and covers the line and the hash before it: whoever changes, drops or
slips in a line without the root key breaks the chain there. Cutting lines off the end leaves a
chain that holds. So `verify` also asks what else in the database tells of a line (`witnesses.py`);
and the hashes go to the server's own log, and `verify` can be asked for one.
"""

import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cxserver import db, tables
from cxserver.accounts.roles import Member
from cxserver.audit import anchor, witnesses
from cxserver.audit.anchor import Anchor
from cxserver.audit.witnesses import Sign, Witness
from cxserver.catalog.rootkey import RootKeys
from cxserver.log import logger

# Who is at the command line is the operating system's to know.
COMMAND = "command line"
NOBODY = "nobody"
_FIRST = bytes(32)
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    n: int
    at: datetime
    member: str | None
    who: str
    what: str
    about: str
    result: str
    hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds: `lines` of it; `broken` is the first that does not.

    `missing` is what was done, as other tables have it, without a line that says so. `start` is
    where the chain begins if retention deleted what was before.
    """

    lines: int
    last: bytes
    broken: int | None
    missing: tuple[Witness, ...] = ()
    start: Anchor | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found that should not be."""
        return self.broken is None and not self.missing


class Journal:
    """The log of one installation; `roots` holds the key of its chain.

    With `aloud`, the server's own log hears of every line, and the hash it follows.
    """

    def __init__(self, roots: RootKeys, *, aloud: bool = False):
        self._secret = roots.purpose_secret("audit")
        self._aloud = aloud

    def write(
        self,
        connection: Connection,
        member: Member | str,
        what: str,
        about: str,
        result: str,
        now: datetime,
    ) -> None:
        """Add a line, in the transaction of what it tells about. A `str` names who is no member."""
        # A line follows the one before it: two writers must not both see the same last line.
        db.lock(connection, "audit")
        last = connection.execute(
            select(tables.audit.c.n, tables.audit.c.hash).order_by(tables.audit.c.n.desc()).limit(1)
        ).first()
        id, who = (None, member) if isinstance(member, str) else (member.id, member.email)
        line = Line(last.n + 1 if last else 1, now, id, who, what, about, result, b"")
        hash = self._hash(last.hash if last else _FIRST, line)
        connection.execute(
            tables.audit.insert().values(
                n=line.n,
                at=now,
                member=id,
                who=who,
                what=what,
                about=about,
                result=result,
                hash=hash,
            )
        )
        if self._aloud:
            # Of the line before: this one may still be rolled back, and then nobody must miss it.
            after = last.hash.hex() if last else ""
            logger.info("audit", n=line.n, what=what, result=result, after=after)

    def verify(self, connection: Connection, holds: str = "") -> Verdict:
        """Walk the whole chain. `holds` is a hash (hex) seen earlier that must still be in it."""
        start = anchor.read(connection)
        first, previous = (start.through + 1, start.hash) if start else (1, _FIRST)
        n, seen, is_anchored = first - 1, not holds, start is None
        known = witnesses.everything(connection, start.until if start else None)
        wanted = {sign for item in known for sign in item.signs}
        heard: set[Sign] = set()
        for row in _rows(connection):
            line = Line(*row)
            if line.n != n + 1 or not hmac.compare_digest(self._hash(previous, line), line.hash):
                return Verdict(n - first + 1, previous, n + 1, start=start)
            previous, n = line.hash, line.n
            seen = seen or line.hash.hex() == holds.lower()
            is_anchored = is_anchored or (
                start is not None and start.is_named_by(line.what, line.about)
            )
            heard |= wanted.intersection(witnesses.signs(line.at, line.what, line.about))
        missing = tuple(witnesses.unheard(known, heard))
        broken = first if not is_anchored else None if seen else n + 1
        return Verdict(n - first + 1, previous, broken, missing, start)

    def _hash(self, previous: bytes, line: Line) -> bytes:
        fields = [
            line.n,
            _moment(line.at),
            line.member,
            line.who,
            line.what,
            line.about,
            line.result,
        ]
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return hmac.digest(self._secret, previous + body, "sha256")


def latest(connection: Connection, before: int | None = None, limit: int = 100) -> list[Line]:
    """The newest lines, or those before line `before`, newest first."""
    query = select(tables.audit).order_by(tables.audit.c.n.desc()).limit(limit)
    if before is not None:
        query = query.where(tables.audit.c.n < before)
    return [Line(*row) for row in connection.execute(query)]


def _rows(connection: Connection) -> Any:
    last = -(2**31)
    while True:
        query = select(tables.audit).where(tables.audit.c.n > last).order_by(tables.audit.c.n)
        result: list[Row[Any]] = list(connection.execute(query.limit(_PAGE)))
        yield from result
        if len(result) < _PAGE:
            return
        last = result[-1].n


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
