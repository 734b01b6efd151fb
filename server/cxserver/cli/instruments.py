"""`cx instruments`: OMB's questionnaires, and what each of them asks."""

from typing import Any

from cxserver.cli.console import START, Json, app, out, plain_table, say_json
from cxserver.instrument import instruments as table
from cxserver.instrument.instruments import Instrument


@app.command("instruments", rich_help_panel=START)
def instruments(json: Json = False) -> None:
    """List OMB's questionnaires and what each one asks."""
    if json:
        say_json([_as_json(one) for one in table.ALL])
        return
    head = ("trust", "statements", "satisfaction", "drivers", "always", "forms")
    shown = plain_table("Instruments", "instrument", *head)
    for one in table.ALL:
        shown.add_row(
            one.code,
            one.scale.name,
            ", ".join(one.trust),
            one.satisfaction,
            str(len(one.drivers)),
            ", ".join(one.required) or "–",
            ", ".join(one.modes),
        )
    out.print(shown)


def _as_json(one: Instrument) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": one.title,
        "trust_scale": one.scale.name,
        "trust_statements": list(one.trust),
        "satisfaction": one.satisfaction,
        "drivers": list(one.drivers),
        "drivers_required": list(one.required),
        "driver_modes": list(one.modes),
        "needs_omb_reference": "none" not in one.icons,
    }
