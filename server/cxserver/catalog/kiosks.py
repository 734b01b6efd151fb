"""Devices at the exits: paired, heard of, renewed, withdrawn, listed.

A device is the random number (nonce) of its link, which it keeps as long as it lives: a renewed
link carries the same number. So whoever withdraws a device withdraws all its links.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, case, or_, select

from cxsdk import Issuer, Link, token
from cxsdk.token import Kind, LinkKey
from cxserver import db, tables
from cxserver.catalog import directory, linkkeys
from cxserver.catalog.pairings import Pairing
from cxserver.catalog.rootkey import RootKeys

# A link is renewed from its 60th day of 90 on: a month to get hold of a network.
RENEWED = timedelta(days=30)
# With fewer left than these, something keeps it from renewing.
UNRENEWED = timedelta(days=21)
# A device that was withdrawn, or fell silent after that, is told of for this long.
TOLD = timedelta(days=30)
# A device calls once a minute. One that has not for so long has no power, or no network.
SILENT = timedelta(hours=24)
# A device calls once a minute. One that calls all the time costs no more writes than this.
HEARD = timedelta(seconds=20)
# A device keeps it on its disk, shows its hash when it is paired, and itself in each heartbeat.
SECRET = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
# What an Integer holds on both databases: a clock may be thousands of years off.
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Device:
    """One device, as it was last heard of. `answers` and `flagged` count those of `day`."""

    service: str
    office: str
    device: str
    place: str
    kid: int | None
    expires: datetime | None
    paired: date
    pin: str | None
    proof: bytes | None
    seen: datetime | None
    waiting: int
    aside: int
    offset: int | None
    release: str
    state: str
    day: date | None
    answers: int
    flagged: int
    withdrawn: date | None

    @property
    def is_paired(self) -> bool:
        """Whether it got its link by a code; else it has one minted with a key, to a chosen end."""
        return self.pin is not None

    def is_silent(self, now: datetime) -> bool:
        """Whether it was heard of once, and not for a day."""
        return self.seen is not None and now - self.seen > SILENT

    def is_unrenewed(self, now: datetime) -> bool:
        """Whether the end of its link is nearer than it should ever come."""
        return self.expires is not None and self.expires - now < UNRENEWED

    def pin_for(self, secret: str) -> str | None:
        """The hash of its PIN, for whoever shows the secret that the device made at its pairing.

        Six digits are found from their hash within a day, and everybody may read the link on the
        screen: so the link alone gets None.
        """
        if not self.proof or not SECRET.match(secret):
            return None
        proof = sha256(bytes.fromhex(secret)).digest()
        return self.pin if hmac.compare_digest(proof, self.proof) else None

    def is_news(self, beat: "Beat", now: datetime) -> bool:
        """Whether a heartbeat is worth a write: it says something else, or it is a while since."""
        last_beat = self.waiting, self.aside, self.release, self.state
        same = last_beat == (beat.waiting, beat.aside, beat.release, beat.state)
        if not same or self.seen is None or self.expires is None:
            return True
        return abs(now - self.seen) > HEARD or self.expires - now <= RENEWED

    def answers_on(self, today: date) -> tuple[int, int]:
        """How many answers it gave on a day, and how many of them are flagged."""
        return (self.answers, self.flagged) if self.day == today else (0, 0)


@dataclass(frozen=True, slots=True)
class ShownLink:
    """The link that a device showed."""

    service: str
    office: str
    device: str
    kid: int
    expires: datetime


@dataclass(frozen=True, slots=True)
class Beat:
    """What a device tells about itself. `offset` is the server's time minus its own, in seconds."""

    waiting: int
    aside: int
    offset: int
    release: str
    state: str


def pair(
    connection: Connection,
    roots: RootKeys,
    base_url: str,
    pairing: Pairing,
    now: datetime,
    *,
    proof: bytes | None = None,
) -> Link:
    """The link of a new device. The one that was at the same place before is withdrawn.

    `proof` is the SHA-256 of the device's secret; without it the device never gets its PIN.
    """
    service, office = pairing.service, pairing.office
    today = directory.today(connection, now)
    # Its answers go on under the new link if it is the same tablet; if not, it will tell again.
    withdraw(connection, service, office, pairing.place, today, forget=True)
    key = linkkeys.current(connection, roots, service, today)
    issuer = Issuer(base_url, key.text, clock=lambda: now)
    link = issuer.issue_link(service, office, channel="kiosk", place=secrets.token_hex(16))
    claimed = token.read(link.rpartition("/")[2])
    connection.execute(
        tables.kiosks.insert().values(
            service=service,
            office=office,
            device=claimed.nonce.hex(),
            place=pairing.place,
            kid=claimed.kid,
            expires=claimed.ends,
            paired=today,
            pin=pairing.pin,
            proof=proof,
        )
    )
    return link


def find(connection: Connection, shown_link: ShownLink) -> Device | None:
    """The device behind a link, if it was heard of before."""
    where = _is(shown_link.service, shown_link.office, shown_link.device)
    row = connection.execute(select(tables.kiosks).where(where)).first()
    return Device(*row) if row else None


