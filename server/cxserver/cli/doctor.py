"""`cx doctor`: look over an installation, and say what to fix and what ends soon."""

from collections import Counter
from typing import Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from cxserver import clock
from cxserver.cli.console import OPERATE, Data, Json, app, out, say_json, settings
from cxserver.doctor import checkup
from cxserver.doctor.finding import Finding, State

_STYLES: dict[State, str] = {"ok": "green", "warning": "yellow", "problem": "bold red"}


@app.command(rich_help_panel=OPERATE)
def doctor(data: Data = None, json: Json = False) -> None:
    """Check this installation and say what to fix.

    Exits with 1 if there is a problem.
    """
    result = checkup.examine(settings(data), clock.now())
    states = Counter(finding.state for finding in result)
    if json:
        state = next((state for state in ("problem", "warning") if states[state]), "ok")
        say_json({"state": state, "checks": [_as_json(finding) for finding in result]})
    else:
        out.print(_table(result))
        out.print(_sum(states))
    if states["problem"]:
        raise typer.Exit(1)


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "state": finding.state,
        "told": finding.text,
        "cure": finding.cure,
        "days": finding.days,
    }


def _table(findings: list[Finding]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("check", no_wrap=True)
    table.add_column("what was found, and what to do", overflow="fold")
    for finding in findings:
        # Text, not markup: a file's or a place's name may hold brackets.
        text = Text(finding.text)
        if finding.cure:
            text.append(f"\n→ {finding.cure}", style="bold")
        table.add_row(Text(finding.state, style=_STYLES[finding.state]), finding.check, text)
    return table


def _sum(states: Counter[State]) -> str:
    problems, warnings = states["problem"], states["warning"]
    if not problems and not warnings:
        return "No problems found."
    parts = [_counted(problems, "problem"), _counted(warnings, "warning")]
    return f"{', '.join(part for part in parts if part)}."


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""
