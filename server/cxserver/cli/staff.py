"""`cx staff …` and `cx audit verify`: who may sign in, and whether the log is whole."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape

from cxserver import clock, db
from cxserver.accounts import members, roles
from cxserver.accounts.members import Entry
from cxserver.accounts.roles import Member, Role
from cxserver.audit.journal import COMMAND, Journal, Verdict
from cxserver.catalog import directory, fingerprints, names
from cxserver.catalog.directory import Directory
from cxserver.cli.console import (
    OPERATE,
    Data,
    Json,
    app,
    database,
    err,
    out,
    plain_table,
    say_error,
    say_json,
    settings,
)

staff_app = typer.Typer(
    help="Invite, list and remove people on the staff pages.", no_args_is_help=True
)
app.add_typer(staff_app, name="staff", rich_help_panel=OPERATE)
audit_app = typer.Typer(help="Check the log of what staff did.", no_args_is_help=True)
app.add_typer(audit_app, name="audit", rich_help_panel=OPERATE)

Email = Annotated[str, typer.Argument(help="The person's email address.")]
_LONGEST = 254


@staff_app.command()
def invite(
    email: Email,
    role: Annotated[Role, typer.Option(metavar="ROLE", help=f"One of: {', '.join(Role)}.")],
    office: Annotated[str | None, typer.Option(help="The office of an office-manager.")] = None,
    service: Annotated[str | None, typer.Option(help="The service of a service-lead.")] = None,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    break_glass: Annotated[
        bool,
        typer.Option(
            "--break-glass", help="Print a one-hour link that skips the identity provider."
        ),
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Invite one person to the staff pages.

    Prints a link that works once, for 24 hours.
    Run it again for a new link or a new role.
    With CX_OIDC_ISSUER set, it prints the sign-in address instead.
    """
    _check(email, role, office, service)
    chosen, now = settings(data), clock.now()
    if break_glass and not chosen.oidc_issuer:
        raise typer.BadParameter(
            "there is no identity provider to skip.", param_hint="--break-glass"
        )
    secret = ""
    with database(chosen) as engine, db.write(engine) as connection:
        journal = Journal(fingerprints.read(connection, chosen.root_key_path))
        _check_exists(directory.load(connection), office, service)
        wanted = Member("", email, name[:200], role, office, service)
        member = members.know(connection, wanted, now)
        if break_glass or not chosen.oidc_issuer:
            secret = members.link(connection, member, now, break_glass=break_glass)
        about = " ".join(part for part in (member.email, role, office or service) if part)
        what = "break-glass link" if break_glass else "invite"
        journal.write(connection, COMMAND, what, about, "done", now)
    address = f"{chosen.base_url}/staff/sign-in" + (f"/{secret}" if secret else "")
    lives = roles.BREAK_GLASS_LIVES if break_glass else roles.INVITE_LIVES
    _say_address(member, address, now + lives if secret else None, json)


@staff_app.command("list")
def list_staff(data: Data = None, json: Json = False) -> None:
    """List who may sign in, and in which role."""
    with database(settings(data)) as engine, db.read(engine) as connection:
        result = members.everyone(connection)
    if json:
        say_json([_as_json(entry) for entry in result])
        return
    if not result:
        out.print(
            "Nobody can sign in yet. To invite yourself: cx staff invite you@agency.gov "
            "--role administrator"
        )
        return
    table = plain_table("", "email", *("role", "of", "name", "provider", "last page", "state"))
    for entry in result:
        table.add_row(*map(escape, _row(entry)))
    out.print(table)


@staff_app.command()
def revoke(email: Email, data: Data = None) -> None:
    """Remove a person's access at once.

    All their sessions and links end.
    """
    chosen, now = settings(data), clock.now()
    with database(chosen) as engine, db.write(engine) as connection:
        journal = Journal(fingerprints.read(connection, chosen.root_key_path))
        member = members.revoke(connection, email, now)
        journal.write(connection, COMMAND, "revoke", member.email, "done", now)
    out.print(f"{member.email} can no longer sign in.", markup=False, soft_wrap=True)


