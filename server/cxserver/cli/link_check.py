"""`cx link check`: where your program runs, see whether the links that it makes would open."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from cxsdk import Issuer
from cxserver.cli.console import LINKS, Json, app, out, say_json


@app.command("link check", rich_help_panel=LINKS)
def link_check(
    service: Annotated[str, typer.Argument(help="The service your program makes links for.")],
    offices: Annotated[list[str], typer.Argument(help="Its offices.")],
    json: Json = False,
) -> None:
    """Check where your program runs that its links will open.

    Asks the server, with your program's CX_BASE_URL and CX_KEY, about the
    address, key, clock, names, survey and approval. Exits with 1 if there
    is something to fix.
    """
    findings = Issuer.from_environment().check((service, office) for office in offices)
    if json:
        say_json({"ok": not findings, "findings": [asdict(finding) for finding in findings]})
    for finding in () if json else findings:
        color = "red" if finding.severity == "fault" else "yellow"
        out.print(f"[{color}]{finding.severity}[/{color}] {escape(finding.text)}", soft_wrap=True)
    if findings:
        raise typer.Exit(1)
    if not json:
        out.print(f"Links for {service} at {', '.join(offices)} open.", soft_wrap=True)
