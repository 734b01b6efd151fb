"""What a staff page is asked to show, read from its address: which answers, of which days.

Rolling days end where nearly all offices have closed their batches: newer days would tell of the
busy offices alone. Whatever is asked for is narrowed by what the person may see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import Connection

from cxserver.catalog import names
from cxserver.catalog.directory import Directory, Office, Service
from cxserver.disclosure.audience import Audience
from cxserver.errors import QuestionRefused
from cxserver.results import cuts, days, freshness, scopes
from cxserver.results.days import DEFAULT, Asked, Window
from cxserver.results.freshness import Freshness
from cxserver.results.reading import Reading
from cxserver.results.scopes import Scope

_DAY = timedelta(days=1)
CHANNELS: Mapping[str, str] = {
    "email": "Email",
    "sms": "Text message",
    "web": "After a visit on the web",
    "phone": "After a call",
    "kiosk": "Kiosk",
    "poster": "Poster",
    "site": "Website",
    "paper": "Paper",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; None is all. `seen` is all that the person may see."""

    service: str | None
    office: str | None
    channel: str | None
    language: str | None
    window: Window
    today: date
    seen: Scope
    directory: Directory
    fresh: Freshness

    @classmethod
    def read(cls, query: Asked, reader: Reading) -> "Filters":
        """The filters in an address. Raises NotFound for what is not there for this person, and
        QuestionRefused for what cannot be.
        """
        directory, today = reader.directory, today_of(reader.directory, reader.now)
        wanted = cls(
            query.get("service", "") or None,
            query.get("office", "") or None,
            query.get("channel", "") or None,
            query.get("language", "") or None,
            days.read(query, today, today),
            today,
            reader.scope,
            directory,
            Freshness(),
        )
        wanted._check()
        return wanted._dated(query, reader.connection)

    @property
    def holds_rows(self) -> bool:
        """Whether this person may export rows, so that nothing is hidden."""
        return self.seen.audience is Audience.ROWS

    @property
    def end(self) -> date:
        """The day after the last one that rolling days count."""
        return days.end_of(self.fresh, self.today)

    @property
    def is_settled(self) -> bool:
        """Whether nearly all answers of these days are in, so that they can be compared."""
        end = self.window.span.end
        if self.holds_rows:
            return end is None or end <= self.today
        return self.fresh.settled is None or (end is not None and end <= self.fresh.settled + _DAY)

    @property
    def refusal(self) -> str:
        """Why nothing of this can be shown to people who do not hold the rows, and what can."""
        if self.holds_rows or not self.is_cut:
            return ""
        if self.channel and self.language:
            return "Choose a channel or a language. Two at once can single people out."
        if not cuts.is_whole_months(self.window.span) or self._runs:
            return (
                "Channels and languages are counted by whole months that are over. Choose a month "
                "or a quarter."
            )
        return ""

    @property
    def is_cut(self) -> bool:
        """Whether people are chosen by more than office, service and day."""
        return self.channel is not None or self.language is not None

    @property
    def may_cut(self) -> bool:
        """Whether channels may stand beside each other here."""
        if self.holds_rows:
            return True
        whole = cuts.is_whole_months(self.window.span) and not self._runs
        return whole and self.language is None and self.channel is None

    @property
    def _runs(self) -> bool:
        end = self.window.span.end
        return end is None or end > self.today

    def _dated(self, query: Asked, connection: Connection) -> "Filters":
        """With the days that are asked for, as far as they are in."""
        fresh = freshness.read(connection, self.of_office(), self.today)
        window = days.read(query, self.today, days.end_of(fresh, self.today))
        result = replace(self, window=window, fresh=fresh)
        return result.by_months() if self.is_cut and not self.holds_rows else result

    def by_months(self) -> "Filters":
        """The same, of whole months instead of rolling days: cuts are counted by those."""
        if not self.window.is_rolling:
            return self
        return replace(self, window=days.whole_months(self.window, self.today))

    def scope(self) -> Scope:
        """The answers asked for, in these days, and never more than the person may see."""
        return self.of_office().during(self.window.span)

    def of_office(self) -> Scope:
        """As `scope`, of all days."""
        around = self.around()
        if self.office is None:
            return around
        return around.narrowed(Scope(offices=scopes.subtree(self.directory, self.office)))

    def peers(self) -> Scope:
        """What an office is compared with: all offices of the services looked at, as far as their
        batches have closed. Somebody who may see one office alone sees the others in sums.
        """
        services = frozenset(service.slug for service in self.services_in(self.of_office()))
        everywhere = replace(self.seen, offices=None).released
        chosen = Scope(services=services, channels=_one(self.channel))
        return everywhere.narrowed(chosen).narrowed(Scope(languages=_one(self.language)))

    def around(self) -> Scope:
        """As `of_office`, without its office."""
        chosen = Scope(services=_one(self.service), channels=_one(self.channel))
        return self.seen.narrowed(chosen).narrowed(Scope(languages=_one(self.language)))

    def but(self, **changes: str | None) -> "Filters":
        """The same with another service, office, channel or language."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names of strings only

    def query(self, **changes: str | None) -> str:
        """These filters as a query, `?` and all, with `changes`; None takes one away."""
        period = self.window.name if self.window.name != DEFAULT else None
        filters = {
            name: getattr(self, name) for name in ("service", "office", "channel", "language")
        }
        if period and ".." in period:
            filters |= dict(zip(("from", "to"), period.split(".."), strict=True))
        else:
            filters["period"] = period
        if changes.keys() & {"period"}:
            filters |= {"from": None, "to": None}
        chosen = {name: value for name, value in (filters | changes).items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    @property
    def offices(self) -> list[Office]:
        """The offices in it where services are given, by name."""
        return [
            all_office for all_office in self.all_offices(self.of_office()) if all_office.serves
        ]

    @property
    def place(self) -> str:
        """What is looked at, in words."""
        parts = [self.directory.services[self.service].name] if self.service else []
        if self.office:
            parts.append(self.directory.offices[self.office].name)
        elif len(self.offices) == 1:
            parts.append(self.offices[0].name)
        elif self.seen.offices is not None:
            parts.append("your offices")
        return ", ".join(parts) or ("your services" if self.seen.services else "all services")

    def all_offices(self, scope: Scope) -> list[Office]:
        """The offices in a scope, regions too, by name."""
        served = {slug for item in self.services_in(scope) for slug in item.offices}
        above = {up for slug in served for up in line_up(self.directory, slug)}
        result = [
            office
            for office in self.directory.offices.values()
            if (scope.offices is None or office.slug in scope.offices) and office.slug in above
        ]
        return sorted(result, key=lambda item: (item.name, item.slug))

    def services_in(self, scope: Scope) -> list[Service]:
        """The services in a scope that have an office in it, by name."""
        result = [
            service
            for service in self.directory.services.values()
            if (scope.services is None or service.slug in scope.services)
            and (scope.offices is None or scope.offices & service.offices.keys())
        ]
        return sorted(result, key=lambda item: (item.name, item.slug))

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """What can be chosen here: for each filter its values and what they are called."""
        services = self.services_in(self.seen)
        languages = sorted({code for service in services for code in service.survey.languages})
        named = [(choice.name, choice.title) for choice in days.choices(self.today, self.end)]
        if self.window.name not in dict(named):
            named.append((self.window.name, self.window.title))
        return {
            "service": [(service.slug, service.name) for service in services],
            "office": [
                (all_office.slug, all_office.name) for all_office in self.all_offices(self.seen)
            ],
            "channel": list(CHANNELS.items()),
            "language": [(code, language_name(code)) for code in languages],
            "period": named,
        }

    def _check(self) -> None:
        seen = {item.slug for item in self.services_in(self.seen)}
        if self.service is not None and self.service not in seen:
            raise names.unknown("You can see no service {}", self.service, seen)
        if self.office is not None and self.office not in self._seen_offices():
            raise names.unknown("You can see no office {}", self.office, self._seen_offices())
        if self.channel is not None and self.channel not in CHANNELS:
            raise QuestionRefused(f"Choose a channel: {', '.join(CHANNELS)}.")
        languages = [code for code, _ in self.choices()["language"]]
        if self.language is not None and self.language not in languages:
            raise QuestionRefused(f"Choose a language: {', '.join(languages)}.")

    def _seen_offices(self) -> set[str]:
        return {all_office.slug for all_office in self.all_offices(self.seen)}


def today_of(directory: Directory, now: datetime) -> date:
    """The agency's date."""
    return directory.today(now)


def language_name(code: str) -> str:
    """A language, in English."""
    return {"en": "English", "es": "Spanish"}.get(code, code)


def line_up(directory: Directory, slug: str) -> list[str]:
    """An office and whatever it is below, up to the top of the tree."""
    result: list[str] = []
    above: str | None = slug
    while above is not None and above in directory.offices and above not in result:
        result.append(above)
        above = directory.offices[above].parent
    return result


def _one(value: str | None) -> frozenset[str] | None:
    return None if value is None else frozenset({value})