@audit_app.command()
def verify(
    holds: Annotated[
        str, typer.Option(help="A hash you noted earlier. Its line must still be there.")
    ] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Check that no line of the log was changed or removed, but by retention."""
    chosen = settings(data)
    with database(chosen) as engine, db.read(engine) as connection:
        journal = Journal(fingerprints.read(connection, chosen.root_key_path))
        verdict = journal.verify(connection, holds.strip())
    if json:
        body = {"lines": verdict.lines, "last": verdict.last.hex(), "broken": verdict.broken}
        missing = [{"what": item.what, "at": item.when.isoformat()} for item in verdict.missing]
        deleted = verdict.start.through if verdict.start else 0
        say_json({**body, "missing": missing, "deleted_by_retention": deleted})
    else:
        _say(verdict)
    if not verdict.is_whole:
        sys.exit(1)


def _say_address(member: Member, address: str, ends: datetime | None, json: bool) -> None:
    """Where to sign in: by a link until it `ends`, or at the provider."""
    if json:
        body = {"email": member.email, "role": member.role.value}
        whose = {"office": member.office, "service": member.service}
        ended = ends.isoformat() if ends else None
        say_json({**body, **whose, "link": address, "valid_until": ended})
        return
    how = "with their agency account here:"
    if ends:
        how = f"once, until {ends:%Y-%m-%d %H:%M} UTC, with this link:"
    err.print(f"{member.email} can sign in {how}", markup=False, soft_wrap=True)
    typer.echo(address)


def _say(verdict: Verdict) -> None:
    if verdict.broken is not None:
        say_error(
            f"The log is damaged at line {verdict.broken}. Somebody changed, removed or "
            f"added a line. "
            f"The {verdict.lines} lines before it are intact."
        )
        return
    if verdict.missing:
        first = verdict.missing[0]
        say_error(
            f"Lines are missing. {len(verdict.missing)} actions are not in the log. "
            f"The first is: {first.what}, {_moment(first.when)}. "
            f"The other {verdict.lines} lines are intact."
        )
        return
    out.print(f"The log is complete: {verdict.lines} lines.")
    if start := verdict.start:
        gone = f"Lines 1 to {start.through} were deleted by retention"
        out.print(f"{gone}, as the log itself says (disposal {start.disposal}).", soft_wrap=True)
    out.print(f"Its last hash: {verdict.last.hex()}", soft_wrap=True)
    out.print(
        "Note it elsewhere. Later, to see if lines were cut off: cx audit verify --holds HASH"
    )


def _check(email: str, role: Role, office: str | None, service: str | None) -> None:
    name, _, host = email.strip().partition("@")
    if not name or not host or " " in email.strip() or len(email) > _LONGEST:
        raise typer.BadParameter("enter an email address.", param_hint="EMAIL")
    for option, given, owner in (
        ("--office", office, Role.OFFICE_MANAGER),
        ("--service", service, Role.SERVICE_LEAD),
    ):
        if (role is owner) != bool(given):
            said = f"{owner} needs one." if role is owner else f"only {owner} can have one."
            raise typer.BadParameter(said, param_hint=option)


def _check_exists(known: Directory, office: str | None, service: str | None) -> None:
    names.check_office(known, office)
    names.check_service(known, service)


def _row(entry: Entry) -> tuple[str, ...]:
    member = entry.member
    return (
        member.email,
        member.role,
        member.office or member.service or "",
        member.name,
        "bound" if entry.bound else "",
        _moment(entry.seen),
        "revoked" if entry.revoked else "",
    )


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _as_json(entry: Entry) -> dict[str, object]:
    member = entry.member
    return {
        "email": member.email,
        "name": member.name,
        "role": member.role.value,
        "office": member.office,
        "service": member.service,
        "bound": entry.bound,
        "seen": entry.seen.isoformat() if entry.seen else None,
        "revoked": entry.revoked.isoformat() if entry.revoked else None,
    }