def note(connection: Connection, shown_link: ShownLink, beat: Beat, now: datetime) -> Device:
    """Write down a heartbeat. A device that was never paired (a link minted with a key) gets in."""
    today = directory.today(connection, now)
    _add_if_missing(connection, shown_link.service, shown_link.office, shown_link.device, today)
    connection.execute(
        tables.kiosks.update()
        .where(_is(shown_link.service, shown_link.office, shown_link.device))
        .values(
            kid=shown_link.kid,
            expires=shown_link.expires,
            seen=now,
            waiting=beat.waiting,
            aside=beat.aside,
            offset=max(-_MOST, min(_MOST, beat.offset)),
            release=beat.release,
            state=beat.state,
        )
    )
    where = _is(shown_link.service, shown_link.office, shown_link.device)
    return Device(*connection.execute(select(tables.kiosks).where(where)).one())


def renew(
    connection: Connection, roots: RootKeys, base_url: str, shown_link: ShownLink, now: datetime
) -> str | None:
    """The device's next link, when the end of the one it showed is near. That one stays good."""
    if shown_link.expires - now > RENEWED:
        return None
    service, office = shown_link.service, shown_link.office
    key = linkkeys.current(connection, roots, service, directory.today(connection, now))
    ends = int((now + Kind.KIOSK.longest).timestamp())
    signs = LinkKey(key.secret_for(office), Kind.KIOSK)
    text = signs.sign(key.kid, ends, bytes.fromhex(shown_link.device))
    connection.execute(
        tables.kiosks.update()
        .where(_is(service, office, shown_link.device))
        .values(kid=key.kid, expires=token.read(text).ends)
    )
    return f"{base_url}/k/{service}/{office}/{text}"


def withdraw(
    connection: Connection,
    service: str,
    office: str,
    place: str,
    today: date,
    *,
    forget: bool = False,
) -> int:
    """Withdraw every device at a place; how many there were. `forget` what they have yet to send.

    A renewed link has another key's number, so the device's number is withdrawn under each. Keys
    that are cut later need not be covered: to renew, a device has to show a link that still opens.
    """
    kiosks = tables.kiosks
    at_place = (kiosks.c.service == service, kiosks.c.office == office, kiosks.c.place == place)
    result = connection.execute(
        select(kiosks.c.device).where(*at_place, kiosks.c.withdrawn.is_(None))
    ).scalars()
    devices = list(result)
    keys = [record.kid for record in linkkeys.records(connection) if record.service == service]
    for device in devices:
        for kid in keys:
            linkkeys.revoke(connection, service, kid, today, office, device)
        where = _is(service, office, device)
        connection.execute(kiosks.update().where(where).values(withdrawn=today))
    if forget:
        connection.execute(kiosks.update().where(*at_place).values(waiting=0, aside=0))
    return len(devices)


def places(connection: Connection, service: str, office: str) -> list[str]:
    """The places at an office where a device is paired."""
    kiosks = tables.kiosks.c
    query = select(kiosks.place).distinct().order_by(kiosks.place)
    query = query.where(kiosks.service == service, kiosks.office == office)
    return list(connection.execute(query.where(kiosks.withdrawn.is_(None))).scalars())


def counted(
    connection: Connection,
    service: str,
    office: str,
    device: str,
    today: date,
    answers: int,
    flagged: int,
) -> None:
    """Add to a device's numbers of `today`, the office's date; they start anew with each day."""
    _add_if_missing(connection, service, office, device, today)
    kiosks = tables.kiosks.c
    same = kiosks.day == today
    connection.execute(
        tables.kiosks.update()
        .where(_is(service, office, device))
        .values(
            day=today,
            answers=case((same, kiosks.answers), else_=0) + answers,
            flagged=case((same, kiosks.flagged), else_=0) + flagged,
        )
    )


def known(connection: Connection, today: date, service: str = "", office: str = "") -> list[Device]:
    """The devices, by service, office and place; those withdrawn long ago are left out."""
    kiosks = tables.kiosks.c
    query = select(tables.kiosks).order_by(
        kiosks.service, kiosks.office, kiosks.place, kiosks.paired, kiosks.device
    )
    query = query.where(or_(kiosks.withdrawn.is_(None), kiosks.withdrawn >= today - TOLD))
    if service:
        query = query.where(kiosks.service == service)
    if office:
        query = query.where(kiosks.office == office)
    return [Device(*row) for row in connection.execute(query)]


def in_trouble(
    connection: Connection,
    now: datetime,
    services: frozenset[str] | None,
    offices: frozenset[str] | None,
) -> list[Device]:
    """The devices of these services and offices (None: of all) that fell silent, or whose link was
    not renewed in time, by their place; those that were revoked are left out.
    """
    kiosks = tables.kiosks.c
    query = (
        select(tables.kiosks)
        .where(kiosks.withdrawn.is_(None))
        .where(or_(kiosks.seen < now - SILENT, kiosks.expires < now + UNRENEWED))
        .order_by(kiosks.office, kiosks.place, kiosks.service, kiosks.device)
    )
    if services is not None:
        query = query.where(kiosks.service.in_(sorted(services)))
    if offices is not None:
        query = query.where(kiosks.office.in_(sorted(offices)))
    return [Device(*row) for row in connection.execute(query)]


def _add_if_missing(
    connection: Connection, service: str, office: str, device: str, today: date
) -> None:
    row = {"service": service, "office": office, "device": device, "place": "", "paired": today}
    add = db.upsert(connection, tables.kiosks).values(**row)
    connection.execute(add.on_conflict_do_nothing())


def _is(service: str, office: str, device: str) -> ColumnElement[bool]:
    kiosks = tables.kiosks.c
    return (kiosks.service == service) & (kiosks.office == office) & (kiosks.device == device)
