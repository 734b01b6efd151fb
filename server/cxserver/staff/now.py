"""The block "Now" in words: what needs this person, or one quiet line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from cxserver.attention import now
from cxserver.attention.alarms import Alarm
from cxserver.attention.endings import Ending
from cxserver.attention.promise import Late
from cxserver.catalog import office_time
from cxserver.catalog.kiosks import Device
from cxserver.staff import alerts, guard
from cxserver.staff.alerts import AlarmView
from cxserver.staff.guard import Visit

# So many alerts stand there whole: the one that matters must not drown in a flood.
_SHOWN = 3
# So many of one sort have a line each.
_EACH = 3


@dataclass(frozen=True, slots=True)
class Todo:
    """One bold sentence, one fact, one link. `mark` is the shape in front: late or broken."""

    mark: Literal["late", "broken", "done"]
    what: str
    fact: str
    link: str
    address: str


@dataclass(frozen=True, slots=True)
class Block:
    """What the page shows under "Now"; `more` alerts are there beyond those shown."""

    alarms: tuple[AlarmView, ...]
    more: int
    todos: tuple[Todo, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is urgent."""
        return not (self.alarms or self.todos)


def block(visit: Visit) -> Block:
    """All that needs this person, of the page's own snapshot."""
    needs = now.look(visit.reading(), visit.member, guard.counts_of(visit))
    shown = needs.alarms[:_SHOWN]
    todos = (
        *_acknowledged(visit, needs.acknowledged),
        *_late(visit, needs.counts.late),
        *_silent(visit, needs.silent),
        *_endings(visit, needs.endings),
    )
    views = tuple(alerts.view(visit, alarm) for alarm in shown)
    return Block(views, max(0, needs.counts.alerts - len(shown)), todos)


def note(visit: Visit, shown: Block | None) -> None:
    """A line in the log that these comments were shown. To be called when all has been read."""
    if shown and any(view.alarm.said for view in shown.alarms):
        visit.note("read comments", f"{len(shown.alarms)} with an alert, on the first page")


def _acknowledged(visit: Visit, acknowledged: Sequence[Alarm]) -> Iterator[Todo]:
    for alarm in acknowledged[:_EACH]:
        view = alerts.view(visit, alarm)
        what = f"{view.acknowledged} Its case is not closed."
        fact = f"{alarm.name}, {view.service} at {view.office}."
        yield Todo("done", what, fact, "Open the case" if view.address else "", view.address)


def _late(visit: Visit, late: Late | None) -> Iterator[Todo]:
    if late is not None:
        unread = f"{visit.path}/comments?state=unread"
        yield Todo("late", late.sentence, late.fact, "Read them", unread)


def _silent(visit: Visit, silent: Sequence[Device]) -> Iterator[Todo]:
    for device in silent[:_EACH]:
        office = visit.directory.offices.get(device.office)
        seen = office_time.moment_text(office, device.seen or visit.now, visit.now)
        what = f"The kiosk {_called(device)}is silent."
        fact = f"Last contact {seen}{_waiting(device)}. Check its power and its network."
        yield Todo("broken", what, fact, "Check the kiosk", _places(visit, device.office))
    yield from _rest(visit, len(silent) - _EACH, "more kiosks are silent.")


def _called(device: Device) -> str:
    return f"“{device.place}” " if device.place else ""


def _waiting(device: Device) -> str:
    if not device.waiting:
        return ""
    return f", with {device.waiting:,} {'answer' if device.waiting == 1 else 'answers'} on it"


def _endings(visit: Visit, ending: Sequence[Ending]) -> Iterator[Todo]:
    by_kind = groupby(sorted(ending, key=lambda item: item.kind), key=lambda item: item.kind)
    for _, group in by_kind:
        items = list(group)
        yield from (_ending(visit, item) for item in items[:_EACH])
        yield from _rest(visit, len(items) - _EACH, "more end soon.")


def _ending(visit: Visit, ending: Ending) -> Todo:
    place, day = _place(visit, ending), f"{ending.day:%B} {ending.day.day}, {ending.day.year}"
    when = f"ended on {day}" if ending.days < 0 else f"ends on {day}"
    places = _places(visit, ending.office)
    catalog = f"{visit.path}/catalog"
    if ending.kind == "answers":
        what = f"OMB number {ending.name}: every approved answer has been given."
        fact = "Its surveys are closed. Ask OMB for more answers."
        return Todo("late", what, fact, "See the catalog", catalog)
    if ending.kind == "approval":
        shut = "Its surveys are closed." if ending.days < 0 else "Its surveys close then."
        what = f"The approval with OMB number {ending.name} {when}."
        return Todo("late", what, f"{shut} Somebody has to renew it.", "See the catalog", catalog)
    if ending.kind == "key":
        what = f"Link key {ending.name} of {place} is a year old on {day}."
        return Todo("late", what, "Create a new one: cx key issue.", "See the catalog", catalog)
    if ending.kind == "kiosk":
        name = f"“{ending.name}” " if ending.name else ""
        what = f"The link of the kiosk {name}{when}, and was not renewed."
        return Todo("late", what, f"{place}. Check its network.", "Check the kiosk", places)
    what = f"The link “{ending.name}” {when}."
    return Todo("late", what, f"{place}. Make the next one.", "See the links", places)


def _place(visit: Visit, ending: Ending) -> str:
    service = visit.directory.services.get(ending.service)
    office = visit.directory.offices.get(ending.office)
    names = [item.name for item in (service, office) if item]
    return " at ".join(names)


def _rest(visit: Visit, n: int, words: str) -> Iterator[Todo]:
    if n > 0:
        yield Todo("late", f"{n:,} {words}", "", "See all", f"{visit.path}/places")


def _places(visit: Visit, office: str) -> str:
    return f"{visit.path}/places" + (f"?office={office}" if office else "")
