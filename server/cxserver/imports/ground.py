"""Where and when a row belongs: its service, office, channel and language in the catalog. Pure.

The past must be over: what is of this week or the last could still change, and the digests that
tell of these weeks would tell it as theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cxserver import periods
from cxserver.catalog.directory import Directory, Office, Service
from cxserver.imports.rejected import RowRefused
from cxserver.imports.shape import Map
from cxserver.periods import Period
from cxserver.quarter.formats import channels

_WEEK = timedelta(days=7)
_OLDEST = date(1990, 1, 1)
# As OMB names them; "website" is two of ours, and a page of the agency's own is the usual one.
_OMB = {item.omb: item.ours for item in reversed(channels.ALL)} | {"website": "web"}


@dataclass(frozen=True, slots=True)
class Ground:
    """The catalog, the map, and the day of the import."""

    known: Directory
    map: Map
    today: date

    def service(self, column: str, name: str) -> Service:
        """The service of this name, or of the map."""
        slug = self._named(column, name, self.map.services, self.map.service, "service")
        if slug not in self.known.services:
            rule = f"there is no service '{slug}' in the catalog"
            raise RowRefused(
                column, rule, f'write "{slug}" = "…" under [services], or apply it first'
            )
        return self.known.services[slug]

    def office(self, column: str, name: str, service: Service) -> Office:
        """The office of this name, or of the map. A closed one is as good."""
        slug = self._named(column, name, self.map.offices, self.map.office, "office")
        if slug not in service.offices:
            what = f"there is no office '{slug}' of {service.slug} in the catalog"
            cure = f'write "{slug}" = "…" under [offices], or add the office to the catalog'
            raise RowRefused(column, what, cure)
        return self.known.offices[slug]

    def channel(self, column: str, name: str) -> str:
        """The channel of this name (ours, or one of OMB's), or of the map."""
        result = self._named(column, name, self.map.channels, self.map.channel, "channel")
        result = result if result in channels.BY_NAME else _OMB.get(result, result)
        if result not in channels.BY_NAME:
            known = ", ".join(channels.BY_NAME)
            cure = f'write "{result}" = "…" under [channels]: {known}'
            raise RowRefused(column, f"there is no channel '{result}'", cure)
        return result

    def language(self, column: str, name: str) -> str:
        """The language of this name, or of the map: one that the map has the words in."""
        map = self.map
        result = self._named(column, name, map.languages, map.language, "language")
        if result not in map.spoken:
            cure = (
                f'write "{result}" = "…" under [languages], or its words under [wording.{result}]'
            )
            raise RowRefused(column, f"the map has no words in '{result}'", cure)
        return result

    def past_day(self, column: str, day: date) -> date:
        """The day, if it is past."""
        monday = self.today - timedelta(days=self.today.weekday()) - _WEEK
        if not _OLDEST <= day < monday:
            rule = f"{day.isoformat()} is not before last week"
            if day < _OLDEST:
                rule = f"{day.isoformat()} is before {_OLDEST.isoformat()}"
            raise RowRefused(column, rule, "look at the date; import the newest weeks later")
        return day

    def past_quarter(self, column: str, name: str) -> Period:
        """The fiscal quarter, if it has ended."""
        try:
            quarter = periods.named(name)
        except ValueError:
            quarter = None
        if quarter is None or quarter.kind != "quarter":
            rule = f"'{name}' is not a fiscal quarter such as 2023Q4"
            raise RowRefused(column, rule, "set quarter in the map, or fix the row")
        if quarter.end > self.today or quarter.start < _OLDEST:
            raise RowRefused(column, f"{name} has not ended", "import it when it has")
        return quarter

    def _named(
        self, column: str, name: str, names: Mapping[str, str], usual: str, what: str
    ) -> str:
        # Anybody may have typed it: an office came in the address of the page elsewhere.
        result = names.get(name, name[:40]) or usual
        if not result:
            raise RowRefused(
                column, f"there is no {what}", f'set {what} = "…" at the top of the map'
            )
        return result
