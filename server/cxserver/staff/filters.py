"""What a staff page is asked to show, read from its address: which answers, of which days.

The last days end with last Sunday: a page that moved with each answer, or each day, would show the
answers of that day. The days are chosen from a list, for two stretches of days that differ by one
would show that one. Whatever is asked for is narrowed by what the person may see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from cxserver import periods
from cxserver.catalog.directory import Directory, Office, Service
from cxserver.insight import scopes
from cxserver.insight.scopes import Scope
from cxserver.periods import Period, Span
from cxserver.staff import stretches

CHANNELS: Mapping[str, str] = {
    "email": "E-mail",
    "sms": "Text message",
    "web": "After a visit on the web",
    "phone": "After a call",
    "kiosk": "Kiosk",
    "poster": "Poster",
    "site": "Website",
    "paper": "Paper",
}
# Whole multiples of 28 days: the same weekdays in each, and no two that differ by a few days.
ROLLING: Mapping[str, tuple[str, int]] = {
    "28-days": ("Last 28 days", 28),
    "12-weeks": ("Last 12 weeks", 84),
    "52-weeks": ("Last 52 weeks", 364),
}
DEFAULT = "28-days"
_QUARTERS = 4
_LONGEST_MONTHS = 24
_DAY = timedelta(days=1)


# The parameters of an address.
Asked = Mapping[str, str]


class Reading(Protocol):
    """One look at the data, for a page or a digest: all of its numbers are of one snapshot."""

    @property
    def connection(self) -> Connection:
        """The transaction that everything is read in."""

    @property
    def scope(self) -> Scope:
        """All that this person may see."""

    @property
    def directory(self) -> Directory:
        """What exists."""

    @property
    def now(self) -> datetime:
        """The moment at which it is asked."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some days, and the days before them to compare with. Both have a first and a last day."""

    name: str
    title: str
    span: Span
    before: Span

    @property
    def is_rolling(self) -> bool:
        """Whether it moves on with every week."""
        return self.name in ROLLING

    @property
    def days(self) -> str:
        """The first and the last day, in words."""
        return told(self.span)


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

    @classmethod
    def read(cls, asked: Asked, reader: Reading) -> "Filters":
        """The filters in an address. Raises HTTPException: 404 for what is not there for this
        person, 422 for what cannot be.
        """
        directory, today = reader.directory, today_of(reader)
        wanted = cls(
            asked.get("service", "") or None,
            asked.get("office", "") or None,
            asked.get("channel", "") or None,
            asked.get("language", "") or None,
            _window(asked, today),
            today,
            reader.scope,
            directory,
        )
        wanted._check()
        return wanted

    @property
    def end(self) -> date:
        """The Monday after the last whole week."""
        return whole_weeks(self.today)

    def scope(self) -> Scope:
        """The answers asked for, in these days, and never more than the person may see."""
        return self.of_office().during(self.window.span)

    def of_office(self) -> Scope:
        """As `scope`, of all days."""
        around = self.around()
        if self.office is None:
            return around
        return around.narrowed(Scope(offices=scopes.subtree(self.directory, self.office)))

    def around(self) -> Scope:
        """As `of_office`, without its office: what an office is held against."""
        asked = Scope(services=_one(self.service), channels=_one(self.channel))
        return self.seen.narrowed(asked).narrowed(Scope(languages=_one(self.language)))

    def but(self, **changes: str | None) -> "Filters":
        """The same with another service, office, channel or language."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names of strings only

    def query(self, **changes: str | None) -> str:
        """These filters as a query, `?` and all, with `changes`; None takes one away."""
        period = self.window.name if self.window.name != DEFAULT else None
        kept = {name: getattr(self, name) for name in ("service", "office", "channel", "language")}
        if period and ".." in period:
            kept |= dict(zip(("from", "to"), period.split(".."), strict=True))
        else:
            kept["period"] = period
        chosen = {name: value for name, value in (kept | changes).items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    @property
    def offices(self) -> list[Office]:
        """The offices in it where services are given, by name."""
        return [one for one in self.all_offices(self.of_office()) if one.serves]

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
        served = {slug for one in self.services_in(scope) for slug in one.offices}
        above = {up for slug in served for up in line_up(self.directory, slug)}
        found = [
            one
            for one in self.directory.offices.values()
            if (scope.offices is None or one.slug in scope.offices) and one.slug in above
        ]
        return sorted(found, key=lambda one: (one.name, one.slug))

    def services_in(self, scope: Scope) -> list[Service]:
        """The services in a scope that have an office in it, by name."""
        found = [
            one
            for one in self.directory.services.values()
            if (scope.services is None or one.slug in scope.services)
            and (scope.offices is None or scope.offices & one.offices.keys())
        ]
        return sorted(found, key=lambda one: (one.name, one.slug))

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """What can be chosen here: for each filter its values and what they are called."""
        services = self.services_in(self.seen)
        languages = sorted({code for one in services for code in one.survey.languages})
        named = [(one.name, one.title) for one in windows(self.today)]
        if self.window.name not in dict(named):
            named.append((self.window.name, self.window.title))
        return {
            "service": [(one.slug, one.name) for one in services],
            "office": [(one.slug, one.name) for one in self.all_offices(self.seen)],
            "channel": list(CHANNELS.items()),
            "language": [(code, language_name(code)) for code in languages],
            "period": named,
        }

    def _check(self) -> None:
        seen = {one.slug for one in self.services_in(self.seen)}
        if self.service is not None and self.service not in seen:
            raise HTTPException(404, "There is no such service here.")
        if self.office is not None and self.office not in self._seen_offices():
            raise HTTPException(404, "There is no such office here.")
        if self.channel is not None and self.channel not in CHANNELS:
            raise HTTPException(422, f"Choose a channel: {', '.join(CHANNELS)}.")
        languages = [code for code, _ in self.choices()["language"]]
        if self.language is not None and self.language not in languages:
            raise HTTPException(422, f"Choose a language: {', '.join(languages)}.")

    def _seen_offices(self) -> set[str]:
        return {one.slug for one in self.all_offices(self.seen)}


def windows(today: date) -> list[Window]:
    """The days that can be chosen on `today`."""
    found = [_rolling(name, today) for name in ROLLING]
    quarter = periods.of("quarter", today)
    for _ in range(_QUARTERS):
        quarter = periods.previous(quarter)
        found.append(_fixed(quarter))
    return found


def whole_weeks(today: date) -> date:
    """The Monday with which the week of `today` began; the weeks before it are whole."""
    return stretches.end(today)


def today_of(reader: Reading) -> date:
    """The agency's date."""
    agency = reader.directory.agency
    zone = ZoneInfo(agency.timezone) if agency else None
    return reader.now.astimezone(zone).date()


