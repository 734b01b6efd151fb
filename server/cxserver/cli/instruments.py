"""`cx instruments`: OMB's questionnaires, and what each of them asks."""

from typing import Any

from cxserver.cli.console import START, Json, app, out, plain_table, say_json
from cxserver.instrument import instruments as table
from cxserver.instrument.instruments import Instrument


@app.command("instruments", rich_help_panel=START)
def instruments(json: Json = False) -> None:
    """List OMB's questionnaires and what each one asks."""
    if json:
        say_json([_as_json(item) for item in table.ALL])
        return
    head = ("trust", "statements", "satisfaction", "drivers", "always", "forms")
    shown = plain_table("Instruments", "instrument", *head)
    for item in table.ALL:
        shown.add_row(
            item.code,
            item.scale.name,
            ", ".join(item.trust),
            item.satisfaction,
            str(len(item.drivers)),
            ", ".join(item.required) or "–",
            ", ".join(item.modes),
        )
    out.print(shown)


def _as_json(instrument: Instrument) -> dict[str, Any]:
    return {
        "code": instrument.code,
        "title": instrument.title,
        "trust_scale": instrument.scale.name,
        "trust_statements": list(instrument.trust),
        "satisfaction": instrument.satisfaction,
        "drivers": list(instrument.drivers),
        "drivers_required": list(instrument.required),
        "driver_modes": list(instrument.modes),
        "needs_omb_reference": "none" not in instrument.icons,
    }
