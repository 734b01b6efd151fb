"""`cx embed tag` and `cx embed check`: the script tag for a page, and what keeps a page from it."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from cxsdk import Issuer, Link
from cxserver import clock, db
from cxserver.catalog import directory, fingerprints, linkkeys, placements
from cxserver.catalog.directory import Service
from cxserver.cli import hostpage
from cxserver.cli.console import LINKS, Data, Json, app, database, out, say_json, settings
from cxserver.public import embed as loader

_LONGEST = timedelta(days=400)

embed = typer.Typer(
    help="Put the survey on a web page, and check that it works.", no_args_is_help=True
)
app.add_typer(embed, name="embed", rich_help_panel=LINKS)


@embed.command()
def tag(
    service: Annotated[str, typer.Argument(help="The service's short name in the catalog.")],
    office: Annotated[str, typer.Argument(help="The office's short name, such as web.")],
    mode: Annotated[
        str, typer.Option(help="How the survey opens: button, inline or prompt.")
    ] = "button",
    place: Annotated[
        str | None, typer.Option(help="A name for the page, such as permits-done.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print the script tag for your page.

    Also prints two Content-Security-Policy lines and a plain link.
    """
    if mode not in ("button", "inline", "prompt"):
        raise typer.BadParameter(f"'{mode}' is not button, inline or prompt.", param_hint="--mode")
    chosen = settings(data)
    with database(chosen) as engine, db.write(engine) as connection:
        roots = fingerprints.read(connection, chosen.root_key_path)
        linkkeys.check_exists(connection, service, office)
        everything = directory.load(connection)
        known, today = everything.services[service], everything.today(clock.now())
        key = linkkeys.current(connection, roots, service, today)
        # A whole day, so that the same place prints the same tag all day long.
        ends = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + _LONGEST
        link = Issuer(chosen.base_url, key.text, clock=clock.now).issue_link(
            service, office, channel="site", place=place, expires_at=ends
        )
        last_day = directory.date_at(everything.offices[office], link.expires_at)
        placements.note(connection, service, office, "site", place, last_day, today, kid=key.kid)
    snippets = _told(chosen.base_url, link, known, mode)
    if json:
        say_json(snippets)
    else:
        _show(snippets, known)


@embed.command()
def check(
    url: Annotated[str, typer.Argument(help="The address of your page.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Check what keeps the survey from showing on your page."""
    chosen = settings(data)
    with database(chosen) as engine, db.read(engine) as connection:
        services = directory.load(connection).services
    origins = {slug: service.embed_origins for slug, service in services.items()}
    page = hostpage.fetch(url)
    faults = hostpage.faults(page, chosen.base_url, origins)
    if json:
        say_json({"works": not faults, "faults": faults})
    else:
        for fault in faults:
            out.print(escape(fault), soft_wrap=True)
        if not faults:
            out.print("The survey can show on this page.")
    if faults:
        raise typer.Exit(1)


def _told(base_url: str, link: Link, service: Service, mode: str) -> dict[str, str]:
    newest = loader.newest()
    parts = urlsplit(base_url)
    host = f"{parts.scheme}://{parts.netloc}"
    attributes = f'data-cx="{link}"' + ("" if mode == "button" else f' data-cx-mode="{mode}"')
    if mode == "inline":
        attributes += ' data-cx-target="#survey"'
    if mode == "prompt":
        attributes += ' data-cx-on="service-ended"'
        attributes += f' data-cx-sample="{service.definition.get("sample", 1)}"'
        attributes += f' data-cx-rest="{service.definition.get("rest_days", 0)}"'
    pinned = f'integrity="{newest.integrity}" crossorigin="anonymous"'
    return {
        "tag": f'<script src="{base_url}/embed/{newest.major}/cx.js" async {attributes}></script>',
        "pinned": f'<script src="{base_url}/embed/{newest.version}/cx.js" {pinned} async '
        f"{attributes}></script>",
        "script_src": f"script-src {host}",
        "frame_src": f"frame-src {host}",
        "link": str(link),
        "no_script": f'<a href="{link}">How did it go?</a>',
        "ends": link.expires_at.date().isoformat(),
    }


def _show(snippets: dict[str, str], service: Service) -> None:
    for title, name in (
        ("Put this on your page (it updates when we fix something):", "tag"),
        ("Or this, which never changes:", "pinned"),
        ("If your page has a Content-Security-Policy, add:", "script_src"),
        ("", "frame_src"),
        ("For pages without JavaScript, a plain link:", "no_script"),
    ):
        if title:
            out.print(f"\n[bold]{title}[/bold]")
        typer.echo(snippets[name])
    out.print(f"\nThe link ends on {snippets['ends']}. Print a new tag before then.")
    if not service.embed_origins:
        out.print(
            "[bold]No website may show this survey yet.[/bold] Add your site to embed_origins of "
            f"service '{service.slug}' in the catalog. Until then the page shows the plain link.",
            soft_wrap=True,
        )