def told(span: Span) -> str:
    """A span's first and last day, as people write them: "25 Oct – 21 Nov 2026"."""
    assert span.start is not None and span.end is not None  # noqa: S101  # windows have both
    first, last = span.start, span.end - _DAY
    year = f" {first.year}" if first.year != last.year else ""
    return f"{first:%b} {first.day}{',' if year else ''}{year} – {last:%b} {last.day}, {last.year}"


def language_name(code: str) -> str:
    """A language, in English."""
    return {"en": "English", "es": "Spanish"}.get(code, code)


def _window(asked: Asked, today: date) -> Window:
    first, last = asked.get("from", ""), asked.get("to", "")
    if first or last:
        return _months(first, last, today)
    name = asked.get("period", "") or DEFAULT
    if name in ROLLING:
        return _rolling(name, today)
    try:
        period = periods.named(name)
    except ValueError:
        raise HTTPException(422, f"Choose a period: {', '.join(ROLLING)} or 2027Q1.") from None
    if period.kind not in ("month", "quarter") or period.end > today:
        raise HTTPException(422, "Choose a month or a quarter that is over.")
    return _fixed(period)


def _rolling(name: str, today: date) -> Window:
    title, days = ROLLING[name]
    length, end = timedelta(days=days), whole_weeks(today)
    return Window(name, title, Span(end - length, end), Span(end - 2 * length, end - length))


def _fixed(period: Period) -> Window:
    title = f"{period.start:%B %Y}"
    if period.kind == "quarter":
        title = f"Fiscal year {period.name[:4]}, quarter {period.name[-1]}"
    return Window(period.name, title, period.span, periods.previous(period).span)


def _months(first: str, last: str, today: date) -> Window:
    """From the first day of a month to the last day of one, in ISO form."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last) + _DAY
    except (ValueError, OverflowError):
        raise HTTPException(422, "Write both days as 2026-10-01 and 2026-10-31.") from None
    months = 12 * (end.year - start.year) + end.month - start.month
    if start >= end or months > _LONGEST_MONTHS or end > today:
        raise HTTPException(422, "Choose days that are over, in order, and at most two years.")
    if (start.day, end.day) != (1, 1):
        raise HTTPException(422, "Choose whole months: single days would show single people.")
    before = periods.of("month", start)
    for _ in range(months):
        before = periods.previous(before)
    span = Span(start, end)
    return Window(f"{first}..{last}", told(span), span, Span(before.start, start))


def line_up(directory: Directory, slug: str) -> list[str]:
    """An office and whatever it is below, up to the top of the tree."""
    found: list[str] = []
    above: str | None = slug
    while above is not None and above in directory.offices and above not in found:
        found.append(above)
        above = directory.offices[above].parent
    return found


def _one(value: str | None) -> frozenset[str] | None:
    return None if value is None else frozenset({value})
