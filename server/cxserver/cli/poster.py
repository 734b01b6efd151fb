"""`cx poster`: a page to print and hang up, with a code that opens the survey there."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from sqlalchemy import Engine

from cxsdk import Issuer, Link, token
from cxsdk.token import Kind
from cxserver import clock, db
from cxserver.catalog import directory, fingerprints, linkkeys, placements
from cxserver.catalog.directory import Agency, Directory, Office, Service
from cxserver.cli.console import LINKS, Data, Json, app, database, err, out, say_json, settings
from cxserver.doctor import installation
from cxserver.errors import NotFound, ServerError
from cxserver.poster import file, layout, notice, words
from cxserver.poster.notice import Notice
from cxserver.poster.page import PAPERS
from cxserver.settings import Settings

_CHOICES = {**{code: (code,) for code in words.SPOKEN}, "both": words.SPOKEN}


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for on the command line."""

    service: str
    office: str
    place: str | None
    language: str | None
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class _Made:
    """A minted link, with all that its poster says."""

    agency: Agency
    service: Service
    office: Office
    speaking: tuple[str, ...]
    link: Link
    kid: int

    @property
    def last_day(self) -> date:
        """The link's last day, at the office."""
        return self.link.expires_at.astimezone(self.office.zone).date()


@app.command(rich_help_panel=LINKS)
def poster(
    service: Annotated[str, typer.Argument(help="The service's short name in the catalog.")],
    office: Annotated[str, typer.Argument(help="The office's short name.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file to write: .pdf, .svg or .png.")
    ],
    place: Annotated[
        str | None, typer.Option(help='Where it will hang, such as "Main exit".')
    ] = None,
    paper: Annotated[str, typer.Option(help="The paper size: letter or a4.")] = "letter",
    language: Annotated[
        str | None, typer.Option(help="en, es or both. Default: all languages of the survey.")
    ] = None,
    expires_at: Annotated[
        str | None, typer.Option(help="Its last day, such as 2027-06-30. Default: in 400 days.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Draw a page with a QR code to print and hang up."""
    file.check(output)
    if paper not in PAPERS:
        raise typer.BadParameter(f"'{paper}' is not letter or a4.", param_hint="--paper")
    if language is not None and language not in _CHOICES:
        raise typer.BadParameter(f"'{language}' is not en, es or both.", param_hint="--language")
    chosen, now = settings(data), clock.now()
    wish = _Wish(service, office, place, language, expires_at)
    with database(chosen) as engine:
        made = _mint(engine, chosen, wish, now)
        says = _notice(made, wish)
        content = file.draw(layout.lay_out(says, PAPERS[paper]), output, now)
        # Noted before the file gets its name: no poster hangs of which we know nothing.
        with file.whole(output, content):
            _note(engine, made, wish, directory.date_in(made.agency.timezone, now))
    for warning in _warnings(chosen, made, says.good_until):
        err.print(f"warning: {warning}", soft_wrap=True, markup=False)
    if json:
        say_json(_as_json(output, made, wish, paper, says.good_until))
        return
    out.print(f"Wrote {output}. It works until {says.good_until}.", soft_wrap=True, markup=False)
    out.print(f"Its code opens {made.link}", soft_wrap=True, markup=False)


def _mint(engine: Engine, chosen: Settings, wish: _Wish, now: datetime) -> _Made:
    with db.write(engine) as connection:
        roots = fingerprints.read(connection, chosen.root_key_path)
        linkkeys.check_exists(connection, wish.service, wish.office)
        known = directory.load(connection)
        service, office = known.services[wish.service], known.offices[wish.office]
        if service.closed or office.closed or not service.offices[office.slug]:
            raise NotFound(f"Service '{service.slug}' is closed at office '{office.slug}'.")
        key = linkkeys.current(connection, roots, service.slug, known.today(now))
    if known.agency is None:
        raise NotFound("There is no agency in the catalog.")
    _check_clearance(service, known.today(now))
    speaking = _speaking(service, wish.language)
    link = Issuer(chosen.base_url, key.text, clock=lambda: now).issue_link(
        service.slug,
        office.slug,
        channel="poster",
        place=wish.place,
        expires_at=_end(wish.expires_at, office, now),
        # Whoever scans an English or bilingual poster gets what their phone is set to.
        language=None if words.SPOKEN[0] in speaking else speaking[0],
    )
    _check_not_revoked(known, link, key.kid)
    return _Made(known.agency, service, office, speaking, link, key.kid)


def _speaking(service: Service, language: str | None) -> tuple[str, ...]:
    offered = service.survey.languages
    if language is None:
        return tuple(code for code in words.SPOKEN if code in offered) or words.SPOKEN[:1]
    for code in _CHOICES[language]:
        if code not in offered:
            raise ServerError(
                f"The survey of '{service.slug}' is not offered in '{code}', "
                f"only in {', '.join(offered)}."
            )
    return _CHOICES[language]


def _end(text: str | None, office: Office, now: datetime) -> datetime:
    if text is None:
        return notice.longest_end(now, Kind.POSTER.longest, office)
    try:
        # A day alone means all of it, where the poster hangs.
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return notice.end_of(date.fromisoformat(text), office)
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is not a day (2027-06-30) or a time (2027-06-30T17:00:00-05:00).",
            param_hint="--expires-at",
        ) from None


def _check_not_revoked(known: Directory, link: Link, kid: int) -> None:
    # One name, one nonce: if a place's link was revoked, so is the next of that name.
    nonce = token.read(link.partition("?")[0].rpartition("/")[2]).nonce.hex()
    if known.revocations.covers(link.service, kid, link.office, nonce):
        raise ServerError(
            "The link for this place was revoked, and a new one with the same name would not open. "
            "Use another --place."
        )


def _check_clearance(service: Service, today: date) -> None:
    ended = service.clearance.expires
    if ended < today:
        raise ServerError(
            f"The clearance of '{service.slug}' ended on {ended}, so its survey is closed. "
            "Put the new date in the catalog first."
        )


def _notice(made: _Made, wish: _Wish) -> Notice:
    return notice.make(
        made.agency,
        made.service,
        made.office,
        link=made.link,
        ends=made.link.expires_at,
        place=wish.place or "",
        speaking=made.speaking,
    )


def _note(engine: Engine, made: _Made, wish: _Wish, today: date) -> None:
    with db.write(engine) as connection:
        placements.note(
            connection,
            made.service.slug,
            made.office.slug,
            made.link.channel,
            wish.place,
            made.last_day,
            today,
            kid=made.kid,
        )


def _warnings(chosen: Settings, made: _Made, good_until: date) -> list[str]:
    result = []
    if installation.is_loopback(urlsplit(chosen.base_url).hostname or ""):
        result.append(
            f"Phones cannot open {chosen.base_url}. Set CX_BASE_URL before you print this."
        )
    if good_until < made.last_day:
        number = made.service.clearance.omb_control_number
        result.append(f"It ends with its clearance: OMB {number} expires on {good_until}.")
    return result


def _as_json(
    output: Path, made: _Made, wish: _Wish, paper: str, good_until: date
) -> dict[str, object]:
    return {
        "file": str(output),
        "link": made.link,
        "service": made.service.slug,
        "office": made.office.slug,
        "place": wish.place,
        "languages": list(made.speaking),
        "paper": paper,
        "expires_at": made.link.expires_at.astimezone(UTC).isoformat(),
        "good_until": good_until.isoformat(),
    }
