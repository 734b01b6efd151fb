"""Make links here, for systems that cannot sign them: by the rules of `issue_link`, and of opening.

Nobody is handed a link that would not open.
"""

from collections.abc import Iterable
from datetime import datetime

from cxsdk import Issuer, Key, Link
from cxsdk.token import Channel
from cxserver.catalog.directory import Directory
from cxserver.catalog.rootkey import RootKeys
from cxserver.errors import NotFound
from cxserver.intake import standing
from cxserver.intake.gate import Gate
from cxserver.intake.standing import Code


class Issuing:
    """Makes links for what is in `directory` at `now`. Cheap: make one for each request."""

    def __init__(
        self, directory: Directory, gate: Gate, roots: RootKeys, base_url: str, now: datetime
    ):
        self._directory, self._gate, self._roots = directory, gate, roots
        self._base_url, self._now = base_url, now

    def standing(self, service: str, office: str) -> Code:
        """What a link would meet. Raises NotFound where the service has no key for it."""
        newest = self._kids(service, office)[-1]
        known = self._directory.services[service]
        return standing.code(self._gate, self._directory, known, office, newest, self._now)

    def issue(
        self,
        service: str,
        office: str,
        *,
        channel: Channel,
        done_at: datetime | None,
        ref: str | None,
        expires_at: datetime | None,
        place: str | None,
        language: str | None,
    ) -> Link:
        """The link, under the newest key of the whole service. Raises LinkRefused, NotFound."""
        texts = [self._key(service, kid).text for kid in self._kids(service, office)]
        return Issuer(self._base_url, texts, clock=lambda: self._now).issue_link(
            service,
            office,
            channel=channel,
            done_at=done_at,
            ref=ref,
            expires_at=expires_at,
            place=place,
            language=language,
        )

    def _kids(self, service: str, office: str) -> list[int]:
        """The numbers of the sound keys of the whole service, the newest last."""
        covers = self._directory.revocations.covers
        kids = sorted(
            kid
            for (owner, kid), (_, only) in self._directory.keys.items()
            if owner == service and only is None and not covers(service, kid, office, "")
        )
        if not kids:
            raise NotFound(
                f"Service '{service}' has no key that is good at '{office}'. "
                f"Create one: cx key issue {service}"
            )
        return kids

    def _key(self, service: str, kid: int) -> Key:
        epoch, _ = self._directory.keys[service, kid]
        return Key(service, kid, self._roots.service_secret(service, kid, epoch))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names what is most like `name`; "" where nothing is."""
    names = " or ".join(f"'{near}'" for near in standing.nearest(name, known))
    return f" Did you mean {names}?" if names else ""
