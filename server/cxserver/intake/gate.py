"""Which service and office a link opens, and why not.

Everything that only a genuine link can provoke has its own words; everything a stranger can
provoke looks the same, so that nobody can find out which services, offices or keys exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

from cxsdk import keys, token
from cxsdk.errors import TokenExpired, TokenRefused, TokenTooEarly
from cxsdk.token import Kind, LinkKey, Token
from cxserver.catalog.directory import Directory, Office, Service
from cxserver.catalog.rootkey import RootKeys
from cxserver.errors import ServerError

# A page that was opened in time may be sent this much later.
GRACE = timedelta(minutes=30)

STATUS: Mapping[str, int] = {
    "not_found": 404,
    "not_yet_valid": 404,
    "expired": 410,
    "revoked": 410,
    "survey_closed": 410,
    "unavailable": 503,
}


class LinkNotOpen(ServerError):
    """A link that does not open. `code` names the page to show, `service` only if genuine.

    `reason` is for the log: it never leaves the server. `genuine` are the service and office that a
    link names which a key of ours has signed; such links are counted.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        service: Service | None = None,
        ends: datetime | None = None,
        minutes: int = 0,
        place: bool = False,
        genuine: tuple[str, str] | None = None,
    ):
        super().__init__(reason)
        self.code = code
        self.status = STATUS[code]
        self.reason = reason
        self.service = service
        self.ends = ends
        self.minutes = minutes
        self.place = place
        # The service and office that the link names, where a key of ours has signed it.
        self.genuine = genuine


@dataclass(frozen=True, slots=True)
class Opened:
    """A genuine link: what it is for. `epoch` is the root key behind it, `text` the token."""

    service: Service
    office: Office
    token: Token
    text: str
    epoch: int

    @property
    def channel(self) -> str:
        """How the answer reaches us."""
        return self.token.kind.channel


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a link's address, unproven."""

    kiosk: bool
    service: str
    office: str
    text: str


def address(link: str, path: str) -> Address | None:
    """The parts of `link`, which begins with the public `path`; None when it is no link."""
    try:
        steps = urlsplit(link).path.removeprefix(path).split("/")
    except ValueError:
        return None
    if len(steps) != 5 or steps[0] or steps[1] not in ("s", "k"):
        return None
    return Address(steps[1] == "k", steps[2], steps[3], steps[4])


