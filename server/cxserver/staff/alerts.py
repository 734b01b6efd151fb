"""One alert as the pages show it, and POST /staff/alerts/acknowledge: "I have this"."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cxserver import mail
from cxserver.accounts import members, roles
from cxserver.attention import alarms
from cxserver.attention.alarms import Alarm
from cxserver.catalog import office_time
from cxserver.catalog.directory import Team
from cxserver.comments import acknowledging, cases
from cxserver.comments.acknowledging import Acknowledgment
from cxserver.errors import NotFound
from cxserver.response_id import ResponseId
from cxserver.staff import guard
from cxserver.staff.guard import GuardedRoute, Visit

ADDRESS = "/alerts/acknowledge"


@dataclass(frozen=True, slots=True)
class Step:
    """A line of who was told, and when: `is_done` when the mail has left."""

    who: str
    when: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alert in the words of the page."""

    alarm: Alarm
    office: str
    service: str
    told: tuple[Step, ...]
    following: tuple[Step, ...]
    acknowledged: str
    note: str
    address: str

    @property
    def comment(self) -> str:
        """What the form says of which comment it is: its service, week and random id."""
        key = self.alarm.key
        return f"{key.service}/{self.alarm.monday}/{key.response}"


def view(visit: Visit, alarm: Alarm) -> AlarmView:
    """The alert as this person reads it."""
    directory, key = visit.directory, alarm.key
    office, service = directory.offices.get(alarm.office), directory.services.get(key.service)
    result = AlarmView(
        alarm=alarm,
        office=office.name if office else alarm.office,
        service=service.name if service else key.service,
        told=tuple(_told(visit, alarm)),
        following=tuple(_following(visit, alarm)),
        acknowledged=_acknowledged(visit, alarm.office, alarm.acknowledged),
        note=_note(visit, alarm),
        address="",
    )
    if not alarm.opens:
        return result
    return replace(result, address=f"{visit.path}/comments/{result.comment}")


def acknowledge(request: Request, visit: Visit) -> Response:
    """The button was pressed. Whoever comes second reads who was first, and when."""
    alarm = _named(visit)
    key, member = alarm.key, visit.member
    with visit.write() as connection:
        other = acknowledging.acknowledge(connection, key, member.email, visit.now)
        if other is None:
            _write_down(visit, connection, alarm)
    if other is None:
        return RedirectResponse(_back(visit, alarm), 303)
    return guard.page(
        visit,
        "acknowledged.html",
        status=409,
        view=view(visit, replace(alarm, acknowledged=other, turns=())),
        mine=other.who == member.email,
        back=_back(visit, alarm),
    )


def _write_down(visit: Visit, connection: Connection, alarm: Alarm) -> None:
    """In the transaction of the act: the line of the log, and that the comment was read."""
    key = alarm.key
    about = f"{key.service}/{alarm.monday}/{key.response} {key.alert}"
    what = "acknowledge an alert"
    visit.staff.journal.write(connection, visit.member, what, about, "done", visit.now)
    if alarm.opens:
        row = ResponseId(key.service, key.day, key.response)
        cases.read(connection, row, alarm.office, visit.now)


def _named(visit: Visit) -> Alarm:
    """The alert that the form names. Raises HTTPException(404), also for what is not this
    person's to see.
    """
    service, _, rest = _field(visit, "comment").partition("/")
    week, _, id = rest.partition("/")
    try:
        day, code = date.fromisoformat(week), _field(visit, "list")
        return alarms.find(visit.reading(), visit.member, service, day, id, code)
    except (NotFound, ValueError, OverflowError):
        raise HTTPException(404) from None


def _field(visit: Visit, name: str) -> str:
    return visit.form.get(name, [""])[0].replace("\x00", "").strip()


def _back(visit: Visit, alarm: Alarm) -> str:
    """Where the button was pressed."""
    if _field(visit, "back") == "case" and alarm.opens:
        return f"{visit.path}/comments/{alarm.key.service}/{alarm.monday}/{alarm.key.response}"
    return f"{visit.path}/"


def _told(visit: Visit, alarm: Alarm) -> Iterator[Step]:
    for letter in alarm.letters:
        who = letter.team
        team = _team(visit, alarm, letter.step)
        if team and members.address(visit.member.email) in map(members.address, team.mail):
            who = f"{who} (you)"
        if letter.at is None:
            tried = _at(visit, alarm, letter.tried)
            yield Step(who, f"Not mailed: the mail server has not taken it. Tried {tried}", False)
        else:
            yield Step(who, f"Mail {_at(visit, alarm, letter.at)}", True)


def _following(visit: Visit, alarm: Alarm) -> Iterator[Step]:
    if not mail.is_set_up(visit.staff.settings):
        return
    for turn in alarm.turns:
        moment = max(turn.due, visit.now)
        at = office_time.moment_text(visit.directory.offices.get(alarm.office), moment, visit.now)
        yield Step(turn.team.name, at, False)


def _note(visit: Visit, alarm: Alarm) -> str:
    """What stands in the place of a list of teams where nobody was mailed."""
    if alarm.letters:
        return ""
    if not mail.is_set_up(visit.staff.settings):
        return "Nobody was mailed: no mail server is set up."
    team = _team(visit, alarm, 0)
    if team is None:
        return "Nobody was mailed: the catalog no longer has this list."
    if alarm.acknowledged:
        return "Nobody had been mailed."
    return f"The mail to {team.name} goes out within a minute."


def _team(visit: Visit, alarm: Alarm, step: int) -> Team | None:
    alert = visit.directory.alert(alarm.key.alert)
    return alert.team(step) if alert else None


def _at(visit: Visit, alarm: Alarm, moment: datetime) -> str:
    """When. Of one that is acknowledged, the hour is all that is kept."""
    office = visit.directory.offices.get(alarm.office)
    text = office_time.moment_text(office, moment, visit.now)
    return f"in the hour after {text}" if alarm.acknowledged else f"at {text}"


def _acknowledged(visit: Visit, office: str, done: Acknowledgment | None) -> str:
    """Who acknowledged it, and when; "" for nobody."""
    if done is None:
        return ""
    if not done.who:
        return "Mailed before alerts could be acknowledged here."
    at = office_time.moment_text(visit.directory.offices.get(office), done.at, visit.now)
    who = "You" if done.who == visit.member.email else done.who
    return f"{who} acknowledged it: {at}."


ROUTES = (GuardedRoute(ADDRESS, acknowledge, roles.EVERYONE, methods=("POST",)),)