class Gate:
    """Opens links against the directory. It keeps the root keys, and the keys derived of them."""

    def __init__(self, roots: RootKeys):
        self._roots = roots
        # Kept: deriving costs more than everything else a page needs of it.
        self.stamp_secret = cache(roots.stamp_secret)
        self._link_keys: dict[tuple[str, int, int, str, Kind], LinkKey] = {}

    def recognise(
        self, directory: Directory, service: str, office: str, text: str, *, kiosk: bool
    ) -> Opened:
        """The link's service and office, whenever it was minted. Raises LinkNotOpen (404)."""
        if not keys.SLUG.match(service) or not keys.SLUG.match(office):
            raise LinkNotOpen("not_found", "malformed")
        try:
            claimed = token.read(text)
        except TokenRefused as error:
            raise LinkNotOpen("not_found", error.code) from None
        epoch = _epoch(directory, service, office, claimed.kid)
        if epoch > self._roots.newest:
            raise LinkNotOpen("not_found", "unknown_epoch")
        if office not in directory.services[service].offices:
            raise self._unknown_office(service, office, claimed, epoch, text)
        try:
            self._link_key(service, claimed.kid, epoch, office, claimed.kind).check(text)
        except TokenRefused as error:
            raise LinkNotOpen("not_found", error.code) from None
        if (claimed.kind is Kind.KIOSK) != kiosk:
            raise LinkNotOpen("not_found", "wrong_kind")
        known = directory.services[service], directory.offices[office]
        return Opened(*known, claimed, text, epoch)

    def _unknown_office(
        self, service: str, office: str, claimed: Token, epoch: int, text: str
    ) -> LinkNotOpen:
        """Why it does not open: for everybody the same, but we know whether a key of ours made it.

        The keys of such offices are derived anew each time: kept, they would fill the memory.
        """
        secret = self._roots.service_secret(service, claimed.kid, epoch)
        try:
            LinkKey(keys.office_secret(secret, office), claimed.kind).check(text)
        except TokenRefused:
            return LinkNotOpen("not_found", "unknown_office")
        return LinkNotOpen("not_found", "unknown_office", genuine=(service, office))

    def lacks_epoch(self, directory: Directory, service: str, text: str) -> bool:
        """Whether the key that a token claims is from an epoch made since: the key was rotated."""
        try:
            kid = token.read(text).kid
        except TokenRefused:
            return False
        epoch, _ = directory.keys.get((service, kid), (0, None))
        return epoch > self._roots.newest

    def admit(
        self,
        directory: Directory,
        opened: Opened,
        now: datetime,
        answered_at: datetime | None = None,
    ) -> None:
        """Raise LinkNotOpen unless the link may be opened at `now`.

        A kiosk may send what it held: its answer is judged by when it was given, `answered_at`.
        """
        try:
            self._admit(directory, opened, now, answered_at)
        except LinkNotOpen as refused:
            refused.genuine = opened.service.slug, opened.office.slug
            raise

    def _admit(
        self, directory: Directory, opened: Opened, now: datetime, answered_at: datetime | None
    ) -> None:
        at = answered_at or now
        service, claimed = opened.service, opened.token
        codes = service.slug, claimed.kid, opened.office.slug, claimed.nonce.hex()
        if directory.revocations.covers(*codes):
            raise LinkNotOpen("revoked", "revoked", service)
        if _unapproved(directory, opened, at):
            raise LinkNotOpen("survey_closed", "unapproved", service)
        if service.clearance.is_spent:
            raise spent(service)
        if _closed(directory, opened, answered_at):
            raise LinkNotOpen("survey_closed", "survey_closed", service)
        try:
            # The link's end is judged by `at`, its beginning by `now`: a device that was paired
            # anew sends answers that are older than its link.
            token.check_window(claimed, max(at, min(now, claimed.ends)))
        except TokenExpired as error:
            place = claimed.kind.is_place
            raise LinkNotOpen(
                "expired", "expired", service, ends=error.ended, place=place
            ) from None
        except TokenTooEarly as error:
            minutes = int((error.opens - now).total_seconds() // 60) + 1
            raise LinkNotOpen("not_yet_valid", "not_yet_valid", service, minutes=minutes) from None

    def _link_key(self, service: str, kid: int, epoch: int, office: str, kind: Kind) -> LinkKey:
        # Bounded: only offices and keys that exist get here.
        name = service, kid, epoch, office, kind
        if name not in self._link_keys:
            secret = self._roots.service_secret(service, kid, epoch)
            self._link_keys[name] = LinkKey(keys.office_secret(secret, office), kind)
        return self._link_keys[name]


def spent(service: Service) -> LinkNotOpen:
    """Every answer that OMB approved has been given: one more may not be asked for."""
    return LinkNotOpen("survey_closed", "spent", service)


def _epoch(directory: Directory, service: str, office: str, kid: int) -> int:
    known = directory.services.get(service)
    if known is None:
        raise LinkNotOpen("not_found", "unknown_service")
    epoch, only = directory.keys.get((service, kid), (0, None))
    if epoch == 0 or only not in (None, office):
        raise LinkNotOpen("not_found", "unknown_kid")
    return epoch


def _unapproved(directory: Directory, opened: Opened, at: datetime) -> bool:
    # 44 USC 3507: without a valid control number the question may not be asked.
    return directory.today(at) > opened.service.clearance.expires


def _closed(directory: Directory, opened: Opened, answered_at: datetime | None) -> bool:
    service, office = opened.service, opened.office
    closings = (
        (service.closed, service.closed_on),
        (not service.offices[office.slug], service.closings.get(office.slug)),
        (office.closed, office.closed_on),
    )
    # In the agency's days, as closings are noted: another's would leave out some of the last hours.
    given = directory.today(answered_at) if answered_at else None
    return any(
        closed and not (given and closing_day and given <= closing_day)
        for closed, closing_day in closings
    )
